//! Deleting: what protects a resource, who still uses it, and what goes with it.

use ironwright_engine::{Delete, ProviderError};
use serde_json::Value as Json;

use crate::account::Account;
use crate::entry::{Entry, Key};
use crate::log::Change;
use crate::refusal::{self, refused};
use crate::usage;

/// Properties that, when true, keep a resource from being deleted.
const PROTECTIONS: [&str; 3] = ["DeletionProtection", "DeletionProtectionEnabled", "DisableApiTermination"];

/// The changes that delete what `request` names.
pub(crate) fn delete(account: &Account, request: &Delete) -> Result<(Vec<Change>, ()), ProviderError> {
    let key = Key::new(&request.type_name, &request.region, &request.physical_id);
    let entry = account.get(&key).ok_or_else(|| refusal::not_found(&key))?;
    refuse_protected(entry)?;
    let users = usage::blockers(account, entry);
    if !users.is_empty() {
        return Err(refusal::in_use(&key, &users));
    }
    let parts = usage::parts(account, entry);
    Ok((parts.into_iter().chain([key]).map(Change::Gone).collect(), ()))
}

fn refuse_protected(entry: &Entry) -> Result<(), ProviderError> {
    let is_on = |value: &Json| *value == Json::Bool(true) || *value == "true" || *value == "ACTIVE";
    let protection = PROTECTIONS.iter().find(|path| entry.model.get(path).is_some_and(is_on));
    match protection {
        Some(path) => Err(refused("OperationNotPermitted", format!("{} is protected: {path} is on", entry.key))),
        None => Ok(()),
    }
}
