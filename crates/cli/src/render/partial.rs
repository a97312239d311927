//! How far a partial plan goes, for a terminal, a pull request, and after an apply.

use std::fmt::Write as _;

use ironwright_core::{Address, Diagnostic};
use ironwright_engine::{LeftOut, Omission, Partial, Recovering};

use super::style::{BOLD, counted, paint};

/// What is said before a partial plan; empty for a whole one.
pub(crate) fn announcement(partial: Option<&Partial>) -> String {
    let Some(partial) = partial else {
        return String::new();
    };
    let mut text = format!("{} {}\n", paint(BOLD, "Partial plan:"), extent(partial));
    for line in notes(partial) {
        let _ = writeln!(text, "  {line}");
    }
    text + "\n"
}

/// The same as Markdown.
pub(crate) fn markdown(partial: Option<&Partial>) -> String {
    let Some(partial) = partial else {
        return String::new();
    };
    let mut text = format!("**Partial plan:** {}\n", extent(partial));
    for line in notes(partial) {
        let _ = writeln!(text, "- {line}");
    }
    text + "\n"
}

/// The warning after an apply of part of the resources; none where nothing was left.
pub(crate) fn warning(partial: &Partial, next: &str) -> Option<Diagnostic> {
    let rest = partial.total - partial.selected.min(partial.total);
    if rest == 0 && partial.unsettled.is_empty() {
        return None;
    }
    let were = if rest == 1 { "was" } else { "were" };
    let all = counted(partial.total, "resource");
    let message = format!("this was a partial plan: {rest} of {all} {were} not looked at");
    Some(Diagnostic::warning("partial-plan", message).help(format!("to see what is left to do, type:\n  {next}")))
}

/// `3 of 12 resources, by --only web/server.`
fn extent(partial: &Partial) -> String {
    let by = command("", Some(partial));
    format!("{} of {}, by{by}.", partial.selected, counted(partial.total, "resource"))
}

/// `command` with the flags that make the same part: `destroy --only web/server`.
pub(crate) fn command(command: &str, partial: Option<&Partial>) -> String {
    let flags = |flag: &'static str, places: &[Address]| -> String {
        places.iter().flat_map(|place| [" ", flag, " ", place.as_str()]).collect()
    };
    let flags = partial.map(|partial| flags("--only", &partial.only) + &flags("--exclude", &partial.exclude));
    command.to_owned() + &flags.unwrap_or_default()
}

fn notes(partial: &Partial) -> Vec<String> {
    let left_out = partial.left_out.iter().map(left_out);
    left_out.chain(partial.unsettled.iter().map(unsettled)).collect()
}

fn left_out(LeftOut { address, by, because }: &LeftOut) -> String {
    match because {
        Omission::NeedsMissing => format!("left out too: {address} needs {by}, which does not exist yet"),
        Omission::Needed => format!("left as it is: {address}, since {by} needs it"),
        Omission::Circle => format!("left out too: {address} is to need {by}, which still needs it"),
        _ => format!("left out too: {address}, because of {by}"),
    }
}

fn unsettled(Recovering { address, action }: &Recovering) -> String {
    format!("not settled: an interrupted run was at {address} ({action}); it stays on record")
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    fn partial() -> Partial {
        let left_out = |address: &str, because| LeftOut { address: address.into(), by: "web/db".into(), because };
        Partial {
            only: vec!["web/server".into(), "data".into()],
            exclude: vec!["web/db".into()],
            selected: 3,
            total: 12,
            left_out: vec![left_out("web/api", Omission::NeedsMissing), left_out("web/network", Omission::Needed)],
            unsettled: vec![Recovering { address: "web/key".into(), action: ironwright_engine::Action::Create }],
        }
    }

    #[test]
    fn a_partial_plan_is_announced() {
        insta::assert_snapshot!(plain(&announcement(Some(&partial()))), @"
        Partial plan: 3 of 12 resources, by --only web/server --only data --exclude web/db.
          left out too: web/api needs web/db, which does not exist yet
          left as it is: web/network, since web/db needs it
          not settled: an interrupted run was at web/key (create); it stays on record
        ");
        assert_eq!(announcement(None), "");
        assert!(markdown(Some(&partial())).starts_with("**Partial plan:** 3 of 12 resources, by --only"));
    }

    #[test]
    fn after_an_apply_the_rest_is_spoken_of() {
        let warning_of = |partial: &Partial| warning(partial, "cargo run -- plan").map(|warning| warning.message);
        let expect = "this was a partial plan: 9 of 12 resources were not looked at";
        assert_eq!(warning_of(&partial()).as_deref(), Some(expect));
        assert_eq!(warning_of(&Partial { selected: 12, unsettled: Vec::new(), ..partial() }), None);
    }
}
