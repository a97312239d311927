//! What the fault proxy does to calls, seen from both of its sides.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use ironwright_tests::proxy::Proxy;
use ironwright_tests::proxy::fault::{Fault, Rule, When};

/// What it answers.
const DONE: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n";

/// An AWS that counts what arrives and does no more.
struct Upstream {
    endpoint: String,
    arrived: Arc<AtomicUsize>,
}

impl Upstream {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("it is bound"));
        let arrived = Arc::new(AtomicUsize::new(0));
        let counter = arrived.clone();
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                read_message(&mut BufReader::new(&client));
                counter.fetch_add(1, Ordering::SeqCst);
                client.write_all(DONE).expect("the proxy reads");
            }
        });
        Self { endpoint, arrived }
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }
}

/// Reads a message with a `Content-Length`: its head and its body. Both are empty where there is none.
fn read_message(reader: &mut BufReader<&TcpStream>) -> (String, String) {
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        if reader.read_line(&mut head).is_ok_and(|read| read > 0) {
            let line = head[start..].to_ascii_lowercase();
            length =
                line.strip_prefix("content-length:").map_or(length, |value| value.trim().parse().expect("a number"));
        } else {
            return Default::default();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("as much as was said");
    (head, String::from_utf8(body).expect("text"))
}

/// A connection to `proxy`.
fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.endpoint().trim_start_matches("http://")).expect("it listens")
}

/// Asks EC2 for `action`; head and body of the answer, both empty where the connection ends without one.
fn ask(mut client: &TcpStream, action: &str) -> (String, String) {
    let body = format!("Action={action}&Version=2016-11-15");
    let head = "POST / HTTP/1.1\r\nHost: ec2\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";
    client
        .write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .expect("the proxy reads");
    read_message(&mut BufReader::new(client))
}

#[test]
fn calls_go_through_and_are_on_record() {
    let upstream = Upstream::start();
    let proxy = Proxy::start(&upstream.endpoint, None).unwrap();
    let client = connect(&proxy);
    for action in ["DescribeVpcs", "CreateVpc"] {
        let (head, body) = ask(&client, action);
        assert!(head.starts_with("HTTP/1.1 200 OK") && body == "done", "{head}{body}");
    }
    let lines: Vec<_> = proxy.calls().iter().map(ironwright_tests::proxy::call::Call::json).collect();
    let expected = [
        r#"{"number":1,"action":"DescribeVpcs","change":false,"fault":null}"#,
        r#"{"number":2,"action":"CreateVpc","change":true,"fault":null}"#,
    ];
    assert_eq!((lines, upstream.arrived()), (expected.map(str::to_owned).to_vec(), 2));
}

#[test]
fn many_clients_are_served_at_once() {
    let upstream = Upstream::start();
    let proxy = Proxy::start(&upstream.endpoint, None).unwrap();
    // Nobody sends before all are connected.
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = connect(&proxy);
                barrier.wait();
                (0..5).for_each(|_| assert_eq!(ask(&client, "RunInstances").1, "done"));
            });
        }
    });
    let numbers: Vec<_> = proxy.calls().iter().map(|call| call.number).collect();
    assert_eq!((numbers, upstream.arrived()), ((1..=40).collect(), 40));
}

/// The second call meets `fault`. The head and the body of its answer, and how many calls arrived.
fn second(fault: Fault) -> (String, String, usize) {
    let upstream = Upstream::start();
    let proxy = Proxy::start(&upstream.endpoint, Some(Rule::at_call(2, fault))).expect("a free port");
    let client = connect(&proxy);
    assert_eq!(ask(&client, "DescribeVpcs").1, "done");
    let (head, body) = ask(&client, "CreateVpc");
    proxy.settle();
    assert_eq!(proxy.calls()[1].fault, Some(fault));
    // The next one fares well.
    assert_eq!(ask(&connect(&proxy), "CreateVpc").1, "done");
    (head, body, upstream.arrived() - 2)
}

#[test]
fn a_lost_answer_is_to_a_call_that_was_carried_out() {
    assert_eq!(second(Fault::Lose), (String::new(), String::new(), 1));
}

#[test]
fn a_call_that_meets_a_reset_does_not_arrive() {
    assert_eq!(second(Fault::Reset), (String::new(), String::new(), 0));
}

#[test]
fn a_throttled_call_is_refused_in_ec2_s_words_and_does_not_arrive() {
    let (head, body, arrived) = second(Fault::Throttle);
    assert!(head.starts_with("HTTP/1.1 503 ") && body.contains("<Code>RequestLimitExceeded</Code>"), "{head}{body}");
    assert_eq!(arrived, 0);
}

#[test]
fn a_call_that_fails_was_carried_out() {
    let (head, body, arrived) = second(Fault::Fail);
    assert!(head.starts_with("HTTP/1.1 500 ") && body.contains("<Code>InternalError</Code>"), "{head}{body}");
    assert_eq!(arrived, 1);
}

#[test]
fn the_client_is_killed_before_or_after_and_hears_nothing() {
    for (when, arrived) in [(When::Before, 0), (When::After, 1)] {
        let upstream = Upstream::start();
        let proxy = Proxy::start(&upstream.endpoint, Some(Rule::at_change(1, Fault::Kill(when)))).unwrap();
        let mut victim = Command::new("sleep").arg("600").spawn().unwrap();
        proxy.aim(i32::try_from(victim.id()).unwrap());
        assert_eq!(ask(&connect(&proxy), "DescribeVpcs").1, "done");
        assert_eq!(ask(&connect(&proxy), "CreateVpc"), Default::default());
        assert_eq!(victim.wait().unwrap().signal(), Some(9));
        // Nothing else of the dead arrives.
        assert_eq!(ask(&connect(&proxy), "CreateSubnet"), Default::default());
        assert_eq!(upstream.arrived(), 1 + arrived);
    }
}

/// Sends one call to the endpoint that it is led to, and prints the answer.
const CLIENT: &str = r#"exec 3<>"/dev/tcp/127.0.0.1/${AWS_ENDPOINT_URL##*:}"
printf 'GET /a HTTP/1.1\r\nConnection: close\r\n\r\n' >&3
cat <&3; echo; echo lived"#;

#[test]
fn the_program_leads_a_command_through_the_proxy_and_reports() {
    let upstream = Upstream::start();
    let report = tempfile::NamedTempFile::new().unwrap();
    let run = |words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fault_proxy"));
        command.args(["--upstream", &upstream.endpoint, "--report"]).arg(report.path());
        let output = command.args(words.split(' ')).args(["--", "bash", "-c", CLIENT]).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), printed, std::fs::read_to_string(report.path()).unwrap())
    };
    let (code, printed, calls) = run("--count all");
    assert!(code == Some(0) && printed.contains("done") && printed.contains("lived"), "{code:?} {printed}");
    assert_eq!(calls, "{\"number\":1,\"action\":\"GET /a\",\"change\":false,\"fault\":null}\n");

    let (code, printed, calls) = run("--at 1 --fault kill --when after");
    assert_eq!((code, printed.as_str()), (Some(137), ""));
    assert!(calls.contains("SIGKILL after it was carried out"), "{calls}");
    assert_eq!(upstream.arrived(), 2);
}

#[test]
fn the_program_serves_until_its_input_ends() {
    let upstream = Upstream::start();
    let mut server = Command::new(env!("CARGO_BIN_EXE_fault_proxy"))
        .args(["--upstream", &upstream.endpoint, "--percent", "100", "--fault", "throttle", "--count", "changes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut endpoint = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
    let client = TcpStream::connect(endpoint.trim().trim_start_matches("http://")).unwrap();
    assert_eq!(ask(&client, "DescribeVpcs").1, "done");
    assert!(ask(&client, "CreateVpc").0.starts_with("HTTP/1.1 503"));
    drop(server.stdin.take());
    assert!(server.wait().unwrap().success());
}
