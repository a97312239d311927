//! The check that `docs/json-output.md` has an example of every line, with the keys that the program prints.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::{Address, Diagnostic, Source};
use ironwright_engine::{
    Action, Change, Drift, OutputRecord, Partial, PropertyChange, ReadValue, Record, Recovering, Report, Version,
};
use serde_json::{Value as Json, json};

use super::{FORMAT, Line, PlanSummary};
use crate::render::status::Row;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json-output.md");

/// A line of every type, with every key that it can have.
fn lines() -> Vec<String> {
    let (address, action) = (&Address::new("web/server"), Action::Create);
    let source = Source { file: "src/main.rs".into(), line: 14 };
    let diagnostic = Diagnostic::error("code", "message").at(address).property("ImageId").source(&source);
    let diagnostic = diagnostic.related("first", Some(&source)).help("help");
    let property = PropertyChange {
        path: "ImageId".to_owned(),
        before: None,
        after: None,
        forces_replacement: true,
        raw: false,
        sensitive: false,
    };
    let (type_name, region) = ("AWS::EC2::Instance".to_owned(), "us-west-2".to_owned());
    let change = Change {
        address: address.clone(),
        type_name: type_name.clone(),
        region: region.clone(),
        action,
        reasons: Vec::new(),
        source: Some(source),
        physical_id: None,
        properties: vec![property.clone()],
        unchanged: 0,
        moved_from: None,
    };
    let drift = Drift {
        address: address.clone(),
        type_name: type_name.clone(),
        physical_id: "i-0abc".to_owned(),
        missing: false,
        properties: vec![property],
    };
    let record = json!({ "address": "web/server", "type": type_name, "region": region, "provider": "simulated",
        "physical_id": "i-0abc", "properties": {}, "model": {} });
    let record: Record = serde_json::from_value(record).unwrap();
    let read = ReadValue { region, reference: "ssm:x".to_owned(), value: json!("x").into() };
    let recovering = Recovering { address: address.clone(), action };
    let output = OutputRecord { value: json!(1), sensitive: false, origins: ironwright_engine::Origins::new() };
    let version = Version { serial: 7, saved: None, resources: 12, difference: None };
    let row = Row::default();
    let lines = [
        Line::Version { format: FORMAT, ironwright: env!("CARGO_PKG_VERSION") },
        Line::Target { target: "simulated", app: "shop", stage: "dev" },
        Line::Diagnostic(&diagnostic),
        Line::Identity { account: "123456789012", principal: "arn:aws:iam::123456789012:root", region: None },
        Line::Partial(&Partial::default()),
        Line::Recovering(&recovering),
        Line::from(&read),
        Line::from(&change),
        Line::OutputChange { stack: "web", name: "ip", before: None, after: None },
        Line::PlanSummary(PlanSummary { changes: true, counts: Report::default().counts() }),
        Line::Refreshing { done: 1, total: 2 },
        Line::Started { address, action, physical_id: None },
        Line::Heartbeat { address, action, elapsed_ms: 1 },
        Line::Progress { address, message: "message" },
        Line::Unread { address, code: "code", message: "message" },
        Line::Retrying { address, code: "code", message: "message", pause_ms: 1 },
        Line::Finished { address, action, physical_id: None, elapsed_ms: 1 },
        Line::Failed { address, action, code: "code", message: "message", elapsed_ms: 1 },
        Line::Recovered { address, action, outcome: "made" },
        Line::WaitingForLock { lock_id: "5f2c", held_by: String::new() },
        Line::TookOver { held_by: String::new() },
        Line::CredentialsExpired { code: "code", message: "message", waits: true },
        Line::CredentialsRenewed { paused_ms: 1 },
        Line::Stopping { in_flight: 1 },
        Line::NotWaitedFor { address },
        Line::NotStarted { address, action, because_of: None },
        Line::summary(&Report::default()),
        Line::output("web", "ip", &output),
        Line::drift(&drift, None),
        Line::resource(&record, true),
        Line::from(&version),
        Line::StateMoved { from: address, to: address },
        Line::StateChanged { address, change: "changed" },
        Line::Unmanaged { address, resource_type: "AWS::EC2::Instance", physical_id: "i-0abc" },
        Line::GivenUp(&recovering),
        Line::StateSaved { serial: 8 },
        Line::Written { path: "web.template.json".to_owned() },
        Line::Valid { resources: 1, stacks: 1 },
        Line::container(address, &row),
        Line::Logged { address, host: "10.0.0.5", release: 4, stream: "stdout", time: "", text: "" },
        Line::LogEvent { address, host: "10.0.0.5", event: "lost", message: String::new() },
        Line::ExecOutput { stream: "stdout", text: "" },
        Line::ExecEnd { address, host: "10.0.0.5", status: 0 },
        #[cfg(feature = "simulate")]
        Line::Serving { endpoint: "http://127.0.0.1:8000" },
    ];
    lines.iter().map(Line::text).collect()
}

/// By type, the keys on all levels.
fn keys<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for line in lines {
        let json: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let kind = json["type"].as_str().unwrap().to_owned();
        found.entry(kind).or_default().extend(json.as_object().unwrap().keys().cloned());
        let properties = json["properties"].as_array().into_iter().flatten().filter_map(Json::as_object);
        found
            .entry("(property)".to_owned())
            .or_default()
            .extend(properties.flat_map(|property| property.keys().cloned()));
    }
    found
}

#[test]
fn the_page_on_json_has_every_line_with_its_keys() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let lines = lines();
    let examples = keys(page.lines().filter(|line| line.starts_with('{')));
    for (kind, keys) in keys(lines.iter().map(String::as_str)) {
        assert_eq!(examples.get(&kind), Some(&keys), "docs/json-output.md, {kind}");
    }
    assert_eq!(examples.len(), keys(lines.iter().map(String::as_str)).len());
}
