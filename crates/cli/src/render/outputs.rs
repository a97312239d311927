//! Outputs: by name where the name is unique in the app, else by stack and name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ironwright_engine::OutputRecord;
use serde_json::Value as Json;

use super::style::{GOOD, paint};
use super::value::{self, SENSITIVE};

/// What each output of (stack, name) is called: `name` where no other has it, else `stack/name`.
pub(crate) fn names<'a>(outputs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
    let mut count = BTreeMap::<&str, usize>::new();
    for (_, name) in outputs.clone() {
        *count.entry(name).or_default() += 1;
    }
    outputs.map(|(stack, name)| if count[name] == 1 { name.to_owned() } else { format!("{stack}/{name}") }).collect()
}

/// All outputs, one to a line: `name = "value"`.
pub(crate) fn list(outputs: &BTreeMap<String, BTreeMap<String, OutputRecord>>) -> String {
    let flat =
        || outputs.iter().flat_map(|(stack, named)| named.iter().map(move |(name, record)| (stack, name, record)));
    let names = names(flat().map(|(stack, name, _)| (stack.as_str(), name.as_str())).collect::<Vec<_>>().into_iter());
    let longest = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (name, (_, _, record)) in names.iter().zip(flat()) {
        let shown =
            if record.sensitive { SENSITIVE.to_owned() } else { value::inline(&value::from_state(&record.value)) };
        let _ = writeln!(text, "{name:longest$} = {shown}");
    }
    text
}

/// The outputs under their heading; nothing where there are none.
pub(crate) fn section(outputs: &BTreeMap<String, BTreeMap<String, OutputRecord>>) -> String {
    let list = list(outputs);
    if list.is_empty() {
        return list;
    }
    format!("\n{}\n\n{list}", paint(GOOD, "Outputs:"))
}

/// Whether an output is not known yet: it is of what was not waited for.
pub(crate) fn is_unknown(value: &Json) -> bool {
    value::from_state(value).has_unknown()
}

/// One output alone, for scripts: text as it is, anything else as JSON.
pub(crate) fn raw(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_known_yet_says_so() {
        let unknown = || json!({"$unknown": true});
        assert!(is_unknown(&unknown()) && is_unknown(&json!([unknown()])) && !is_unknown(&json!({"$unknown": 1})));
        let outputs =
            BTreeMap::from([("web".to_owned(), BTreeMap::from([("ip".to_owned(), record(unknown(), false))]))]);
        assert_eq!(list(&outputs), "ip = (known after apply)\n");
    }

    fn record(value: Json, sensitive: bool) -> OutputRecord {
        OutputRecord { value, sensitive, origins: ironwright_engine::Origins::new() }
    }

    #[test]
    fn names_that_two_stacks_share_name_the_stack() {
        let outputs = BTreeMap::from([
            ("a".to_owned(), BTreeMap::from([("url".to_owned(), record(json!("http://a"), false))])),
            (
                "b".to_owned(),
                BTreeMap::from([
                    ("ports".to_owned(), record(json!([80, 443]), false)),
                    ("url".to_owned(), record(json!({ "$secret": "00" }), true)),
                ]),
            ),
        ]);
        insta::assert_snapshot!(list(&outputs), @r#"
        a/url = "http://a"
        ports = [80, 443]
        b/url = (sensitive)
        "#);
    }

    #[test]
    fn one_output_alone_is_bare() {
        assert_eq!(raw(&json!("54.1.2.3")), "54.1.2.3");
        assert_eq!(raw(&json!([80])), "[80]");
    }
}
