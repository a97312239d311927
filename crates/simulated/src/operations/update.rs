//! Updating in place: what cannot change, and what stays of what the cloud made.

use std::sync::Arc;

use ironwright_core::facts::TypeFacts;
use ironwright_engine::{ProviderError, Update};
use serde_json::{Map, Value as Json};

use super::{checked, desired, readable};
use crate::account::Account;
use crate::entry::{Entry, Key, all_at};
use crate::log::Change;
use crate::refusal::{self, refused};
use crate::services::Subject;
use crate::{mint, references, services};

/// The resource as `request` wants it.
pub(crate) fn update(
    account: &Account,
    facts: &TypeFacts,
    request: &Update,
    seed: u64,
) -> Result<(Vec<Change>, Arc<Entry>), ProviderError> {
    let key = Key::new(&request.type_name, &request.region, &request.physical_id);
    let entry = account.get(&key).ok_or_else(|| refusal::not_found(&key))?;
    checked(facts, &request.properties)?;
    let asked = desired(&request.properties, seed);
    refuse_fixed(facts, entry, &asked)?;
    let (type_name, region) = (request.type_name.as_str(), request.region.as_str());
    let uses = references::resolve(facts, &asked, region, account)?;
    services::refuse(&Subject { type_name, region, desired: &asked, own: Some(&key), account })?;
    let mut model = changed(facts, entry, &asked);
    services::renew(entry, &mut model);
    let model = Arc::new(model);
    let updated = Arc::new(Entry { desired: Arc::new(asked), model, uses, ..Entry::clone(entry) });
    Ok((vec![Change::Put(updated.clone())], updated))
}

/// Refuses a change of what can only be set at creation.
fn refuse_fixed(facts: &TypeFacts, entry: &Entry, asked: &Json) -> Result<(), ProviderError> {
    let all = facts.properties.keys().filter(|path| facts.immutable && facts.is_settable(path));
    let fixed: Vec<&str> =
        facts.create_only.iter().chain(all).filter(|path| differs(entry, asked, path)).map(String::as_str).collect();
    if fixed.is_empty() {
        return Ok(());
    }
    let message = format!("{} of {} cannot change once it is made", fixed.join(", "), entry.key);
    Err(refused("NotUpdatable", message))
}

/// Whether what is asked for at `path` is not what there is. A property that was not asked for before may be asked for
/// now as the cloud made it.
fn differs(entry: &Entry, asked: &Json, path: &str) -> bool {
    let (wanted, before) = (all_at(asked, path), all_at(&entry.desired, path));
    if wanted.len() == before.len() && wanted.iter().zip(&before).all(|(wanted, before)| same(wanted, before)) {
        return false;
    }
    let live = all_at(&entry.model, path);
    !before.is_empty()
        || wanted.len() != live.len()
        || !wanted.iter().zip(live).all(|(wanted, live)| same(wanted, live))
}

/// Whether two values are the same to AWS: `"80"` is 80.
fn same(left: &Json, right: &Json) -> bool {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    left == right || (text(left).is_some() && text(left) == text(right))
}

/// The model after the change: what the cloud made, what is asked for, and defaults where something was taken back.
fn changed(facts: &TypeFacts, entry: &Entry, asked: &Json) -> Json {
    let readable = Json::Object(readable(facts, asked));
    let model = merged(&entry.model, &entry.desired, &readable);
    mint::with_defaults(facts, model.as_object().cloned().unwrap_or_default())
}

/// `asked`, with what the cloud made beside what was asked for `before`. An item of a list that stays as it was keeps
/// what the cloud put in it.
fn merged(model: &Json, before: &Json, asked: &Json) -> Json {
    match (model, asked) {
        (Json::Object(model), Json::Object(asked)) => {
            let made = model.iter().filter(|(name, _)| before.get(*name).is_none());
            let mut whole: Map<String, Json> = made.map(|(name, value)| (name.clone(), value.clone())).collect();
            for (name, value) in asked {
                let inner = (model.get(name), before.get(name));
                let value = match inner {
                    (Some(model), Some(before)) => merged(model, before, value),
                    _ => value.clone(),
                };
                whole.insert(name.clone(), value);
            }
            whole.into()
        }
        (Json::Array(model), Json::Array(asked)) => {
            let item = |(index, asked): (usize, &Json)| match (model.get(index), before.get(index)) {
                (Some(model), Some(before)) if before == asked => merged(model, before, asked),
                _ => asked.clone(),
            };
            asked.iter().enumerate().map(item).collect()
        }
        _ => asked.clone(),
    }
}
