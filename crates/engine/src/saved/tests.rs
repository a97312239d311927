//! Every plan, whatever is in it, is read as it was written; what is no plan is refused, and nothing panics.

use std::collections::BTreeSet;

use ironwright_core::secret::SecretText;
use ironwright_core::{Address, Diagnostic, Planned, Source};
use serde_json::json;

use super::*;
use crate::action::{Action, Inclusion, Reason};
use crate::partial::{LeftOut, Omission, Partial};
use crate::plan::{Change, OutputChange, PropertyChange, ReadValue, Recovering};
use crate::seams::{Entropy, SeededEntropy};

const ACTIONS: [Action; 9] = [
    Action::Create,
    Action::Read,
    Action::Update,
    Action::DestroyThenCreate,
    Action::CreateThenDestroy,
    Action::Delete,
    Action::Import,
    Action::Forget,
    Action::NoOp,
];

fn reasons() -> Vec<Reason> {
    let properties = || vec!["Tags[0].Value".to_owned(), "A.B".to_owned()];
    vec![
        Reason::New,
        Reason::Changed { properties: properties() },
        Reason::Drifted { properties: properties() },
        Reason::ForcedBy { properties: properties() },
        Reason::MayBeForcedBy { properties: Vec::new() },
        Reason::Dependency { address: "web/a".into() },
        Reason::Missing,
        Reason::Removed,
        Reason::Deposed,
        Reason::Interrupted,
        Reason::TypeChanged,
        Reason::Requested,
        Reason::Renamed,
        Reason::Included { address: "web/a".into(), because: Inclusion::NeedsIt },
    ]
}

/// Draws from a seed.
struct Draw(SeededEntropy);

impl Draw {
    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.0.next() % bound as u64).expect("below the bound")
    }

    fn chance(&self) -> bool {
        self.below(2) == 0
    }

    fn text(&self) -> String {
        const TEXTS: [&str; 9] = ["", "a", "$secret", "$unknown", "$map", "é\n\"x\"", "\u{0}\u{1b}[31m", "{}", "web/a"];
        TEXTS[self.below(TEXTS.len())].to_owned()
    }

    fn some<T>(&self, most: usize, mut one: impl FnMut() -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| one()).collect()
    }

    fn value(&self, depth: usize) -> Planned {
        match self.below(if depth == 0 { 7 } else { 9 }) {
            0 => Planned::Null,
            1 => Planned::Boolean(self.chance()),
            2 => json!(0.1).into(),
            3 => json!(u64::MAX).into(),
            4 => Planned::Text(self.text()),
            5 => Planned::Secret(SecretText::new("hunter2-hunter2")),
            6 => Planned::Unknown,
            7 => Planned::List(self.some(3, || self.value(depth - 1))),
            _ => Planned::Map(self.some(3, || (self.text(), self.value(depth - 1))).into_iter().collect()),
        }
    }

    fn optional<T>(&self, one: impl FnOnce() -> T) -> Option<T> {
        self.chance().then(one)
    }

    fn source(&self) -> Option<Source> {
        self.optional(|| Source { file: "src/main.rs".into(), line: 7 })
    }

    fn property(&self) -> PropertyChange {
        PropertyChange {
            path: self.text(),
            before: self.optional(|| self.value(2).to_json("salt")),
            after: self.optional(|| self.value(3)),
            forces_replacement: self.chance(),
            raw: self.chance(),
            sensitive: self.chance(),
        }
    }

    fn change(&self, action: Action) -> Change {
        let all = reasons();
        Change {
            address: Address::new(format!("web/{}", self.below(4))),
            type_name: self.text(),
            region: self.text(),
            action,
            reasons: self.some(3, || all[self.below(all.len())].clone()),
            source: self.source(),
            physical_id: self.optional(|| self.text()),
            properties: self.some(3, || self.property()),
            unchanged: self.below(9),
            moved_from: self.optional(|| "web/before".into()),
        }
    }

    fn output(&self) -> OutputChange {
        OutputChange {
            stack: self.text(),
            name: self.text(),
            before: self.optional(|| self.value(1).to_json("salt")),
            after: self.optional(|| self.value(2)),
            changes: self.chance(),
        }
    }

    fn partial(&self) -> Partial {
        let left_out = || LeftOut { address: "web/a".into(), by: "web/b".into(), because: Omission::Circle };
        Partial {
            only: vec!["web".into()],
            selected: self.below(9),
            left_out: self.some(2, left_out),
            ..Partial::default()
        }
    }

    fn preview(&self) -> Preview {
        let warning = || Diagnostic::warning("drift", self.text()).at(&"web/a".into()).related("x", None).help("h");
        Preview {
            app: self.text(),
            stage: self.text(),
            destroy: self.chance(),
            changes: ACTIONS.iter().map(|action| self.change(*action)).collect(),
            state_only: self.some(2, || "web/a".into()),
            outputs: self.some(3, || self.output()),
            reads: self.some(2, || ReadValue { region: self.text(), reference: self.text(), value: self.value(1) }),
            recovering: self.some(2, || Recovering { address: "web/a".into(), action: Action::Update }),
            partial: self.optional(|| self.partial()),
            rollback_to: self.optional(|| 7),
            rollback_of: self.optional(|| "web/a".into()),
            warnings: self.some(2, warning).into_iter().collect(),
        }
    }
}

fn saved(preview: Preview) -> SavedPlan {
    SavedPlan {
        ironwright: "0.1.0".to_owned(),
        created: 7,
        target: "simulated".to_owned(),
        account: Some("123456789012".to_owned()),
        base: Base { lineage: "l".to_owned(), sequence: 8, serial: 9 },
        salt: "salt".to_owned(),
        program: Some(GraphDigest::default()),
        options: PlanOptions { refresh: false, replace: vec!["web/a".into()], ..PlanOptions::default() },
        variables: BTreeMap::new(),
        keyring: None,
        preview: preview.map(|value| value::write(&value, "salt")),
    }
}

/// The same without the texts of secrets, which a file does not have.
fn without_secrets(value: Planned) -> Planned {
    match value {
        Planned::Secret(_) => Planned::Secret(SecretText::new("")),
        Planned::List(items) => Planned::List(items.into_iter().map(without_secrets).collect()),
        Planned::Map(entries) => {
            Planned::Map(entries.into_iter().map(|(key, value)| (key, without_secrets(value))).collect())
        }
        other => other,
    }
}

#[test]
fn every_plan_is_read_as_it_was_written() {
    let mut seen = BTreeSet::new();
    for seed in 0..300 {
        let preview = Draw(SeededEntropy::new(seed)).preview();
        let plan = saved(preview.clone());
        let document = plan.write().expect("plain data");
        assert!(!document.contains("hunter2"), "seed {seed}: {document}");
        let read = SavedPlan::read(document.as_bytes()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(read, plan, "seed {seed}");
        assert_eq!(read.preview(), preview.clone().map(without_secrets), "seed {seed}");
        assert_eq!((read.preview().counts(), read.preview().is_empty()), (preview.counts(), preview.is_empty()));
        seen.extend(preview.changes.iter().flat_map(|change| &change.reasons).map(|reason| format!("{reason:?}")));
    }
    assert_eq!(seen.len(), reasons().len(), "every reason was drawn");
}

#[test]
fn whatever_is_changed_in_a_file_it_is_refused() {
    let document = saved(Draw(SeededEntropy::new(1)).preview()).write().expect("plain data").into_bytes();
    for at in (0..document.len()).step_by(11) {
        let mut changed = document.clone();
        changed[at] ^= 1;
        assert!(SavedPlan::read(&changed).is_err(), "byte {at} changed");
        assert!(SavedPlan::read(&document[..at]).is_err(), "cut off at {at}");
    }
}

#[test]
fn what_is_no_plan_is_told_apart() {
    let check = |bytes: &[u8], expect: &str| {
        let error = SavedPlan::read(bytes).expect_err("no plan");
        let diagnostic = error.diagnostic("x.plan");
        assert_eq!(diagnostic.code, expect, "{diagnostic}");
    };
    check(b"", "plan-file-damaged");
    check(b"\xff\xfe", "plan-file-damaged");
    check(b"{}", "plan-file-damaged");
    check(br#"{"version": 2, "entirely": "new"}"#, "plan-file-newer");
    check(ENVELOPE.seal("\"plan\":7}").as_bytes(), "plan-file-damaged");
    check(ENVELOPE.seal("\"state\":{}}").as_bytes(), "plan-file-damaged");
    let deep = format!("\"plan\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    check(ENVELOPE.seal(&deep).as_bytes(), "plan-file-damaged");
}
