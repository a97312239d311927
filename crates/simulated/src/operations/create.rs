//! Creating: the checks in AWS's order, then identifiers and attributes.

use std::sync::Arc;

use ironwright_core::facts::TypeFacts;
use ironwright_engine::{Create, ProviderError};

use super::{checked, desired, readable};
use crate::account::Account;
use crate::dice::Dice;
use crate::draft::Draft;
use crate::entry::{Entry, Key};
use crate::log::Change;
use crate::refusal::{self, refused};
use crate::services::Subject;
use crate::{mint, references, services};

/// The resource that `request` asks for: a new one, or the one that the same request made before.
pub(crate) fn create(
    account: &Account,
    facts: &TypeFacts,
    request: &Create,
    seed: u64,
    pending: u32,
) -> Result<(Vec<Change>, Arc<Entry>), ProviderError> {
    let asked = desired(&request.properties, seed);
    if let Some((entry, before)) = account.made_with(request.token.as_str()) {
        if **before != asked || *entry.key.type_name != *request.type_name {
            let message = format!("the token {} was used with other properties", request.token);
            return Err(refused("ClientTokenConflictException", message));
        }
        return Ok((Vec::new(), entry.clone()));
    }
    checked(facts, &request.properties)?;
    let (type_name, region) = (request.type_name.as_str(), request.region.as_str());
    let uses = references::resolve(facts, &asked, region, account)?;
    services::refuse(&Subject { type_name, region, desired: &asked, own: None, account })?;

    let generation = account.generation(type_name, request.address.as_str()).to_string();
    let dice = Dice::new(seed, &[type_name, region, request.address.as_str(), &generation]);
    let mut draft = Draft::new(facts, region, request.address.as_str(), dice, readable(facts, &asked));
    services::fill(&mut draft, account)?;
    mint::complete(&mut draft);
    let id = draft.physical_id().unwrap_or_else(|| draft.dice.hex(16));
    let key = Key::new(type_name, region, &id);
    if account.get(&key).is_some() {
        return Err(refusal::exists(type_name, &id));
    }
    let entry = Arc::new(Entry {
        key,
        address: request.address.as_str().into(),
        token: request.token.as_str().into(),
        desired: Arc::new(asked),
        model: Arc::new(draft.into_model()),
        uses,
        pending,
    });
    Ok((vec![Change::Put(entry.clone())], entry))
}
