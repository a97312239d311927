//! Conditions: what the program decides by parameters becomes `Fn::Equals`, `Fn::Not`, `Fn::And` and `Fn::Or`.

use ironwright_core::function::Condition;

use crate::document::Document;
use crate::lower::Lowering;
use crate::site::Site;

/// The most members of `Fn::And` and `Fn::Or`.
const MOST_MEMBERS: usize = 10;

impl<'a> Lowering<'a> {
    /// The document a condition becomes.
    pub(crate) fn condition(&mut self, condition: &'a Condition, site: Site<'a>) -> Document<'a> {
        match condition {
            Condition::Equals(left, right) => {
                let sides = [left, right].map(|side| self.value(side, site).unwrap_or_else(|| Document::text("")));
                Document::call_with("Fn::Equals", sides)
            }
            Condition::Not(inner) => Document::call_with("Fn::Not", [self.condition(inner, site)]),
            Condition::All(inner) => self.members("Fn::And", inner, "true", site),
            Condition::Any(inner) => self.members("Fn::Or", inner, "false", site),
        }
    }

    /// `Fn::And` and `Fn::Or` take two to ten members: one stands alone, more are nested, none is a constant.
    fn members(
        &mut self,
        function: &'static str,
        inner: &'a [Condition],
        none: &'static str,
        site: Site<'a>,
    ) -> Document<'a> {
        let mut members: Vec<_> = inner.iter().map(|member| self.condition(member, site)).collect();
        while members.len() > MOST_MEMBERS {
            let rest = members.split_off(MOST_MEMBERS);
            members = [Document::call(function, Document::List(members))].into_iter().chain(rest).collect();
        }
        match members.len() {
            0 => Document::call_with("Fn::Equals", [none, "true"].map(Document::text)),
            1 => members.remove(0),
            _ => Document::call(function, Document::List(members)),
        }
    }
}
