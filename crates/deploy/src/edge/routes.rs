//! Caddy's configuration, as JSON: which sites the edge of a host serves, and where. Pure functions.
//!
//! The document is the edge's alone and has one server a port. A site's route has the site's id and its port as `@id`; what
//! belongs to other sites is left as it is. Which release serves is not in it: see [`super::releases`].

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::releases;
use super::site::{Listener, Serves, Site};

/// How long a container is dialled that does not answer. Caddy dials again where nothing was sent yet, whatever the
/// request; of what was sent, it repeats a GET alone.
const PATIENCE: &str = "5s";

/// The time between two tries.
const PAUSE: &str = "100ms";

/// How long a stream outlives the configuration it began under: another site's routes may change, and it goes on. It ends
/// with its container, when that has been drained.
const STREAMS: &str = "24h";

/// What the edge of a host serves.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Routes(Value);

/// Why a site cannot be served beside what is served already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken(pub(super) String);

impl Routes {
    /// What Caddy says it does.
    pub(super) fn new(document: Value) -> Self {
        Self(document)
    }

    /// The document.
    pub(super) fn document(&self) -> &Value {
        &self.0
    }

    /// Whether there is a route for `id`, wherever it leads.
    #[cfg(test)]
    pub(super) fn has(&self, id: &str) -> bool {
        self.routes().any(|route| owner(route) == Some(id))
    }

    /// The ports on which requests for `id` are sent on to its release, and not led elsewhere.
    pub(super) fn sent_on(&self, id: &str) -> BTreeSet<u16> {
        let is_sent = |route: &&Value| owner(route) == Some(id) && route["handle"][0]["handler"] == "reverse_proxy";
        let port = |route: &Value| route["@id"].as_str()?.rsplit_once(':')?.1.parse().ok();
        self.routes().filter(is_sent).filter_map(port).collect()
    }

    /// Whether `site` is served just as it asks.
    pub fn has_all_of(&self, site: &Site) -> bool {
        self.with(site).is_ok_and(|next| next == *self)
    }

    /// Whether nothing is served.
    pub fn is_empty(&self) -> bool {
        self.ports().is_empty()
    }

    /// The ports on which something is served.
    pub fn ports(&self) -> BTreeSet<u16> {
        self.servers().filter_map(|(port, _)| port.parse().ok()).collect()
    }

    /// The same, with `site`.
    pub(super) fn with(&self, site: &Site) -> Result<Self, Taken> {
        let mut next = self.without(&site.id);
        for listener in site.listeners() {
            next.refuse(site, listener)?;
            next.insert(listener, route(site, listener));
        }
        if let Some(policy) = policy(site) {
            let policies = list(&mut next.0, &["apps", "tls", "automation", "policies"]);
            let place = policies.partition_point(|other| other["@id"].as_str() < policy["@id"].as_str());
            policies.insert(place, policy);
        }
        Ok(next)
    }

    /// The same without the site `id`.
    pub(super) fn without(&self, id: &str) -> Self {
        let mut next = self.0.clone();
        if let Some(servers) = next.pointer_mut("/apps/http/servers").and_then(Value::as_object_mut) {
            for server in servers.values_mut() {
                if let Some(routes) = server["routes"].as_array_mut() {
                    routes.retain(|route| owner(route) != Some(id));
                }
            }
            servers.retain(|_, server| server["routes"].as_array().is_some_and(|routes| !routes.is_empty()));
        }
        if let Some(policies) = next.pointer_mut("/apps/tls/automation/policies").and_then(Value::as_array_mut) {
            policies.retain(|policy| owner(policy) != Some(id));
            if policies.is_empty()
                && let Some(apps) = next["apps"].as_object_mut()
            {
                apps.remove("tls");
            }
        }
        Self(next)
    }

    fn servers(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.pointer("/apps/http/servers").and_then(Value::as_object).into_iter().flatten()
    }

    fn routes(&self) -> impl Iterator<Item = &Value> {
        self.servers().filter_map(|(_, server)| server["routes"].as_array()).flatten()
    }

    /// Refuses a site that something else is in the way of.
    fn refuse(&self, site: &Site, listener: Listener) -> Result<(), Taken> {
        let port = listener.port;
        let Some((_, server)) = self.servers().find(|(name, _)| **name == port.to_string()) else { return Ok(()) };
        let is_secure = server.get("tls_connection_policies").is_some();
        for route in server["routes"].as_array().into_iter().flatten() {
            let other = owner(route).unwrap_or("another");
            if matches!(listener.serves, Serves::Https(_)) != is_secure {
                let (ours, theirs) = if is_secure { ("HTTP", "HTTPS") } else { ("HTTPS", "HTTP") };
                let remedy = "publish one of them on another port, or give both a domain with `.domain(…)`";
                return Err(Taken(format!(
                    "`{}` asks for {ours} on port {port}, which serves `{other}` over {theirs}; {remedy}",
                    site.id
                )));
            }
            let taken = hosts(route);
            if taken.is_empty() && site.domains.is_empty() {
                let remedy = "publish one of them on another port, or tell them apart by `.domain(…)`";
                return Err(Taken(format!(
                    "port {port} serves `{other}` already, and is asked for by `{}`; {remedy}",
                    site.id
                )));
            }
            if let Some(domain) = site.domains.iter().find(|domain| taken.contains(&domain.as_str())) {
                return Err(Taken(format!(
                    "`{domain}` on port {port} leads to `{other}` already, and is asked for by `{}`; give it to one of them",
                    site.id
                )));
            }
        }
        Ok(())
    }

    fn insert(&mut self, listener: Listener, route: Value) {
        let servers = map(&mut self.0, &["apps", "http", "servers"]);
        let server = servers.entry(listener.port.to_string()).or_insert_with(|| server(listener));
        let routes = list(server, &["routes"]);
        // Those with a domain first: the one without takes all that is left.
        let key = |route: &Value| (hosts(route).is_empty(), route["@id"].as_str().map(str::to_owned));
        let place = routes.partition_point(|other| key(other) < key(&route));
        routes.insert(place, route);
    }
}

/// The server of a port.
fn server(listener: Listener) -> Value {
    let listen = [format!(":{}", listener.port)];
    match listener.serves {
        Serves::Https(_) => json!({
            "listen": listen,
            "protocols": ["h1", "h2"],
            "automatic_https": { "disable_redirects": true },
            "tls_connection_policies": [{}],
            "routes": [],
        }),
        Serves::Http(_) | Serves::Redirect => json!({
            "listen": listen,
            "protocols": ["h1", "h2"],
            "automatic_https": { "disable": true },
            "routes": [],
        }),
    }
}

fn route(site: &Site, listener: Listener) -> Value {
    let handle = match listener.serves {
        Serves::Http(_) | Serves::Https(_) => json!({
            "handler": "reverse_proxy",
            // Read anew for every request, and for every try of one.
            "upstreams": [{ "dial": format!("{{file.{}}}", releases::file(&site.id, listener.port)) }],
            "load_balancing": { "try_duration": PATIENCE, "try_interval": PAUSE },
            "stream_close_delay": STREAMS,
        }),
        Serves::Redirect => json!({
            "handler": "static_response",
            "status_code": 308,
            "headers": { "Location": ["https://{http.request.host}{http.request.uri}"] },
        }),
    };
    let id = format!("{}:{}", site.id, listener.port);
    let mut route = json!({ "@id": id, "handle": [handle], "terminal": true });
    if !site.domains.is_empty() {
        route["match"] = json!([{ "host": site.domains }]);
    }
    route
}

/// How the certificates of a site are got, where the program says more than nothing.
fn policy(site: &Site) -> Option<Value> {
    if site.domains.is_empty() || (site.email.is_none() && site.certificate_authority.is_none()) {
        return None;
    }
    let mut issuer = json!({ "module": "acme" });
    for (name, value) in [("email", &site.email), ("ca", &site.certificate_authority)] {
        if let Some(value) = value {
            issuer[name] = json!(value);
        }
    }
    Some(json!({ "@id": format!("{}:certificates", site.id), "subjects": site.domains, "issuers": [issuer] }))
}

/// Whose a part of the document is.
fn owner(part: &Value) -> Option<&str> {
    part["@id"].as_str()?.rsplit_once(':').map(|(id, _)| id)
}

/// The domains of a route.
fn hosts(route: &Value) -> Vec<&str> {
    route["match"][0]["host"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The object at `path`, made where there is none.
fn map<'a>(mut value: &'a mut Value, path: &[&str]) -> &'a mut Map<String, Value> {
    for name in path {
        value = &mut object(value)[*name];
    }
    object(value).as_object_mut().expect("it was made one")
}

/// The list at `path`, made where there is none.
fn list<'a>(value: &'a mut Value, path: &[&str]) -> &'a mut Vec<Value> {
    let (name, above) = path.split_last().expect("a path has an end");
    let place = map(value, above).entry(*name).or_insert_with(|| json!([]));
    if !place.is_array() {
        *place = json!([]);
    }
    place.as_array_mut().expect("it was made one")
}

fn object(value: &mut Value) -> &mut Value {
    if !value.is_object() {
        *value = json!({});
    }
    value
}

#[cfg(test)]
mod tests;
