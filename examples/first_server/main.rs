//! The classic first deployment: one server, Docker on it, its public address printed.
//!
//! `cargo run --example first_server -- apply --yes`, then `… -- output instance_public_ip`.

use ironwright::aws::ec2::{Instance, SecurityGroup, docker_install};
use ironwright::prelude::*;

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

fn app() -> App {
    let mut app = App::new("first-server").region("us-west-2");
    let stack = app.stack("web");

    let firewall = stack.add("firewall", SecurityGroup::new("HTTP from anywhere").allow_inbound(tcp(80), anywhere()));

    let server = stack.add(
        "server",
        Instance::new()
            .ami("ami-12345678")
            .instance_type("t2.micro")
            .user_data(docker_install())
            .security_group_ids([firewall.group_id()])
            .tag("Name", "PythonAppInstance"),
    );

    stack.output("instance_public_ip", server.public_ip());
    app
}

#[test]
fn only_http_is_open() {
    let deployed = ironwright::testing::deploy(app()); // whole apply, on the simulated cloud
    let rules = deployed.find::<SecurityGroup>("web/firewall").inbound();
    assert_eq!(rules.len(), 1);
    assert!(deployed.output("instance_public_ip").is_ipv4());
}
