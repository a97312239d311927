//! Conditions of a policy statement: an operator, a key and values of the kind that the operator compares.

use std::net::IpAddr;

use ironwright_core::facts::check::Network;
use ironwright_core::kinds::TextKind;
use ironwright_core::tree::Name;
use ironwright_core::{Integer, IntoValue, Source, Tree, Value};

use crate::conveniences::invalid;

/// When a statement holds: `Condition::string_equals("aws:SourceAccount", account_id())`.
///
/// Several conditions must all hold; several values of one condition are alternatives.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Condition {
    operator: String,
    key: Name,
    values: Vec<Tree>,
    source: Source,
}

/// Operators that compare text, each with one value or a list of them.
macro_rules! text_operators {
    ($($(#[$doc:meta])* $method:ident = $operator:literal),* $(,)?) => {
        impl Condition {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(key: impl Into<Name>, value: impl IntoOneOrMany) -> Self {
                Self::new($operator, key, value.into_trees())
            }
        )*}
    };
}

text_operators! {
    /// The key is one of these texts.
    string_equals = "StringEquals",
    /// The key is none of these texts.
    string_not_equals = "StringNotEquals",
    /// The key is one of these texts, in any case.
    string_equals_ignore_case = "StringEqualsIgnoreCase",
    /// The key fits one of these patterns of `*` and `?`.
    string_like = "StringLike",
    /// The key fits none of these patterns of `*` and `?`.
    string_not_like = "StringNotLike",
    /// The key is the ARN of one of these, or fits a pattern of `*` and `?` field by field.
    arn_like = "ArnLike",
    /// The key is the ARN of none of these, and fits no pattern of `*` and `?` field by field.
    arn_not_like = "ArnNotLike",
    /// The key is a time before this one, in ISO 8601: `2027-01-01T00:00:00Z`.
    date_less_than = "DateLessThan",
    /// The key is a time after this one, in ISO 8601: `2027-01-01T00:00:00Z`.
    date_greater_than = "DateGreaterThan",
}

/// Operators that compare whole numbers.
macro_rules! number_operators {
    ($($(#[$doc:meta])* $method:ident = $operator:literal),* $(,)?) => {
        impl Condition {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(key: impl Into<Name>, number: impl IntoValue<Integer>) -> Self {
                let tree = match number.into_value().into_tree() {
                    Tree::Number(number) => Tree::text(number.to_string()),
                    reference => reference,
                };
                Self::new($operator, key, vec![tree])
            }
        )*}
    };
}

number_operators! {
    /// The key is this number.
    numeric_equals = "NumericEquals",
    /// The key is less than this number.
    numeric_less_than = "NumericLessThan",
    /// The key is this number or less.
    numeric_less_than_equals = "NumericLessThanEquals",
    /// The key is more than this number.
    numeric_greater_than = "NumericGreaterThan",
    /// The key is this number or more.
    numeric_greater_than_equals = "NumericGreaterThanEquals",
}

impl Condition {
    /// The key is true, or false: `Condition::bool("aws:SecureTransport", false)`.
    #[track_caller]
    pub fn bool(key: impl Into<Name>, value: bool) -> Self {
        Self::new("Bool", key, vec![Tree::text(value.to_string())])
    }

    /// The request has the key.
    #[track_caller]
    pub fn present(key: impl Into<Name>) -> Self {
        Self::new("Null", key, vec![Tree::text("false")])
    }

    /// The request does not have the key.
    #[track_caller]
    pub fn absent(key: impl Into<Name>) -> Self {
        Self::new("Null", key, vec![Tree::text("true")])
    }

    /// The key is an address in one of these blocks: `Condition::ip_address("aws:SourceIp", "192.0.2.0/24")`.
    #[track_caller]
    pub fn ip_address(key: impl Into<Name>, blocks: impl IntoOneOrMany) -> Self {
        Self::new("IpAddress", key, checked_blocks(blocks, &Source::caller()))
    }

    /// The key is an address in none of these blocks.
    #[track_caller]
    pub fn not_ip_address(key: impl Into<Name>, blocks: impl IntoOneOrMany) -> Self {
        Self::new("NotIpAddress", key, checked_blocks(blocks, &Source::caller()))
    }

    /// Holds also where the request does not have the key.
    pub fn if_exists(mut self) -> Self {
        self.operator.push_str("IfExists");
        self
    }

    /// For a key with several values: all of them must hold; no value at all holds too.
    pub fn for_all_values(mut self) -> Self {
        self.operator.insert_str(0, "ForAllValues:");
        self
    }

    /// For a key with several values: one of them must hold.
    pub fn for_any_value(mut self) -> Self {
        self.operator.insert_str(0, "ForAnyValue:");
        self
    }

    #[track_caller]
    fn new(operator: &str, key: impl Into<Name>, values: Vec<Tree>) -> Self {
        Self { operator: operator.to_owned(), key: key.into(), values, source: Source::caller() }
    }
}

/// One text, or a list of them: what operators that compare text take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a condition compares text with",
    label = "expected text, an attribute of a handle, or an array of them"
)]
pub trait IntoOneOrMany {
    /// The texts.
    fn into_trees(self) -> Vec<Tree>;
}

impl IntoOneOrMany for &str {
    fn into_trees(self) -> Vec<Tree> {
        vec![Tree::text(self.to_owned())]
    }
}

impl IntoOneOrMany for String {
    fn into_trees(self) -> Vec<Tree> {
        vec![Tree::text(self)]
    }
}

impl<K: TextKind> IntoOneOrMany for Value<K> {
    fn into_trees(self) -> Vec<Tree> {
        vec![self.into_tree()]
    }
}

impl<V: IntoOneOrMany, const N: usize> IntoOneOrMany for [V; N] {
    fn into_trees(self) -> Vec<Tree> {
        self.into_iter().flat_map(IntoOneOrMany::into_trees).collect()
    }
}

impl<V: IntoOneOrMany> IntoOneOrMany for Vec<V> {
    fn into_trees(self) -> Vec<Tree> {
        self.into_iter().flat_map(IntoOneOrMany::into_trees).collect()
    }
}

fn checked_blocks(blocks: impl IntoOneOrMany, source: &Source) -> Vec<Tree> {
    let check = |tree| match tree {
        Tree::Text(block) if !is_block(&block) => {
            let message = format!("`{block}` is not an IP address or a block of them");
            invalid(message, "examples: `192.0.2.1`, `192.0.2.0/24`", source)
        }
        tree => tree,
    };
    blocks.into_trees().into_iter().map(check).collect()
}

/// Unlike EC2, IAM takes a single address, and bits beyond the prefix.
fn is_block(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || Network::parse(text).is_some()
}

/// Conditions as a statement has them: by operator, then by key, in the order they were named.
pub(super) fn lower(conditions: Vec<Condition>) -> Tree {
    let mut operators: Vec<(Name, Vec<(Name, Tree)>)> = Vec::new();
    for condition in conditions {
        let Condition { operator, key, .. } = &condition;
        let at = operators.iter().position(|(known, _)| known == operator).unwrap_or_else(|| {
            operators.push((operator.clone().into(), Vec::new()));
            operators.len() - 1
        });
        let keys = &mut operators[at].1;
        let taken = keys.iter().any(|(known, _)| known == key);
        keys.push((key.clone(), value(condition, taken)));
    }
    Tree::Map(operators.into_iter().map(|(operator, keys)| (operator, Tree::Map(keys))).collect())
}

fn value(condition: Condition, taken: bool) -> Tree {
    let Condition { operator, key, values, source } = condition;
    if taken {
        let message = format!("the condition `{operator}` names the key `{key}` twice");
        return invalid(
            message,
            "give alternatives as one list; what must hold together needs two statements",
            &source,
        );
    }
    if !key.contains(':') {
        let message = format!("`{key}` is not a condition key");
        return invalid(message, "a key is a prefix and a name: `aws:SourceIp`", &source);
    }
    super::statement::one_or_many(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(conditions: impl IntoIterator<Item = Condition>, expect: serde_json::Value) {
        assert_eq!(lower(conditions.into_iter().collect()), Tree::from(expect));
    }

    fn problem(condition: Condition) -> String {
        let mut found = None;
        lower(vec![condition]).walk(&mut |tree| {
            if let Tree::Invalid(problem) = tree {
                found = Some(problem.message.clone());
            }
        });
        found.expect("a problem")
    }

    #[test]
    fn conditions_are_grouped_by_operator() {
        check(
            [
                Condition::string_equals("aws:SourceAccount", "123456789012"),
                Condition::string_equals("s3:prefix", ["a/", "b/"]),
            ],
            json!({ "StringEquals": { "aws:SourceAccount": "123456789012", "s3:prefix": ["a/", "b/"] } }),
        );
    }

    #[test]
    fn values_are_text_whatever_they_compare() {
        check([Condition::bool("aws:SecureTransport", false)], json!({ "Bool": { "aws:SecureTransport": "false" } }));
        check(
            [Condition::numeric_less_than("aws:MultiFactorAuthAge", 3600)],
            json!({ "NumericLessThan": { "aws:MultiFactorAuthAge": "3600" } }),
        );
        check([Condition::absent("aws:TokenIssueTime")], json!({ "Null": { "aws:TokenIssueTime": "true" } }));
        check(
            [Condition::string_like("aws:TagKeys", "team-*").if_exists().for_all_values()],
            json!({ "ForAllValues:StringLikeIfExists": { "aws:TagKeys": "team-*" } }),
        );
    }

    #[test]
    fn what_cannot_be_right_is_an_error() {
        assert!(problem(Condition::string_equals("SourceIp", "x")).contains("not a condition key"));
        assert!(problem(Condition::ip_address("aws:SourceIp", "192.0.2.0/33")).contains("`192.0.2.0/33`"));
        assert!(problem(Condition::not_ip_address("aws:SourceIp", ["::1", "office"])).contains("`office`"));
        let twice = lower(vec![Condition::string_equals("a:b", "1"), Condition::string_equals("a:b", "2")]);
        assert!(format!("{twice:?}").contains("names the key `a:b` twice"));
    }
}
