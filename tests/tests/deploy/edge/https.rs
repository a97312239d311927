//! Domains: certificates of a certificate authority that runs beside, and the way from HTTP to them.

use std::process::Command;

use ironwright::docker::edge::{NAME, NETWORK, Site};
use ironwright_tests::testbed::TestHost;

use super::{Bench, get, host, run, site};

/// A certificate authority: Caddy can be one. It asks back over HTTP alone, where the edge also leads to HTTPS.
const AUTHORITY: &str = r#"{"admin": {"disabled": true}, "apps": {
  "http": {"servers": {"ca": {"listen": [":443"], "tls_connection_policies": [{}], "routes": [
    {"match": [{"host": ["ca.test"]}], "handle": [{"handler": "acme_server", "challenges": ["http-01"]}]}]}}},
  "tls": {"automation": {"policies": [{"subjects": ["ca.test"], "issuers": [{"module": "internal"}]}]}},
  "pki": {"certificate_authorities": {"local": {"install_trust": false}}}}}"#;

const DIRECTORY: &str = "https://ca.test/acme/local/directory";

/// An HTTPS client that trusts the root alone, and asks until there is a certificate. Given: address, domain, root.
const CLIENT: &str = r#"
import socket, ssl, sys, time
address, domain, root = sys.argv[1:]
context = ssl.create_default_context(cadata=root)
until = time.monotonic() + 60
while True:
    try:
        with socket.create_connection((address, 443), 10) as plain:
            with context.wrap_socket(plain, server_hostname=domain) as secure:
                secure.sendall(f"GET / HTTP/1.0\r\nHost: {domain}\r\n\r\n".encode())
                answer = b"".join(iter(lambda: secure.recv(4096), b""))
                print(secure.getpeercert()["serialNumber"], answer.decode().split("\r\n\r\n")[1].strip())
                break
    except (OSError, ssl.SSLError):
        if time.monotonic() > until:
            raise
        time.sleep(0.1)
"#;

/// Runs the certificate authority, and returns its root. `more`: further options of `docker run`.
fn authority(host: &TestHost, more: &str) -> String {
    host.does(&format!(
        "docker rm --force ca >/dev/null 2>&1 || true
        mkdir -p /run/ca; cat >/run/ca/ca.json <<'EOF'\n{AUTHORITY}\nEOF
        docker network inspect {NETWORK} >/dev/null 2>&1 || docker network create {NETWORK} >/dev/null
        docker run --detach --name ca --network {NETWORK} --network-alias ca.test --volume /run/ca:/ca --volume ca:/data \
          --env XDG_DATA_HOME=/data {more} {image} caddy run --config /ca/ca.json >/dev/null",
        image = ironwright::docker::edge::DEFAULT_IMAGE,
    ));
    host.does("until docker exec ca cat /data/caddy/pki/authorities/local/root.crt 2>/dev/null; do sleep 0.1; done")
}

/// The serial number of the certificate, and the page.
#[track_caller]
fn ask(host: &TestHost, domain: &str, root: &str) -> (String, String) {
    let output = Command::new("python3").args(["-c", CLIENT, &host.address().to_string(), domain, root]).output();
    let output = output.expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let answer = said.trim().split_once(' ').map(|(serial, page)| (serial.to_owned(), page.to_owned()));
    answer.unwrap_or_else(|| {
        panic!("{}\n{}", String::from_utf8_lossy(&output.stderr), host.does(&format!("docker logs {NAME} 2>&1")))
    })
}

#[test]
fn a_domain_gets_a_certificate_and_keeps_it() {
    let Some(host) = host() else { return };
    let root = authority(&host, "");
    // An edge that trusts it: the real ones trust the authorities that everybody trusts.
    host.does(&format!(
        "mkdir -p /run/trust/ssl/certs; cat >/run/trust/ssl/certs/ca-certificates.crt <<'EOF'\n{root}\nEOF
        docker create --name trusting {image} caddy >/dev/null; docker cp /run/trust/. trusting:/etc
        docker commit trusting edge:trusting >/dev/null; docker rm trusting >/dev/null",
        image = ironwright::docker::edge::DEFAULT_IMAGE,
    ));
    let shop = Site {
        email: Some("ops@shop.test".into()),
        certificate_authority: Some(DIRECTORY.into()),
        image: Some("edge:trusting".into()),
        ..site("shop", &[(80, 8000)], &["shop.test"])
    };
    let bench = Bench::new(&host);
    run(&host, "shop-r1", "app:v1", "");
    run(&host, "shop-r2", "app:v2", "");
    bench.edge(async |edge| edge.ensure(&shop, "edge:trusting").await);
    let inspect = "docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'";
    let address = host.does(&format!("{inspect} {NAME}"));
    assert_eq!(authority(&host, &format!("--add-host shop.test:{address}")), root);

    bench.edge(async |edge| edge.switch(&shop, "shop-r1").await);
    let (serial, page) = ask(&host, "shop.test", &root);
    assert_eq!(page, "v1");
    let answer = get((host.address(), 80).into(), "shop.test", "/a?b=c");
    assert_eq!((answer.status, answer.headers["location"].as_str()), (308, "https://shop.test/a?b=c"));

    // It is the edge's from then on, whatever becomes of the authority and of the edge.
    host.does("docker rm --force ca");
    bench.edge(async |edge| edge.switch(&shop, "shop-r2").await);
    assert_eq!(ask(&host, "shop.test", &root), (serial.clone(), "v2".to_owned()));
    let more = Site { ports: [(80, 8000), (8080, 8000)].into(), ..shop };
    bench.edge(async |edge| edge.ensure(&more, "edge:trusting").await);
    assert_eq!(ask(&host, "shop.test", &root), (serial, "v2".to_owned()));
}
