//! How a container stands on each of its hosts.

use futures_util::future::join_all;

use super::deployed::{Deployed, HostName};
use super::error::OperateError;
use super::operator::Operator;
use crate::rollout::{self, HostReleases, Order, Release, Status};
use crate::spec::{ContainerSpec, PortSpec};

/// How a container stands on a host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostStatus {
    /// The host.
    pub host: HostName,
    /// What is seen there; why nothing is.
    pub seen: Result<Seen, OperateError>,
}

/// What is seen of a container on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The release that serves, or the newest one where none does.
    pub release: Option<u32>,
    /// Its image, as the program named it.
    pub image: String,
    /// The digest of the image.
    pub digest: String,
    /// What it does.
    pub standing: Standing,
    /// Since when, as Docker has it; empty where Docker does not say.
    pub since: String,
    /// A newer release that is being rolled out.
    pub coming: Option<u32>,
    /// The older releases that are kept for a rollback, the newest first.
    pub kept: Vec<u32>,
    /// Where traffic comes in and which release it goes to, where there is an edge.
    pub route: Option<Route>,
}

/// What the edge of a host does for a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where traffic comes in: domains, or ports of the host.
    pub from: Vec<String>,
    /// The release it goes to; nothing where it goes nowhere.
    pub to: Option<u32>,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was asked, and serves.
    Healthy,
    /// It was asked, and does not: why.
    Unhealthy(String),
    /// It runs, and is not asked.
    Running,
    /// It runs, and no traffic gets to it.
    Idle,
    /// It has ended, and Docker starts it again and again.
    Restarting,
    /// It has ended with this status.
    Stopped(i64),
    /// It was made and never ran.
    Created,
    /// There is none.
    Missing,
}

impl Standing {
    /// Whether it does what it should.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Healthy | Self::Running)
    }
}

impl Operator {
    /// The same of several containers, all at once.
    pub async fn status_of(&self, deployed: &[Deployed]) -> Vec<Vec<HostStatus>> {
        join_all(deployed.iter().map(|deployed| self.status(deployed))).await
    }

    /// How `deployed` stands on each of its hosts, in their order. All are asked at once; each is asked for its health too.
    pub async fn status(&self, deployed: &Deployed) -> Vec<HostStatus> {
        let hosts = deployed.hosts().iter().enumerate();
        let asked = hosts.map(async |(at, host)| HostStatus { host: host.clone(), seen: self.see(deployed, at).await });
        join_all(asked).await
    }

    async fn see(&self, deployed: &Deployed, host: usize) -> Result<Seen, OperateError> {
        let connection = self.connect(deployed, host).await?;
        let releases = self.look(&connection, deployed).await?;
        let answer = match releases.serving() {
            Some(release) if release.status == Status::Running => rollout::ask(&connection, release).await?,
            _ => None,
        };
        Ok(seen(&deployed.identity.name, &releases, answer))
    }
}

/// What `host` tells; `answer` is that of the release that serves, where it was asked: what is wrong, or nothing.
fn seen(name: &str, host: &HostReleases, answer: Option<Result<(), String>>) -> Seen {
    let mut releases = host.releases.iter().filter(|release| !release.is_trial);
    let serving = host.serving();
    let Some(shown) = serving.or_else(|| releases.clone().max_by_key(|release| release.number)) else {
        return Seen::default();
    };
    let spec: ContainerSpec = serde_json::from_value(shown.properties.clone()).unwrap_or_default();
    let kept = |release: &&Release| release.number != shown.number && !release.runs();
    let mut kept: Vec<u32> =
        releases.clone().filter(kept).filter(|release| release.status == Status::Stopped).map(|it| it.number).collect();
    kept.sort_unstable_by(|a, b| b.cmp(a));
    let comes = |release: &&Release| release.number > shown.number && release.runs();
    let ended = shown.status == Status::Stopped;
    Seen {
        release: Some(shown.number),
        image: shown.image.clone(),
        digest: digest(shown),
        standing: standing(shown, serving.is_some(), answer),
        since: if ended { shown.finished_at.clone() } else { shown.started_at.clone() },
        coming: releases.find(comes).map(|release| release.number),
        kept,
        route: route(name, &spec, host.upstream.as_deref()),
    }
}

impl Default for Seen {
    /// Nothing is there.
    fn default() -> Self {
        Self {
            release: None,
            image: String::new(),
            digest: String::new(),
            standing: Standing::Missing,
            since: String::new(),
            coming: None,
            kept: Vec::new(),
            route: None,
        }
    }
}

fn standing(release: &Release, serves: bool, answer: Option<Result<(), String>>) -> Standing {
    match (release.status, answer) {
        (Status::Created, _) => Standing::Created,
        (Status::Restarting, _) => Standing::Restarting,
        (Status::Stopped, _) => Standing::Stopped(release.exit_code),
        (Status::Running, Some(Err(why))) => Standing::Unhealthy(why),
        (Status::Running, Some(Ok(()))) => Standing::Healthy,
        (Status::Running, None) if serves => Standing::Running,
        (Status::Running, None) => Standing::Idle,
    }
}

/// The digest that the image is named by, or that of the image itself.
fn digest(release: &Release) -> String {
    let named = release.image.split_once("@sha256:").map(|(_, digest)| digest);
    named.unwrap_or_else(|| release.image_id.trim_start_matches("sha256:")).to_owned()
}

/// What the edge does for a container of `spec`, where there is one.
fn route(name: &str, spec: &ContainerSpec, upstream: Option<&str>) -> Option<Route> {
    let to = upstream.and_then(|upstream| upstream.strip_prefix(name)?.strip_prefix("-r")?.parse().ok());
    if upstream.is_none() && Order::of(spec) != Order::Edge {
        return None;
    }
    let domains = spec.edge.iter().flat_map(|edge| edge.domains.clone());
    let from: Vec<String> = domains.collect();
    let ports =
        || spec.publish.iter().filter(|port| port.is_tcp()).map(|PortSpec { host, .. }| format!(":{host}")).collect();
    Some(Route { from: if from.is_empty() { ports() } else { from }, to })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn release(number: u32, status: Status, properties: &Json) -> Release {
        Release {
            number,
            status,
            name: format!("app-r{number}"),
            properties: properties.clone(),
            image: format!("ironwright.local/shop/app@sha256:{number:064x}"),
            image_id: "sha256:ff".to_owned(),
            started_at: format!("2026-01-0{number}T00:00:00Z"),
            finished_at: format!("2026-02-0{number}T00:00:00Z"),
            exit_code: 137,
            ..Release::default()
        }
    }

    fn behind() -> Json {
        json!({"Publish": [{"Host": 80, "Container": 8000}],
            "Health": {"Kind": "http", "Path": "/"}})
    }

    #[test]
    fn what_serves_and_what_is_kept() {
        let behind = behind();
        let releases = vec![
            release(1, Status::Stopped, &behind),
            release(2, Status::Stopped, &behind),
            release(4, Status::Running, &behind),
        ];
        let host = HostReleases { releases, upstream: Some("app-r4".to_owned()) };
        let told = seen("app", &host, Some(Ok(())));
        let expect = Seen {
            release: Some(4),
            image: format!("ironwright.local/shop/app@sha256:{:064x}", 4),
            digest: format!("{:064x}", 4),
            standing: Standing::Healthy,
            since: "2026-01-04T00:00:00Z".to_owned(),
            coming: None,
            kept: vec![2, 1],
            route: Some(Route { from: vec![":80".to_owned()], to: Some(4) }),
        };
        assert_eq!(told, expect);
        let why = || "the answer is 500".to_owned();
        assert_eq!(seen("app", &host, Some(Err(why()))).standing, Standing::Unhealthy(why()));
    }

    #[test]
    fn a_rollout_that_goes_on_and_one_that_broke_off() {
        let behind = behind();
        let releases = vec![release(3, Status::Running, &behind), release(4, Status::Running, &behind)];
        let mut host = HostReleases { releases, upstream: Some("app-r3".to_owned()) };
        let told = seen("app", &host, Some(Ok(())));
        assert_eq!((told.release, told.coming, told.kept.as_slice()), (Some(3), Some(4), [].as_slice()));
        host.upstream = None;
        let told = seen("app", &host, None);
        assert_eq!((told.release, told.standing), (Some(4), Standing::Idle));
        assert_eq!(told.route, Some(Route { from: vec![":80".to_owned()], to: None }));
    }

    #[test]
    fn what_has_ended_and_what_is_not_there() {
        let alone = json!({"Edge": {"Kind": "none"}});
        let host = |status| HostReleases { releases: vec![release(2, status, &alone)], upstream: None };
        let told = seen("app", &host(Status::Stopped), None);
        assert_eq!((told.standing, told.since.as_str()), (Standing::Stopped(137), "2026-02-02T00:00:00Z"));
        assert_eq!((told.kept, told.route), (Vec::new(), None));
        assert_eq!(seen("app", &host(Status::Restarting), None).standing, Standing::Restarting);
        assert_eq!(seen("app", &host(Status::Created), None).standing, Standing::Created);
        assert_eq!(seen("app", &host(Status::Running), None).standing, Standing::Running);
        assert_eq!(seen("app", &HostReleases::default(), None), Seen::default());
        assert!(!Standing::Missing.is_good() && Standing::Running.is_good());
    }

    #[test]
    fn an_image_without_a_digest_is_known_by_its_id() {
        let release = Release { image: "nginx:1.27".to_owned(), ..release(1, Status::Running, &Json::Null) };
        assert_eq!(digest(&release), "ff");
    }

    #[test]
    fn a_domain_is_where_traffic_comes_in() {
        let spec =
            json!({"Publish": [{"Host": 80, "Container": 80}], "Edge": {"Kind": "caddy", "Domains": ["a.example"]}});
        let spec = serde_json::from_value(spec).expect("a container");
        let expect = Route { from: vec!["a.example".to_owned()], to: Some(12) };
        assert_eq!(route("app", &spec, Some("app-r12")), Some(expect));
    }
}
