//! The rollout of a container: on a real Docker, over real SSH.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ironwright::core::secret::SecretText;
use ironwright::core::{Planned, Resolved};
use ironwright::docker::edge::DEFAULT_IMAGE;
use ironwright::docker::readiness::Progress;
use ironwright::docker::rollout::{
    Deliver, Failure, HostReleases, Identity, Request, RolloutError, Status, Tools, Turns, look, remove, roll_out,
};
use ironwright::docker::ssh::{Connection, Destination};
use ironwright::engine::{ErrorKind, ProviderError, SystemClock};
use ironwright_tests::testbed::{Load, TestHost, available, caddy_available};
use serde_json::{Value as Json, json};

use crate::block_on;
use crate::ssh::{connections, folder};

/// The secret that must be nowhere.
const SECRET: &str = "pl4nted-s3cret";

/// Images that the hosts have already.
struct There;

#[async_trait::async_trait]
impl Deliver for There {
    async fn bring(&self, _: &Connection, reference: &str, _: Progress<'_>) -> Result<String, ProviderError> {
        Ok(reference.to_owned())
    }
}

/// The hosts of a container, and what was said of its rollouts.
struct Bench {
    connections: Vec<Arc<Connection>>,
    clock: SystemClock,
    turns: Turns,
    said: Mutex<Vec<String>>,
    _folder: tempfile::TempDir,
}

fn identity() -> Identity {
    let text = |text: &str| text.to_owned();
    Identity {
        app: text("shop"),
        stage: text("dev"),
        address: text("web/app"),
        name: text("app"),
        ..Identity::default()
    }
}

/// A version that serves `image`, with `more` to say.
fn version(image: &str, more: Json) -> Json {
    let health = json!({
        "Kind": "http", "Path": "/", "IntervalMilliseconds": 100, "LimitMilliseconds": 60_000,
    });
    let mut properties = json!({
        "Image": image, "Publish": [{"Host": 80, "Container": 8000}], "Health": health, "DrainSeconds": 1,
    });
    let Json::Object(more) = more else { panic!("not properties: {more}") };
    properties.as_object_mut().expect("a map").extend(more);
    properties
}

/// The same, without an edge.
fn alone(image: &str, more: Json) -> Json {
    let mut properties = version(image, more);
    properties["Edge"] = json!({"Kind": "none"});
    properties
}

fn request(properties: Json, token: &str) -> Request {
    request_of(identity(), properties, token)
}

fn request_of(identity: Identity, properties: Json, token: &str) -> Request {
    let Planned::Map(mut entries) = Planned::from(properties) else { panic!("not properties") };
    let secret = Planned::Map([("KEY".to_owned(), Planned::Secret(SecretText::new(SECRET)))].into());
    entries.insert("SecretEnvironment".to_owned(), secret);
    let properties = Resolved::new(Planned::Map(entries)).expect("it is known");
    Request::new(identity, &properties, token).expect("a container")
}

impl Bench {
    fn new(hosts: &[&TestHost]) -> Self {
        Self::to(hosts.iter().map(|host| host.destination()))
    }

    fn to(hosts: impl IntoIterator<Item = Destination>) -> Self {
        let folder = folder();
        let connections = connections(folder.path());
        let connections = hosts.into_iter().map(|host| connections.to(&host)).collect();
        Self {
            connections,
            clock: SystemClock::new(),
            turns: Turns::default(),
            said: Mutex::default(),
            _folder: folder,
        }
    }

    fn with<T>(&self, work: impl AsyncFnOnce(&Tools<'_>) -> T) -> T {
        let progress = |line: &str| self.said.lock().expect("nobody panicked").push(line.to_owned());
        let tools = Tools { clock: &self.clock, delivery: &There, progress: &progress, turns: &self.turns };
        block_on(work(&tools))
    }

    fn rolls(&self, properties: Json, token: &str) -> Result<u32, RolloutError> {
        self.rolls_out(&request(properties, token))
    }

    fn rolls_out(&self, request: &Request) -> Result<u32, RolloutError> {
        let rolled = self.with(async |tools| roll_out(&self.connections, request, tools).await)?;
        Ok(rolled.number)
    }

    /// The number of the release that serves on a host.
    #[track_caller]
    fn seen(&self, host: usize) -> HostReleases {
        self.with(async |tools| look(&self.connections[host], &identity(), tools).await).expect("it is seen")
    }

    #[track_caller]
    fn serving(&self, host: usize) -> Option<u32> {
        self.seen(host).serving().map(|release| release.number)
    }

    fn removes(&self, properties: &Json) -> bool {
        let spec = serde_json::from_value(properties.clone()).expect("a container");
        self.with(async |tools| remove(&self.connections[0], &identity(), &spec, tools).await).expect("it is removed")
    }

    fn said(&self) -> Vec<String> {
        std::mem::take(&mut self.said.lock().expect("nobody panicked"))
    }
}

/// What the host answers on port 80.
fn answer(host: &TestHost) -> Option<String> {
    answer_on(host, 80)
}

fn answer_on(host: &TestHost, port: u16) -> Option<String> {
    let to = SocketAddr::from((host.address(), port));
    let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(5)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a limit");
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.split("\r\n\r\n").nth(1).map(|page| page.trim().to_owned())
}

/// The containers of the host, with what they do, in order.
fn containers(host: &TestHost) -> Vec<String> {
    let listed = host.does("docker ps -a --format '{{.Names}} {{.State}}' --filter name=app- | sort");
    listed.lines().map(ToOwned::to_owned).collect()
}

/// Hosts with versions 1 and 2 of an app.
fn hosts<const N: usize>() -> Option<[TestHost; N]> {
    available().then(|| {
        std::array::from_fn(|_| {
            let host = TestHost::new();
            host.make_image("shop:v1", "v1");
            host.make_image("shop:v2", "v2");
            host
        })
    })
}

fn behind_an_edge() -> Option<TestHost> {
    if !caddy_available() {
        return None;
    }
    let [host] = hosts()?;
    host.make_edge_image(DEFAULT_IMAGE);
    Some(host)
}

/// A version that never listens, and one that ends by itself and says its secret before, which is noticed long before its
/// limit.
fn broken(edge: fn(&str, Json) -> Json) -> [Json; 2] {
    [
        edge(
            "shop:v2",
            json!({"Command": ["sleep", "600"], "Health": {"Kind": "http", "Path": "/", "LimitMilliseconds": 1500}}),
        ),
        edge(
            "shop:v2",
            json!({
                "Command": ["sh", "-c", "echo key is $KEY; exit 3"],
                "Health": {"Kind": "http", "Path": "/", "LimitMilliseconds": 3_600_000},
            }),
        ),
    ]
}

#[test]
fn behind_an_edge_no_request_is_lost_and_what_is_broken_never_serves() {
    let Some(host) = behind_an_edge() else { return };
    let bench = Bench::new(&[&host]);
    assert_eq!(bench.rolls(version("shop:v1", json!({})), "t1"), Ok(1));
    assert_eq!((answer(&host).as_deref(), bench.serving(0)), (Some("v1"), Some(1)));

    let load = Load::on(SocketAddr::from((host.address(), 80)), 2, 2);
    load.until(Duration::from_secs(10), |seen| seen.answered > 20);
    assert_eq!(bench.rolls(version("shop:v2", json!({})), "t2"), Ok(2));
    load.until(Duration::from_secs(10), |seen| seen.answers.last().is_some_and(|answer| answer.trim() == "v2"));
    let [silent, crashing] = broken(version);
    for (properties, token, failure) in [(silent, "t3", Failure::Unhealthy), (crashing, "t4", Failure::CrashLoop)] {
        let error = bench.rolls(properties, token).expect_err("it does not serve");
        assert_eq!(error.failure, failure, "{error}");
        assert_eq!(containers(&host), ["app-r1 exited", "app-r2 running"]);
    }
    // Back to the first version, which was kept, and forth again.
    let kept = host.does("docker inspect --format '{{.Id}}' app-r1");
    assert_eq!(bench.rolls(version("shop:v1", json!({})), "t5"), Ok(1));
    assert_eq!(host.does("docker inspect --format '{{.Id}}' app-r1"), kept);
    load.until(Duration::from_secs(10), |seen| seen.answers.last().is_some_and(|answer| answer.trim() == "v1"));
    let figures = load.end();
    assert_eq!(figures.failures, [], "{figures:?}");
    assert_eq!(figures.answers.iter().map(|answer| answer.trim()).collect::<Vec<_>>(), ["v1", "v2", "v1"]);
    assert_eq!(containers(&host), ["app-r1 running", "app-r2 exited"]);

    // The same again is nothing to do.
    bench.said();
    assert_eq!(bench.rolls(version("shop:v1", json!({})), "t6"), Ok(1));
    assert!(
        bench.said().iter().all(|line| !line.contains("starting") && !line.contains("making")),
        "{:?}",
        bench.said()
    );

    assert!(bench.removes(&version("shop:v1", json!({}))));
    assert_eq!((containers(&host), answer(&host)), (vec![], None));
    assert_eq!(host.does("docker ps -aq; docker network ls --filter name=^ironwright -q"), "");
    assert!(!bench.removes(&version("shop:v1", json!({}))), "there is nothing left");
}

#[test]
fn without_an_edge_a_version_is_tried_before_the_old_one_gives_way() {
    let Some([host]) = hosts() else { return };
    let bench = Bench::new(&[&host]);
    assert_eq!(bench.rolls(alone("shop:v1", json!({})), "t1"), Ok(1));
    assert_eq!(answer(&host).as_deref(), Some("v1"));
    assert!(!bench.said().iter().any(|line| line.contains("try")), "there was nothing to spare");

    let slow = json!({"Command": ["sh", "-c", "sleep 1; exec httpd -f -p 8000 -h /www"]});
    assert_eq!(bench.rolls(alone("shop:v2", slow), "t2"), Ok(2));
    assert_eq!((answer(&host).as_deref(), bench.serving(0)), (Some("v2"), Some(2)));
    let said = bench.said();
    let at =
        |step: &str| said.iter().position(|line| line.ends_with(step)).unwrap_or_else(|| panic!("no {step}: {said:?}"));
    let steps = [": waiting for app-r2-try to get healthy", ": stopping app-r1", ": starting app-r2"].map(at);
    assert!(steps.is_sorted(), "{said:?}");
    assert_eq!(containers(&host), ["app-r1 exited", "app-r2 running"]);

    let [silent, crashing] = broken(alone);
    let error = bench.rolls(crashing, "t3").expect_err("it ends by itself");
    let message = error.to_string();
    for text in [
        "does not stay up",
        "ended with 3",
        "key is (sensitive)",
        "what serves now",
        "app-r2",
        &host.address().to_string(),
    ] {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
    assert!(!message.contains(SECRET), "{message}");
    let error = ProviderError::from(error);
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Refused, "CrashLoop"));

    let error = bench.rolls(silent, "t4").expect_err("it never listens");
    assert!(error.to_string().contains("within 1.5 s: GET / on port 8000: "), "{error}");
    assert_eq!(
        (answer(&host).as_deref(), containers(&host)),
        (Some("v2"), vec!["app-r1 exited".into(), "app-r2 running".into()])
    );
}

#[test]
fn what_writes_to_a_volume_is_never_there_twice() {
    let Some([host]) = hosts() else { return };
    let bench = Bench::new(&[&host]);
    let data = json!({"Volumes": [{"Source": "data", "Target": "/data"}], "Networks": ["back"], "Restart": "always"});
    assert_eq!(bench.rolls(alone("shop:v1", data.clone()), "t1"), Ok(1));
    host.does("docker exec app-r1 sh -c 'echo kept >/data/file'");

    // It gets healthy only where it is alone.
    let mut next = data.clone();
    next["Command"] = json!(["sh", "-c", "sleep 600"]);
    next["Health"] = json!({"Kind": "command", "Command": ["false"], "LimitMilliseconds": 500});
    let error = bench.rolls(alone("shop:v2", next), "t2").expect_err("it is not healthy");
    assert!(error.to_string().contains("`false` in it: it ends with 1"), "{error}");
    assert_eq!((answer(&host).as_deref(), containers(&host)), (Some("v1"), vec!["app-r1 running".into()]));
    assert_eq!(host.does("docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' app-r1"), "always");

    assert_eq!(bench.rolls(alone("shop:v2", data.clone()), "t3"), Ok(2));
    assert_eq!(host.does("docker exec app-r2 cat /data/file"), "kept");
    // What was stopped does not come back with the daemon; what serves does, and is found by its name.
    host.stop_docker();
    host.start_docker();
    let up = "until docker inspect --format '{{.State.Running}}' app-r2 | grep -q true; do sleep 0.05; done";
    host.does(up);
    assert_eq!(containers(&host), ["app-r1 exited", "app-r2 running"]);
    let found = host.does("docker run --rm --network back shop:v1 wget -q -O - http://app:8000/");
    assert_eq!(found, "v2");

    // The volume stays, unless said otherwise; the network that was made goes.
    let properties = alone("shop:v2", data);
    assert!(bench.removes(&properties));
    assert_eq!(host.does("docker volume ls -q; docker network ls -q --filter name=back"), "data");
    assert_eq!(bench.rolls(properties.clone(), "t4"), Ok(1));
    assert_eq!(host.does("docker exec app-r1 cat /data/file"), "kept");
    let mut all = properties;
    all["KeepVolumes"] = json!(false);
    assert!(bench.removes(&all));
    assert_eq!(host.does("docker volume ls -q"), "");
}

#[test]
fn one_behind_an_edge_gets_its_traffic_back_when_its_successor_fails_in_its_place() {
    let Some(host) = behind_an_edge() else { return };
    let bench = Bench::new(&[&host]);
    assert_eq!(bench.rolls(version("shop:v1", json!({})), "t1"), Ok(1));
    assert_eq!((answer(&host).as_deref(), bench.serving(0)), (Some("v1"), Some(1)));

    // It takes the ports of the edge and writes to a volume: it cannot be tried beside the old one.
    let silent = json!({
        "Volumes": [{"Source": "data", "Target": "/data"}],
        "Command": ["sleep", "600"], "Health": {"Kind": "http", "Path": "/", "LimitMilliseconds": 500},
    });
    bench.rolls(alone("shop:v2", silent), "t2").expect_err("it never listens");
    assert_eq!((answer(&host).as_deref(), bench.serving(0)), (Some("v1"), Some(1)), "{:?}", bench.said());
    assert_eq!(containers(&host), ["app-r1 running"]);
}

#[test]
fn ports_behind_an_edge_change_and_go() {
    let Some(host) = behind_an_edge() else { return };
    let bench = Bench::new(&[&host]);
    let on = |port: u16, image: &str| version(image, json!({"Publish": [{"Host": port, "Container": 8000}]}));
    assert_eq!(bench.rolls(on(80, "shop:v1"), "t1"), Ok(1));
    assert_eq!(bench.rolls(on(81, "shop:v2"), "t2"), Ok(2));
    assert_eq!((answer_on(&host, 81).as_deref(), bench.serving(0)), (Some("v2"), Some(2)));
    assert_eq!(bench.rolls(on(80, "shop:v1"), "t3"), Ok(1), "the one that was there before");
    assert_eq!((answer(&host).as_deref(), bench.serving(0)), (Some("v1"), Some(1)));

    // Another site keeps the edge, which has to give up the port that a container wants for itself.
    let blog = Identity { address: "web/blog".to_owned(), name: "blog".to_owned(), ..identity() };
    assert_eq!(bench.rolls_out(&request_of(blog, on(82, "shop:v1"), "t4")), Ok(1));
    assert_eq!(bench.rolls(alone("shop:v2", json!({})), "t5"), Ok(3));
    assert_eq!((answer(&host).as_deref(), answer_on(&host, 82).as_deref()), (Some("v2"), Some("v1")));
    assert_eq!(bench.serving(0), Some(3));
    // And back behind it.
    assert_eq!(bench.rolls(on(80, "shop:v1"), "t6"), Ok(1));
    assert_eq!((answer(&host).as_deref(), answer_on(&host, 82).as_deref()), (Some("v1"), Some("v1")));
}

#[test]
fn an_edge_that_does_not_answer_gives_the_ports_back() {
    let Some(host) = behind_an_edge() else { return };
    let bench = Bench::new(&[&host]);
    assert_eq!(bench.rolls(alone("shop:v1", json!({})), "t1"), Ok(1));
    // A Caddy that nobody can ask: what asks is not in its image.
    let without = "docker run --name mute --entrypoint sh IMAGE -c 'rm -f /bin/nc /usr/bin/nc'; docker commit mute mute:1; docker rm mute";
    host.does(&without.replace("IMAGE", DEFAULT_IMAGE));
    let behind = version("shop:v2", json!({"Edge": {"Kind": "caddy", "Image": "mute:1"}}));
    let error = bench.rolls(behind, "t2").expect_err("nobody can ask it").to_string();
    assert!(error.contains("edge"), "{error}");
    assert_eq!((answer(&host).as_deref(), bench.serving(0)), (Some("v1"), Some(1)), "{error}");
    assert_eq!(containers(&host), ["app-r1 running"]);
}

#[test]
fn five_are_kept_and_no_secret_is_left() {
    let Some([host]) = hosts() else { return };
    let bench = Bench::new(&[&host]);
    let numbered = |number: u32| {
        let pem = format!("-----BEGIN-----\nit's {number}\n-----END-----\n");
        alone("shop:v1", json!({"Publish": [], "Environment": {"NUMBER": number, "PEM": pem}}))
    };
    // A killed run has left this.
    host.does("mkdir -p /root/.ironwright/$(uname -n)/ironwright/app; echo KEY=old >/root/.ironwright/$(uname -n)/ironwright/app/env");
    for number in 1..=7 {
        let mut properties = numbered(number);
        properties["Health"]["Port"] = json!(8000);
        assert_eq!(bench.rolls(properties, &format!("t{number}")), Ok(number));
    }
    let kept: Vec<_> = (2..=7).map(|n| format!("app-r{n} {}", if n == 7 { "running" } else { "exited" })).collect();
    assert_eq!(containers(&host), kept);
    assert_eq!(host.does("docker exec app-r7 env | grep -E '^(KEY|NUMBER)='|sort"), format!("KEY={SECRET}\nNUMBER=7"));
    assert_eq!(host.does("docker exec app-r7 sh -c 'echo \"$PEM\"'"), "-----BEGIN-----\nit's 7\n-----END-----");

    assert!(!host.does("docker inspect --format '{{json .Config.Labels}}' $(docker ps -aq)").contains(SECRET));
    let found =
        host.does(&format!("grep -rlF {SECRET} /root /run/user /run/host /tmp /var/tmp /home 2>/dev/null || true"));
    assert_eq!(found, "");
    assert_eq!(host.does("find /root/.ironwright -type f; find /run/user -name env* 2>/dev/null || true"), "");
    assert!(!bench.said().iter().any(|line| line.contains(SECRET)));
}

#[test]
fn groups_stop_at_the_first_that_does_not_get_healthy() {
    let Some([first, second, third]) = hosts() else { return };
    let bench = Bench::new(&[&first, &second, &third]);
    assert_eq!(bench.rolls(alone("shop:v1", json!({"GroupSize": 2})), "t1"), Ok(1));
    assert_eq!([0, 1, 2].map(|host| bench.serving(host)), [Some(1); 3]);

    // On the second host the new version does not work.
    second.does("docker rmi shop:v2 >/dev/null; docker tag shop:v1 shop:v2");
    let properties = alone(
        "shop:v2",
        json!({"Health": {
            "Kind": "command", "Command": ["sh", "-c", "test $(cat /www/index.html) = v2"],
            "IntervalMilliseconds": 100, "LimitMilliseconds": 1000,
        }}),
    );
    let error = bench.rolls(properties.clone(), "t2").expect_err("the second host fails");
    assert_eq!([0, 1, 2].map(|host| bench.serving(host)), [Some(2), Some(1), Some(1)]);
    let message = error.to_string();
    for (host, release) in [(&first, "app-r2"), (&second, "app-r1"), (&third, "app-r1")] {
        let line = format!("{}: {release}", host.address());
        assert!(message.contains(&line), "no {line:?} in: {message}");
    }
    assert!(!bench.said().iter().any(|line| line.starts_with(&format!("{}: starting app-r2", third.address()))));

    // Mended and sent again, it goes on; the first host is done already.
    second.make_image("shop:v2", "v2");
    assert_eq!(bench.rolls(properties, "t3"), Ok(2));
    assert_eq!([0, 1, 2].map(|host| bench.serving(host)), [Some(2); 3]);

    // A host that is not reached: nothing is changed anywhere.
    third.stop_sshd();
    let bench = Bench::new(&[&first, &second, &third]);
    let error = bench.rolls(alone("shop:v1", json!({})), "t4").expect_err("one is not reached");
    assert_eq!(error.failure, Failure::Unreached, "{error}");
    assert!(error.to_string().contains("nothing was changed on any host"), "{error}");
    assert_eq!([&first, &second].map(answer), [Some("v2".to_owned()), Some("v2".to_owned())]);
}

#[test]
fn a_rollout_goes_on_where_a_killed_one_left_it() {
    let Some([host]) = hosts() else { return };
    let bench = Bench::new(&[&host]);
    assert_eq!(bench.rolls(alone("shop:v1", json!({})), "t1"), Ok(1));
    // Killed once the new one was made, the old one gave way, and nobody started the new one.
    let next = alone("shop:v2", json!({}));
    assert_eq!(bench.rolls(next.clone(), "t2"), Ok(2));
    host.does("docker stop --time 0 app-r2 >/dev/null; docker update --restart no app-r2 >/dev/null");
    assert_eq!(bench.serving(0), None);
    assert_eq!(bench.rolls(next, "t2"), Ok(2));
    assert_eq!(answer(&host).as_deref(), Some("v2"));
    assert_eq!(bench.seen(0).releases[1].restart, "unless-stopped");
    assert_eq!(bench.seen(0).releases[0].status, Status::Stopped);
}

#[test]
fn what_cannot_be_is_said_before_anything_is_done() {
    let Some([host]) = hosts() else { return };
    let bench = Bench::new(&[&host]);
    let error =
        bench.rolls(alone("shop:v1", json!({"Labels": {"ironwright.app": "x"}})), "t1").expect_err("it is ours");
    assert_eq!(error.failure, Failure::Invalid, "{error}");

    // A name and a port that others have.
    host.does("docker create --name app-r1 shop:v1 >/dev/null");
    let error = bench.rolls(alone("shop:v1", json!({})), "t2").expect_err("the name is taken");
    assert_eq!(error.failure, Failure::NameTaken, "{error}");
    host.does("docker rm app-r1 >/dev/null; docker run -d --name other -p 80:8000 shop:v2 >/dev/null");
    let error = bench.rolls(alone("shop:v1", json!({})), "t3").expect_err("the port is taken");
    assert!(error.to_string().contains("already allocated"), "{error}");
    assert_eq!((containers(&host), answer(&host).as_deref()), (vec![], Some("v2")));
}
