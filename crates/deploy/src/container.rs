//! `Docker::Container`: an image that runs on hosts.

use std::time::Duration;

use ironwright_core::kinds::List;
use ironwright_core::{Bag, Boolean, Integer, IntoTree, IntoValue, Number, Text, Tree, Value};

use crate::edge::Edge;
use crate::health::Health;
use crate::host::Host;
use crate::kinds::ImageReference;
use crate::nested::resource;
use crate::sensitive::secret;

/// `Docker::Container`: an image that runs on one or more hosts. Requires `Image`. Identified by `Name`.
///
/// A change of what runs is a rollout: the new version beside the old, healthy before traffic goes to it, the old one
/// drained and stopped.
///
/// ```
/// use std::time::Duration;
/// use ironwright_core::{App, Secret};
/// use ironwright_deploy::{Container, Host, Restart, http};
///
/// let mut app = App::new("shop");
/// let web = app.stack("web");
/// web.add(
///     "app",
///     Container::new("nginx:1.27")
///         .on([Host::at("192.0.2.10"), Host::at("192.0.2.11")])
///         .groups_of(1)
///         .publish(80, 80)
///         .health(http("/"))
///         .env("LOG_LEVEL", "info")
///         .secret_env("API_KEY", Secret::new("k3y"))
///         .memory("512m")
///         .cpus(0.5)
///         .volume("data", "/var/lib/data")
///         .restart(Restart::UnlessStopped)
///         .drain(Duration::from_secs(10)),
/// );
/// assert!(app.graph().is_ok());
/// ```
///
/// An image is named by text or by the attribute of an image, not by what another type returns:
///
/// ```compile_fail
/// # let mut app = ironwright_core::App::new("shop");
/// let key = app.stack("web").add("key", ironwright_deploy::SshKey::generate());
/// ironwright_deploy::Container::new(key.public_key());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Container(Bag);

resource!(Container, "Docker::Container", ContainerAttributes {
    /// The name on the hosts; those of single versions begin with it.
    name -> Text = "Name",
    /// What is running, by digest.
    running -> ImageReference = "Running",
    /// The number of the release that is running, from 1.
    release -> Integer = "ReleaseVersion",
    /// Where it answers: `https://` with a domain, else `http://` and the first host.
    url -> Text = "Url",
});

ironwright_core::text_enum! {
    /// When Docker starts a container again that has ended.
    Restart {
        No = "no",
        Always = "always",
        OnFailure = "on-failure",
        UnlessStopped = "unless-stopped",
    }
}

impl Container {
    /// A container of `image`: `image.reference()`, or text such as `nginx:1.27`.
    #[track_caller]
    pub fn new(image: impl IntoValue<ImageReference>) -> Self {
        Self(Bag::new().set("Image", image))
    }

    /// The name on the hosts; made of the app, the stage and the address where it is not said. A change replaces.
    #[track_caller]
    pub fn name(self, name: impl IntoValue<Text>) -> Self {
        Self(self.0.set("Name", name))
    }

    /// Where it runs: a host or several, in order.
    #[track_caller]
    pub fn on(self, hosts: impl IntoValue<List<Host>>) -> Self {
        Self(self.0.set("Hosts", hosts))
    }

    /// Makes port `container` of the container reachable on port `host` of each host.
    #[track_caller]
    pub fn publish(mut self, host: impl IntoValue<Integer>, container: impl IntoValue<Integer>) -> Self {
        let port = Bag::new().set("Host", host).set("Container", container);
        self.0.push("Publish", port.into_tree());
        self
    }

    /// The same for UDP, which goes through no edge proxy: a container that publishes any has none.
    #[track_caller]
    pub fn publish_udp(mut self, host: impl IntoValue<Integer>, container: impl IntoValue<Integer>) -> Self {
        let port = Bag::new().set("Host", host).set("Container", container).set::<Text>("Protocol", "udp");
        self.0.push("Publish", port.into_tree());
        self
    }

    /// How a new version is asked whether it serves.
    #[track_caller]
    pub fn health(self, health: impl IntoValue<Health>) -> Self {
        Self(self.0.set("Health", health))
    }

    /// Sets a variable of its environment. Plans and states show it.
    #[track_caller]
    pub fn env(mut self, name: &str, value: impl IntoTree) -> Self {
        self.0.insert("Environment", name.to_owned().into(), value.into_tree());
        self
    }

    /// Sets a variable of its environment to a secret.
    #[track_caller]
    pub fn secret_env(mut self, name: &str, value: impl IntoValue<Text>) -> Self {
        let value = secret(&format!("the variable `{name}`"), value);
        self.0.insert("SecretEnvironment", name.to_owned().into(), value);
        self
    }

    /// The most memory it may use: bytes, or a number with `k`, `m` or `g`.
    #[track_caller]
    pub fn memory(self, limit: impl IntoValue<Text>) -> Self {
        Self(self.0.set("Memory", limit))
    }

    /// How many processors it may use, also parts of one.
    #[track_caller]
    pub fn cpus(self, count: impl IntoValue<Number>) -> Self {
        Self(self.0.set("Cpus", count))
    }

    /// Mounts `source`, the name of a volume or an absolute path on the host, at `target`.
    #[track_caller]
    pub fn volume(self, source: impl IntoValue<Text>, target: impl IntoValue<Text>) -> Self {
        self.mount(Bag::new().set("Source", source).set("Target", target))
    }

    /// The same, read-only.
    #[track_caller]
    pub fn read_only_volume(self, source: impl IntoValue<Text>, target: impl IntoValue<Text>) -> Self {
        self.mount(Bag::new().set("Source", source).set("Target", target).set::<Boolean>("ReadOnly", true))
    }

    #[track_caller]
    fn mount(mut self, volume: Bag) -> Self {
        self.0.push("Volumes", volume.into_tree());
        self
    }

    /// Attaches it to a network of the host, which is made where it is missing.
    #[track_caller]
    pub fn network(mut self, name: impl IntoValue<Text>) -> Self {
        self.0.push("Networks", name.into_value().into_tree());
        self
    }

    /// When Docker starts it again; unless stopped, where it is not said.
    #[track_caller]
    pub fn restart(self, restart: impl IntoValue<Restart>) -> Self {
        Self(self.0.set("Restart", restart))
    }

    /// Sets a label. Whoever may use Docker on the host can read it.
    #[track_caller]
    pub fn label(mut self, name: &str, value: impl IntoValue<Text>) -> Self {
        self.0.insert("Labels", name.to_owned().into(), value.into_value().into_tree());
        self
    }

    /// The driver that keeps its logs, `json-file`; the host's own where it is not said.
    #[track_caller]
    pub fn log_driver(self, driver: impl IntoValue<Text>) -> Self {
        Self(self.0.set("LogDriver", driver))
    }

    /// Sets an option of the log driver, `max-size`.
    #[track_caller]
    pub fn log_option(mut self, name: &str, value: impl IntoValue<Text>) -> Self {
        self.0.insert("LogOptions", name.to_owned().into(), value.into_value().into_tree());
        self
    }

    /// What it runs, in the place of what the image says. It is run as given, through no shell.
    #[track_caller]
    pub fn command(self, command: impl IntoValue<List<Text>>) -> Self {
        Self(self.0.set("Command", command))
    }

    /// The user it runs as, in the place of what the image says.
    #[track_caller]
    pub fn user(self, user: impl IntoValue<Text>) -> Self {
        Self(self.0.set("User", user))
    }

    /// How many hosts at once; one where it is not said. The first group that does not get healthy is the last.
    #[track_caller]
    pub fn groups_of(self, hosts: impl IntoValue<Integer>) -> Self {
        Self(self.0.set("GroupSize", hosts))
    }

    /// How long the old version may finish what it has begun, once traffic goes to the new one; ten seconds where it is not
    /// said.
    #[track_caller]
    pub fn drain(self, limit: Duration) -> Self {
        Self(self.0.set::<Integer>("DrainSeconds", limit.as_secs()))
    }

    /// Whether its volumes stay on the hosts when it is removed; they do where it is not said.
    #[track_caller]
    pub fn keep_volumes(self, keep: impl IntoValue<Boolean>) -> Self {
        Self(self.0.set("KeepVolumes", keep))
    }

    /// The proxy that traffic goes through. Where it is not said, Caddy without a domain if there is an HTTP health check and
    /// nothing but TCP is published; else none.
    #[track_caller]
    pub fn edge(self, edge: impl IntoValue<Edge>) -> Self {
        Self(self.0.set("Edge", edge))
    }

    /// Serves `domain` over HTTPS: a short way to say `.edge(Edge::caddy().domain(domain))`. Said again, a further domain.
    #[track_caller]
    pub fn domain(mut self, domain: impl IntoValue<Text>) -> Self {
        let domain: Value<Text> = domain.into_value();
        if let Some(Tree::Map(edge)) = self.0.get("Edge").cloned() {
            let edge = with_domain(edge, domain.into_tree());
            return Self(self.0.set::<Edge>("Edge", Value::<Edge>::from_tree(Tree::Map(edge))));
        }
        self.0 = self.0.set("Edge", Edge::caddy().domain(domain));
        self
    }

    /// Publishes ports by the containers themselves. The new version cannot have a port before the old one gives it up, so a
    /// rollout loses what comes in between; the plan says so.
    #[track_caller]
    pub fn without_edge(self) -> Self {
        Self(self.0.set("Edge", Edge::none()))
    }
}

/// The entries of an edge with one domain more.
fn with_domain(mut edge: Vec<(ironwright_core::Name, Tree)>, domain: Tree) -> Vec<(ironwright_core::Name, Tree)> {
    match edge.iter_mut().find(|(name, _)| name == "Domains") {
        Some((_, Tree::List(domains))) => domains.push(domain),
        Some((_, other)) => *other = Tree::List(vec![domain]),
        None => edge.push(("Domains".into(), Tree::List(vec![domain]))),
    }
    edge
}
