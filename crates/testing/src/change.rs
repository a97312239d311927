//! A planned change, to assert on: what would happen to which resource, and why.

use std::fmt;
use std::sync::Arc;

use ironwright_core::{Address, Diagnostics, Resource};
use ironwright_engine::{Action, Change, Preview, Reason};

use crate::found::Found;
use crate::observed::Observed;
use crate::resources::{Resources, nothing_at};
use crate::snapshot;

/// What an apply would do.
///
/// Shown as text (`to_string`, `{}`), it is a snapshot: one line a change and one a property, without colours, the same
/// on every run. Failed assertions show it too.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::plan_change;
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// let mut after = app();
/// after.stack("web").add("worker", Instance::new().ami("ami-12345678"));
/// assert_eq!(
///     plan_change(app(), after).snapshot(),
///     r#"shop (dev): 1 to add, 0 to change, 0 to destroy
/// + web/worker (AWS::EC2::Instance)
///     ImageId: "ami-12345678""#
/// );
/// ```
pub struct PlannedChange {
    plan: Preview,
    resources: Arc<Resources>,
}

impl PlannedChange {
    pub(crate) fn new(plan: impl Into<Preview>, resources: Arc<Resources>) -> Self {
        Self { plan: plan.into(), resources }
    }

    /// What happens to the resource at `address`. Panics where there is none, before or after.
    #[track_caller]
    pub fn action(&self, address: &str) -> Action {
        self.change(address).action
    }

    /// Why that happens to it. Panics where there is none, before or after.
    #[track_caller]
    pub fn reasons(&self, address: &str) -> &[Reason] {
        &self.change(address).reasons
    }

    /// The whole change of one resource, property by property. Panics where there is none, before or after.
    #[track_caller]
    pub fn change(&self, address: &str) -> &Change {
        let known = self.plan.changes.iter().map(|change| change.address.as_str());
        self.plan.change(address).unwrap_or_else(|| panic!("{}\n{self}", nothing_at(address, known)))
    }

    /// What the plan warns of: an update that interrupts what it changes, a raw property.
    pub fn warnings(&self) -> &Diagnostics {
        &self.plan.warnings
    }

    /// The addresses of what is made, not counting replacements.
    pub fn created(&self) -> Vec<&str> {
        self.addresses(|action| action == Action::Create)
    }

    /// The addresses of what is changed in place.
    pub fn updated(&self) -> Vec<&str> {
        self.addresses(|action| action == Action::Update)
    }

    /// The addresses of what is replaced.
    pub fn replaced(&self) -> Vec<&str> {
        self.addresses(Action::is_replace)
    }

    /// The addresses of what is deleted, not counting replacements.
    pub fn deleted(&self) -> Vec<&str> {
        self.addresses(|action| action == Action::Delete)
    }

    /// The addresses of what is taken over from the cloud.
    pub fn imported(&self) -> Vec<&str> {
        self.addresses(|action| action == Action::Import)
    }

    /// The address that the resource at `address` had before, if it has moved: said by the program, or found by its
    /// content. Panics where there is no such resource.
    #[track_caller]
    pub fn moved_from(&self, address: &str) -> Option<&str> {
        self.change(address).moved_from.as_ref().map(Address::as_str)
    }

    fn addresses(&self, wanted: impl Fn(Action) -> bool) -> Vec<&str> {
        let changes = self.plan.changes.iter().filter(|change| wanted(change.action));
        changes.map(|change| change.address.as_str()).collect()
    }

    /// Whether an apply would do nothing.
    pub fn is_empty(&self) -> bool {
        snapshot::is_empty(&self.plan)
    }

    /// Asserts that the resource at `address` stays what it is: it is neither replaced nor deleted, and surely not.
    ///
    /// Fails, with the plan, where the cloud might have to replace it, and where there is no such resource.
    #[track_caller]
    pub fn assert_not_replaced(&self, address: &str) {
        let change = self.change(address);
        let fate = if change.action.is_replace() {
            "is replaced"
        } else if matches!(change.action, Action::Delete | Action::Forget) {
            "is gone afterwards"
        } else if change.action == Action::Create {
            "is made anew: it was not there before"
        } else if change.reasons.iter().any(|reason| matches!(reason, Reason::MayBeForcedBy { .. })) {
            "may be replaced: the cloud decides"
        } else {
            return;
        };
        panic!("{address} {fate}, and was not to be\n{self}");
    }

    /// Asserts that nothing happens to the resource at `address`.
    #[track_caller]
    pub fn assert_untouched(&self, address: &str) {
        let action = self.action(address);
        assert!(action == Action::NoOp, "{address} is to be left as it is, and the plan is to {action} it\n{self}");
    }

    /// Asserts that an apply would do nothing at all.
    #[track_caller]
    pub fn assert_empty(&self) {
        assert!(self.is_empty(), "nothing was to change\n{self}");
    }

    /// The resource of type `R` at `address`, as it would be. What is not known before apply cannot be asserted on.
    #[track_caller]
    pub fn find<R: Resource>(&self, address: &str) -> Found<R> {
        Found::at(&self.resources, address)
    }

    /// Every resource of type `R`, as it would be.
    pub fn all<R: Resource>(&self) -> Vec<Found<R>> {
        Found::all(&self.resources)
    }

    /// The output `name` (`stack/name` where several stacks have one), as it would be.
    #[track_caller]
    pub fn output(&self, name: &str) -> Observed {
        self.resources.output(name)
    }

    /// The plan as text, for a snapshot test. The same as `to_string()`.
    pub fn snapshot(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for PlannedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        snapshot::write(f, &self.plan)
    }
}

impl fmt::Debug for PlannedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{change, failure, plan};

    fn planned(action: Action, reasons: Vec<Reason>) -> PlannedChange {
        let change = change(("data/database", "AWS::RDS::DBInstance"), action, reasons, Vec::new());
        PlannedChange::new(plan(vec![change], Vec::new()), Arc::default())
    }

    #[test]
    fn a_replaced_database_fails_the_test_with_the_plan() {
        let forced = Reason::ForcedBy { properties: vec!["Engine".to_owned()] };
        let message = failure(|| planned(Action::DestroyThenCreate, vec![forced]).assert_not_replaced("data/database"));
        assert_eq!(
            message,
            "data/database is replaced, and was not to be\n\
             shop (dev): 1 to add, 0 to change, 1 to destroy\n\
             -/+ data/database (AWS::RDS::DBInstance), forced by Engine"
        );
    }

    #[test]
    fn what_may_be_replaced_or_is_gone_is_not_let_pass() {
        let may = Reason::MayBeForcedBy { properties: vec!["Engine".to_owned()] };
        for (action, reasons, expect) in [
            (Action::Update, vec![may], "may be replaced: the cloud decides"),
            (Action::Delete, vec![Reason::Removed], "is gone afterwards"),
            (Action::Forget, vec![Reason::Removed], "is gone afterwards"),
            (Action::Create, vec![Reason::New], "was not there before"),
            (Action::CreateThenDestroy, vec![], "is replaced"),
        ] {
            let message = failure(|| planned(action, reasons).assert_not_replaced("data/database"));
            assert!(message.contains(expect), "{action}: {message}");
        }
        for action in [Action::Update, Action::NoOp] {
            planned(action, vec![]).assert_not_replaced("data/database");
        }
    }

    #[test]
    fn an_address_nobody_knows_is_no_pass() {
        let plan = || planned(Action::NoOp, vec![]);
        let expect = "there is no resource at `data/databse`\n  help: did you mean `data/database`?";
        assert!(failure(|| plan().assert_not_replaced("data/databse")).contains(expect));
        assert!(failure(|| plan().assert_untouched("data/databse")).contains(expect));
        assert!(failure(|| plan().action("data/databse")).contains(expect));
        assert!(failure(|| plan().reasons("data/databse").len()).contains(expect));
    }

    #[test]
    fn changes_that_were_not_to_be_are_shown() {
        let plan = || planned(Action::Update, vec![]);
        let message = failure(|| plan().assert_untouched("data/database"));
        assert!(message.starts_with("data/database is to be left as it is, and the plan is to update it\nshop"));
        assert!(failure(|| plan().assert_empty()).starts_with("nothing was to change\nshop (dev): 0 to add, 1 to"));
        planned(Action::NoOp, vec![]).assert_empty();
    }
}
