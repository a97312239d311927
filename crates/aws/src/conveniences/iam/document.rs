//! Policy documents: statements under the one version of the language there is.

use ironwright_core::{IntoValue, Json, Text, Tree, Value};

use super::principal::Principal;
use super::statement::Statement;
use ironwright_core::Problem;

/// The version of the policy language; the older one lacks variables.
const VERSION: &str = "2012-10-17";

/// A policy: who may do what on what. Any property that takes a policy document takes one.
///
/// ```
/// # use ironwright_core::App;
/// use ironwright_aws::iam::{ManagedPolicy, PolicyDocument, Statement};
/// use ironwright_aws::s3::Bucket;
///
/// # let mut app = App::new("shop").region("us-west-2");
/// # let stack = app.stack("web");
/// let logs = stack.add("logs", Bucket::new());
/// let read = PolicyDocument::new([Statement::allow().action("s3:ListBucket").resource(logs.arn())]);
/// stack.add("reader", ManagedPolicy::new(read));
/// # assert!(app.graph().is_ok());
/// ```
///
/// A wildcard in plain text is an error:
///
/// ```
/// # use ironwright_core::App;
/// use ironwright_aws::iam::{ManagedPolicy, PolicyDocument, Statement, all_resources};
///
/// # let mut app = App::new("shop").region("us-west-2");
/// let everything = PolicyDocument::new([Statement::allow().action("*").resource(all_resources())]);
/// app.stack("web").add("admin", ManagedPolicy::new(everything));
/// assert!(app.graph().unwrap_err().to_string().contains("say `all_actions()` where every action is meant"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct PolicyDocument {
    statements: Vec<Statement>,
}

impl PolicyDocument {
    /// A document of these statements, at least one.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { statements: statements.into_iter().collect() }
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Json> for PolicyDocument {
    fn into_value(self) -> Value<Json> {
        let statements = if self.statements.is_empty() {
            let problem = Problem::new("invalid-value", "a policy document has no statements");
            Tree::Invalid(Box::new(problem.help("add one: `Statement::allow().action(…).resource(…)`")))
        } else {
            Tree::List(self.statements.into_iter().map(Statement::into_tree).collect())
        };
        Value::object([("Version", Tree::text(VERSION)), ("Statement", statements)])
    }
}

/// The trust policy that lets a service take a role: `Role::new(assume_role_by("lambda.amazonaws.com"))`.
#[track_caller]
pub fn assume_role_by(service: impl IntoValue<Text>) -> PolicyDocument {
    PolicyDocument::new([Statement::allow().principal(Principal::service(service)).action("sts:AssumeRole")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lower(document: PolicyDocument) -> Tree {
        let value: Value<Json> = document.into_value();
        value.into_tree()
    }

    #[test]
    fn a_trust_policy() {
        let Tree::Map(entries) = lower(assume_role_by("lambda.amazonaws.com")) else { panic!("a map") };
        assert_eq!(entries[0], ("Version".into(), Tree::text("2012-10-17")));
        let Tree::List(statements) = &entries[1].1 else { panic!("a list") };
        let Tree::Map(statement) = &statements[0] else { panic!("a map") };
        let expect: [(&str, Tree); 3] = [
            ("Effect", Tree::text("Allow")),
            ("Principal", json!({ "Service": "lambda.amazonaws.com" }).into()),
            ("Action", Tree::text("sts:AssumeRole")),
        ];
        assert_eq!(*statement, expect.map(|(name, tree)| (name.into(), tree)));
    }

    #[test]
    fn a_document_needs_a_statement() {
        let Tree::Map(entries) = lower(PolicyDocument::new([])) else { panic!("a map") };
        assert!(matches!(entries[1].1, Tree::Invalid(_)));
    }
}
