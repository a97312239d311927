//! A program for whole-process tests: a container on a host that is there already, with variables for all that a test wants
//! to change.

use std::error::Error;
use std::time::Duration;

use ironwright::docker::{Container, DockerImage, Edge, Host, http};
use ironwright::prelude::*;

/// Serves what the environment says, and ends when it is asked to.
const SERVE: &str = "trap 'exit 0' TERM; echo \"$SAYS\" >/tmp/index.html; httpd -f -p 8000 -h /tmp & wait";

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

fn app(inputs: &Inputs) -> Result<App, Box<dyn Error>> {
    let mut app = App::new("shipper");
    let web = app.stack("web");
    let host = Host::at(inputs.get::<String>("host")?)
        .user(inputs.get_or("user", "root".to_owned())?)
        .identity_file(inputs.get::<String>("identity")?)
        .host_key(inputs.get::<String>("host_key")?)
        .wait(Duration::from_secs(inputs.get_or("wait", 60)?));
    let image = match inputs.find::<String>("context")? {
        Some(folder) => DockerImage::build(folder),
        None => DockerImage::archive(inputs.get::<String>("archive")?),
    };
    let image = web.add("image", image);
    let command = inputs.get_or("command", SERVE.to_owned())?;
    let mut container = Container::new(image.reference())
        .on(host)
        .publish(80, 8000)
        .health(http("/").interval(Duration::from_millis(200)).time_limit(Duration::from_secs(20)))
        .env("SAYS", inputs.get_or("says", "v1".to_owned())?)
        .command(["sh", "-c", command.as_str()])
        .drain(Duration::from_secs(2));
    container = match inputs.get_or("edge", "none".to_owned())?.as_str() {
        "none" => container.without_edge(),
        image => container.edge(Edge::caddy().image(image)),
    };
    let name = inputs.get_or("resource", "app".to_owned())?;
    if name != "app" {
        web.moved("web/app", format!("web/{name}").as_str());
    }
    let container = web.add(name.as_str(), container);
    web.output("url", container.url());
    web.output("release", container.release());
    Ok(app)
}
