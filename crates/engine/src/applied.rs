//! Resources as they were last applied, with their secrets as far as they can be opened: what providers are told that
//! cannot do without, and commands that act on what is deployed.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use ironwright_core::{Planned, Resolved};
use serde_json::Value as Json;

use crate::engine::Engine;
use crate::origin::below;
use crate::provider::Applied;
use crate::sealing;
use crate::state::{Record, State};
use crate::vault::VaultError;

/// Opens the secret that a digest stands for.
pub(crate) type Open<'a> = &'a dyn Fn(&str) -> Result<SecretText, VaultError>;

impl Engine {
    /// A resource of `state` as it was last applied. Secrets that no key at hand opens are left out, and it says so.
    pub fn applied(&self, state: &State, record: &Record) -> Applied {
        applied(record, &|digest| sealing::open(&*self.0.vault, state, digest))
    }
}

/// What `record` says was last applied, its secrets opened by `open`.
pub(crate) fn applied(record: &Record, open: Open<'_>) -> Applied {
    let mut opener = Opener { open, left_out: BTreeSet::new(), locked: None };
    let properties = opener.value(&record.properties, "").unwrap_or_default();
    Applied {
        address: record.address.clone(),
        type_name: record.type_name.clone(),
        physical_id: record.physical_id.clone(),
        properties: Resolved::new(properties).expect("it holds neither unknowns nor what is sealed"),
        left_out: opener.left_out,
        locked: opener.locked.map(|error| reason(&error)),
    }
}

/// Why secrets are left out, and what to do about it.
fn reason(error: &VaultError) -> String {
    let help = error.diagnostic().help.map(|help| format!("; {help}")).unwrap_or_default();
    format!("{error}{help}")
}

struct Opener<'a> {
    open: Open<'a>,
    left_out: BTreeSet<String>,
    locked: Option<VaultError>,
}

impl Opener<'_> {
    /// `document`, which stands at `place`, with its secrets opened; nothing where it is one that cannot be.
    fn value(&mut self, document: &Json, place: &str) -> Option<Planned> {
        if let Some(digest) = redacted_digest(document) {
            return match (self.open)(digest) {
                Ok(text) => Some(Planned::Secret(text)),
                Err(error) => {
                    self.left_out.insert(place.to_owned());
                    self.locked.get_or_insert(error);
                    None
                }
            };
        }
        Some(match document {
            Json::Array(items) => {
                let open = |(at, item)| self.value(item, &format!("{place}/{at}")).unwrap_or_default();
                Planned::List(items.iter().enumerate().map(open).collect())
            }
            Json::Object(entries) => {
                let open = |(key, entry): (&String, &Json)| Some((key.clone(), self.value(entry, &below(place, key))?));
                Planned::Map(entries.iter().filter_map(open).collect::<BTreeMap<_, _>>())
            }
            scalar => Planned::from(scalar.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use ironwright_core::Address;
    use ironwright_core::planned::redacted;
    use serde_json::json;

    use super::*;

    fn record() -> Record {
        let hosts = json!([{"Address": "10.0.0.5", "Identity": redacted("k3y")}, {"Address": "10.0.0.6"}]);
        Record {
            address: Address::new("web/app"),
            type_name: "Docker::Container".to_owned(),
            region: String::new(),
            provider: "hosts".to_owned(),
            physical_id: "shop-dev-web-app".to_owned(),
            properties: json!({"Image": "nginx", "Hosts": hosts, "SecretEnvironment": {"A/B": redacted("other")}}),
            model: Json::Null,
            dependencies: BTreeSet::new(),
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

    #[test]
    fn secrets_are_opened_where_they_stand() {
        let applied = applied(&record(), &|digest| Ok(SecretText::new(format!("text of {digest}"))));
        let exposed = applied.properties.expose();
        assert_eq!(exposed.pointer("/Hosts/0/Identity"), Some(&json!("text of k3y")));
        assert_eq!(exposed.pointer("/SecretEnvironment/A~1B"), Some(&json!("text of other")));
        assert_eq!((applied.left_out, applied.locked), (BTreeSet::new(), None));
    }

    #[test]
    fn what_cannot_be_opened_is_left_out_and_told() {
        let applied = applied(&record(), &|digest| match digest {
            "k3y" => Err(VaultError::PassphraseMissing),
            other => Ok(SecretText::new(other)),
        });
        let exposed = applied.properties.expose();
        assert_eq!(exposed["Hosts"], json!([{"Address": "10.0.0.5"}, {"Address": "10.0.0.6"}]));
        assert_eq!(applied.left_out, BTreeSet::from(["/Hosts/0/Identity".to_owned()]));
        let locked = applied.locked.expect("it says why");
        assert!(locked.contains("with a passphrase") && locked.contains("IRONWRIGHT_PASSPHRASE"), "{locked}");
    }
}
