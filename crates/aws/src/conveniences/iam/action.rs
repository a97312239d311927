//! Actions of a policy statement, checked as far as their form goes; wildcards have to be written out as such.

use std::borrow::Cow;

use ironwright_core::{Source, Tree};

use crate::conveniences::invalid;

/// What a statement allows or denies: `s3:GetObject`. A pattern is [`Action::wildcard`], everything is [`all_actions`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Action {
    text: Cow<'static, str>,
    wildcard: bool,
}

/// Every action of every service.
pub fn all_actions() -> Action {
    Action::wildcard("*")
}

impl Action {
    /// Every action that the pattern fits: `s3:Get*`, with `*` for any letters and `?` for one.
    pub fn wildcard(pattern: impl Into<Cow<'static, str>>) -> Self {
        Self { text: pattern.into(), wildcard: true }
    }

    pub(super) fn into_tree(self, source: &Source) -> Tree {
        let has_wildcard = self.text.contains(['*', '?']);
        if has_wildcard && !self.wildcard {
            let help = match self.text.as_ref() {
                "*" => "say `all_actions()` where every action is meant".to_owned(),
                text => format!("say `Action::wildcard({text:?})` where all of these are meant"),
            };
            return invalid(format!("the action `{}` holds a wildcard", self.text), help, source);
        }
        if self.text != "*" && !is_action(&self.text) {
            let message = format!("`{}` is not an action", self.text);
            return invalid(message, "an action is a service and an operation: `s3:GetObject`", source);
        }
        Tree::Text(self.text)
    }
}

impl From<&'static str> for Action {
    fn from(text: &'static str) -> Self {
        Self { text: text.into(), wildcard: false }
    }
}

impl From<String> for Action {
    fn from(text: String) -> Self {
        Self { text: text.into(), wildcard: false }
    }
}

fn is_action(text: &str) -> bool {
    let word = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    text.split_once(':').is_some_and(|(service, operation)| word(service, &['-']) && word(operation, &['*', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(action: impl Into<Action>) -> Option<String> {
        match action.into().into_tree(&Source::caller()) {
            Tree::Invalid(problem) => Some(format!("{}; {}", problem.message, problem.help.unwrap_or_default())),
            _ => None,
        }
    }

    #[test]
    fn a_service_and_an_operation() {
        assert_eq!(Action::from("s3:GetObject").into_tree(&Source::caller()), Tree::text("s3:GetObject"));
        assert_eq!(problem("execute-api:Invoke"), None);
        for text in ["GetObject", "s3:", ":GetObject", "s3:Get Object", "s3:Get:Object", ""] {
            assert!(problem(text).is_some_and(|text| text.contains("is not an action")), "{text}");
        }
    }

    #[test]
    fn a_wildcard_is_written_out_as_such() {
        assert_eq!(problem(Action::wildcard("s3:Get*")), None);
        assert_eq!(problem(all_actions()), None);
        let text = problem("s3:Get*").expect("a problem");
        assert_eq!(
            text,
            "the action `s3:Get*` holds a wildcard; say `Action::wildcard(\"s3:Get*\")` where all of these are meant"
        );
        assert!(problem("*").is_some_and(|text| text.contains("`all_actions()`")));
        assert!(problem(Action::wildcard("Get*")).is_some_and(|text| text.contains("is not an action")));
    }
}
