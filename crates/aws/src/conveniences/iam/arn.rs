//! Resources as a policy statement names them: by ARN; wildcards have to be written out as such.

use ironwright_core::kinds::TextKind;
use ironwright_core::{IntoValue, Source, Text, Tree, Value};

use crate::conveniences::invalid;

/// The ARN of a resource: `bucket.arn()`, or as text. A pattern is [`Arn::wildcard`], everything is [`all_resources`].
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Arn {
    tree: Tree,
    wildcard: bool,
}

/// Every resource.
pub fn all_resources() -> Arn {
    Arn::wildcard("*")
}

impl Arn {
    /// Every resource that the pattern fits: `text!("{}/*", bucket.arn())`, with `*` for any text and `?` for one letter.
    pub fn wildcard(pattern: impl IntoValue<Text>) -> Self {
        Self { tree: pattern.into_value().into_tree(), wildcard: true }
    }

    pub(super) fn into_tree(self, source: &Source) -> Tree {
        if !self.wildcard
            && let Some(text) = text_with_wildcard(&self.tree)
        {
            let help = if text == "*" {
                "say `all_resources()` where every resource is meant"
            } else {
                "say `Arn::wildcard(…)` where all of these are meant"
            };
            return invalid(format!("the resource `{text}` holds a wildcard"), help, source);
        }
        match self.tree {
            Tree::Text(text) if text != "*" && !is_arn(&text) => {
                let help =
                    "take the attribute of a handle, such as `bucket.arn()`, or write it out: `arn:aws:s3:::logs`";
                invalid(format!("`{text}` is not an ARN"), help, source)
            }
            tree => tree,
        }
    }
}

impl From<&'static str> for Arn {
    fn from(text: &'static str) -> Self {
        Self { tree: Tree::text(text), wildcard: false }
    }
}

impl From<String> for Arn {
    fn from(text: String) -> Self {
        Self { tree: Tree::text(text), wildcard: false }
    }
}

impl<K: TextKind> From<Value<K>> for Arn {
    fn from(value: Value<K>) -> Self {
        Self { tree: value.into_tree(), wildcard: false }
    }
}

/// The literal text in `tree`, alone or joined to references, that holds a wildcard.
fn text_with_wildcard(tree: &Tree) -> Option<String> {
    let mut found = None;
    tree.walk(&mut |tree| {
        if let Tree::Text(text) = tree
            && text.contains(['*', '?'])
        {
            found = Some(text.to_string());
        }
    });
    found
}

/// `arn`, then partition, service, region, account and resource, of which some may be empty.
fn is_arn(text: &str) -> bool {
    let fields: Vec<_> = text.splitn(6, ':').collect();
    matches!(fields[..], ["arn", _, _, _, _, resource] if !resource.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::text;
    use ironwright_core::value::region;

    fn problem(arn: impl Into<Arn>) -> Option<String> {
        match arn.into().into_tree(&Source::caller()) {
            Tree::Invalid(problem) => Some(format!("{}; {}", problem.message, problem.help.unwrap_or_default())),
            _ => None,
        }
    }

    #[test]
    fn arns_as_text_and_as_references() {
        assert_eq!(problem("arn:aws:s3:::logs"), None);
        assert_eq!(problem("arn:aws:dynamodb:us-west-2:123456789012:table/orders"), None);
        assert_eq!(problem(text!("arn:aws:sqs:{}:123456789012:jobs", region())), None);
        for text in ["logs", "arn:aws:s3", "arn:aws:s3:::", "s3:aws:s3:::logs", ""] {
            assert!(problem(text).is_some_and(|text| text.contains("is not an ARN")), "{text}");
        }
    }

    #[test]
    fn a_wildcard_is_written_out_as_such() {
        assert_eq!(problem(all_resources()), None);
        assert_eq!(problem(Arn::wildcard(text!("arn:aws:s3:::logs-{}/*", region()))), None);
        assert!(problem("*").is_some_and(|text| text.contains("`all_resources()`")));
        let joined = problem(text!("arn:aws:s3:::logs-{}/*", region())).expect("a problem");
        assert_eq!(joined, "the resource `/*` holds a wildcard; say `Arn::wildcard(…)` where all of these are meant");
    }
}
