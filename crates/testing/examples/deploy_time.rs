//! How long a deployment in a test takes: `cargo run -p ironwright-testing --example deploy_time`.

use std::time::{Duration, Instant};

use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, docker_install, tcp};
use ironwright_core::{App, Taggable};
use ironwright_testing::deploy;

fn app() -> App {
    let mut app = App::new("python-app").region("us-west-2");
    let stack = app.stack("web");
    let firewall = stack.add("firewall", SecurityGroup::new("HTTP from anywhere").allow_inbound(tcp(80), anywhere()));
    let server = Instance::new()
        .ami("ami-12345678")
        .instance_type("t2.micro")
        .user_data(docker_install())
        .security_group_ids([firewall.group_id()])
        .tag("Name", "PythonAppInstance");
    let server = stack.add("server", server);
    stack.output("instance_public_ip", server.public_ip());
    app
}

#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn time_of_a_deployment() -> Duration {
    let start = Instant::now();
    assert!(deploy(app()).output("instance_public_ip").is_ipv4());
    start.elapsed()
}

fn main() {
    println!("the first, which reads the facts: {:?}", time_of_a_deployment());
    let mut times: Vec<Duration> = (0..101).map(|_| time_of_a_deployment()).collect();
    times.sort();
    println!("after that, median of 101: {:?}", times[50]);
}
