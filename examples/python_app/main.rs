//! The whole of a first deployment: a server, and the program in `app/` as a container on it.
//!
//! `cargo run --example python_app -- apply --yes` deploys it to the simulated AWS. For a real one see `docs/deploying.md`.

use ironwright::aws::ec2::{Instance, KeyPair, SecurityGroup, UserData, docker_install};
use ironwright::docker::{Container, DockerImage, Host, SshKey, http};
use ironwright::prelude::*;

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

fn app() -> App {
    let mut app = App::new("python-app").region("us-west-2");
    let web = app.stack("web");

    let firewall = web.add(
        "firewall",
        SecurityGroup::new("HTTP from anywhere, SSH to deploy")
            .allow_inbound(tcp(80), anywhere())
            .allow_inbound(tcp(22), anywhere()),
    );

    let login = web.add("login", SshKey::generate());
    let host_key = web.add("host_key", SshKey::generate());
    let pair = web.add("pair", KeyPair::new("python-app").public_key_material(login.public_key()));
    let server = web.add(
        "server",
        Instance::new()
            .ami("ami-12345678")
            .instance_type("t2.micro")
            .key_name(pair.key_name())
            .user_data(UserData::host_key(host_key.private_key(), host_key.public_key()) + docker_install())
            .security_group_ids([firewall.group_id()])
            .tag("Name", "PythonAppInstance"),
    );

    let image = web.add("image", DockerImage::build("examples/python_app/app"));
    let container = web.add(
        "app",
        Container::new(image.reference())
            .on(Host::of(&server).user("ubuntu").identity(login.private_key()).host_key(host_key.public_key()))
            .publish(80, 8000)
            .health(http("/healthz")),
    );

    web.output("instance_public_ip", server.public_ip());
    web.output("url", container.url());
    app
}

#[test]
fn only_http_and_ssh_are_open() {
    let deployed = ironwright::testing::deploy(app()); // whole apply, on the simulated cloud
    let rules = deployed.find::<SecurityGroup>("web/firewall").inbound();
    assert_eq!(rules.len(), 2);
    assert!(deployed.output("instance_public_ip").is_ipv4());
}
