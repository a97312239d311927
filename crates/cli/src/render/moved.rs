//! Moves in words: "web/old has moved to web/new", and of one that nobody declared that it looks like a rename.

use std::fmt::Write as _;

use ironwright_engine::{Action, Change, Reason};

use super::plan::View;
use super::style::{BOLD, DIM, paint};

/// The comment on a resource of which nothing changes but its address.
pub(crate) fn alone(change: &Change, view: View) -> Option<String> {
    let from = change.moved_from.as_ref().filter(|_| change.action == Action::NoOp)?;
    let (from, to) = (paint(BOLD, from), paint(BOLD, &change.address));
    let mut text = if is_found(change) {
        format!("  # {to} looks like a rename of {from}: nothing will be recreated")
    } else {
        format!("  # {from} has moved to {to}")
    };
    if let Some(source) = change.source.as_ref().filter(|_| view.sources) {
        let _ = write!(text, " {}", paint(DIM, format!("({source})")));
    }
    let id = change.physical_id.as_deref().unwrap_or_default();
    let _ = write!(text, "\n    {} {to} {}\n", change.type_name, paint(DIM, format!("[{id}]")));
    Some(text)
}

/// The second line of the comment on a resource of which more changes.
pub(crate) fn note(change: &Change) -> String {
    words(change, |address| paint(BOLD, address)).map(|words| format!("\n  # ({words})")).unwrap_or_default()
}

/// The same for a cell of a table.
pub(crate) fn cell(change: &Change) -> Option<String> {
    words(change, |address| format!("`{address}`"))
}

fn words(change: &Change, show: impl FnOnce(&str) -> String) -> Option<String> {
    let from = show(change.moved_from.as_ref()?.as_str());
    Some(if is_found(change) { format!("looks like a rename of {from}") } else { format!("moved from {from}") })
}

fn is_found(change: &Change) -> bool {
    change.reasons.contains(&Reason::Renamed)
}

#[cfg(test)]
mod tests {
    use ironwright_core::{Address, Planned, Source};
    use ironwright_engine::{Preview, PropertyChange};
    use serde_json::json;

    use super::*;
    use crate::render::json::Line;
    use crate::render::{markdown, plan, style::plain};

    fn change(address: &str, action: Action, from: Option<&str>, reasons: Vec<Reason>) -> Change {
        Change {
            address: Address::new(address),
            type_name: "AWS::EC2::Instance".to_owned(),
            region: "us-west-2".to_owned(),
            action,
            reasons,
            source: Some(Source { file: "src/main.rs".into(), line: 15 }),
            physical_id: Some("i-0abc".to_owned()),
            properties: Vec::new(),
            unchanged: 0,
            moved_from: from.map(Address::new),
        }
    }

    fn with_size(change: Change) -> Change {
        let size = PropertyChange {
            path: "InstanceType".to_owned(),
            before: Some(json!("t2.micro")),
            after: Some(Planned::Text("t3.small".to_owned())),
            forces_replacement: false,
            raw: false,
            sensitive: false,
        };
        Change { properties: vec![size], unchanged: 2, ..change }
    }

    fn preview() -> Preview {
        let because = Reason::Changed { properties: vec!["InstanceType".to_owned()] };
        let changes = vec![
            change("web/said", Action::NoOp, Some("web/before"), vec![]),
            change("web/found", Action::NoOp, Some("web/like-it"), vec![Reason::Renamed]),
            with_size(change("web/more", Action::Update, Some("web/less"), vec![because])),
            change("web/taken", Action::Import, None, vec![]),
            with_size(change("web/changed", Action::Import, None, vec![])),
        ];
        Preview { app: "shop".to_owned(), stage: "dev".to_owned(), changes, ..Preview::default() }
    }

    #[test]
    fn moves_and_imports_in_a_plan() {
        insta::assert_snapshot!(plain(&plan::plan(&preview(), View { sources: false, width: 100 })));
    }

    #[test]
    fn moves_and_imports_in_markdown() {
        insta::assert_snapshot!(markdown::plan(&preview(), "aws"));
    }

    #[test]
    fn moves_and_imports_in_json() {
        let lines: Vec<String> = preview().changes.iter().map(|change| Line::from(change).text()).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
