//! Programs with images, containers and keys, on the simulated cloud.

use std::panic::catch_unwind;

use ironwright_aws::ec2::{Instance, KeyPair};
use ironwright_core::{App, Secret};
use ironwright_deploy::{Container, DockerImage, Dockerfile, Host, SshKey, http};
use ironwright_testing::{Action, Deployment, deploy, plan_change, template};

/// A server with a key of its own, and a container of `image` on it.
fn app(image: &str, level: &str) -> App {
    let mut app = App::new("shop").region("us-west-2");
    let web = app.stack("web");
    let key = web.add("key", SshKey::generate());
    let pair = web.add("pair", KeyPair::new("shop").public_key_material(key.public_key()));
    let server = web.add("server", Instance::new().ami("ami-12345678").key_name(pair.key_name()));
    let image = web.add("image", DockerImage::pull(image));
    let container = Container::new(image.reference())
        .on(Host::of(&server).user("ubuntu").identity(key.private_key()))
        .publish(80, 8000)
        .health(http("/healthz"))
        .env("LOG_LEVEL", level)
        .secret_env("API_KEY", Secret::new("t0p-s3cret"));
    let container = web.add("app", container);
    web.output("url", container.url());
    app
}

#[test]
fn a_container_runs_on_a_server_of_the_same_program() {
    let deployed = deploy(app("nginx:1.27", "info"));
    let container = deployed.find::<Container>("web/app");
    assert_eq!(container.attribute("ReleaseVersion"), 1);
    let image = deployed.find::<DockerImage>("web/image");
    assert_eq!(image.attribute("Repository"), "nginx");
    assert_eq!(container.attribute("Running"), image.attribute("Reference").as_str());
    let address = deployed.find::<Instance>("web/server").attribute("PublicIp").as_str().to_owned();
    assert_eq!(container.property("Hosts[0].Address"), address.as_str());
    assert_eq!(deployed.output("url"), format!("http://{address}").as_str());
    assert!(container.property("SecretEnvironment.API_KEY").is_secret());
    let key = deployed.find::<SshKey>("web/key");
    assert!(key.attribute("PrivateKey").is_secret());
    assert!(key.attribute("PublicKey").as_str().starts_with("ssh-ed25519 "));
    let kept = deployed.cloud().get("SSH::Key", key.physical_id()).expect("readable").expect("there");
    assert!(!kept.model.to_string().contains("BEGIN"), "{}", kept.model);
}

/// An image that is built from a folder of this package.
fn built(context: &'static str) -> App {
    let mut app = App::new("shop");
    let web = app.stack("web");
    let image = web.add("image", DockerImage::build(context).dockerfile(Dockerfile::python("3.13")));
    web.add("app", Container::new(image.reference()).on(Host::at("192.0.2.10")).publish(80, 8000));
    app
}

#[test]
fn an_image_is_what_its_context_is() {
    let deployed = deploy(built("src"));
    let image = deployed.find::<DockerImage>("web/image");
    let digest = image.property("ContextDigest").as_str().to_owned();
    assert!(digest.starts_with("sha256:"), "{digest}");
    assert_eq!(image.attribute("Tag"), &digest["sha256:".len()..][..12]);
    plan_change(built("src"), built("src")).assert_empty();
    let change = plan_change(built("src"), built("tests"));
    assert_eq!(change.updated(), ["web/image", "web/app"]);
    // It says nothing of HTTP, and so it has no edge.
    let warning = change.warnings().iter().find(|warning| warning.code == "interrupted-by-update");
    let warning = warning.expect("a warning").to_string();
    assert!(
        warning.contains("web/app") && warning.contains("gets port 80 when the old one has given it up"),
        "{warning}"
    );
}

#[test]
fn a_context_that_is_not_there_is_named_with_address_and_line() {
    let line = line!() - 26;
    let error = Deployment::of(built("sources")).try_deploy().expect_err("there is no such folder").to_string();
    for part in ["`sources` cannot be used: there is no ", "web/image", &format!("containers.rs:{line}")] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_port_of_a_host_is_given_once() {
    let with = |port: u16| {
        let mut app = built("src");
        let host = Host::at("192.0.2.10");
        app.stack("web").add("other", Container::new("redis:8").on(host).publish(port, 6379));
        app
    };
    assert!(Deployment::of(with(6379)).try_deploy().is_ok());
    let error = Deployment::of(with(80)).try_deploy().expect_err("the port is taken").to_string();
    assert!(error.contains("port 80/tcp of 192.0.2.10 is allocated already"), "{error}");
}

#[test]
fn what_does_not_go_together_is_told_with_address_and_line() {
    let mut app = built("src");
    let line = line!() + 1;
    let container = Container::new("dns:1").on(Host::at("192.0.2.11")).publish_udp(53, 53).domain("dns.example");
    app.stack("web").add("dns", container);
    let error = Deployment::of(app).try_deploy().expect_err("UDP goes through no edge").to_string();
    for part in ["web/dns", &format!("containers.rs:{line}"), "port 53 is one of it"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn templates_have_no_containers_and_say_which() {
    let error = catch_unwind(|| template(built("src"), "web")).map(drop).expect_err("no such types there");
    let error = error.downcast_ref::<String>().expect("a message");
    for part in ["`Docker::Image`", "`Docker::Container`", "web/app", "containers.rs:", "--target aws"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn what_runs_changes_in_place_and_the_server_stays() {
    let change = plan_change(app("nginx:1.27", "info"), app("nginx:1.28", "info"));
    assert_eq!(change.updated(), ["web/image", "web/app"]);
    assert_eq!(change.warnings().len(), 0, "behind the edge, nothing is interrupted");
    change.assert_untouched("web/server");
    assert_eq!(plan_change(app("nginx:1.27", "info"), app("nginx:1.27", "debug")).updated(), ["web/app"]);
    plan_change(app("nginx:1.27", "info"), app("nginx:1.27", "info")).assert_empty();
    assert_eq!(change.action("web/key"), Action::NoOp);
}
