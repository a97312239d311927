//! The rollback of one resource: it goes back to how it was last applied otherwise, and all else stays as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use ironwright_core::{Address, Diagnostic, Graph, Tree};
use serde_json::Value as Json;

use super::told;
use super::version::{self, Version};
use super::wanted::Wanted;
use super::{finished, needs_secrets};
use crate::edit::not_in_state;
use crate::engine::{Engine, PlanOptions};
use crate::error::EngineError;
use crate::events::Observer;
use crate::journal::{Moves, Snapshot};
use crate::parts::panics_told;
use crate::plan::Plan;
use crate::planner::Identity;
use crate::sealing;
use crate::state::{Record, State};
use crate::vault::VaultError;

impl Engine {
    /// What brings the resource `address` back to how it was before it was last changed, or in the version `to` of the
    /// state. What it had from a version of another resource, such as the reference of an image, is what that was then;
    /// all else stays as it is now. Writes nothing.
    ///
    /// Secrets that `program` still has need no key. Of `options`, only `refresh` counts.
    pub async fn plan_rollback_of(
        &self,
        address: &Address,
        to: Option<u64>,
        program: Option<&Graph>,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        panics_told(self.take_back(address, to, program, options, observer)).await
    }

    async fn take_back(
        &self,
        address: &Address,
        to: Option<u64>,
        program: Option<&Graph>,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        self.wait_for_lock(observer).await?;
        let stored = self.0.store.load().await?;
        let mut book = self.0.book(stored.clone())?;
        let Some(now) = book.state().resources.get(address) else {
            return Err(not_in_state(&book, address).into());
        };
        let snapshot = version::of_one(&self.0, stored.snapshot, now, to).await?;
        let base = &snapshot.state;
        let then = then(base, now).ok_or_else(|| version::without(base.serial, address))?;
        let texts = program.map(|graph| texts(graph, &base.lineage)).unwrap_or_default();
        let open = |digest: &str| self.opened(&texts, &[base, book.state()], digest);
        let wanted = Wanted::of_one(&self.0, base, &then, book.state(), &|digest| open(digest).ok());
        let wanted = wanted.map_err(EngineError::Diagnostics)?;
        let locked = why_locked(&then.properties, &open);
        let state = book.state().clone();
        let identity = Identity::exactly(Moves::new(), &mut book);
        let not_moved = book.addresses().into_iter().collect();
        let only = vec![address.clone()];
        let options = PlanOptions { refresh: options.refresh, only, not_moved, ..PlanOptions::default() };
        let plan = self.plan_from(book, identity, &wanted.graph, &options, observer).await?;
        if plan.changes.iter().any(|change| needs_secrets(change, &wanted)) {
            return Err(locked_error(address, base.serial, &wanted, locked).into());
        }
        let version = Version::from(Arc::<Snapshot>::clone(&snapshot));
        let told = told::of_one(&self.0, &version, &wanted, &state, &plan, address);
        let mut plan = finished(plan, base.serial, told);
        plan.preview.rollback_of = Some(address.clone());
        Ok(plan)
    }

    /// The secret that `digest` stands for: one that the program has, or one that `states` hold sealed.
    fn opened(&self, texts: &Texts, states: &[&State], digest: &str) -> Result<SecretText, VaultError> {
        if let Some(text) = texts.get(digest) {
            return Ok(text.clone());
        }
        let mut opened = states.iter().map(|state| sealing::open(&*self.0.vault, state, digest));
        let first = opened.next().unwrap_or(Err(VaultError::NotKept));
        first.or_else(|error| opened.find_map(Result::ok).ok_or(error))
    }
}

/// Texts of secrets, by digest.
type Texts = BTreeMap<String, SecretText>;

/// The secrets that `graph` holds, by their digests over `salt`.
fn texts(graph: &Graph, salt: &str) -> Texts {
    let mut texts = Texts::new();
    for entry in graph.nodes().iter().flat_map(|node| &node.properties) {
        entry.tree.walk(&mut |tree| {
            if let Tree::Secret(text) = tree {
                texts.insert(text.digest(salt), text.clone());
            }
        });
    }
    texts
}

/// The resource of `now` as it was in `base`, at the address it has now: the same one, or the one that stood there.
fn then(base: &State, now: &Record) -> Option<Record> {
    let is_same = |record: &&Record| {
        (&record.type_name, &record.region, &record.physical_id) == (&now.type_name, &now.region, &now.physical_id)
    };
    let stood = || base.resources.get(&now.address).filter(|record| record.type_name == now.type_name);
    let record = base.resources.values().find(is_same).or_else(stood)?;
    Some(Record { address: now.address.clone(), ..record.clone() })
}

/// Whether `now` was in `base`, and was otherwise.
pub(super) fn differs(base: &State, now: &Record) -> bool {
    then(base, now).is_some_and(|then| then.properties != now.properties)
}

/// Why the first secret in `document` that cannot be opened cannot be.
fn why_locked(document: &Json, open: &dyn Fn(&str) -> Result<SecretText, VaultError>) -> Option<VaultError> {
    match (redacted_digest(document), document) {
        (Some(digest), _) => open(digest).err(),
        (None, Json::Array(items)) => items.iter().find_map(|item| why_locked(item, open)),
        (None, Json::Object(entries)) => entries.values().find_map(|entry| why_locked(entry, open)),
        _ => None,
    }
}

fn locked_error(address: &Address, serial: u64, wanted: &Wanted, why: Option<VaultError>) -> Diagnostic {
    let properties = wanted.locked.get(address).map(told::list).unwrap_or_default();
    let why = why.unwrap_or(VaultError::NotKept);
    let message = format!(
        "it cannot go back to version {serial}: a secret in {properties} is needed and cannot be opened: {why}"
    );
    let help = match (&why, why.diagnostic().help) {
        (VaultError::NotKept, _) | (_, None) => {
            "the program has the secret: go back to an earlier version of the program, and `apply`".to_owned()
        }
        (_, Some(help)) => help,
    };
    Diagnostic::error("secret-locked", message).at(address).help(help)
}
