//! moto in a process of its own, and an engine that deploys to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use ironwright_core::App;
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_deploy::registry_access::RegistryAccess;
use ironwright_direct::{AccessKey, Connection, ConnectionOptions};
use ironwright_engine::{
    Engine, Event, MemoryStore, Observer, OsEntropy, Plan, PlanOptions, Report, Settings, Silent, State, Stop,
    SystemClock,
};
use serde_json::Value as Json;

/// A region of moto's, and the state of what is deployed there.
pub(crate) struct Cloud {
    server: Child,
    port: String,
    engine: Engine,
    /// The account's container registries.
    pub(crate) registries: Arc<dyn RegistryAccess>,
    /// The engine's connection, for questions of the test itself.
    pub(crate) client: aws_sdk_ec2::Client,
}

struct Facts;

/// Prints what happens, for a test that fails.
struct Told;

impl Observer for Told {
    fn event(&self, event: &Event) {
        println!("{event:?}");
    }
}

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        ironwright_aws::facts().facts(type_name)
    }
}

impl Cloud {
    /// A new one; nothing where moto is not installed.
    pub(crate) async fn serve() -> Option<Self> {
        let (server, port) = start()?;
        let clock = Arc::new(SystemClock::new());
        let options = ConnectionOptions {
            region: Some("us-west-2".to_owned()),
            endpoint: Some(format!("http://127.0.0.1:{port}")),
            key: Some(AccessKey::new("testing", "testing")),
            ..ConnectionOptions::default()
        };
        let connection = Connection::open_with(options, clock.clone()).await;
        let identity = connection.identity().await.expect("moto takes every key");
        let providers = connection.providers(&identity, Arc::new(Facts));
        let registries = connection.registries(&identity);
        let settings = Settings {
            app: "moto".to_owned(),
            target: "aws".to_owned(),
            account: Some(identity.account),
            ..Settings::default()
        };
        let engine =
            Engine::new(providers, Arc::new(MemoryStore::default()), clock, Arc::new(OsEntropy::new()), settings);
        Some(Self { server, engine, registries, client: client(&port), port })
    }

    pub(crate) async fn plan(&self, app: &App) -> Plan {
        let graph = app.graph().expect("a good program");
        self.engine.plan(&graph, &PlanOptions::default(), &Silent).await.expect("a plan")
    }

    /// Why `app` cannot be planned.
    pub(crate) async fn problems(&self, app: &App) -> String {
        let graph = app.graph().expect("a good program");
        let planned = self.engine.plan(&graph, &PlanOptions::default(), &Silent).await;
        planned.expect_err("it cannot be planned").diagnostics().to_string()
    }

    /// Makes a call of AWS's JSON protocol to a service that this test has no SDK of.
    pub(crate) fn put(&self, service: &str, target: &str, request: &Json) {
        self.ask(service, target, request);
    }

    /// The same, and what is answered.
    pub(crate) fn ask(&self, service: &str, target: &str, request: &Json) -> Json {
        let (port, body) = (&self.port, request.to_string());
        let scope = format!("testing/20260101/us-west-2/{service}/aws4_request");
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("moto");
        let head = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Amz-Target: {target}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-amz-json-1.1\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).expect("moto reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("moto answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (_, document) = answer.split_once("\r\n\r\n").expect("an answer has an end of its head");
        serde_json::from_str(document).unwrap_or_default()
    }

    /// Deploys `app` whole.
    pub(crate) async fn apply(&self, app: &App) {
        let report = self.carry_out(self.plan(app).await).await;
        assert!(report.is_complete(), "{:#?}", report.failed);
    }

    /// What another apply of `app` would change: each change as `action address paths`.
    pub(crate) async fn changes(&self, app: &App) -> Vec<String> {
        let plan = self.plan(app).await;
        let changed = plan.changes.iter().filter(|change| change.action.is_change());
        let told = changed.map(|change| {
            let paths: Vec<&str> = change.properties.iter().map(|property| property.path.as_str()).collect();
            format!("{:?} {} {}", change.action, change.address, paths.join(" "))
        });
        told.collect()
    }

    pub(crate) async fn destroy(&self) {
        let plan = self.engine.plan_destroy(&PlanOptions::default(), &Silent).await.expect("a plan");
        let report = self.carry_out(plan).await;
        assert!(report.is_complete(), "{:#?}", report.failed);
    }

    pub(crate) async fn state(&self) -> State {
        self.engine.state().await.expect("a state")
    }

    async fn carry_out(&self, plan: Plan) -> Report {
        self.engine.apply(&plan, &Stop::new(), Arc::new(Told)).await.expect("a run")
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn client(port: &str) -> aws_sdk_ec2::Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(aws_sdk_ec2::config::BehaviorVersion::latest())
        .region(aws_sdk_ec2::config::Region::new("us-west-2"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .credentials_provider(aws_sdk_ec2::config::Credentials::new("testing", "testing", None, None, "test"))
        .build();
    aws_sdk_ec2::Client::from_conf(config)
}

fn start() -> Option<(Child, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/server.py");
    let mut server = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn().ok()?;
    let mut port = String::new();
    let output = server.stdout.take().expect("standard output is a pipe");
    if BufReader::new(output).read_line(&mut port).is_ok_and(|bytes| bytes > 0) {
        return Some((server, port.trim().to_owned()));
    }
    let _ = server.wait();
    assert!(std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(), "moto does not run: pip install 'moto[server]'");
    println!("skipped: moto does not run; pip install 'moto[server]'");
    None
}
