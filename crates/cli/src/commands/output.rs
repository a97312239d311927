//! `output`: the outputs of the last apply, or the bare value of one for scripts.

use std::collections::BTreeMap;

use ironwright_core::Diagnostic;
use ironwright_core::nearest::nearest;
use ironwright_core::planned::redacted_digest;
use ironwright_engine::{OutputRecord, State, VaultError};

use crate::arguments::OutputArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::Line;
use crate::render::outputs;
use crate::reveal::Revealer;
use crate::secrets;
use crate::session::{Run, Session, Story};
use crate::target::Access;

type Outputs = BTreeMap<String, BTreeMap<String, OutputRecord>>;

/// Prints outputs.
pub(crate) fn run(session: &Session<'_>, arguments: &OutputArguments) -> Result<Exit, CommandError> {
    let deployment = session.deployment()?;
    let engine = session.engine(&deployment, Story::Error, Access::State, Run::reading("output"))?;
    let mut state = session.runtime()?.block_on(engine.state())?;
    if session.shows_secrets(&arguments.secrets)? {
        state.outputs = revealed(&Revealer::new(&engine, &state), &state.outputs)?;
    }
    match &arguments.name {
        Some(name) => one(session, &state, name)?,
        None if session.common.json => json(session, &state.outputs),
        None => all(session, &state.outputs),
    }
    Ok(Exit::Done)
}

/// The outputs with their secrets in plain text.
fn revealed(revealer: &Revealer<'_>, outputs: &Outputs) -> Result<Outputs, VaultError> {
    let mut outputs = outputs.clone();
    for record in outputs.values_mut().flat_map(BTreeMap::values_mut) {
        *record = revealer.output(record)?;
    }
    Ok(outputs)
}

/// How to read the secret output `name`.
fn how_to_read(session: &Session<'_>, state: &State, record: &OutputRecord, name: &str) -> String {
    let is_sealed = redacted_digest(&record.value).is_some_and(|digest| state.secrets.contains_key(digest));
    if is_sealed {
        format!("to show it, type:\n  {}", session.next(&format!("output {name} --show-secrets")))
    } else {
        format!("the state holds a digest of it only; {}", secrets::HOW_TO_ENCRYPT)
    }
}

fn all(session: &Session<'_>, outputs: &Outputs) {
    if outputs.values().all(BTreeMap::is_empty) {
        session.terminal.complain(&format!("No outputs. They are made by: {}\n", session.next("apply")));
    }
    session.terminal.print(&outputs::list(outputs));
}

fn one(session: &Session<'_>, state: &State, name: &str) -> Result<(), CommandError> {
    let (stack, name, record) =
        find(&state.outputs, name).map_err(|missing| describe(session, state, name, &missing))?;
    if session.common.json {
        session.json(&Line::output(stack, name, record));
    } else if record.sensitive {
        let error = Diagnostic::error("output-sensitive", format!("the output `{name}` is a secret"));
        return Err(error.help(how_to_read(session, state, record, name)).into());
    } else if outputs::is_unknown(&record.value) {
        let message = format!("the output `{name}` is not known yet: what it is of was not waited for");
        let help = format!("when that is ready, type:\n  {}", session.next("apply"));
        return Err(Diagnostic::error("output-unknown", message).help(help).into());
    } else {
        session.terminal.line(&outputs::raw(&record.value));
    }
    Ok(())
}

/// Why there is no such output.
enum NotFound {
    /// None has the name.
    Missing,
    /// These stacks have one each.
    Ambiguous(Vec<String>),
}

type Found<'a> = (&'a str, &'a str, &'a OutputRecord);

/// The output `name`, or `stack/name`.
fn find<'a>(outputs: &'a Outputs, name: &str) -> Result<Found<'a>, NotFound> {
    let flat =
        || outputs.iter().flat_map(|(stack, named)| named.iter().map(move |(name, record)| (stack, name, record)));
    let found: Vec<_> = match name.split_once('/') {
        Some((in_stack, name)) => flat().filter(|(stack, known, _)| *stack == in_stack && *known == name).collect(),
        None => flat().filter(|(_, known, _)| *known == name).collect(),
    };
    match found.as_slice() {
        [(stack, name, record)] => Ok((stack, name, record)),
        [] => Err(NotFound::Missing),
        several => Err(NotFound::Ambiguous(several.iter().map(|(stack, ..)| (*stack).clone()).collect())),
    }
}

fn describe(session: &Session<'_>, state: &State, name: &str, missing: &NotFound) -> CommandError {
    if let NotFound::Ambiguous(stacks) = missing {
        let ways: Vec<_> = stacks.iter().map(|stack| format!("`{stack}/{name}`")).collect();
        let message = format!("{} stacks have an output `{name}`", stacks.len());
        return Diagnostic::error("output-ambiguous", message).help(format!("say {}", ways.join(" or "))).into();
    }
    let known: Vec<&str> = state.outputs.values().flat_map(|named| named.keys().map(String::as_str)).collect();
    let error = Diagnostic::error("output-missing", format!("there is no output `{name}` in the state"));
    let help = match (nearest(name, known.iter().copied()), known.is_empty()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, true) => format!("outputs are made by:\n  {}", session.next("apply")),
        (None, false) => format!("there are: {}", known.join(", ")),
    };
    error.help(help).into()
}

/// Prints all outputs as JSON.
pub(crate) fn json(session: &Session<'_>, outputs: &Outputs) {
    for (stack, named) in outputs {
        for (name, record) in named {
            session.json(&Line::output(stack, name, record));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_output_is_found_by_name_or_by_stack_and_name() {
        let origins = ironwright_engine::Origins::new;
        let record = |value: &str| OutputRecord { value: json!(value), sensitive: false, origins: origins() };
        let named = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), record(name))).collect();
        let outputs: Outputs = [("a".to_owned(), named(&["url", "ip"])), ("b".to_owned(), named(&["url"]))].into();
        let stack = |name| find(&outputs, name).ok().map(|(stack, ..)| stack.to_owned());
        assert_eq!(stack("ip"), Some("a".to_owned()));
        assert_eq!(stack("b/url"), Some("b".to_owned()));
        assert_eq!(stack("b/ip"), None);
        assert!(matches!(find(&outputs, "url"), Err(NotFound::Ambiguous(stacks)) if stacks == ["a", "b"]));
    }
}
