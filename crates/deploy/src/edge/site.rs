//! What a container asks of the edge of its host: ports, domains, certificates. Plain data.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::{ContainerSpec, PortSpec};

/// The port of HTTP, on which a certificate authority asks back.
const HTTP: u16 = 80;

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// What a container asks of the edge of its host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Whose it is: the name of the container, without its release.
    pub id: String,
    /// The TCP ports that are published: of the host, and of the container.
    pub ports: BTreeMap<u16, u16>,
    /// The domains it serves over HTTPS. Without any, plain HTTP under every name.
    pub domains: Vec<String>,
    /// Whom the certificate authority writes to.
    pub email: Option<String>,
    /// The directory of the certificate authority, where it is not the public one.
    pub certificate_authority: Option<String>,
    /// The edge's image, where the program names one.
    pub image: Option<String>,
}

/// A port of the host on which the edge listens for a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// What is behind it.
    pub serves: Serves,
}

/// What is behind a port of the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// This port of the container, over HTTP.
    Http(u16),
    /// This port of the container, over HTTPS.
    Https(u16),
    /// The way to HTTPS.
    Redirect,
}

impl Site {
    /// What the container `name` asks of its edge. Nothing where it has none.
    pub fn of(name: &str, spec: &ContainerSpec) -> Option<Self> {
        if !spec.has_edge() {
            return None;
        }
        let edge = spec.edge.clone().unwrap_or_default();
        Some(Self {
            id: name.to_owned(),
            ports: spec.publish.iter().filter(|port| port.is_tcp()).map(|port| (port.host, port.container)).collect(),
            domains: edge.domains.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
            email: edge.email,
            certificate_authority: edge.certificate_authority,
            image: edge.image,
        })
    }

    /// The reference of the edge's image.
    pub fn image_reference(&self) -> &str {
        self.image.as_deref().unwrap_or(super::DEFAULT_IMAGE)
    }

    /// Where the edge listens for it. With domains, that is HTTPS on 443 and on every published port but 80, which leads there.
    pub fn listeners(&self) -> Vec<Listener> {
        if self.domains.is_empty() {
            return self
                .ports
                .iter()
                .map(|(port, inside)| Listener { port: *port, serves: Serves::Http(*inside) })
                .collect();
        }
        let main = [HTTPS, HTTP].iter().find_map(|port| self.ports.get(port)).or(self.ports.values().next());
        let Some(main) = main else { return Vec::new() };
        let mut ports = self.ports.clone();
        ports.entry(HTTPS).or_insert(*main);
        ports.remove(&HTTP);
        let secure = ports.into_iter().map(|(port, inside)| Listener { port, serves: Serves::Https(inside) });
        std::iter::once(Listener { port: HTTP, serves: Serves::Redirect }).chain(secure).collect()
    }

    /// The ports of the host that the edge listens on for it.
    pub fn host_ports(&self) -> BTreeSet<u16> {
        self.listeners().iter().map(|listener| listener.port).collect()
    }
}

impl PortSpec {
    /// Whether it is one of TCP.
    pub fn is_tcp(&self) -> bool {
        self.protocol.as_deref() != Some("udp")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ports: &[(u16, u16)], domains: &[&str], expect: &[(u16, Serves)]) {
        let domains = domains.iter().map(|&domain| domain.to_owned()).collect();
        let site = Site { ports: ports.iter().copied().collect(), domains, ..Site::default() };
        let listeners: Vec<_> = site.listeners().iter().map(|listener| (listener.port, listener.serves)).collect();
        assert_eq!(listeners, expect);
    }

    #[test]
    fn without_a_domain_ports_are_as_published() {
        check(&[(80, 8000), (8443, 443)], &[], &[(80, Serves::Http(8000)), (8443, Serves::Http(443))]);
    }

    #[test]
    fn a_domain_brings_https_and_the_way_there() {
        let expect = [(80, Serves::Redirect), (443, Serves::Https(8000))];
        check(&[(80, 8000)], &["a.example"], &expect);
        check(&[(443, 8000)], &["a.example"], &expect);
        check(&[(80, 1), (443, 8000)], &["a.example"], &expect);
        let expect = [(80, Serves::Redirect), (443, Serves::Https(8000)), (8080, Serves::Https(8000))];
        check(&[(8080, 8000)], &["a.example"], &expect);
        check(&[], &["a.example"], &[]);
    }

    fn spec(json: serde_json::Value) -> ContainerSpec {
        serde_json::from_value(json).expect("a container")
    }

    #[test]
    fn of_a_container() {
        let publish =
            serde_json::json!([{"Host": 80, "Container": 8000}, {"Host": 53, "Container": 53, "Protocol": "udp"}]);
        let edge = serde_json::json!({"Kind": "caddy", "Domains": ["Shop.Example"], "Email": "ops@shop.example"});
        let site =
            Site::of("shop", &spec(serde_json::json!({"Publish": publish, "Edge": edge}))).expect("it has an edge");
        assert_eq!(
            (site.id.as_str(), site.ports, site.domains),
            ("shop", [(80, 8000)].into(), vec!["shop.example".into()])
        );
        let none = serde_json::json!({"Publish": publish, "Edge": {"Kind": "none"}});
        assert_eq!(Site::of("shop", &spec(none)), None);
    }
}
