//! Keeps secrets out of what is written and shown (invariant I6): models, messages.

use ironwright_core::Planned;
use ironwright_core::facts::TypeFacts;
use ironwright_core::planned::{redacted, redacted_digest};
use ironwright_core::secret::SecretText;
use serde_json::Value as Json;

use crate::provider::ProviderError;

/// A secret shorter than this hides only text that equals it: it may occur in other text by chance.
const LONG_ENOUGH_TO_SEARCH: usize = 6;

/// Every secret in `value`.
pub(crate) fn secrets_in(value: &Planned) -> Vec<SecretText> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Planned, found: &mut Vec<SecretText>) {
    match value {
        Planned::Secret(secret) => found.push(secret.clone()),
        Planned::List(items) => items.iter().for_each(|item| collect(item, found)),
        Planned::Map(entries) => entries.values().for_each(|entry| collect(entry, found)),
        _ => {}
    }
}

/// Puts digests over `salt` in the place of all text in `model` that holds one of `secrets`, and of all that stands
/// where `applied` has a digest. Returns the texts that it took out.
pub(crate) fn scrub(model: &mut Json, secrets: &[SecretText], applied: &Json, salt: &str) -> Vec<SecretText> {
    let mut scrubber = Scrubber { salt, hidden: Vec::new() };
    if !secrets.is_empty() {
        scrubber.replace(model, &|text| secrets.iter().any(|secret| gives_away(text, secret)));
    }
    scrubber.at_places(model, applied);
    scrubber.hidden
}

/// The same where secrets are known by digest alone: those in `applied`, which was sent, and in `before`, which was
/// scrubbed.
pub(crate) fn scrub_again(model: &mut Json, applied: &Json, before: &Json, salt: &str) -> Vec<SecretText> {
    let mut scrubber = Scrubber { salt, hidden: Vec::new() };
    let mut digests = Vec::new();
    collect_digests(applied, &mut digests);
    if !digests.is_empty() {
        scrubber.replace(model, &|text| digests.contains(&SecretText::new(text).digest(salt).as_str()));
    }
    scrubber.at_places(model, applied);
    scrubber.at_places(model, before);
    scrubber.hidden
}

/// Puts digests in the place of what the cloud returned in `model` where `facts` say that it is secret. Returns the texts that
/// it took out.
pub(crate) fn hide(model: &mut Json, facts: Option<&TypeFacts>, salt: &str) -> Vec<SecretText> {
    let mut scrubber = Scrubber { salt, hidden: Vec::new() };
    for path in facts.into_iter().flat_map(|facts| &facts.sensitive) {
        scrubber.at_path(model, path.split('.'));
    }
    scrubber.hidden
}

/// Takes `secrets` out of the cloud's message.
pub(crate) fn scrub_error(mut error: ProviderError, secrets: &[SecretText]) -> ProviderError {
    for secret in secrets.iter().filter(|secret| !secret.expose().is_empty()) {
        error.message = error.message.replace(secret.expose(), "(sensitive)");
    }
    error
}

fn gives_away(text: &str, secret: &SecretText) -> bool {
    let plain = secret.expose();
    text == plain || (plain.len() >= LONG_ENOUGH_TO_SEARCH && text.contains(plain))
}

/// Puts digests in the place of text.
struct Scrubber<'a> {
    salt: &'a str,
    /// What was taken out.
    hidden: Vec<SecretText>,
}

impl Scrubber<'_> {
    fn replace(&mut self, model: &mut Json, hide: &dyn Fn(&str) -> bool) {
        match model {
            Json::String(text) if hide(text) => *model = self.digest(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.replace(item, hide)),
            Json::Object(entries) => entries.values_mut().for_each(|entry| self.replace(entry, hide)),
            _ => {}
        }
    }

    /// All text at a dotted path and below, `*` standing for any item or key.
    fn at_path<'p>(&mut self, model: &mut Json, mut path: impl Iterator<Item = &'p str> + Clone) {
        if redacted_digest(model).is_some() {
            return;
        }
        match (path.next(), model) {
            (None, model) => self.all(model),
            (Some("*"), Json::Array(items)) => items.iter_mut().for_each(|item| self.at_path(item, path.clone())),
            (Some("*"), Json::Object(entries)) => {
                entries.values_mut().for_each(|entry| self.at_path(entry, path.clone()));
            }
            (Some(key), Json::Object(entries)) => {
                if let Some(entry) = entries.get_mut(key) {
                    self.at_path(entry, path);
                }
            }
            _ => {}
        }
    }

    /// All text in `model` that is not hidden yet.
    fn all(&mut self, model: &mut Json) {
        match model {
            Json::String(text) => *model = self.digest(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.all(item)),
            Json::Object(_) if redacted_digest(model).is_some() => {}
            Json::Object(entries) => entries.values_mut().for_each(|entry| self.all(entry)),
            _ => {}
        }
    }

    fn at_places(&mut self, model: &mut Json, places: &Json) {
        if redacted_digest(places).is_some() {
            if let Json::String(text) = model {
                *model = self.digest(text);
            }
            return;
        }
        match (model, places) {
            (Json::Array(items), Json::Array(places)) => {
                items.iter_mut().zip(places).for_each(|(item, place)| self.at_places(item, place));
            }
            (Json::Object(entries), Json::Object(places)) => {
                for (key, place) in places {
                    if let Some(entry) = entries.get_mut(key) {
                        self.at_places(entry, place);
                    }
                }
            }
            _ => {}
        }
    }

    fn digest(&mut self, text: &str) -> Json {
        let text = SecretText::new(text);
        let digest = redacted(&text.digest(self.salt));
        self.hidden.push(text);
        digest
    }
}

/// The digests of all secrets in `document`.
pub(crate) fn collect_digests<'a>(document: &'a Json, found: &mut Vec<&'a str>) {
    if let Some(digest) = redacted_digest(document) {
        found.push(digest);
        return;
    }
    match document {
        Json::Array(items) => items.iter().for_each(|item| collect_digests(item, found)),
        Json::Object(entries) => entries.values().for_each(|entry| collect_digests(entry, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hidden(text: &str) -> Json {
        redacted(&SecretText::new(text).digest("salt"))
    }

    #[test]
    fn a_model_is_scrubbed_by_place_and_by_content() {
        let secret = SecretText::new("hunter2");
        let applied = json!({"Password": hidden("hunter2")});
        let mut model = json!({"Password": "HUNTER2", "Copy": "hunter2", "Url": "https://u:hunter2@h", "Other": 1});
        let taken_out = scrub(&mut model, &[secret], &applied, "salt");
        let mut taken_out: Vec<&str> = taken_out.iter().map(SecretText::expose).collect();
        taken_out.sort_unstable();
        assert_eq!(taken_out, ["HUNTER2", "https://u:hunter2@h", "hunter2"]);
        let expect = json!({
            "Password": hidden("HUNTER2"), "Copy": hidden("hunter2"), "Url": hidden("https://u:hunter2@h"), "Other": 1,
        });
        assert_eq!(model, expect);
    }

    #[test]
    fn a_model_that_is_read_again_is_scrubbed_to_the_same() {
        let applied = json!({"Password": hidden("hunter2")});
        let before = json!({"Password": hidden("hunter2"), "Url": hidden("https://u:hunter2@h")});
        let mut model = json!({"Password": "hunter2", "Url": "https://u:hunter2@h"});
        scrub_again(&mut model, &applied, &before, "salt");
        assert_eq!(model, before);
    }

    #[test]
    fn what_facts_call_sensitive_is_hidden_once() {
        let sensitive = ["PrivateKey", "Users.*.Password", "Parts"].map(str::to_owned).into();
        let facts = TypeFacts { sensitive, ..TypeFacts::default() };
        let mut model = json!({
            "PrivateKey": "k3y", "PublicKey": "p", "Users": [{"Password": "a"}, {"Password": hidden("b")}],
            "Parts": {"x": ["y", 1]},
        });
        let taken_out = hide(&mut model, Some(&facts), "salt");
        assert_eq!(taken_out.iter().map(SecretText::expose).collect::<Vec<_>>(), ["k3y", "a", "y"]);
        let expect = json!({
            "PrivateKey": hidden("k3y"), "PublicKey": "p",
            "Users": [{"Password": hidden("a")}, {"Password": hidden("b")}], "Parts": {"x": [hidden("y"), 1]},
        });
        assert_eq!(model, expect);
        assert!(hide(&mut model, Some(&facts), "salt").is_empty());
        assert_eq!(model, expect);
    }

    #[test]
    fn messages_hide_secrets() {
        let error = ProviderError::new(crate::ErrorKind::Refused, "Bad", "`hunter2` is too short");
        assert_eq!(scrub_error(error, &[SecretText::new("hunter2")]).message, "`(sensitive)` is too short");
    }
}
