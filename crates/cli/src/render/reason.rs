//! Actions and reasons in words: "will be replaced: `CidrBlock` changed and cannot change in place".

use ironwright_core::Address;
use ironwright_engine::{Action, Change, Inclusion, Reason};

/// What becomes of the resource, and why, as the end of a sentence that begins with its address.
pub(crate) fn sentence(change: &Change) -> String {
    let reasons = if change.action == Action::Delete && change.reasons == [Reason::Requested] {
        String::new()
    } else {
        words(&change.reasons)
    };
    let fate = fate(change);
    if reasons.is_empty() { fate.to_owned() } else { format!("{fate}: {reasons}") }
}

fn fate(change: &Change) -> &'static str {
    let may_be_replaced = change.reasons.iter().any(|reason| matches!(reason, Reason::MayBeForcedBy { .. }));
    match change.action {
        Action::Create => "will be created",
        Action::Read => "will be read",
        Action::Update if may_be_replaced => "will be updated in place, or replaced",
        Action::Update => "will be updated in place",
        Action::DestroyThenCreate | Action::CreateThenDestroy if may_be_replaced => "may be replaced",
        Action::DestroyThenCreate | Action::CreateThenDestroy => "will be replaced",
        Action::Delete => "will be destroyed",
        Action::Import if may_be_replaced => "will be imported, then updated in place, or replaced",
        Action::Import if change.properties.is_empty() => "will be imported",
        Action::Import => "will be imported, then updated in place",
        Action::Forget => "will be left in the cloud and no longer managed",
        _ => "stays as it is",
    }
}

/// The reasons in words, without those that the action says already. Empty where nothing is left to say.
pub(crate) fn words(reasons: &[Reason]) -> String {
    let forced = reasons.iter().any(|reason| matches!(reason, Reason::ForcedBy { .. } | Reason::MayBeForcedBy { .. }));
    let said = |reason: &&Reason| match reason {
        Reason::New | Reason::Renamed => false,
        Reason::Changed { .. } => !forced,
        _ => true,
    };
    reasons.iter().filter(said).map(one).collect::<Vec<_>>().join("; ")
}

fn one(reason: &Reason) -> String {
    match reason {
        Reason::Changed { properties } => format!("{} changed", list(properties)),
        Reason::Drifted { properties } => format!("{} changed outside of Ironwright", list(properties)),
        Reason::ForcedBy { properties } => format!("{} changed and cannot change in place", list(properties)),
        Reason::MayBeForcedBy { properties } => {
            format!("{} changed, and the cloud decides whether that can be done in place", list(properties))
        }
        Reason::Dependency { address } => format!("{address}, which it refers to, is replaced"),
        Reason::Missing => "it is gone from the cloud".to_owned(),
        Reason::Removed => "it is no longer in the program".to_owned(),
        Reason::Deposed => "an earlier run left it behind".to_owned(),
        Reason::Interrupted => "an earlier run was stopped while it was being made".to_owned(),
        Reason::TypeChanged => "its type changed".to_owned(),
        Reason::Requested => "asked for on the command line".to_owned(),
        Reason::Included { address, because } => format!("included: {}", inclusion(address, *because)),
        _ => String::new(),
    }
}

/// Why a partial plan covers a resource that it was not asked for.
fn inclusion(address: &Address, because: Inclusion) -> String {
    match because {
        Inclusion::NeedsIt => format!("{address} needs it"),
        Inclusion::Replaced => format!("it uses {address}, which is replaced"),
        Inclusion::Deleted => format!("it uses {address}, which is destroyed"),
        Inclusion::MadeAnew => format!("it uses {address}, which was gone and is made anew"),
        _ => format!("because of {address}"),
    }
}

/// `A`, `A and B`, `A, B and C`; more than four are counted.
pub(crate) fn list(names: &[String]) -> String {
    const MOST: usize = 4;
    match names {
        [] => "a property".to_owned(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= MOST => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..MOST - 1].join(", "), names.len() - (MOST - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        let names = |count: u8| (0..count).map(|n| char::from(b'A' + n).to_string()).collect::<Vec<_>>();
        assert_eq!(list(&names(1)), "A");
        assert_eq!(list(&names(2)), "A and B");
        assert_eq!(list(&names(4)), "A, B, C and D");
        assert_eq!(list(&names(6)), "A, B, C and 3 more");
    }

    #[test]
    fn a_change_that_forces_is_said_once() {
        let properties = vec!["ImageId".to_owned()];
        let reasons = [Reason::Changed { properties: properties.clone() }, Reason::ForcedBy { properties }];
        assert_eq!(words(&reasons), "ImageId changed and cannot change in place");
    }
}
