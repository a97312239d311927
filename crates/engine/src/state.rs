//! The state: what is live, at which address, under which physical id, and how it was last applied and observed.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::Address;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::origin::Origins;
use crate::recipe::Recipes;
use crate::vault::Keyring;

/// What is known of everything an app has deployed to one stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The target it was deployed to; a state is never applied to another.
    pub target: String,
    /// The account it was deployed in, where the target has accounts; a state is never applied in another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Made once for each state, at random; salts the digests of secrets.
    pub lineage: String,
    /// Grows by one with every snapshot.
    pub serial: u64,
    /// What is live, by address.
    pub resources: BTreeMap<Address, Record>,
    /// What was replaced and is still to be deleted, in the order it was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Record>,
    /// The outputs of the last apply, by stack and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, BTreeMap<String, OutputRecord>>,
    /// What the secrets are sealed with; nothing where digests alone are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyring: Option<Keyring>,
    /// The sealed texts of secrets, by the digest that stands for each in records and outputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
}

/// A live resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags, each set by an option of its own")]
pub struct Record {
    /// Its address.
    pub address: Address,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its region.
    pub region: String,
    /// The provider that made it.
    pub provider: String,
    /// Its physical id.
    pub physical_id: String,
    /// The properties as last applied; secrets as digests.
    pub properties: Json,
    /// The model as last observed: properties and attributes; where a secret was applied, its digest.
    pub model: Json,
    /// What it needs, so that it can be deleted in the right order without the program.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Address>,
    /// Which of the properties' values came from other resources.
    #[serde(default, skip_serializing_if = "Origins::is_empty")]
    pub origins: Origins,
    /// How those of the properties' secrets are composed that are.
    #[serde(default, skip_serializing_if = "Recipes::is_empty")]
    pub recipes: Recipes,
    /// It stays in the cloud when it is removed from the program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// A snapshot is taken before it is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
    /// It is never deleted or replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// It was there before it was managed: an import took it over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// It has an id, and its making failed: the next apply replaces it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// It was accepted and not waited for: by what it is asked how it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

impl Record {
    /// Says of the properties `names` what the cloud has, and not what was asked for: that is still to be done.
    pub(crate) fn concede(&mut self, names: &BTreeSet<String>) {
        self.origins.retain(|pointer, _| !pointer.split('/').nth(1).is_some_and(|name| names.contains(name)));
        let Some(entries) = self.properties.as_object_mut() else { return };
        for name in names {
            match self.model.get(name) {
                Some(value) => drop(entries.insert(name.clone(), value.clone())),
                None => drop(entries.remove(name)),
            }
        }
    }
}

impl State {
    /// The output `name`, where only one stack has one of that name; or `stack/name`.
    pub fn output(&self, name: &str) -> Option<&OutputRecord> {
        if let Some((stack, output)) = name.split_once('/') {
            return self.outputs.get(stack)?.get(output);
        }
        let mut found = self.outputs.values().filter_map(|outputs| outputs.get(name));
        found.next().filter(|_| found.next().is_none())
    }
}

/// An output of the last apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputRecord {
    /// The value; a digest where it is a secret.
    pub value: Json,
    /// Its value must not be shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Where the value came from, as far as from resources.
    #[serde(default, skip_serializing_if = "Origins::is_empty")]
    pub origins: Origins,
}
