//! Programs with images, containers and keys, on the simulated cloud.

use ironwright_aws::ec2::{Instance, KeyPair};
use ironwright_core::{App, Secret};
use ironwright_deploy::{Container, DockerImage, Host, SshKey, http};
use ironwright_testing::{Action, deploy, plan_change};

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
}

#[test]
fn what_runs_changes_in_place_and_the_server_stays() {
    let change = plan_change(app("nginx:1.27", "info"), app("nginx:1.28", "info"));
    assert_eq!(change.updated(), ["web/image", "web/app"]);
    change.assert_untouched("web/server");
    assert_eq!(plan_change(app("nginx:1.27", "info"), app("nginx:1.27", "debug")).updated(), ["web/app"]);
    plan_change(app("nginx:1.27", "info"), app("nginx:1.27", "info")).assert_empty();
    assert_eq!(change.action("web/key"), Action::NoOp);
}
