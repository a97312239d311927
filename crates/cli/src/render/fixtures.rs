//! Plans, reports and diagnostics that the tests of renderers share.

use std::collections::BTreeMap;

use ironwright_core::evaluate::base64;
use ironwright_core::planned::redacted;
use ironwright_core::secret::SecretText;
use ironwright_core::{Address, Diagnostic, Diagnostics, Planned, Source};
use ironwright_engine::{
    Action, Change, Done, ErrorKind, Failure, NotStarted, OutputChange, Preview, PropertyChange, ProviderError,
    ReadValue, Reason, Recovering, Report,
};
use serde_json::{Value as Json, json};

pub(crate) fn source(line: u32) -> Source {
    Source { file: "src/main.rs".into(), line }
}

fn script(lines: impl IntoIterator<Item = String>) -> String {
    base64((lines.into_iter().collect::<Vec<_>>().join("\n") + "\n").as_bytes())
}

fn property(path: &str, before: Option<Json>, after: Option<Planned>) -> PropertyChange {
    PropertyChange { path: path.to_owned(), before, after, forces_replacement: false, raw: false, sensitive: false }
}

fn new(path: &str, after: impl Into<Planned>) -> PropertyChange {
    property(path, None, Some(after.into()))
}

fn change(address: &str, type_name: &str, action: Action, line: u32, reasons: Vec<Reason>) -> Change {
    Change {
        address: Address::new(address),
        type_name: type_name.to_owned(),
        region: "us-west-2".to_owned(),
        action,
        reasons,
        source: Some(source(line)),
        physical_id: None,
        properties: Vec::new(),
        unchanged: 0,
        moved_from: None,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A first deployment: everything is created.
pub(crate) fn first() -> Preview {
    let rules = json!([{ "CidrIp": "0.0.0.0/0", "FromPort": 80, "IpProtocol": "tcp", "ToPort": 80 }]);
    let mut firewall = change("web/firewall", "AWS::EC2::SecurityGroup", Action::Create, 12, vec![Reason::New]);
    firewall.properties = vec![
        new("GroupDescription", Planned::Text("HTTP from anywhere".to_owned())),
        new("SecurityGroupIngress", rules),
    ];
    let mut server = change("web/server", "AWS::EC2::Instance", Action::Create, 15, vec![Reason::New]);
    let password = Planned::Secret(SecretText::new("hunter2"));
    server.properties = vec![
        new("ImageId", Planned::Text("ami-12345678".to_owned())),
        new("UserData", Planned::Text(script(["#!/bin/bash".to_owned(), "set -euo pipefail".to_owned()]))),
        new("SecurityGroupIds", Planned::List(vec![Planned::Unknown])),
        new("Tags", json!([{ "Key": "Name", "Value": "PythonAppInstance" }])),
        new("Password", password),
        PropertyChange { raw: true, ..new("NewProperty", json!({ "Answer": 42 })) },
    ];
    let ip = OutputChange {
        stack: "web".to_owned(),
        name: "instance_public_ip".to_owned(),
        before: None,
        after: Some(Planned::Unknown),
        changes: true,
    };
    let read = ReadValue {
        region: "us-west-2".to_owned(),
        reference: "ssm:/aws/service/ami".to_owned(),
        value: Planned::Text("ami-12345678".to_owned()),
    };
    Preview {
        app: "python-app".to_owned(),
        stage: "dev".to_owned(),
        changes: vec![firewall, server],
        outputs: vec![ip],
        reads: vec![read],
        ..Preview::default()
    }
}

/// A change of everything: an action of each kind, drift, recovery.
pub(crate) fn mixed() -> Preview {
    let changes = vec![
        updated(),
        replaced(),
        replaced_destroy_first(),
        recreated(),
        change("web/topic", "AWS::SNS::Topic", Action::NoOp, 40, Vec::new()),
        gone("web/queue", "AWS::SQS::Queue", Action::Delete),
        gone("web/bucket", "AWS::S3::Bucket", Action::Forget),
    ];
    let output = |name: &str, before, after, changes| OutputChange {
        stack: "web".to_owned(),
        name: name.to_owned(),
        before: Some(before),
        after,
        changes,
    };
    let outputs = vec![
        output("ip", json!("54.1.2.3"), Some(Planned::Unknown), true),
        output("old", json!([1, 2]), None, true),
        output("same", json!("x"), Some(Planned::Text("x".to_owned())), false),
    ];
    Preview {
        app: "shop".to_owned(),
        stage: "prod".to_owned(),
        changes,
        outputs,
        recovering: vec![Recovering { address: Address::new("web/topic"), action: Action::Create }],
        ..Preview::default()
    }
}

fn updated() -> Change {
    let lines = |port: u32| {
        let tail = (1..=12).map(|n| format!("echo step {n}"));
        script(["#!/bin/bash".to_owned(), format!("docker run -p 80:{port} app")].into_iter().chain(tail))
    };
    let reasons = vec![
        Reason::Changed { properties: names(&["UserData", "Tags"]) },
        Reason::Drifted { properties: names(&["Monitoring"]) },
    ];
    let mut change = change("web/server", "AWS::EC2::Instance", Action::Update, 15, reasons);
    change.physical_id = Some("i-0abc".to_owned());
    let long = |n: u32| json!(format!("a rather long text that says nothing at all but fills a line, number {n}"));
    change.properties = vec![
        property("InstanceType", Some(json!("t2.micro")), Some(Planned::Text("t3.small".to_owned()))),
        property("UserData", Some(json!(lines(8000))), Some(Planned::Text(lines(9000)))),
        property(
            "Tags",
            Some(json!([{ "Key": "Name", "Value": "PythonAppInstance" }, { "Key": "Team", "Value": "web" }])),
            Some(json!([{ "Key": "Name", "Value": "PythonAppInstance" }, { "Key": "Team", "Value": "shop" }]).into()),
        ),
        property("Description", Some(long(1)), Some(long(2).into())),
        property("Monitoring", Some(json!(true)), None),
        PropertyChange {
            sensitive: true,
            ..property("Password", Some(redacted("00ff")), Some(Planned::Secret(SecretText::new("hunter2"))))
        },
    ];
    change
}

fn replaced() -> Change {
    let forced = Reason::ForcedBy { properties: names(&["ImageId"]) };
    let mut change = change("web/worker", "AWS::EC2::Instance", Action::CreateThenDestroy, 22, vec![forced]);
    change.physical_id = Some("i-0def".to_owned());
    change.properties = vec![PropertyChange {
        forces_replacement: true,
        ..property("ImageId", Some(json!("ami-1")), Some(Planned::Text("ami-2".to_owned())))
    }];
    change
}

fn replaced_destroy_first() -> Change {
    let because = Reason::Dependency { address: Address::new("web/worker") };
    let mut change = change("web/address", "AWS::EC2::EIPAssociation", Action::DestroyThenCreate, 30, vec![because]);
    change.properties = vec![PropertyChange {
        forces_replacement: true,
        ..property("InstanceId", Some(json!("i-0def")), Some(Planned::Unknown))
    }];
    change
}

fn recreated() -> Change {
    let mut change = change("web/table", "AWS::DynamoDB::Table", Action::Create, 35, vec![Reason::Missing]);
    change.properties = vec![new("TableName", Planned::Text("orders".to_owned()))];
    change
}

fn gone(address: &str, type_name: &str, action: Action) -> Change {
    let mut change = change(address, type_name, action, 0, vec![Reason::Removed]);
    change.source = None;
    change.physical_id = Some(format!("id-of-{}", change.address.name()));
    change
}

/// An apply of which a part failed.
pub(crate) fn failed() -> Report {
    let id = |id: &str| Some(id.to_owned());
    let done = |address: &str, action| Done { address: Address::new(address), action, physical_id: id("x-1") };
    let error =
        ProviderError::new(ErrorKind::Refused, "InvalidAMIID.NotFound", "The image id '[ami-12345678]' does not exist");
    let failure = Failure {
        address: Address::new("web/server"),
        type_name: "AWS::EC2::Instance".to_owned(),
        action: Action::Create,
        error,
        source: Some(source(15)),
        live: None,
    };
    let waiting = |address: &str, because: Option<&str>| NotStarted {
        address: Address::new(address),
        action: Action::Create,
        because_of: because.map(Address::new),
    };
    Report {
        done: vec![done("web/vpc", Action::Create), done("web/role", Action::Update)],
        failed: vec![failure],
        not_started: vec![waiting("web/eip", Some("web/server")), waiting("web/alarm", Some("web/server"))],
        live: 4,
        ..Report::default()
    }
}

/// An apply that did all it should.
pub(crate) fn complete() -> Report {
    Report { failed: Vec::new(), not_started: Vec::new(), ..failed() }
}

/// An apply that was asked to stop.
pub(crate) fn interrupted() -> Report {
    let mut report = Report { interrupted: true, live: 1, ..complete() };
    report.not_started = failed().not_started.into_iter().map(|one| NotStarted { because_of: None, ..one }).collect();
    report
}

/// Diagnostics of every shape.
pub(crate) fn problems() -> Diagnostics {
    let server = Address::new("web/server");
    let long = "expected one of the instance types that AWS lists for this region, found \"t2.mikro\", which is none of \
                them as far as the facts in this release know";
    [
        Diagnostic::error("invalid-value", long)
            .at(&server)
            .property("InstanceType")
            .source(&source(3))
            .help("did you mean `t2.micro`?"),
        Diagnostic::error("duplicate-address", "this address is taken")
            .at(&server)
            .source(&source(40))
            .related("first added here", Some(&source(15)))
            .help("give one of the two another name, or put it in a scope of its own"),
        Diagnostic::warning("raw-property", "`NewProperty` is sent as it is").at(&server),
    ]
    .into_iter()
    .collect()
}

/// Sources with one line that can be read.
pub(crate) struct Lines(pub(crate) BTreeMap<u32, &'static str>);

impl crate::source_lines::SourceLines for Lines {
    fn line(&self, source: &Source) -> Option<String> {
        self.0.get(&source.line).map(|line| (*line).to_owned())
    }
}
