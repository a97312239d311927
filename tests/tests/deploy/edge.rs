//! The edge of a host: the real Caddy, on a real Docker, with requests coming in.

mod https;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ironwright::docker::edge::{DEFAULT_IMAGE, EdgeError, EdgeErrorKind, EdgeProxy, EdgeSeen, NAME, NETWORK, Site};
use ironwright::docker::ssh::Connection;
use ironwright::engine::SystemClock;
use ironwright_tests::testbed::{Load, TestHost, available, caddy_available};

use crate::block_on;
use crate::ssh::{connections, folder};

/// A host with the images of an edge and of two versions of an app.
fn host() -> Option<TestHost> {
    if !(available() && caddy_available()) {
        return None;
    }
    let host = TestHost::new();
    host.make_edge_image(DEFAULT_IMAGE);
    for version in ["v1", "v2"] {
        host.make_image(&format!("app:{version}"), version);
    }
    Some(host)
}

fn site(id: &str, ports: &[(u16, u16)], domains: &[&str]) -> Site {
    Site {
        id: id.into(),
        ports: ports.iter().copied().collect(),
        domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
        ..Site::default()
    }
}

/// The edge of a host, and what it said.
struct Bench {
    connection: Arc<Connection>,
    clock: SystemClock,
    said: Mutex<Vec<String>>,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new(host: &TestHost) -> Self {
        let folder = folder();
        let connection = connections(folder.path()).to(&host.destination());
        Self { connection, clock: SystemClock::new(), said: Mutex::default(), _folder: folder }
    }

    /// What `work` with the edge comes to.
    fn try_edge<T>(&self, work: impl AsyncFnOnce(EdgeProxy<'_>) -> Result<T, EdgeError>) -> Result<T, EdgeError> {
        let progress = |line: &str| self.said.lock().expect("nobody panicked").push(line.to_owned());
        block_on(work(EdgeProxy::new(&self.connection, &self.clock, &progress)))
    }

    #[track_caller]
    fn edge<T>(&self, work: impl AsyncFnOnce(EdgeProxy<'_>) -> Result<T, EdgeError>) -> T {
        self.try_edge(work).expect("the edge does it")
    }

    #[track_caller]
    fn look(&self) -> EdgeSeen {
        self.edge(async |edge| edge.look().await)
    }

    /// Makes the edge and has `release` serve `site`.
    #[track_caller]
    fn serve(&self, site: &Site, release: &str) {
        self.edge(async |edge| {
            edge.ensure(site, DEFAULT_IMAGE).await?;
            edge.switch(site, release).await
        });
        assert!(self.look().serves(site, release));
    }

    #[track_caller]
    fn refuses(&self, site: &Site, kind: EdgeErrorKind, says: &[&str]) {
        let refused = self.try_edge(async |edge| edge.ensure(site, DEFAULT_IMAGE).await);
        let error = refused.expect_err("it cannot be");
        assert_eq!(error.kind(), Some(kind), "{error}");
        for text in says {
            assert!(error.to_string().contains(text), "no {text:?} in: {error}");
        }
    }
}

/// Runs a release of an app behind the edge.
fn run(host: &TestHost, name: &str, image: &str, more: &str) {
    host.does(&format!(
        "docker network inspect {NETWORK} >/dev/null 2>&1 || docker network create {NETWORK} >/dev/null"
    ));
    host.does(&format!(
        "docker run --detach --restart unless-stopped --network {NETWORK} --name {name} {image} {more}"
    ));
}

/// The status and the body of an answer, and its headers.
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// What a GET of `path` under the name `name` is answered with.
fn get(server: SocketAddr, name: &str, path: &str) -> Answer {
    let mut stream = TcpStream::connect(server).expect("it takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n").expect("it reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it answers");
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status").parse().expect("a number");
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.into()));
    Answer { status, headers: headers.collect(), body: body.trim().to_owned() }
}

fn page(host: &TestHost, port: u16) -> (u16, String) {
    let answer = get((host.address(), port).into(), "host", "/");
    (answer.status, answer.body)
}

#[track_caller]
fn says(host: &TestHost, port: u16, expect: &str) {
    assert_eq!(page(host, port), (200, expect.to_owned()));
}

#[test]
fn traffic_moves_without_a_lost_request_or_connection() {
    let Some(host) = host() else { return };
    let (bench, shop) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]));
    assert_eq!(bench.look(), EdgeSeen::default());
    run(&host, "shop-r1", "app:v1", "");
    run(&host, "shop-r2", "app:v2", "");
    bench.serve(&shop, "shop-r1");
    assert_eq!(*bench.said.lock().expect("nobody panicked"), [""; 0], "nothing was interrupted");

    let load = Load::on((host.address(), 80).into(), 4, 4);
    for round in 0..6 {
        load.goes_on(100);
        let (to, from) = if round % 2 == 0 { ("shop-r2", "shop-r1") } else { ("shop-r1", "shop-r2") };
        bench.edge(async |edge| edge.switch(&shop, to).await);
        let seen = bench.look();
        assert_eq!(seen.serving("shop"), Some(to));
        assert!(seen.serves(&shop, to) && !seen.serves(&shop, from));
        says(&host, 80, if to == "shop-r1" { "v1" } else { "v2" });
        assert!(bench.edge(async |edge| edge.drained(from, Duration::from_secs(10)).await));
        // Stopped and started again: nobody asks it any more.
        host.does(&format!("docker kill {from} && docker start {from}"));
    }
    load.goes_on(100);
    let figures = load.end();
    figures.without_failure();
    assert_eq!(figures.reconnected, 0, "no connection was closed: {figures:?}");
    println!("{} requests in 6 switches, none failed; the slowest took {:?}", figures.answered, figures.slowest);
}

/// An app with a page that is not answered before the file `/tmp/go` is there.
const SLOW: &str = r##"sh -c 'busybox mkdir /www/cgi-bin
printf "#!/bin/sh\nuntil test -e /tmp/go; do sleep 0.05; done\necho Content-Type: text/plain; echo; echo done\n" \
  >/www/cgi-bin/slow
busybox chmod +x /www/cgi-bin/slow; exec httpd -f -p 8000 -h /www'"##;

#[test]
fn what_is_in_flight_is_counted_and_ends_well() {
    let Some(host) = host() else { return };
    let (bench, shop) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]));
    run(&host, "shop-r1", "app:v1", SLOW);
    run(&host, "shop-r2", "app:v2", "");
    bench.serve(&shop, "shop-r1");
    let server = (host.address(), 80).into();
    std::thread::scope(|threads| {
        let asked = threads.spawn(move || get(server, "host", "/cgi-bin/slow"));
        while bench.look().in_flight("shop-r1") == 0 {
            assert!(!asked.is_finished(), "it was answered at once");
        }
        bench.edge(async |edge| edge.switch(&shop, "shop-r2").await);
        says(&host, 80, "v2");
        // A site that comes has Caddy load everything anew; a request in flight does not notice.
        bench.edge(async |edge| edge.switch(&site("blog", &[(80, 1)], &["blog.test"]), "blog-r1").await);
        assert!(!bench.edge(async |edge| edge.drained("shop-r1", Duration::from_millis(300)).await));
        assert_eq!(bench.look().in_flight("shop-r1"), 1);
        host.does("docker exec shop-r1 sh -c 'echo >/tmp/go'");
        assert!(bench.edge(async |edge| edge.drained("shop-r1", Duration::from_secs(20)).await));
        let answer = asked.join().expect("it is answered");
        assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    });
}

/// What is run for every connection: says back whatever is written to it, once it is upgraded.
const STREAM: &str = r"#!/bin/sh
while read -r line && [ ${#line} -gt 1 ]; do :; done
printf 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n'
exec cat";

#[test]
fn streams_stay_where_they_are_until_their_container_goes() {
    let Some(host) = host() else { return };
    let (bench, shop) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]));
    host.does(&format!("mkdir /run/app; cat >/run/app/stream <<'EOF'\n{STREAM}\nEOF\nchmod +x /run/app/stream"));
    run(&host, "shop-r1", "--volume /run/app:/app app:v1", "busybox nc -ll -p 8000 -e /app/stream");
    run(&host, "shop-r2", "app:v2", "");
    bench.serve(&shop, "shop-r1");
    let mut stream = TcpStream::connect((host.address(), 80)).expect("it takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    write!(stream, "GET / HTTP/1.1\r\nHost: any\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n").expect("it reads");
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("it answers");
    assert!(line.contains("101"), "{line}");
    while line.trim() != "" {
        line.clear();
        reader.read_line(&mut line).expect("a header");
    }
    let mut says_back = |word: &str| {
        writeln!(stream, "{word}").expect("it is open");
        let mut line = String::new();
        reader.read_line(&mut line).expect("it is open");
        line
    };
    assert_eq!(says_back("here"), "here\n");
    // It outlives the switch, and another site that comes, for which Caddy loads everything anew.
    bench.edge(async |edge| edge.switch(&shop, "shop-r2").await);
    bench.edge(async |edge| edge.switch(&site("blog", &[(80, 1)], &["blog.test"]), "blog-r1").await);
    says(&host, 80, "v2");
    assert_eq!(says_back("still here"), "still here\n");
    assert_eq!(bench.look().in_flight("shop-r1"), 1);
    assert!(!bench.edge(async |edge| edge.drained("shop-r1", Duration::from_millis(300)).await));
    host.does("docker rm --force shop-r1");
    assert_eq!(says_back("and now?"), "", "it is closed");
}

#[test]
fn routes_outlive_the_edge_and_the_host() {
    let Some(host) = host() else { return };
    let (bench, shop) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]));
    run(&host, "shop-r1", "app:v1", "");
    bench.serve(&shop, "shop-r1");
    let comes_back = |what: &str| {
        let seen = bench.look();
        assert!(seen.is_ready_for(&shop) && seen.serves(&shop, "shop-r1"), "{what}: {seen:?}");
        says(&host, 80, "v1");
    };
    host.does(&format!("docker restart --time 1 {NAME}"));
    comes_back("started anew");

    host.does(&format!("docker kill {NAME} && docker start {NAME}"));
    comes_back("killed and started");

    host.stop_docker();
    host.start_docker();
    // What is answered while the containers come up again is an error of Caddy or none at all.
    host.does("until docker exec shop-r1 test -e /www; do sleep 0.05; done");
    comes_back("Docker started anew");

    host.does(&format!("docker stop --time 1 {NAME}"));
    assert!(!bench.look().is_ready_for(&shop));
    bench.edge(async |edge| edge.ensure(&shop, DEFAULT_IMAGE).await);
    comes_back("stopped by hand");
}

#[test]
fn nobody_else_gets_to_the_admin_api() {
    let Some(host) = host() else { return };
    let (bench, shop) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]));
    run(&host, "shop-r1", "app:v1", "");
    bench.serve(&shop, "shop-r1");
    let ask = |who: &str, address: &str, port: u16| {
        let request = "printf 'GET / HTTP/1.0\\r\\nHost: any\\r\\n\\r\\n'";
        host.does(&format!("{request} | {who} busybox nc -w 2 {address} {port} 2>&1 || echo refused"))
    };
    let inspect = "docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'";
    let address = host.does(&format!("{inspect} {NAME}"));
    let outside = host.address().to_string();
    for who in ["docker exec --interactive shop-r1", ""] {
        let answer = ask(who, &address, 80);
        assert!(answer.starts_with("HTTP/1.0 "), "who is near reaches what all reach: {answer}");
        for place in [address.as_str(), "127.0.0.1", &outside] {
            let refused = ask(who, place, 2019);
            assert!(refused.ends_with("refused"), "{who} {place}: {refused}");
        }
    }
}

#[test]
fn ports_that_come_later_have_the_edge_made_anew() {
    let Some(host) = host() else { return };
    let (bench, shop, blog) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]), site("blog", &[(81, 8000)], &[]));
    run(&host, "shop-r1", "app:v1", "");
    run(&host, "blog-r1", "app:v2", "");
    bench.serve(&shop, "shop-r1");
    // What has the port already is not pushed aside, and what was served before is served still.
    host.does("docker run --detach --name other --publish 81:8000 app:v1");
    bench.refuses(&blog, EdgeErrorKind::NotStarted, &["cannot have its ports", "0.0.0.0:81", "docker ps"]);
    says(&host, 80, "v1");
    assert!(bench.look().is_ready_for(&shop));
    host.does("docker rm --force other");

    bench.said.lock().expect("nobody panicked").clear();
    bench.serve(&blog, "blog-r1");
    says(&host, 81, "v2");
    says(&host, 80, "v1");
    let said = bench.said.lock().expect("nobody panicked").join("\n");
    assert!(said.contains("made anew: it gets port 81") && said.contains("routes and certificates stay"), "{said}");
    assert_eq!(host.does("docker ps --all --filter name=ironwright-edge --format '{{.Names}}'"), NAME);
}

#[test]
fn two_for_one_port_are_an_error() {
    let Some(host) = host() else { return };
    let (bench, shop) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]));
    run(&host, "shop-r1", "app:v1", "");
    bench.serve(&shop, "shop-r1");
    let blog = site("blog", &[(80, 8000)], &[]);
    bench.refuses(&blog, EdgeErrorKind::Taken, &["port 80 serves `shop` already", "`blog`", ".domain(…)"]);
    says(&host, 80, "v1");

    // Told apart by a domain, they share it.
    run(&host, "blog-r1", "app:v2", "");
    bench.serve(&site("blog", &[(80, 8000)], &["blog.test"]), "blog-r1");
    says(&host, 80, "v1");
    let answer = get((host.address(), 80).into(), "blog.test", "/a?b=c");
    assert_eq!((answer.status, answer.headers["location"].as_str()), (308, "https://blog.test/a?b=c"));
}

#[test]
fn an_image_without_caddy_is_refused_before_anything_is_touched() {
    let Some(host) = host() else { return };
    let (bench, shop) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]));
    run(&host, "shop-r1", "app:v1", "");
    bench.serve(&shop, "shop-r1");
    let other = Site { image: Some("app:v2".into()), ..shop.clone() };
    let error = bench.try_edge(async |edge| edge.ensure(&other, "app:v2").await).expect_err("there is no caddy in it");
    assert!(error.to_string().contains("the edge's image app:v2 has no Caddy"), "{error}");
    says(&host, 80, "v1");
    host.does(
        "docker run --name old app:v1 sh -c 'mkdir -p /usr/bin; printf \"#!/bin/sh\\necho v2.6.2\\n\" >/usr/bin/caddy
        chmod +x /usr/bin/caddy'; docker commit old old-caddy >/dev/null; docker rm old",
    );
    let old = Site { image: Some("old-caddy".into()), ..shop };
    let error = bench.try_edge(async |edge| edge.ensure(&old, "old-caddy").await).expect_err("it is too old");
    assert_eq!(error.kind(), Some(EdgeErrorKind::Refused));
    assert!(error.to_string().contains("has Caddy v2.6.2, and Caddy 2.11.2 or a newer one is needed"), "{error}");
    says(&host, 80, "v1");
}

#[test]
fn the_edge_goes_with_its_last_site() {
    let Some(host) = host() else { return };
    let (bench, shop, blog) = (Bench::new(&host), site("shop", &[(80, 8000)], &[]), site("blog", &[(81, 8000)], &[]));
    run(&host, "shop-r1", "app:v1", "");
    bench.serve(&shop, "shop-r1");
    bench.serve(&blog, "shop-r1");
    bench.edge(async |edge| edge.remove("blog").await);
    let seen = bench.look();
    assert_eq!((seen.serving("blog"), seen.serving("shop")), (None, Some("shop-r1")));
    says(&host, 80, "v1");
    host.does("docker rm --force shop-r1");
    for _ in 0..2 {
        bench.edge(async |edge| edge.remove("shop").await);
        assert_eq!(bench.look(), EdgeSeen::default());
    }
    assert_eq!(host.does("docker volume ls --quiet"), "ironwright-edge-data");
    assert_eq!(host.does(&format!("docker network ls --quiet --filter name={NETWORK}")), "");
}
