//! Values as text, for failure messages and snapshots. Secrets never appear (invariant I6).

use ironwright_core::Planned;
use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use serde_json::Value as Json;

/// What stands for a value that is unknown before apply.
pub(crate) const UNKNOWN: &str = "(known after apply)";
/// What stands for a secret.
pub(crate) const SENSITIVE: &str = "(sensitive)";

/// The value on one line, as JSON but for unknowns and secrets.
pub(crate) fn show(value: &Planned) -> String {
    match value {
        Planned::Unknown => UNKNOWN.to_owned(),
        Planned::Secret(_) | Planned::Sealed(_) => SENSITIVE.to_owned(),
        Planned::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Planned::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), show(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_json("").to_string(),
    }
}

/// The document on one line, secrets hidden.
pub(crate) fn show_json(json: &Json) -> String {
    show(&from_state(json))
}

/// What a state holds as a value: where it keeps the digest of a secret, a secret.
pub(crate) fn from_state(json: &Json) -> Planned {
    if let Some(digest) = redacted_digest(json) {
        return Planned::Secret(SecretText::new(digest));
    }
    match json {
        Json::Array(items) => Planned::List(items.iter().map(from_state).collect()),
        Json::Object(entries) => {
            Planned::Map(entries.iter().map(|(key, value)| (key.clone(), from_state(value))).collect())
        }
        plain => plain.clone().into(),
    }
}

/// What form a value has, with its article: `a number`.
pub(crate) fn form(value: &Planned) -> &'static str {
    match value {
        Planned::Null => "nothing",
        Planned::Boolean(_) => "true or false",
        Planned::Number(_) => "a number",
        Planned::Text(_) => "text",
        Planned::Secret(_) | Planned::Sealed(_) => "a secret",
        Planned::Unknown => "unknown",
        Planned::List(_) => "a list",
        Planned::Map(_) => "a map",
    }
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// Names in a sentence: "`a`, `b` and `c`"; past ten, how many more.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 10;
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.len() > MOST + 1 {
        let more = names.len() - MOST;
        names.truncate(MOST);
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::planned::redacted;
    use serde_json::json;

    #[test]
    fn unknowns_and_secrets_have_words_of_their_own() {
        let value = Planned::List(vec![Planned::Unknown, Planned::Secret(SecretText::new("hunter2"))]);
        let value = Planned::Map([("a".to_owned(), value), ("b".to_owned(), json!("x\"y").into())].into());
        assert_eq!(show(&value), r#"{"a": [(known after apply), (sensitive)], "b": "x\"y"}"#);
    }

    #[test]
    fn the_digest_of_a_secret_in_a_state_is_a_secret() {
        let shown = show_json(&json!({"Password": redacted("d1ge57"), "Name": "db"}));
        assert_eq!(shown, r#"{"Name": "db", "Password": (sensitive)}"#);
    }

    #[test]
    fn many_names_are_cut_short() {
        assert_eq!(names([]), "none");
        assert_eq!(names(["a"]), "`a`");
        assert_eq!(names(["a", "b", "c"]), "`a`, `b` and `c`");
        assert!(names(["x"; 30]).ends_with("`x` and 20 more"));
        assert!(!names(["x"; 11]).contains("more"));
    }
}
