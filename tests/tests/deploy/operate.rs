//! What is done with containers that are deployed: their state, their logs, commands in them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use ironwright::core::{Address, Planned, Resolved};
use ironwright::docker::operate::{Deployed, How, LogEvent, LogOptions, OperateErrorKind, Operator, Standing, Stream};
use ironwright::docker::ssh::Line;
use ironwright::engine::{Applied, SystemClock};
use ironwright_tests::testbed::{Docker, TestHost, available};
use serde_json::{Value as Json, json};

use crate::block_on;
use crate::ssh::{connections, folder};

/// What the containers here are: they publish nothing, and are asked over HTTP.
fn properties() -> Json {
    json!({"Image": "shop:1", "Edge": {"Kind": "none"}, "Health": {"Kind": "http", "Path": "/", "Port": 8000}})
}

/// Makes release `number` on `host`, as a rollout labels it, which does `script`.
fn make(host: &TestHost, number: u32, script: &str) {
    let name = format!("shop-dev-web-app-r{number}");
    let labels = [
        ("app", "shop".to_owned()),
        ("stage", "dev".to_owned()),
        ("address", "web/app".to_owned()),
        ("release", number.to_string()),
        ("token", "t".to_owned()),
        ("digest", "d".to_owned()),
        ("properties", properties().to_string()),
    ];
    let labels = labels.map(|(key, value)| format!(" --label 'ironwright.{key}={value}'")).concat();
    host.does(&format!(
        "docker network inspect ironwright >/dev/null 2>&1 || docker network create ironwright
        docker run --detach --network ironwright --name {name}{labels} shop:1 sh -c '{script}'"
    ));
}

/// The container on `hosts`, as the state has it.
fn deployed(hosts: &[&TestHost]) -> Deployed {
    let host = |host: &&TestHost| json!({"Address": host.address().to_string(), "User": "root", "Identity": host.user_key(), "HostKeys": [host.host_key()]});
    let mut properties = properties();
    properties["Hosts"] = hosts.iter().map(host).collect();
    let applied = Applied {
        address: Address::new("web/app"),
        type_name: "Docker::Container".to_owned(),
        physical_id: "shop-dev-web-app".to_owned(),
        properties: Resolved::new(Planned::from(properties)).expect("all is known"),
        left_out: BTreeSet::new(),
        locked: None,
    };
    Deployed::new("shop", "dev", &applied).expect("it is understood")
}

/// Does `work` with an operator.
fn operate<T>(work: impl AsyncFnOnce(&Operator) -> T) -> T {
    let folder = folder();
    let operator = Operator::over(connections(folder.path()), Arc::new(SystemClock::new()));
    block_on(work(&operator))
}

const SERVES: &str = "echo up; exec httpd -f -p 8000 -h /www";

#[test]
fn how_a_container_stands_on_each_host() {
    if !available() {
        return;
    }
    let (serving, crashed, away) = (TestHost::new(), TestHost::new(), TestHost::with(Docker::Stopped, "all"));
    for host in [&serving, &crashed] {
        host.make_image("shop:1", "v1");
        make(host, 1, SERVES);
        host.does("docker stop --time 0 shop-dev-web-app-r1");
    }
    make(&serving, 2, SERVES);
    make(&crashed, 2, "echo broken >&2; exit 7");
    crashed.does("docker wait shop-dev-web-app-r2");
    away.stop_sshd();
    let deployed = deployed(&[&serving, &crashed, &away]);
    let told = operate(async |operator| operator.status(&deployed).await);
    let names: Vec<&str> = told.iter().map(|status| status.host.as_str()).collect();
    assert_eq!(names, deployed.hosts());
    let seen = told[0].seen.as_ref().expect("it is reached");
    let id = serving.does("docker image inspect --format '{{.Id}}' shop:1");
    assert_eq!((seen.release, seen.image.as_str()), (Some(2), "shop:1"));
    assert_eq!((&seen.standing, seen.kept.as_slice()), (&Standing::Healthy, [1].as_slice()), "{seen:?}");
    assert_eq!(format!("sha256:{}", seen.digest), id);
    assert_eq!(seen.since, serving.does("docker inspect --format '{{.State.StartedAt}}' shop-dev-web-app-r2"));
    let seen = told[1].seen.as_ref().expect("it is reached");
    assert_eq!((seen.release, &seen.standing, seen.kept.as_slice()), (Some(2), &Standing::Stopped(7), [1].as_slice()));
    let error = told[2].seen.as_ref().expect_err("it is away");
    assert_eq!(error.kind, OperateErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains("refuses connections"), "{error}");

    // Who does not answer does not serve, whatever Docker says.
    serving.does("docker exec shop-dev-web-app-r2 sh -c 'rm /www/index.html'");
    let told = operate(async |operator| operator.status(&deployed).await);
    let seen = told[0].seen.as_ref().expect("it is reached");
    assert_eq!(seen.standing, Standing::Unhealthy("the answer is 404".to_owned()));
}

/// The texts of the lines in `events`, with the host's position.
fn texts(events: &[LogEvent]) -> Vec<String> {
    let text = |event: &LogEvent| match event {
        LogEvent::Line(line) => Some(format!("{} r{} {}", line.host, line.release, line.text)),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

fn options(follow: bool) -> LogOptions {
    LogOptions { lines: 100, follow, release: None }
}

#[test]
fn the_logs_of_all_hosts_are_told_in_order() {
    if !available() {
        return;
    }
    let hosts = [TestHost::new(), TestHost::new()];
    for host in &hosts {
        host.make_image("shop:1", "v1");
    }
    make(&hosts[0], 1, "echo old");
    hosts[0].does("docker wait shop-dev-web-app-r1");
    let long = "i=0; while [ $i -lt 2000 ]; do printf 0123456789; i=$((i+1)); done; echo";
    make(&hosts[0], 2, &format!("echo first; echo on stderr >&2; {long}; sleep 1000"));
    hosts[0].does("until docker logs shop-dev-web-app-r2 2>&1 | grep -q 0123; do sleep 0.05; done");
    make(&hosts[1], 1, "echo later; sleep 1000");
    hosts[1].does("until docker logs shop-dev-web-app-r1 | grep -q later; do sleep 0.05; done");
    let deployed = deployed(&[&hosts[0], &hosts[1]]);
    let read = |on: &[usize], options| {
        let events = Mutex::new(Vec::new());
        let tell = |event| events.lock().expect("nobody panicked").push(event);
        let failed = operate(async |operator| operator.logs(&deployed, on, options, &tell).await);
        (failed, events.into_inner().expect("nobody panicked"))
    };
    let (failed, events) = read(&[0, 1], options(false));
    let long = "0123456789".repeat(2000);
    let mut lines = texts(&events);
    assert_eq!((failed, lines.pop().as_deref()), (0, Some("1 r1 later")));
    lines.sort();
    assert_eq!(lines, [format!("0 r2 {long}"), "0 r2 first".to_owned(), "0 r2 on stderr".to_owned()]);
    let on_stderr = |event: &&LogEvent| matches!(event, LogEvent::Line(line) if line.stream == Stream::Err);
    assert_eq!(events.iter().filter(on_stderr).count(), 1);

    let (_, events) = read(&[0], LogOptions { release: Some(1), ..options(false) });
    assert_eq!(texts(&events), ["0 r1 old"]);
    let (_, events) = read(&[1], LogOptions { lines: 0, ..options(false) });
    assert_eq!(texts(&events), [""; 0]);
    let (failed, events) = read(&[0, 1], LogOptions { release: Some(2), ..options(false) });
    assert_eq!((failed, texts(&events).len()), (1, 3), "one host has no such release");
    let failure = events.iter().find_map(|event| match event {
        LogEvent::Failed { host, error } => Some((*host, error.to_string())),
        _ => None,
    });
    assert!(failure.is_some_and(|(host, text)| host == 1 && text.contains("has no release 2 of `web/app`")));
}

#[test]
fn a_log_is_followed_over_cuts_and_rollouts_and_nothing_is_told_twice() {
    if !available() {
        return;
    }
    let host = TestHost::new();
    host.make_image("shop:1", "v1");
    let counts = "i=0; while true; do i=$((i+1)); echo r$R line $i; sleep 0.1; done";
    make(&host, 1, &counts.replace("$R", "1"));
    let deployed = deployed(&[&host]);
    let (teller, hears) = std::sync::mpsc::channel();
    let teller = Mutex::new(teller);
    let tell = |event: LogEvent| drop(teller.lock().expect("nobody panicked").send(event));
    let (stop, stopped) = futures_util::future::abortable(std::future::pending::<()>());
    let numbers = std::thread::scope(|threads| {
        threads.spawn(|| {
            operate(async |operator| {
                let logs = operator.logs(&deployed, &[0], options(true), &tell);
                futures_util::future::select(std::pin::pin!(logs), std::pin::pin!(stop)).await;
            });
        });
        let mut lines = Vec::new();
        let mut until = |wanted: &dyn Fn(&LogEvent) -> bool| loop {
            let event = hears.recv_timeout(std::time::Duration::from_secs(90)).expect("it goes on");
            let is_wanted = wanted(&event);
            lines.extend(texts(&[event]));
            if is_wanted {
                return;
            }
        };
        let line = |wanted: &'static str| move |event: &LogEvent| matches!(event, LogEvent::Line(line) if line.text.starts_with(wanted));
        until(&line("r1 line 5"));
        host.cut();
        until(&|event| matches!(event, LogEvent::Lost { host: 0, .. }));
        host.restore();
        until(&|event| matches!(event, LogEvent::Back { host: 0 }));
        until(&line("r1"));
        make(&host, 2, &counts.replace("$R", "2"));
        host.does("docker stop --time 0 shop-dev-web-app-r1");
        until(&|event| matches!(event, LogEvent::Ended { host: 0, release: 1 }));
        until(&|event| matches!(event, LogEvent::Now { host: 0, release: 2 }));
        until(&line("r2 line 3"));
        stopped.abort();
        lines
    });
    let of = |release: &str| -> Vec<u32> {
        let numbers = numbers.iter().filter_map(|line| line.strip_prefix(&format!("0 r{release} r{release} line ")));
        numbers.map(|number| number.parse().expect("a number")).collect()
    };
    for release in ["1", "2"] {
        let told = of(release);
        let expect: Vec<u32> = (1..=u32::try_from(told.len()).expect("few")).collect();
        assert!(told.len() >= 3 && told == expect, "release {release}: {told:?}");
    }
}

#[test]
fn a_command_in_a_container() {
    if !available() {
        return;
    }
    let host = TestHost::new();
    host.make_image("shop:1", "v1");
    make(&host, 1, "sleep 1000");
    make(&host, 2, SERVES);
    host.does("docker stop --time 0 shop-dev-web-app-r1");
    let deployed = deployed(&[&host]);
    let run = |release, words: &[&str]| {
        let command: Vec<_> = words.iter().map(Into::into).collect();
        let mut lines = Vec::new();
        let mut tell = |line: Line<'_>| lines.push(format!("{line:?}"));
        let status =
            operate(async |operator| operator.exec(&deployed, 0, release, &command, How::Lines(&mut tell)).await);
        lines.sort();
        (status, lines)
    };
    let (status, lines) = run(None, &["sh", "-c", "echo \"it is $1\"; echo no >&2; exit 42", "sh", "a  b"]);
    assert_eq!((status, lines), (Ok(42), vec!["Err(\"no\")".to_owned(), "Out(\"it is a  b\")".to_owned()]));
    let (status, _) = run(Some(1), &["true"]);
    let error = status.expect_err("it does not run");
    assert_eq!(error.kind, OperateErrorKind::NotRunning, "{error}");
    let (status, _) = run(Some(7), &["true"]);
    assert_eq!(status.expect_err("there is none").kind, OperateErrorKind::NoRelease);
    host.stop_docker();
    let (status, _) = run(None, &["true"]);
    let error = status.expect_err("Docker is stopped");
    assert!(error.to_string().contains("does not run"), "{error}");
    assert_eq!(error.kind, OperateErrorKind::Host);
}
