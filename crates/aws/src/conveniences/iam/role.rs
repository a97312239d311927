//! Policies inside a role, in one line each.

use ironwright_core::resource::Resource;
use ironwright_core::{IntoValue, Json, Text, Tree};

use crate::generated::iam::Role;

impl Role {
    /// Adds a policy that is part of the role.
    ///
    /// ```
    /// use ironwright_aws::iam::{PolicyDocument, Role, Statement, assume_role_by};
    ///
    /// let send = Statement::allow().action("sqs:SendMessage").resource("arn:aws:sqs:us-west-2:123456789012:jobs");
    /// Role::new(assume_role_by("lambda.amazonaws.com")).inline_policy("send", PolicyDocument::new([send]));
    /// ```
    #[track_caller]
    pub fn inline_policy(mut self, name: impl IntoValue<Text>, document: impl IntoValue<Json>) -> Self {
        let name = ("PolicyName".into(), name.into_value().into_tree());
        let document = ("PolicyDocument".into(), document.into_value().into_tree());
        self.bag_mut().push("Policies", Tree::Map(vec![name, document]));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn policies_add_up() {
        let role = Role::new(json!({})).inline_policy("a", json!({ "A": 1 })).inline_policy("b", json!({ "B": 2 }));
        let expect = json!([{ "PolicyName": "a", "PolicyDocument": { "A": 1 } }, { "PolicyName": "b", "PolicyDocument": { "B": 2 } }]);
        let Some(Tree::List(policies)) = role.into_bag().get("Policies").cloned() else { panic!("a list") };
        let Tree::List(expect) = Tree::from(expect) else { panic!("a list") };
        for (policy, expect) in policies.iter().zip(&expect) {
            let (Tree::Map(policy), Tree::Map(expect)) = (policy, expect) else { panic!("maps") };
            assert!(expect.iter().all(|entry| policy.contains(entry)) && policy.len() == expect.len());
        }
        assert_eq!(policies.len(), expect.len());
    }
}
