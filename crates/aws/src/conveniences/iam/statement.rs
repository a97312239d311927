//! One statement of a policy: effect, principals, actions, resources, conditions.

use ironwright_core::tree::Name;
use ironwright_core::{IntoValue, Source, Text, Tree};

use super::action::Action;
use super::arn::Arn;
use super::condition::{self, Condition};
use super::principal::{self, Principal};
use crate::conveniences::invalid;

/// A statement: what is allowed or denied, on what, to whom, and when.
///
/// ```
/// use ironwright_aws::iam::{Action, Condition, Statement, all_resources};
///
/// Statement::allow().actions(["sqs:SendMessage", "sqs:GetQueueUrl"]).resource("arn:aws:sqs:us-west-2:123456789012:jobs");
/// Statement::deny()
///     .action(Action::wildcard("s3:*"))
///     .resource(all_resources())
///     .condition(Condition::bool("aws:SecureTransport", false));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Statement {
    effect: &'static str,
    sid: Option<Tree>,
    principals: Vec<Principal>,
    actions: Vec<Tree>,
    other_actions: Vec<Tree>,
    resources: Vec<Tree>,
    other_resources: Vec<Tree>,
    conditions: Vec<Condition>,
    source: Source,
}

impl Statement {
    /// A statement that allows.
    #[track_caller]
    pub fn allow() -> Self {
        Self::new("Allow", Source::caller())
    }

    /// A statement that denies, whatever others allow.
    #[track_caller]
    pub fn deny() -> Self {
        Self::new("Deny", Source::caller())
    }

    fn new(effect: &'static str, source: Source) -> Self {
        Self {
            effect,
            sid: None,
            principals: Vec::new(),
            actions: Vec::new(),
            other_actions: Vec::new(),
            resources: Vec::new(),
            other_resources: Vec::new(),
            conditions: Vec::new(),
            source,
        }
    }

    /// A name for the statement, unique in its document.
    pub fn sid(mut self, sid: impl IntoValue<Text>) -> Self {
        self.sid = Some(sid.into_value().into_tree());
        self
    }

    /// Adds who the statement is about, in trust policies and resource policies.
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principals.push(principal);
        self
    }

    /// Adds an action: `s3:GetObject`.
    #[track_caller]
    pub fn action(mut self, action: impl Into<Action>) -> Self {
        self.actions.push(action.into().into_tree(&Source::caller()));
        self
    }

    /// Adds actions.
    #[track_caller]
    pub fn actions<A: Into<Action>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        let source = Source::caller();
        self.actions.extend(actions.into_iter().map(|action| action.into().into_tree(&source)));
        self
    }

    /// The statement is about every action but these: `NotAction`.
    #[track_caller]
    pub fn not_actions<A: Into<Action>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        let source = Source::caller();
        self.other_actions.extend(actions.into_iter().map(|action| action.into().into_tree(&source)));
        self
    }

    /// Adds a resource, by ARN.
    #[track_caller]
    pub fn resource(mut self, arn: impl Into<Arn>) -> Self {
        self.resources.push(arn.into().into_tree(&Source::caller()));
        self
    }

    /// Adds resources, by ARN.
    #[track_caller]
    pub fn resources<A: Into<Arn>>(mut self, arns: impl IntoIterator<Item = A>) -> Self {
        let source = Source::caller();
        self.resources.extend(arns.into_iter().map(|arn| arn.into().into_tree(&source)));
        self
    }

    /// The statement is about every resource but these: `NotResource`.
    #[track_caller]
    pub fn not_resources<A: Into<Arn>>(mut self, arns: impl IntoIterator<Item = A>) -> Self {
        let source = Source::caller();
        self.other_resources.extend(arns.into_iter().map(|arn| arn.into().into_tree(&source)));
        self
    }

    /// Adds a condition; all of a statement's conditions must hold.
    pub fn condition(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The statement as IAM writes it.
    pub(super) fn into_tree(self) -> Tree {
        if let Some((message, help)) = self.problem() {
            return invalid(message, help, &self.source);
        }
        let mut entries: Vec<(Name, Tree)> = Vec::new();
        entries.extend(self.sid.map(|sid| ("Sid".into(), sid)));
        entries.push(("Effect".into(), Tree::text(self.effect)));
        if !self.principals.is_empty() {
            entries.push(("Principal".into(), principal::lower(self.principals)));
        }
        let lists = [
            ("Action", self.actions),
            ("NotAction", self.other_actions),
            ("Resource", self.resources),
            ("NotResource", self.other_resources),
        ];
        let lists = lists.into_iter().filter(|(_, trees)| !trees.is_empty());
        entries.extend(lists.map(|(name, trees)| (name.into(), one_or_many(trees))));
        if !self.conditions.is_empty() {
            entries.push(("Condition".into(), condition::lower(self.conditions)));
        }
        Tree::Map(entries)
    }

    /// What is missing from the statement, or is there twice, and what to do about it.
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let no_resources = self.resources.is_empty() && self.other_resources.is_empty();
        match (self.actions.is_empty(), self.other_actions.is_empty()) {
            (true, true) => return Some(("a statement has no action", "add one: `.action(\"s3:GetObject\")`")),
            (false, false) => {
                return Some(("a statement has both actions and `not_actions`", "make two statements of it"));
            }
            _ => {}
        }
        if !self.resources.is_empty() && !self.other_resources.is_empty() {
            return Some(("a statement has both resources and `not_resources`", "make two statements of it"));
        }
        if no_resources && self.principals.is_empty() {
            let help = "add `.resource(bucket.arn())`, or `.principal(…)` in a trust policy";
            return Some(("a statement has neither a resource nor a principal", help));
        }
        None
    }
}

/// A list of one is written as its item, as AWS returns it.
pub(super) fn one_or_many(mut trees: Vec<Tree>) -> Tree {
    if trees.len() == 1 { trees.remove(0) } else { Tree::List(trees) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ARN: &str = "arn:aws:s3:::logs";

    fn check(statement: Statement, expect: serde_json::Value) {
        let json: Tree = expect.into();
        assert_eq!(sorted(statement.into_tree()), sorted(json));
    }

    /// JSON objects come sorted; statements do not.
    fn sorted(tree: Tree) -> Tree {
        let Tree::Map(mut entries) = tree else { return tree };
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        Tree::Map(entries)
    }

    #[test]
    fn statements_of_identity_and_resource_policies() {
        check(
            Statement::allow().sid("Read").actions(["s3:GetObject", "s3:ListBucket"]).resource(ARN),
            json!({ "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ARN }),
        );
        check(
            Statement::deny().principal(Principal::anyone()).not_actions(["s3:GetObject"]).not_resources([ARN]),
            json!({ "Effect": "Deny", "Principal": { "AWS": "*" }, "NotAction": "s3:GetObject", "NotResource": ARN }),
        );
    }

    #[test]
    fn the_order_is_the_one_people_write() {
        let Tree::Map(entries) = Statement::allow().resource(ARN).action("s3:GetObject").sid("A").into_tree() else {
            panic!("a map")
        };
        assert_eq!(
            entries.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>(),
            ["Sid", "Effect", "Action", "Resource"]
        );
    }

    #[test]
    fn what_a_statement_lacks_is_reported_at_its_line() {
        let check = |statement: Statement, expect: &str| {
            let line = statement.source.line;
            let Tree::Invalid(problem) = statement.into_tree() else { panic!("{expect}") };
            assert_eq!((problem.message.as_str(), problem.source.map(|source| source.line)), (expect, Some(line)));
        };
        check(Statement::allow().resource(ARN), "a statement has no action");
        check(Statement::allow().action("s3:GetObject"), "a statement has neither a resource nor a principal");
        let both = Statement::allow().action("s3:GetObject").resource(ARN);
        check(both.clone().not_actions(["s3:PutObject"]), "a statement has both actions and `not_actions`");
        check(both.not_resources([ARN]), "a statement has both resources and `not_resources`");
    }
}
