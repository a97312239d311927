//! A plan as plain text, the same on every run: for snapshot tests and for failure messages.
//!
//! What a person sees on a terminal is `cli`'s business.

use std::fmt::{self, Write};

use ironwright_core::secret::hex;
use ironwright_engine::{Change, OutputChange, Preview, PropertyChange, Reason};

use sha2::{Digest, Sha256};

use crate::text::{SENSITIVE, show, show_json};

/// Writes `plan`: a line on its counts, one a change with its property lines, one an output that changes.
pub(crate) fn write(out: &mut impl Write, plan: &Preview) -> fmt::Result {
    let counts = plan.counts();
    write!(out, "{} ({}): ", plan.app, plan.stage)?;
    if is_empty(plan) {
        return write!(out, "no changes");
    }
    if counts.import > 0 {
        write!(out, "{} to import, ", counts.import)?;
    }
    write!(out, "{} to add, {} to change, {} to destroy", counts.add, counts.change, counts.destroy)?;
    if counts.forget > 0 {
        write!(out, ", {} to forget", counts.forget)?;
    }
    for change in plan.changes.iter().filter(|change| !change.stays()) {
        write_change(out, change)?;
    }
    for address in &plan.state_only {
        write!(out, "\n~ {address}: in the state alone")?;
    }
    for operation in &plan.recovering {
        write!(out, "\n{} {}: recovered first", operation.action.symbol(), operation.address)?;
    }
    plan.changed_outputs().try_for_each(|output| write_output(out, output))
}

/// Whether `plan` does nothing, and shows nothing either.
pub(crate) fn is_empty(plan: &Preview) -> bool {
    plan.is_empty() && plan.changes.iter().all(|change| !change.action.is_change())
}

fn write_change(out: &mut impl Write, change: &Change) -> fmt::Result {
    write!(out, "\n{} {} ({})", change.action.symbol(), change.address, change.type_name)?;
    if let Some(from) = &change.moved_from {
        write!(out, ", moved from {from}")?;
    }
    for reason in change.reasons.iter().filter_map(reason) {
        write!(out, ", {reason}")?;
    }
    change.properties.iter().try_for_each(|property| write_property(out, property))
}

fn write_property(out: &mut impl Write, property: &PropertyChange) -> fmt::Result {
    let hide = |text: String| if property.sensitive { SENSITIVE.to_owned() } else { shortened(text) };
    let before = property.before.as_ref().map(|value| hide(show_json(value)));
    let after = property.after.as_ref().map(|value| hide(show(value)));
    write!(out, "\n    {}: ", property.path)?;
    match (before, after) {
        (Some(before), Some(after)) => write!(out, "{before} -> {after}")?,
        (None, Some(after)) => write!(out, "{after}")?,
        (Some(before), None) => write!(out, "{before} -> nothing")?,
        (None, None) => write!(out, "nothing")?,
    }
    if property.forces_replacement {
        write!(out, " # forces replacement")?;
    }
    if property.raw {
        write!(out, " # raw")?;
    }
    Ok(())
}

/// A long value, such as user data, by its beginning and a digest that changes with any part of it.
fn shortened(text: String) -> String {
    const LONGEST: usize = 200;
    const BEGINNING: usize = 60;
    if text.len() <= LONGEST {
        return text;
    }
    let digest = hex(&Sha256::digest(&text)[..6]);
    format!("{}… ({} bytes, sha256 {digest}…)", &text[..text.floor_char_boundary(BEGINNING)], text.len())
}

fn write_output(out: &mut impl Write, output: &OutputChange) -> fmt::Result {
    let before = output.before.as_ref().map(|value| shortened(show_json(value)));
    let after = output.after.as_ref().map(|value| shortened(show(value)));
    write!(out, "\noutput {}/{}: ", output.stack, output.name)?;
    match (before, after) {
        (Some(before), Some(after)) => write!(out, "{before} -> {after}"),
        (None, Some(after)) => write!(out, "{after}"),
        (Some(before), None) => write!(out, "{before} -> nothing"),
        (None, None) => write!(out, "nothing"),
    }
}

/// A reason in a few words, where the symbol and the property lines do not say it already.
fn reason(reason: &Reason) -> Option<String> {
    let list = |properties: &[String]| properties.join(", ");
    match reason {
        Reason::Drifted { properties } => Some(format!("drifted in {}", list(properties))),
        Reason::ForcedBy { properties } => Some(format!("forced by {}", list(properties))),
        Reason::MayBeForcedBy { properties } => Some(format!("may be replaced for {}", list(properties))),
        Reason::Dependency { address } => Some(format!("since {address} is replaced")),
        Reason::Missing => Some("gone from the cloud".to_owned()),
        Reason::Deposed => Some("replaced before and not deleted yet".to_owned()),
        Reason::Interrupted => Some("interrupted before".to_owned()),
        Reason::TypeChanged => Some("of another type now".to_owned()),
        Reason::Renamed => Some("found by its content".to_owned()),
        Reason::Requested => Some("as requested".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{change, plan};
    use ironwright_core::Planned;
    use ironwright_core::planned::redacted;
    use ironwright_core::secret::SecretText;
    use ironwright_engine::Action;
    use serde_json::json;

    fn property(path: &str, before: Option<serde_json::Value>, after: Option<Planned>) -> PropertyChange {
        PropertyChange {
            path: path.to_owned(),
            before,
            after,
            forces_replacement: path == "ImageId",
            raw: path == "Odd",
            sensitive: path == "Token",
        }
    }

    fn instance(address: &str, action: Action, reasons: Vec<Reason>, properties: Vec<PropertyChange>) -> Change {
        change((address, "AWS::EC2::Instance"), action, reasons, properties)
    }

    fn text(plan: &Preview) -> String {
        let mut text = String::new();
        write(&mut text, plan).expect("a string takes everything");
        text
    }

    #[test]
    fn every_kind_of_line() {
        let secret = Planned::Secret(SecretText::new("hunter2"));
        let update = vec![
            property("InstanceType", Some(json!("t2.micro")), Some(json!("t3.micro").into())),
            property("Password", Some(redacted("d1ge57")), Some(secret.clone())),
            property("Token", Some(json!("old")), Some(json!("new").into())),
            property("KeyName", Some(json!("old")), None),
            property("Odd", None, Some(json!([1]).into())),
        ];
        let forced = Reason::ForcedBy { properties: vec!["ImageId".to_owned()] };
        let replace = vec![property("ImageId", Some(json!("ami-1")), Some(json!("ami-2").into()))];
        let output = |name: &str, before, after| OutputChange {
            stack: "web".to_owned(),
            name: name.to_owned(),
            before,
            after,
            changes: name != "same",
        };
        let changes = vec![
            instance(
                "web/new",
                Action::Create,
                vec![Reason::New],
                vec![property("SubnetId", None, Some(Planned::Unknown))],
            ),
            instance("web/same", Action::NoOp, vec![], vec![]),
            instance("web/changed", Action::Update, vec![], update),
            instance("web/replaced", Action::CreateThenDestroy, vec![forced], replace),
            instance("web/old", Action::Delete, vec![Reason::Removed], vec![]),
            instance("web/kept", Action::Forget, vec![Reason::Removed], vec![]),
        ];
        let outputs = vec![
            output("address", None, Some(Planned::Unknown)),
            output("same", Some(json!("x")), Some(json!("x").into())),
            output("password", None, Some(secret)),
            output("gone", Some(json!("x")), None),
        ];
        insta::assert_snapshot!(text(&plan(changes, outputs)), @r#"
        shop (dev): 2 to add, 1 to change, 2 to destroy, 1 to forget
        + web/new (AWS::EC2::Instance)
            SubnetId: (known after apply)
        ~ web/changed (AWS::EC2::Instance)
            InstanceType: "t2.micro" -> "t3.micro"
            Password: (sensitive) -> (sensitive)
            Token: (sensitive) -> (sensitive)
            KeyName: "old" -> nothing
            Odd: [1] # raw
        +/- web/replaced (AWS::EC2::Instance), forced by ImageId
            ImageId: "ami-1" -> "ami-2" # forces replacement
        - web/old (AWS::EC2::Instance)
        . web/kept (AWS::EC2::Instance)
        output web/address: (known after apply)
        output web/password: (sensitive)
        output web/gone: "x" -> nothing
        "#);
    }

    #[test]
    fn a_long_value_is_shortened_and_still_told_apart() {
        let line = |end: char| shortened(format!("{}{end}", "é".repeat(150)));
        assert!(line('a').chars().count() < 120);
        assert!(line('a').ends_with("… (301 bytes, sha256 9cbc0c9b08d7…)"), "{}", line('a'));
        assert_ne!(line('a'), line('b'));
        assert_eq!(shortened("short".to_owned()), "short");
    }

    #[test]
    fn nothing_to_do_is_said_in_one_line() {
        assert_eq!(text(&plan(Vec::new(), Vec::new())), "shop (dev): no changes");
    }
}
