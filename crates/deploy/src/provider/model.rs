//! What there is of a container, as one document: made of what its hosts have. Pure.

use serde_json::{Map, Value as Json, json};

use crate::rollout::{HostReleases, Release};

/// The properties that say how it is rolled out: no host knows them, so they are as they were applied.
const MANNER: [&str; 3] = ["DrainSeconds", "GroupSize", "KeepVolumes"];

/// A host and what it has.
pub(super) struct OnHost<'a> {
    /// What the program says of it, without secrets.
    pub(super) host: &'a Json,
    /// It is one of those it was applied to.
    pub(super) is_wanted: bool,
    /// What it has.
    pub(super) seen: HostReleases,
}

/// The release that stands for all: the one that serves on most hosts; where none does, the newest.
pub(super) fn release<'a>(hosts: &'a [OnHost<'_>]) -> Option<&'a Release> {
    let serving = || hosts.iter().filter_map(|host| host.seen.serving());
    let on_hosts = |release: &Release| serving().filter(|other| is_same(other, release)).count();
    serving().max_by_key(|release| (on_hosts(release), release.number)).or_else(|| {
        let all = hosts.iter().flat_map(|host| &host.seen.releases);
        all.max_by_key(|release| (!release.is_trial, release.number))
    })
}

/// What there is of the container `name`, which was applied with `applied`: `release` stands for it, and `running` is its
/// image by digest. A host counts where that release serves; one that it was not applied to, where anything of it is.
pub(super) fn model(name: &str, applied: &Json, hosts: &[OnHost<'_>], release: &Release, running: &str) -> Json {
    let serves = |host: &&OnHost<'_>| match host.seen.serving() {
        Some(serving) if host.is_wanted => is_same(serving, release),
        _ => !host.is_wanted && !host.seen.releases.is_empty(),
    };
    let there: Vec<Json> = hosts.iter().filter(serves).map(|host| host.host.clone()).collect();
    let mut model = release.properties.as_object().cloned().unwrap_or_default();
    model.remove("SecretEnvironment");
    model.extend(MANNER.into_iter().filter_map(|name| Some((name.to_owned(), applied.get(name)?.clone()))));
    let url = url(&model, applied);
    let attributes = [
        ("Name", json!(name)),
        ("Hosts", json!(there)),
        ("Running", json!(running)),
        ("ReleaseVersion", json!(release.number)),
        ("Url", json!(url)),
    ];
    model.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    Json::Object(model)
}

fn is_same(left: &Release, right: &Release) -> bool {
    (left.number, &left.token, &left.digest) == (right.number, &right.token, &right.digest)
}

/// Where it answers: at its domain, or at the first host.
fn url(model: &Map<String, Json>, applied: &Json) -> String {
    let said = |name: &str, pointer: &str| model.get(name).and_then(|value| value.pointer(pointer));
    if let Some(domain) = said("Edge", "/Domains/0").and_then(Json::as_str) {
        return format!("https://{domain}");
    }
    let address = applied["Hosts"][0]["Address"].as_str().unwrap_or_default();
    let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    match said("Publish", "/0/Host").and_then(Json::as_u64) {
        None | Some(80) => format!("http://{address}"),
        Some(port) => format!("http://{address}:{port}"),
    }
}

/// The name of an image, without tag and digest.
pub(super) fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::Status;

    fn properties() -> Json {
        json!({"Image": "shop:1", "Publish": [{"Host": 80, "Container": 8000}], "Edge": {"Kind": "none"},
            "SecretEnvironment": {}})
    }

    fn release_of(number: u32, status: Status) -> Release {
        let (token, started_at) = (format!("t{number}"), format!("2026-01-0{number}"));
        Release { number, status, token, started_at, properties: properties(), ..Release::default() }
    }

    /// Whether it was applied to the host, and the releases there.
    type HasReleases<'a> = (bool, &'a [(u32, Status)]);

    fn check(hosts: &[HasReleases<'_>], number: Option<u32>, there: &[usize]) {
        let names: Vec<Json> = (0..hosts.len()).map(|at| json!({"Address": format!("10.0.0.{at}")})).collect();
        let on_host = |(at, (is_wanted, releases)): (usize, &HasReleases<'_>)| {
            let releases = releases.iter().map(|(number, status)| release_of(*number, *status)).collect();
            OnHost { host: &names[at], is_wanted: *is_wanted, seen: HostReleases { releases, upstream: None } }
        };
        let on_hosts: Vec<OnHost<'_>> = hosts.iter().enumerate().map(on_host).collect();
        let found = release(&on_hosts);
        assert_eq!(found.map(|release| release.number), number);
        let Some(found) = found else { return };
        let applied = json!({"Hosts": names, "DrainSeconds": 3, "Image": "other"});
        let model = model("app", &applied, &on_hosts, found, "shop@sha256:ab");
        let expect: Vec<&Json> = there.iter().map(|at| &names[*at]).collect();
        assert_eq!(model["Hosts"], json!(expect));
        assert_eq!((&model["Name"], &model["Running"]), (&json!("app"), &json!("shop@sha256:ab")));
        assert_eq!((&model["Image"], &model["DrainSeconds"]), (&json!("shop:1"), &json!(3)));
        assert_eq!((&model["Url"], model.get("SecretEnvironment")), (&json!("http://10.0.0.0"), None));
    }

    #[test]
    fn the_hosts_are_those_on_which_one_release_serves() {
        const RUNS: Status = Status::Running;
        const ENDED: Status = Status::Stopped;
        check(&[(true, &[(1, RUNS)]), (true, &[(1, RUNS)])], Some(1), &[0, 1]);
        check(&[(true, &[(1, ENDED), (2, RUNS)]), (true, &[(1, RUNS)])], Some(2), &[0]);
        check(&[(true, &[(2, RUNS)]), (true, &[(1, RUNS)]), (true, &[(1, RUNS)])], Some(1), &[1, 2]);
        // Stopped by hand, or half made: it is there, and serves nowhere.
        check(&[(true, &[(1, ENDED), (2, ENDED)])], Some(2), &[]);
        check(&[(true, &[(1, Status::Created)])], Some(1), &[]);
        check(&[(true, &[]), (true, &[])], None, &[]);
        // What an interrupted run has left on a host that it was not applied to.
        check(&[(true, &[(1, RUNS)]), (false, &[(2, Status::Created)]), (false, &[])], Some(1), &[0, 1]);
    }

    #[test]
    fn where_it_answers() {
        let at = |more: Json| {
            let mut model = properties().as_object().cloned().expect("a map");
            model.extend(more.as_object().cloned().expect("a map"));
            url(&model, &json!({"Hosts": [{"Address": "::1"}]}))
        };
        assert_eq!(at(json!({})), "http://[::1]");
        assert_eq!(at(json!({"Publish": [{"Host": 8080}]})), "http://[::1]:8080");
        assert_eq!(at(json!({"Edge": {"Domains": ["shop.example", "www.shop.example"]}})), "https://shop.example");
    }

    #[test]
    fn the_name_of_an_image() {
        let names = ["nginx", "nginx:1.27", "host:5000/a/b", "host:5000/a:1@sha256:ab"].map(repository);
        assert_eq!(names, ["nginx", "nginx", "host:5000/a/b", "host:5000/a"]);
    }
}
