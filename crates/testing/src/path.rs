//! Paths into values: `Tags[0].Value`, and `Labels["app.kubernetes.io/name"]` where a key holds a dot. Reading only.

use ironwright_core::Planned;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Where a path led.
#[derive(Debug, PartialEq)]
pub(crate) enum Walk<'a> {
    /// To this value.
    Found(&'a Planned),
    /// Nowhere: `parent` is the last value that was there, `at` the path to it, `step` what it does not have.
    Missing { parent: &'a Planned, at: String, step: String },
    /// The path is not written as paths are.
    Malformed,
}

/// Follows `path` from `value`. A path into an unknown leads to that unknown.
pub(crate) fn walk<'a>(value: &'a Planned, path: &str) -> Walk<'a> {
    let Some(steps) = parse(path) else {
        return Walk::Malformed;
    };
    let (mut here, mut at) = (value, String::new());
    for step in steps {
        if *here == Planned::Unknown {
            return Walk::Found(here);
        }
        let Some(next) = take(here, &step) else {
            return Walk::Missing { parent: here, at, step: text(&step) };
        };
        if !at.is_empty() && matches!(step, Step::Key(_)) {
            at.push('.');
        }
        at.push_str(&text(&step));
        here = next;
    }
    Walk::Found(here)
}

fn take<'a>(value: &'a Planned, step: &Step) -> Option<&'a Planned> {
    match (value, step) {
        (Planned::Map(entries), Step::Key(key)) => entries.get(key).filter(|entry| **entry != Planned::Null),
        (Planned::List(items), Step::Index(index)) => items.get(*index),
        _ => None,
    }
}

fn text(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => format!("[{index}]"),
    }
}

fn parse(path: &str) -> Option<Vec<Step>> {
    let (mut steps, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        let (step, after) = if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]")?;
            (Step::Key(key.to_owned()), after)
        } else if let Some(bracket) = rest.strip_prefix('[') {
            let (index, after) = bracket.split_once(']')?;
            (Step::Index(index.parse().ok()?), after)
        } else {
            let (key, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            (Step::Key(key.to_owned()), after)
        };
        if step == Step::Key(String::new()) {
            return None;
        }
        steps.push(step);
        rest = match after.strip_prefix('.') {
            Some("") => return None,
            Some(next) => next,
            None if after.is_empty() || after.starts_with('[') => after,
            None => return None,
        };
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(path: &str, expect: &Walk<'_>) {
        let mut value: Planned = json!({"Tags": [{"Key": "a"}], "Labels": {"x.y": 1}, "Null": null}).into();
        if let Planned::Map(entries) = &mut value {
            entries.insert("Later".to_owned(), Planned::Unknown);
        }
        assert_eq!(walk(&value, path), *expect, "{path}");
    }

    #[test]
    fn keys_indices_and_quoted_keys() {
        check("Tags[0].Key", &Walk::Found(&Planned::Text("a".to_owned())));
        check("Labels[\"x.y\"]", &Walk::Found(&json!(1).into()));
        check("Later.Address[3]", &Walk::Found(&Planned::Unknown));
    }

    #[test]
    fn the_step_that_is_missing_is_named() {
        let tags = json!([{"Key": "a"}]).into();
        check("Tags[1]", &Walk::Missing { parent: &tags, at: "Tags".to_owned(), step: "[1]".to_owned() });
        let tag = json!({"Key": "a"}).into();
        check("Tags[0].Value", &Walk::Missing { parent: &tag, at: "Tags[0]".to_owned(), step: "Value".to_owned() });
    }

    #[test]
    fn what_is_no_path_is_told_apart_from_what_is_missing() {
        for path in ["Tags.", ".Tags", "Tags[x]", "Tags[0", "Tags[0]Key", "Tags..Key"] {
            check(path, &Walk::Malformed);
        }
    }
}
