//! What moved between a saved plan and the plan made again: the state, the program, the cloud. Where anything did, the
//! saved plan is refused (invariant I5). How what becomes of one resource differs lives in `difference`.
//!
//! Lines of the source and warnings are no part of the comparison, nor is the order of declaration.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::graph::GraphDigest;
use ironwright_core::{Address, Diagnostic, Diagnostics, Graph, Source};
use serde_json::Value as Json;

use super::difference::{Differences, differences};
use super::{SavedPlan, value};
use crate::plan::{OutputChange, Plan, Preview, ReadValue};
use crate::steps::Base;

/// Differences beyond this are counted.
const MOST_SHOWN: usize = 20;

/// Why a saved plan is refused: what moved since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// One sentence each, with the line of the program it is about, if one.
    pub differences: Vec<(String, Option<Source>)>,
}

impl Moved {
    /// The refusal of the plan in `file`. What to type next is the caller's to add.
    pub fn diagnostic(&self, file: &str) -> Diagnostic {
        let message = format!("an apply would no longer do what the plan in `{file}` says, so nothing was changed");
        let mut error = Diagnostic::error("plan-moved", message);
        for (difference, source) in self.differences.iter().take(MOST_SHOWN) {
            error = error.related(difference, source.as_ref());
        }
        match self.differences.len().saturating_sub(MOST_SHOWN) {
            0 => error,
            more => error.related(format!("and {more} more"), None),
        }
    }

    fn say(&mut self, difference: impl Into<String>) {
        self.differences.push((difference.into(), None));
    }
}

impl SavedPlan {
    /// Refuses a plan that is for another app, stage or target.
    pub fn check_place(&self, app: &str, stage: &str, target: &str) -> Result<(), Diagnostics> {
        let check = |what: &str, planned: &str, asked: &str, help: String| {
            let message = format!("the plan is for the {what} `{planned}`, and `{asked}` is asked for");
            (planned != asked).then(|| Diagnostic::error("plan-elsewhere", message).help(help))
        };
        let problems = [
            check("app", self.app(), app, format!("run the program of `{}`", self.app())),
            check("stage", self.stage(), stage, format!("say `--stage {}`, or leave `--stage` out", self.stage())),
            check("target", self.target(), target, format!("say `--target {}`", self.target())),
        ];
        problems.into_iter().flatten().collect::<Diagnostics>().or(())
    }

    /// Refuses a plan that was made in another account than `account`.
    pub fn check_account(&self, account: Option<&str>) -> Result<(), Diagnostics> {
        if self.account.as_deref() == account {
            return Ok(());
        }
        let name =
            |account: Option<&str>| account.map_or_else(|| "no account".to_owned(), |id| format!("account {id}"));
        let (planned, asked) = (name(self.account.as_deref()), name(account));
        let message = format!("the plan was made in {planned}, and the credentials are for {asked}");
        let help = "take the credentials it was made with, or make the plan anew";
        Err(Diagnostic::error("plan-elsewhere", message).help(help).into())
    }

    /// Whether `fresh`, made of `graph` now with the options of this plan, is the same plan; else what moved.
    pub fn check(&self, fresh: &Plan, graph: Option<&Graph>) -> Result<(), Moved> {
        let now = fresh.preview.clone().map(|planned| value::write(&planned, &self.salt));
        let changes = differences(&self.preview.changes, &now.changes);
        let mut moved = Moved::default();
        let state_stayed = self.base == fresh.steps.base;
        if !state_stayed {
            moved.say(state(&self.base, &fresh.steps.base));
        }
        if now.recovering != self.preview.recovering {
            moved.say("an apply was interrupted since: what it was at has to be settled first");
        }
        let digest = graph.map(|graph| graph.digest(&self.salt));
        let lines: BTreeMap<_, _> = now.changes.iter().map(|change| (&change.address, &change.source)).collect();
        let of_program = resources(self.program.as_ref(), digest.as_ref(), &changes);
        for (address, what) in &of_program {
            let source = lines.get(address).copied().cloned().flatten();
            moved.differences.push((format!("the program changed: {address}: {what}"), source));
        }
        parts(self.program.as_ref(), digest.as_ref(), &mut moved);
        if !state_stayed {
            return Err(moved);
        }
        let cause = if moved.differences.is_empty() { "the cloud changed" } else { "the plan changed" };
        for (address, difference) in changes.iter().filter(|(address, _)| !of_program.contains_key(*address)) {
            moved.say(format!("{cause}: {address}: {}", difference.what));
        }
        rest(&self.preview, &now, &mut moved);
        if moved.differences.is_empty() { Ok(()) } else { Err(moved) }
    }
}

fn state(planned: &Base, now: &Base) -> String {
    match (planned.lineage.as_str(), now.lineage.as_str()) {
        ("", _) => "there was no state when the plan was made, and there is one now".to_owned(),
        (_, "") => "the state that the plan was made for is not there any more".to_owned(),
        (before, after) if before != after => "the state is another one: it was begun anew".to_owned(),
        _ if planned.serial != now.serial => {
            format!("the state went from serial {} to {}", planned.serial, now.serial)
        }
        _ => format!("a run that began at serial {} was interrupted, and the state went on", planned.serial),
    }
}

/// The resources that the program has otherwise now, and what of them.
fn resources<'a>(
    planned: Option<&'a GraphDigest>,
    now: Option<&'a GraphDigest>,
    changes: &Differences<'_>,
) -> BTreeMap<&'a Address, String> {
    let (Some(planned), Some(now)) = (planned, now) else {
        return BTreeMap::new();
    };
    let what = |address: &'a Address| {
        let what = match (planned.resources.get(address), now.resources.get(address)) {
            (None, _) => "it is new".to_owned(),
            (_, None) => "it is not there any more".to_owned(),
            _ => changes.get(address).map(|difference| difference.properties.join(", ")).unwrap_or_default(),
        };
        (address, if what.is_empty() { "what it says of it".to_owned() } else { what })
    };
    unequal(&planned.resources, &now.resources).into_iter().map(what).collect()
}

/// Tells what else of the program changed.
fn parts(planned: Option<&GraphDigest>, now: Option<&GraphDigest>, moved: &mut Moved) {
    let (Some(planned), Some(now)) = (planned, now) else {
        return;
    };
    for stack in unequal(&planned.stacks, &now.stacks) {
        moved.say(format!("the program changed: region, outputs, parameters or conditions of the stack `{stack}`"));
    }
    if planned.directives != now.directives {
        moved.say("the program changed: its imports or moves");
    }
}

/// Tells what differs besides resources.
fn rest(planned: &Preview<Json>, now: &Preview<Json>, moved: &mut Moved) {
    // Taken apart, so that a new field cannot be forgotten here.
    let Preview {
        app: _,
        stage: _,
        destroy,
        changes: _,
        state_only,
        outputs,
        reads,
        recovering: _,
        partial,
        rollback_to: _,
        rollback_of: _,
        warnings: _,
    } = planned;
    let by_name = |preview: &[OutputChange<Json>]| -> BTreeMap<String, OutputChange<Json>> {
        preview.iter().map(|output| (format!("{}/{}", output.stack, output.name), output.clone())).collect()
    };
    for name in unequal(&by_name(outputs), &by_name(&now.outputs)) {
        moved.say(format!("the plan changed: the output `{name}` becomes another value"));
    }
    let by_reference = |reads: &[ReadValue<Json>]| -> BTreeMap<String, Json> {
        reads.iter().map(|read| (format!("`{}` in {}", read.reference, read.region), read.value.clone())).collect()
    };
    for reference in unequal(&by_reference(reads), &by_reference(&now.reads)) {
        moved.say(format!("the cloud changed: {reference} has another value"));
    }
    let (records, records_now): (BTreeSet<_>, BTreeSet<_>) =
        (state_only.iter().collect(), now.state_only.iter().collect());
    for address in records.symmetric_difference(&records_now) {
        moved.say(format!("the plan changed: {address}: what the state says of its options"));
    }
    if *partial != now.partial || *destroy != now.destroy {
        moved.say("the plan changed: it covers other resources");
    }
}

/// The keys whose values differ, or that only one has.
pub(super) fn unequal<'a, K: Ord, V: PartialEq>(
    left: &'a BTreeMap<K, V>,
    right: &'a BTreeMap<K, V>,
) -> BTreeSet<&'a K> {
    left.keys().chain(right.keys()).filter(|key| left.get(key) != right.get(key)).collect()
}
