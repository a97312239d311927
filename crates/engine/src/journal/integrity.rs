//! What must hold of every state, checked when it is loaded and before it is saved.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ironwright_core::Address;

use super::{Operation, Snapshot};
use crate::secrets::collect_digests;
use crate::state::{Record, State};

/// What is wrong with `state`, if anything: a record under another address, one resource at two addresses, a cycle.
pub(crate) fn verify(state: &State) -> Result<(), String> {
    let mut seen = HashMap::with_capacity(state.resources.len());
    for (address, record) in &state.resources {
        if record.address != *address {
            return Err(format!("the record of `{}` stands at `{address}`", record.address));
        }
        let identity = (record.physical_id.as_str(), record.type_name.as_str(), record.region.as_str());
        if let Some(other) = seen.insert(identity, address) {
            return Err(format!("`{other}` and `{address}` are the same resource, {}", record.physical_id));
        }
    }
    match stuck(&state.resources) {
        Some(address) => Err(format!("the resources around `{address}` wait for each other")),
        None => Ok(()),
    }
}

/// A resource on a cycle of dependencies, or behind one; the first in order.
fn stuck(resources: &BTreeMap<Address, Record>) -> Option<&Address> {
    let position: HashMap<&Address, usize> = resources.keys().enumerate().map(|(at, address)| (address, at)).collect();
    let mut dependents = vec![Vec::new(); resources.len()];
    let mut waiting = vec![0_usize; resources.len()];
    for (at, record) in resources.values().enumerate() {
        for needed in record.dependencies.iter().filter_map(|needed| position.get(needed)) {
            dependents[*needed].push(at);
            waiting[at] += 1;
        }
    }
    let mut free: Vec<usize> = (0..waiting.len()).filter(|at| waiting[*at] == 0).collect();
    while let Some(at) = free.pop() {
        for dependent in &dependents[at] {
            waiting[*dependent] -= 1;
            if waiting[*dependent] == 0 {
                free.push(*dependent);
            }
        }
    }
    resources.keys().zip(waiting).find(|(_, waiting)| *waiting > 0).map(|(address, _)| address)
}

/// Drops dependencies on addresses that hold nothing any more, such as one that was forgotten.
pub(crate) fn drop_dangling(state: &mut State) {
    let held: BTreeSet<Address> =
        state.resources.keys().cloned().chain(state.deposed.iter().map(|record| record.address.clone())).collect();
    let records = state.resources.values_mut().chain(&mut state.deposed);
    for record in records.filter(|record| !record.dependencies.is_subset(&held)) {
        record.dependencies.retain(|address| held.contains(address));
    }
}

/// The digests of secrets that something in `state` or `pending` refers to.
pub(crate) fn digests<'a>(state: &'a State, pending: &'a [Operation]) -> BTreeSet<&'a str> {
    let mut found = Vec::new();
    let under_way = pending.iter().map(|operation| &operation.record);
    for record in state.resources.values().chain(&state.deposed).chain(under_way) {
        collect_digests(&record.properties, &mut found);
        collect_digests(&record.model, &mut found);
    }
    state.outputs.values().flat_map(BTreeMap::values).for_each(|output| collect_digests(&output.value, &mut found));
    found.into_iter().collect()
}

/// Drops the sealed texts of secrets that nothing in `snapshot` refers to any more.
pub(crate) fn drop_unused_secrets(snapshot: &mut Snapshot) {
    if snapshot.state.secrets.is_empty() {
        return;
    }
    let mut secrets = std::mem::take(&mut snapshot.state.secrets);
    let used = digests(&snapshot.state, &snapshot.pending);
    secrets.retain(|digest, _| used.contains(digest.as_str()));
    snapshot.state.secrets = secrets;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;

    fn record(address: &str, physical_id: &str, dependencies: &[&str]) -> Record {
        Record {
            address: address.into(),
            type_name: "AWS::Test::Thing".to_owned(),
            region: String::new(),
            provider: "fake".to_owned(),
            physical_id: physical_id.to_owned(),
            properties: Json::Null,
            model: Json::Null,
            dependencies: dependencies.iter().map(|address| Address::new(*address)).collect(),
            origins: crate::Origins::new(),
            recipes: crate::Recipes::new(),
            retain: false,
            snapshot: false,
            protect: false,
            imported: false,
            incomplete: false,
            accepted: None,
        }
    }

    fn check(records: &[Record], expect: Option<&str>) {
        let resources = records.iter().map(|record| (record.address.clone(), record.clone())).collect();
        let problem = verify(&State { resources, ..State::default() }).err();
        match (problem, expect) {
            (None, None) => {}
            (Some(problem), Some(part)) => assert!(problem.contains(part), "{problem}"),
            (problem, expect) => panic!("found {problem:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn what_must_hold() {
        check(&[record("w/a", "1", &[]), record("w/b", "2", &["w/a", "w/gone"])], None);
        check(&[record("w/a", "1", &[]), record("w/b", "1", &[])], Some("the same resource"));
        check(&[record("w/a", "1", &["w/b"]), record("w/b", "2", &["w/a"])], Some("wait for each other"));
    }

    #[test]
    fn sealed_texts_that_nothing_uses_are_dropped() {
        let digest = |name: &str| serde_json::json!({"Password": ironwright_core::planned::redacted(name)});
        let mut live = record("w/a", "1", &[]);
        (live.properties, live.model) = (digest("applied"), digest("returned"));
        let mut under_way = record("w/b", "", &[]);
        under_way.properties = digest("pending");
        let mut snapshot = Snapshot::default();
        snapshot.state.resources.insert("w/a".into(), live);
        let (token, action) = (crate::Token::new(1), crate::Action::Create);
        snapshot.pending.push(Operation::new(token, action, under_way));
        for name in ["applied", "returned", "pending", "replaced"] {
            snapshot.state.secrets.insert(name.to_owned(), "sealed".to_owned());
        }
        drop_unused_secrets(&mut snapshot);
        let kept: Vec<&str> = snapshot.state.secrets.keys().map(String::as_str).collect();
        assert_eq!(kept, ["applied", "pending", "returned"]);
    }

    #[test]
    fn dangling_dependencies_are_dropped_and_others_kept() {
        let mut state = State::default();
        state.resources.insert("w/a".into(), record("w/a", "1", &["w/old", "w/gone"]));
        state.deposed.push(record("w/old", "0", &[]));
        drop_dangling(&mut state);
        assert_eq!(state.resources[&Address::new("w/a")].dependencies, BTreeSet::from(["w/old".into()]));
    }
}
