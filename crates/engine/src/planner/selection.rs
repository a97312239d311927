//! What a partial plan is asked for: `--only` and `--exclude`, and whether that can be meant. What has to come along, or
//! has to be left out besides, is found in `spread` and `coverage`.

use std::collections::BTreeSet;

use ironwright_core::nearest::nearest;
use ironwright_core::{Address, Diagnostic, Diagnostics};

/// What a partial plan is asked for. Each address may be a resource, a scope or a stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selection<'a> {
    pub(super) only: &'a [Address],
    pub(super) exclude: &'a [Address],
}

impl<'a> Selection<'a> {
    /// Nothing where the plan is to cover everything.
    pub(crate) fn new(only: &'a [Address], exclude: &'a [Address]) -> Option<Self> {
        (!only.is_empty() || !exclude.is_empty()).then_some(Self { only, exclude })
    }

    /// Whether the plan is to cover `address`, `exclude` aside.
    pub(super) fn asks_for(self, address: &Address) -> bool {
        self.only.is_empty() || self.only.iter().any(|place| is_at_or_below(address, place))
    }

    /// Whether the plan is to leave `address` as it is.
    pub(super) fn excludes(self, address: &Address) -> bool {
        self.exclude.iter().any(|place| is_at_or_below(address, place))
    }

    /// What cannot be meant, where `known` are the addresses in program and state: a place at which there is nothing, and
    /// one that is asked for and excluded as a whole.
    pub(crate) fn problems(self, known: &BTreeSet<Address>) -> Diagnostics {
        let given = |flag: &'static str, places: &'a [Address]| places.iter().map(move |place| (flag, place));
        let unknown = given("--only", self.only).chain(given("--exclude", self.exclude));
        let unknown = unknown.filter(|(_, place)| !known.iter().any(|address| is_at_or_below(address, place)));
        let unknown: Vec<Diagnostic> = unknown.map(|(flag, place)| unknown_place(flag, place, known)).collect();
        unknown.into_iter().chain(self.contradictions(known)).collect()
    }

    fn contradictions(self, known: &BTreeSet<Address>) -> Vec<Diagnostic> {
        let left = |place: &&Address| {
            let mut asked = known.iter().filter(|address| is_at_or_below(address, place)).peekable();
            asked.peek().is_some() && asked.all(|address| self.excludes(address))
        };
        let error = |place: &Address| {
            let message = format!("`--only {place}` asks for what `--exclude` leaves out: nothing of it is left");
            Diagnostic::error("contradiction", message).help("leave one of the two flags out")
        };
        self.only.iter().filter(left).map(error).collect()
    }
}

/// Whether `address` is `place`, or in the scope or stack of that name.
fn is_at_or_below(address: &Address, place: &Address) -> bool {
    let rest = address.as_str().strip_prefix(place.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn unknown_place(flag: &str, place: &Address, known: &BTreeSet<Address>) -> Diagnostic {
    let message = format!("`{flag} {place}`: program and state have no resource, scope or stack of that address");
    let places: BTreeSet<&str> = known.iter().flat_map(|address| places_of(address.as_str())).collect();
    let near = nearest(place.as_str(), places);
    let help = near.map_or("see the addresses with `plan`".to_owned(), |near| format!("did you mean `{near}`?"));
    Diagnostic::error("unknown-address", message).help(help)
}

/// The stack, the scopes and the resource of an address.
fn places_of(address: &str) -> impl Iterator<Item = &str> {
    let ends = address.match_indices('/').map(|(end, _)| end).chain([address.len()]);
    ends.map(|end| &address[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<Address> {
        texts.iter().map(|text| Address::new(*text)).collect()
    }

    /// `expect` is part of the only problem; none where it is empty.
    fn check(only: &[&str], exclude: &[&str], expect: &str) {
        let known = addresses(&["web/network", "web/api/server", "web/api/disk", "data/table"]).into_iter().collect();
        let (only, exclude) = (addresses(only), addresses(exclude));
        let problems = Selection::new(&only, &exclude).expect("it selects").problems(&known);
        let texts: Vec<String> =
            problems.iter().map(|problem| format!("{}: {:?}", problem.message, problem.help)).collect();
        match (texts.as_slice(), expect) {
            ([], "") => {}
            ([one], part) if !part.is_empty() && one.contains(part) => {}
            _ => panic!("{texts:#?}, expected {expect:?}"),
        }
    }

    #[test]
    fn a_resource_a_scope_or_a_stack_may_be_selected() {
        check(&["web/network", "web/api", "data"], &[], "");
        check(&["web"], &["web/api"], "");
        check(&["web/api/serve"], &[], "did you mean `web/api/server`?");
        check(&["web/ap"], &[], "did you mean `web/api`?");
        check(&[], &["wbe"], "did you mean `web`?");
        check(&["web/net"], &[], "no resource, scope or stack");
    }

    #[test]
    fn what_is_asked_for_and_excluded_is_a_contradiction() {
        check(&["web/api/server"], &["web"], "`--only web/api/server` asks for what `--exclude` leaves out");
        check(&["web/api"], &["web/api/server", "web/api/disk"], "`--only web/api` asks for");
        check(&["web/api", "data"], &["web/api/server"], "");
    }

    #[test]
    fn a_name_is_not_below_one_that_it_only_begins_with() {
        assert!(is_at_or_below(&"web/api/server".into(), &"web/api".into()));
        assert!(is_at_or_below(&"web/api".into(), &"web/api".into()));
        assert!(!is_at_or_below(&"web/api2".into(), &"web/api".into()));
        assert!(!is_at_or_below(&"web".into(), &"web/api".into()));
    }

    #[test]
    fn nothing_given_selects_nothing() {
        assert!(Selection::new(&[], &[]).is_none());
    }
}
