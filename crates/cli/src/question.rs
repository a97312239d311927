//! What a program is asked, and what it answers; the same in its own process and over a pipe.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ironwright_core::{App, Diagnostic, Diagnostics, Graph, Inputs};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::program::{self, Program};

/// What a program is given: the stage and the variables. The variables may hold secrets.
#[derive(Clone)]
pub(crate) struct Given {
    /// The stage.
    pub(crate) stage: String,
    /// The variables of the command line, in order.
    pub(crate) vars: Vec<(String, String)>,
}

/// What is known of an app before it is looked at closer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    /// The app's name.
    pub(crate) app: String,
    /// The target, where the command line and the environment say nothing.
    pub(crate) default_target: Option<String>,
    /// Where the relative paths of assets count from: the root of the program's package, as cargo says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<PathBuf>,
}

/// What a program describes.
pub(crate) struct Described {
    /// The app.
    pub(crate) named: Named,
    /// Its graph, checked as far as no facts about types are needed.
    pub(crate) graph: Graph,
    /// What is notable; no errors.
    pub(crate) warnings: Diagnostics,
}

/// The app that `program` builds. Nothing of what is in it is checked.
pub(crate) fn named(program: &dyn Program, given: &Given) -> Result<Named, CommandError> {
    Ok(names(&program::build(program, &inputs(given))?))
}

/// What `program` describes.
pub(crate) fn described(program: &dyn Program, given: &Given) -> Result<Described, CommandError> {
    let inputs = inputs(given);
    let app = program::build(program, &inputs)?;
    let graph = app.graph()?;
    let parameters = graph.stacks().iter().flat_map(|stack| &stack.parts.parameters);
    let known: BTreeSet<String> = parameters.map(|(name, _)| name.to_string()).collect();
    let warnings: Diagnostics = inputs.unused(&known).into_iter().map(unused_variable).collect();
    if warnings.has_errors() {
        return Err(CommandError { diagnostics: warnings, exit: Exit::Usage });
    }
    Ok(Described { named: names(&app), graph, warnings })
}

fn inputs(given: &Given) -> Inputs {
    let inputs = Inputs::new(&given.stage);
    given.vars.iter().fold(inputs, |inputs, (name, value)| inputs.var(name, value))
}

fn names(app: &App) -> Named {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    Named { app: app.name().to_owned(), default_target: app.default_target().map(str::to_owned), root }
}

/// A variable that nothing reads: an error where it looks like a slip of the finger, else a warning.
fn unused_variable((name, near): (&str, Option<String>)) -> Diagnostic {
    let message = format!("nothing in the program reads the variable `{name}`");
    match near {
        Some(near) => Diagnostic::error("unused-variable", message).help(format!("did you mean `--var {near}=…`?")),
        None => Diagnostic::warning("unused-variable", message).help("leave it out, or read it with `inputs.get`"),
    }
}
