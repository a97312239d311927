//! What of a container does not go together, and which updates interrupt it: told before anything is done. Pure.

use std::collections::BTreeSet;

use ironwright_core::facts::check::{Violation, ViolationKind};
use ironwright_core::{Planned, Problem};
use serde_json::{Map, Value};

use crate::spec::{ContainerSpec, HealthKind, PortSpec};

/// The properties that the rules are about. No secret is among them.
const READ: [&str; 4] = ["Publish", "Health", "Edge", "Volumes"];

/// The properties that change without a new version.
pub(crate) const NO_RELEASE: [&str; 4] = ["Hosts", "GroupSize", "DrainSeconds", "KeepVolumes"];

/// What of a container's properties does not go together.
pub(crate) fn broken(properties: &Planned) -> Vec<Violation> {
    let Some(container) = known(properties) else { return Vec::new() };
    [twice(&container), no_port(&container), unasked(&container), udp(&container), wildcard(&container)]
        .into_iter()
        .flatten()
        .collect()
}

/// What an update of a container interrupts or endangers.
pub(crate) fn interruption(properties: &Planned, changed: &[&str]) -> Option<Problem> {
    let container = known(properties)?;
    if changed.iter().all(|name| NO_RELEASE.contains(name)) {
        return None;
    }
    if container.has_edge() {
        let message =
            "writes to a volume, and so do both its versions while traffic moves from the old one to the new one";
        let help = "what does not bear that, such as a database, says `.without_edge()`: the old version is stopped first then";
        return container.writes().then(|| Problem::new("volume-shared-by-update", message).help(help));
    }
    if container.publish.is_empty() {
        let message = "writes to a volume: the old version is stopped before the new one is started, and what comes in between \
                       finds nobody";
        let help = "mount the volume read-only where it only reads; what serves HTTP behind an edge is not interrupted";
        return container.writes().then(|| Problem::new("interrupted-by-update", message).help(help));
    }
    let ports: Vec<_> = container.publish.iter().map(|port| port.host.to_string()).collect();
    let (word, they) = if ports.len() == 1 { ("port", "it") } else { ("ports", "them") };
    let message = format!(
        "has no edge proxy: the new version gets {word} {} when the old one has given {they} up, and what comes in between \
         finds nobody",
        ports.join(", ")
    );
    let help = if container.publish.iter().all(PortSpec::is_tcp) {
        "where it serves HTTP, `.health(http(\"/…\"))` or `.edge(Edge::caddy())` puts a proxy in between that loses no request"
    } else {
        "UDP goes through no proxy; there is nothing to do about it on one host"
    };
    Some(Problem::new("interrupted-by-update", message).help(help))
}

/// The container, as far as the rules go. Nothing where something they are about is not known yet, or is not as it should be.
fn known(properties: &Planned) -> Option<ContainerSpec> {
    let entries = properties.as_map()?;
    let mut read = Map::new();
    for (name, value) in READ.iter().filter_map(|name| entries.get_key_value(*name)) {
        if value.has_unknown() || value.has_secret() {
            return None;
        }
        read.insert(name.clone(), value.to_json(""));
    }
    serde_json::from_value(Value::Object(read)).ok()
}

fn violation(path: &str, problem: Problem) -> Violation {
    Violation { path: path.to_owned(), problem, kind: ViolationKind::ExcludedProperty }
}

fn twice(container: &ContainerSpec) -> Option<Violation> {
    let mut met = BTreeSet::new();
    let again = container.publish.iter().find(|port| !met.insert((port.host, port.is_tcp())))?;
    let problem = Problem::new("port-twice", format!("port {} of the host is published twice", again.host));
    Some(violation("Publish", problem.help("a port of the host leads to one port of the container: publish another")))
}

fn no_port(container: &ContainerSpec) -> Option<Violation> {
    let asks = container.edge.is_some() && container.has_edge();
    (asks && container.publish.is_empty()).then(|| {
        let problem = Problem::new("edge-without-port", "the edge has nowhere to send requests to");
        violation("Edge", problem.help("say where it serves: `.publish(80, PORT)`"))
    })
}

fn unasked(container: &ContainerSpec) -> Option<Violation> {
    let health = container.health.as_ref()?;
    (health.kind != HealthKind::Command && health.port.is_none() && !container.publish.iter().any(PortSpec::is_tcp))
        .then(|| {
            let problem = Problem::new("health-without-port", "the health check has no port to ask");
            violation("Health", problem.help("name one with `.port(PORT)` of the health check, or publish one"))
        })
}

fn udp(container: &ContainerSpec) -> Option<Violation> {
    let asks = container.edge.is_some() && container.has_edge();
    let port = container.publish.iter().find(|port| asks && !port.is_tcp())?;
    let problem =
        Problem::new("udp-behind-edge", format!("UDP goes through no edge, and port {} is one of it", port.host));
    Some(violation("Edge", problem.help("say `.without_edge()`, or publish it by a container of its own")))
}

fn wildcard(container: &ContainerSpec) -> Option<Violation> {
    let domain = container.edge.as_ref()?.domains.iter().find(|domain| domain.contains('*'))?;
    let message = format!("the edge cannot get a certificate for `{domain}`: that takes a change of the domain's DNS");
    let problem = Problem::new("wildcard-domain", message);
    Some(violation("Edge.Domains", problem.help("name each domain by `.domain(…)`")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(properties: Value, expect: &[&str]) {
        let broken = broken(&properties.into());
        assert_eq!(broken.iter().map(|violation| &*violation.problem.code).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn what_does_not_go_together() {
        let tcp = json!([{"Host": 80, "Container": 8000}]);
        let both = json!([{"Host": 53, "Container": 53}, {"Host": 53, "Container": 53, "Protocol": "udp"}]);
        check(json!({}), &[]);
        check(json!({"Publish": both, "Health": {"Kind": "tcp"}}), &[]);
        check(json!({"Publish": [{"Host": 80, "Container": 1}, {"Host": 80, "Container": 2}]}), &["port-twice"]);
        check(json!({"Publish": tcp, "Edge": {"Kind": "caddy", "Domains": ["a.example"]}}), &[]);
        check(json!({"Publish": tcp, "Edge": {"Kind": "caddy", "Domains": ["*.example"]}}), &["wildcard-domain"]);
        check(json!({"Edge": {"Kind": "caddy"}}), &["edge-without-port"]);
        check(json!({"Edge": {"Kind": "none"}}), &[]);
        check(json!({"Publish": both, "Edge": {"Kind": "caddy"}}), &["udp-behind-edge"]);
        check(json!({"Publish": both, "Edge": {"Kind": "none"}}), &[]);
        check(json!({"Health": {"Kind": "http", "Path": "/"}}), &["health-without-port"]);
        check(json!({"Health": {"Kind": "http", "Path": "/", "Port": 8000}}), &[]);
        check(json!({"Health": {"Kind": "command", "Command": ["true"]}}), &[]);
    }

    #[test]
    fn what_is_not_known_yet_passes() {
        let entries = [("Edge", json!({"Kind": "caddy"}).into()), ("Publish", Planned::Unknown)];
        let properties = Planned::Map(entries.map(|(name, value)| (name.to_owned(), value)).into());
        assert_eq!(broken(&properties), []);
        assert_eq!(interruption(&properties, &["Image"]), None);
    }

    #[test]
    fn an_update_without_an_edge_interrupts() {
        let tcp = json!([{"Host": 80, "Container": 8000}, {"Host": 81, "Container": 8001}]);
        let told = |properties: Value, changed: &[&str]| interruption(&properties.into(), changed);
        let problem = told(json!({"Publish": tcp}), &["Hosts", "Image"]).expect("an interruption");
        assert!(problem.message.contains("gets ports 80, 81 when the old one has given them up"), "{problem:?}");
        assert!(problem.help.is_some_and(|help| help.contains(".health(http(")));
        assert_eq!(told(json!({"Publish": tcp}), &["Hosts", "DrainSeconds"]), None);
        assert_eq!(told(json!({"Publish": tcp, "Health": {"Kind": "http", "Path": "/"}}), &["Image"]), None);
        assert_eq!(told(json!({"Health": {"Kind": "tcp", "Port": 1}}), &["Image"]), None, "it publishes nothing");
        let data = |fixed: bool| json!({"Volumes": [{"Source": "data", "Target": "/data", "ReadOnly": fixed}]});
        assert!(told(data(false), &["Image"]).is_some_and(|problem| problem.message.contains("writes to a volume")));
        assert_eq!(told(data(true), &["Image"]), None);
        let shared =
            json!({"Publish": tcp, "Health": {"Kind": "http", "Path": "/"}, "Volumes": data(false)["Volumes"]});
        let problem = told(shared.clone(), &["Image"]).expect("two that write");
        assert_eq!(problem.code, "volume-shared-by-update");
        assert_eq!(told(shared, &["DrainSeconds"]), None);
        let udp = json!([{"Host": 53, "Container": 53, "Protocol": "udp"}]);
        let problem = told(json!({"Publish": udp}), &["Environment"]).expect("an interruption");
        assert!(problem.message.contains("port 53 when the old one has given it up"), "{problem:?}");
    }
}
