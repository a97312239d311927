//! What the fuzz targets share: documents with right checksums, a state that is opened as a run opens it, and programs
//! made from JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use ironwright::aws::{ec2, iam, s3, sqs};
use ironwright::engine::journal::{Line, Snapshot};
use ironwright::engine::{Engine, MemoryStore, PlanOptions, SeededEntropy, Settings, Silent, Store, SystemClock};
use ironwright::prelude::*;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

/// The state or the saved plan with this body, under the checksum that belongs to it. Fuzzing would never guess one.
pub fn sealed_document(body: &str) -> String {
    format!("{{\"version\":1,\n\"checksum\":\"{}\",\n{body}", checksum(body))
}

/// The journal whose entries are the lines of `text`, each under the checksum that belongs to it.
pub fn sealed_journal(text: &str) -> String {
    let mut journal = String::new();
    for entry in text.lines() {
        let _ = writeln!(journal, "{} {entry}", &checksum(entry)[..16]);
    }
    journal
}

fn checksum(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Opens what a store holds as a run does: replayed, verified, and then planned to be destroyed, without asking a cloud.
pub fn open(snapshot: Option<Snapshot>, journal: &[Line]) {
    let target = snapshot.as_ref().map_or_else(String::new, |snapshot| snapshot.state.target.clone());
    let store = MemoryStore::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    runtime.block_on(async {
        if let Some(snapshot) = snapshot {
            store.save(Arc::new(snapshot)).await.expect("memory takes it");
        }
        store.append(journal).await.expect("memory takes it");
        let settings = Settings { target, ..Settings::default() };
        let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SeededEntropy::new(0)));
        let engine = Engine::new(Vec::new(), Arc::new(store), clock, entropy, settings);
        if engine.state().await.is_ok() {
            let options = PlanOptions { refresh: false, ..PlanOptions::default() };
            let _ = engine.plan_destroy(&options, &Silent).await;
        }
    });
}

/// A program of up to eight resources: `text` is a list of objects, each the properties of one resource, whose type goes
/// by its place in the list. `None` where it is not that.
pub fn program(text: &str) -> Option<App> {
    let resources: Vec<Map<String, Json>> = serde_json::from_str(text).ok()?;
    let mut app = App::new("fuzz").region("us-west-2");
    let stack = app.stack("web");
    for (index, properties) in resources.into_iter().take(8).enumerate() {
        let name = format!("r{index}");
        match index % 6 {
            0 => add(stack, &name, ec2::SecurityGroup::new("from a fuzzer"), properties),
            1 => add(stack, &name, ec2::Instance::new(), properties),
            2 => add(stack, &name, s3::Bucket::new(), properties),
            3 => add(stack, &name, iam::Role::new(Json::Object(Map::new())), properties),
            4 => add(stack, &name, sqs::Queue::new(), properties),
            _ => add(stack, &name, ec2::Vpc::new(), properties),
        }
    }
    Some(app)
}

fn add<R: Resource>(stack: &mut Stack, name: &str, resource: R, properties: Map<String, Json>) {
    let set = |resource: R, (property, value): (String, Json)| resource.raw(property, value);
    stack.add(name, properties.into_iter().fold(resource, set));
}
