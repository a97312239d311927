//! How a secret is composed of others, told by a digest: a secret that cannot be opened keeps whoever joins it to a text, as user
//! data does with a key, from being computed, and still it can be told whether it is the same as before. Pure.

use std::collections::BTreeMap;

use ironwright_core::Planned;
use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;

use crate::origin::below;
use crate::state::Record;

/// The digests of how the composed secrets among a record's properties are composed, by their places as JSON pointers.
pub type Recipes = BTreeMap<String, String>;

/// `value` with the digest of each secret in its place: what is composed of that is no secret, and says which secrets it was made of.
pub(crate) fn stand_in(value: Planned, salt: &str) -> Planned {
    match value {
        Planned::Secret(secret) => Planned::Text(secret.digest(salt)),
        Planned::Sealed(digest) => Planned::Text(digest),
        Planned::List(items) => Planned::List(items.into_iter().map(|item| stand_in(item, salt)).collect()),
        Planned::Map(entries) => {
            Planned::Map(entries.into_iter().map(|(key, value)| (key, stand_in(value, salt))).collect())
        }
        plain => plain,
    }
}

/// The recipes of the secrets in `value`; `composed` is the same value, computed of what [`stand_in`] gives.
pub(crate) fn recipes(value: &Planned, composed: &Planned, salt: &str) -> Recipes {
    let mut found = Recipes::new();
    visit(value, composed, "", &mut |place, value, composed| {
        if let (Planned::Secret(secret), Some(recipe)) = (value, text(composed))
            && recipe != secret.expose()
            && recipe != secret.digest(salt)
        {
            found.insert(place.to_owned(), SecretText::new(recipe).digest(salt));
        }
    });
    found
}

/// `value`, where what could not be computed is known to be composed as it was when `record` was applied: the secret that it was.
pub(crate) fn recognised(value: Planned, composed: &Planned, record: &Record, salt: &str) -> Planned {
    let mut known = BTreeMap::new();
    visit(&value, composed, "", &mut |place, value, composed| {
        if let (Planned::Unknown, Some(recipe), Some(before)) = (value, text(composed), record.recipes.get(place))
            && *before == SecretText::new(recipe).digest(salt)
            && let Some(digest) = record.properties.pointer(place).and_then(redacted_digest)
        {
            known.insert(place.to_owned(), digest.to_owned());
        }
    });
    if known.is_empty() { value } else { filled(value, "", &known) }
}

/// Tells `told` of every leaf of `value` and what stands in its place in `composed`.
fn visit(value: &Planned, composed: &Planned, place: &str, told: &mut dyn FnMut(&str, &Planned, &Planned)) {
    match (value, composed) {
        (Planned::Map(entries), Planned::Map(others)) => {
            for (key, value) in entries {
                let other = others.get(key).unwrap_or(&Planned::Null);
                visit(value, other, &below(place, key), told);
            }
        }
        (Planned::List(items), Planned::List(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                visit(item, other, &format!("{place}/{index}"), told);
            }
        }
        _ => told(place, value, composed),
    }
}

fn filled(value: Planned, place: &str, known: &BTreeMap<String, String>) -> Planned {
    match value {
        Planned::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let value = filled(value, &below(place, &key), known);
                (key, value)
            });
            Planned::Map(entries.collect())
        }
        Planned::List(items) => {
            let items = items.into_iter().enumerate();
            Planned::List(items.map(|(index, item)| filled(item, &format!("{place}/{index}"), known)).collect())
        }
        value => known.get(place).map_or(value, |digest| Planned::Sealed(digest.clone())),
    }
}

fn text(value: &Planned) -> Option<&str> {
    match value {
        Planned::Text(text) => Some(text),
        Planned::Secret(secret) => Some(secret.expose()),
        _ => None,
    }
}
