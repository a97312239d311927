//! What is to run: a container as the program says it, and what tells it apart from another.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::secret::SecretText;
use ironwright_core::{Planned, Resolved};
use serde_json::{Map, Value as Json};

use super::order::Order;
use super::release::{Identity, Release, USUAL_RESTART};
use crate::edge::{NETWORK, Site};
use crate::hash::sha256_hex;
use crate::rules::NO_RELEASE;
use crate::spec::{self, ContainerSpec, Misfit};

/// A version of a container that is to run. It holds secrets in the clear, so nothing prints it.
#[derive(Clone)]
pub struct Request {
    /// Whose.
    pub identity: Identity,
    /// What it is.
    pub spec: ContainerSpec,
    /// The token of the attempt.
    pub token: String,
    properties: Resolved,
}

impl Request {
    /// The version that `properties` describe. A misfit where they are none of a container.
    pub fn new(identity: Identity, properties: &Resolved, token: impl Into<String>) -> Result<Self, Misfit> {
        let spec = spec::read(properties)?;
        Ok(Self { identity, spec, token: token.into(), properties: properties.clone() })
    }

    /// What tells this version from others, made with `salt`: secrets are in it as digests.
    pub fn digest(&self, salt: &str) -> String {
        let what = what(self.properties.to_json(salt)).to_string();
        sha256_hex(what)
    }

    /// Whether `release` is this version.
    pub fn is(&self, release: &Release) -> bool {
        release.digest == self.digest(&release.token)
    }

    /// What a label keeps of the properties: what anybody may know who may use the host's Docker.
    pub(super) fn open_properties(&self) -> Json {
        what(open(self.properties.value()))
    }

    /// The restart policy, once it has proved itself.
    pub(super) fn restart(&self) -> &str {
        self.spec.restart.as_deref().unwrap_or(USUAL_RESTART)
    }

    /// The networks it is in: the one it is made in, and the others.
    pub(super) fn networks(&self) -> (&str, &[String]) {
        networks(&self.spec)
    }

    /// The ports of the host that the container publishes itself.
    pub(super) fn ports(&self) -> BTreeSet<u16> {
        if !Order::of(&self.spec).publishes() {
            return BTreeSet::new();
        }
        self.spec.publish.iter().filter(|port| port.is_tcp()).map(|port| port.host).collect()
    }

    /// What it asks of the edge.
    pub(super) fn site(&self) -> Option<Site> {
        Site::of(&self.identity.name, &self.spec)
    }

    /// The environment, secrets included.
    pub(super) fn environment(&self) -> BTreeMap<&str, SecretText> {
        let open = self.spec.environment.iter().map(|(name, value)| (name.as_str(), SecretText::new(value.as_str())));
        let secret = self.spec.secret_environment.iter().map(|(name, value)| (name.as_str(), value.clone()));
        open.chain(secret).collect()
    }

    /// `text` without the secrets that it may hold.
    pub(super) fn censored(&self, text: &str) -> String {
        let mut secrets = Vec::new();
        collect(self.properties.value(), &mut secrets);
        // The longest first: one may stand in another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "(sensitive)"))
    }
}

/// The networks that a container of `spec` is in: the one it is made in, and the others.
pub(super) fn networks(spec: &ContainerSpec) -> (&str, &[String]) {
    match (Order::of(spec), spec.networks.split_first()) {
        (Order::Edge, _) | (_, None) => (NETWORK, &spec.networks),
        (_, Some((first, others))) => (first, others),
    }
}

/// The properties that say what a version is.
fn what(properties: Json) -> Json {
    let Json::Object(entries) = properties else { return Json::Object(Map::new()) };
    entries.into_iter().filter(|(name, value)| !NO_RELEASE.contains(&name.as_str()) && !value.is_null()).collect()
}

/// A value without its secrets.
fn open(value: &Planned) -> Json {
    match value {
        Planned::List(items) => items.iter().filter(|item| !is_secret(item)).map(open).collect(),
        Planned::Map(entries) => {
            let entries = entries.iter().filter(|(_, entry)| !is_secret(entry));
            Json::Object(entries.map(|(name, entry)| (name.clone(), open(entry))).collect())
        }
        other if is_secret(other) => Json::Null,
        other => other.to_json(""),
    }
}

fn is_secret(value: &Planned) -> bool {
    matches!(value, Planned::Secret(_) | Planned::Sealed(_))
}

/// The lines of all secrets in `value`: what writes one may write it line by line.
fn collect<'a>(value: &'a Planned, secrets: &mut Vec<&'a str>) {
    match value {
        Planned::Secret(secret) => {
            secrets.push(secret.expose());
            secrets.extend(secret.expose().lines().map(str::trim));
            secrets.retain(|secret| !secret.trim().is_empty());
        }
        Planned::List(items) => items.iter().for_each(|item| collect(item, secrets)),
        Planned::Map(entries) => entries.values().for_each(|entry| collect(entry, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(more: &Json, secret: &str) -> Request {
        let mut entries = json!({"Image": "shop:1", "Hosts": [{"Address": "a"}], "DrainSeconds": 3});
        entries.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        let Planned::Map(mut entries) = Planned::from(entries) else { unreachable!("a map") };
        let secret = Planned::Map([("KEY".to_owned(), Planned::Secret(SecretText::new(secret)))].into());
        entries.insert("SecretEnvironment".to_owned(), secret);
        let properties = Resolved::new(Planned::Map(entries)).expect("it is known");
        let identity = Identity::shop();
        Request::new(identity, &properties, "t1").expect("a container")
    }

    #[test]
    fn a_version_is_what_runs_and_not_how_it_gets_there() {
        let digest = |more: Json, secret| request(&more, secret).digest("t0");
        let one = digest(json!({}), "a");
        assert_eq!(one, digest(json!({"Hosts": [{"Address": "b"}], "DrainSeconds": 9, "GroupSize": 2}), "a"));
        assert_ne!(one, digest(json!({"Memory": "1g"}), "a"));
        assert_ne!(one, digest(json!({}), "b"));
        assert_ne!(
            one,
            request(&json!({}), "a").digest("t1"),
            "who reads two labels cannot tell that the secrets are equal"
        );

        let release = Release { digest: one, token: "t0".into(), ..Release::default() };
        assert!(request(&json!({}), "a").is(&release) && !request(&json!({}), "b").is(&release));
    }

    #[test]
    fn no_secret_is_in_a_label_or_in_what_is_shown() {
        let request = request(&json!({"Environment": {"A": 1}}), "hunter2\nline two");
        let label = request.open_properties();
        assert_eq!(label, json!({"Image": "shop:1", "Environment": {"A": 1}, "SecretEnvironment": {}}));
        assert_eq!(request.censored("key=hunter2, line two!"), "key=(sensitive), (sensitive)!");
    }

    #[test]
    fn the_networks_it_is_in() {
        let names = |more: Json| {
            let request = request(&more, "a");
            let (first, others) = request.networks();
            (first.to_owned(), others.to_vec())
        };
        let none = json!({"Kind": "none"});
        let both = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(names(json!({"Edge": none})), (NETWORK.to_owned(), vec![]));
        assert_eq!(names(json!({"Edge": none, "Networks": both})), ("a".to_owned(), vec!["b".to_owned()]));
        let edge = json!({
            "Networks": both, "Publish": [{"Host": 80, "Container": 80}], "Health": {"Kind": "http", "Path": "/"}
        });
        assert_eq!(names(edge), (NETWORK.to_owned(), both));
    }
}
