//! What a run of the command line is about: a user's program, here or in a process of its own, or the state alone where
//! there is no program to ask.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ironwright_core::Diagnostic;
use ironwright_core::nearest::nearest;

#[cfg(unix)]
use crate::driven::Driven;
use crate::error::CommandError;
use crate::program::Program;
use crate::question::{self, Described, Given, Named};
use crate::remote::is_url;
use crate::session::runtime;
use crate::target::Place;

/// What a run is about.
#[derive(Clone)]
pub(crate) enum Subject<'a> {
    /// A user's program, which says the app and what it consists of.
    Program(&'a dyn Program),
    /// One in a process of its own: cargo builds it, and it is asked.
    #[cfg(unix)]
    Driven(&'a Driven),
    /// What a state knows of an app, whether or not its program still compiles.
    StateAlone(StateAlone),
}

/// A run without a program.
#[derive(Clone, Debug)]
pub(crate) struct StateAlone {
    /// The app whose state is meant, where the command line names one.
    pub(crate) app: Option<String>,
    /// What the user typed to say so: `--app shop`, or nothing.
    pub(crate) flags: String,
    /// The command, as it is typed: `state list`.
    pub(crate) command: String,
}

/// What is deployed, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deployment {
    /// The app's name.
    pub(crate) app: String,
    /// The stage.
    pub(crate) stage: String,
    /// The target, where the command line and the environment say nothing.
    pub(crate) default_target: Option<String>,
    /// Where the relative paths of assets count from; the current folder where there is none.
    pub(crate) root: Option<PathBuf>,
    /// The program is known to have images or containers.
    pub(crate) ships: bool,
}

impl Subject<'_> {
    /// Which app the program builds, or that there is no program.
    pub(crate) fn named(&self, given: &Given) -> Result<Named, CommandError> {
        match self {
            Self::Program(program) => question::named(*program, given),
            #[cfg(unix)]
            Self::Driven(program) => program.named(given),
            Self::StateAlone(run) => Err(run.program_needed()),
        }
    }

    /// What the program describes, or that there is none.
    pub(crate) fn described(&self, given: &Given) -> Result<Described, CommandError> {
        match self {
            Self::Program(program) => question::described(*program, given),
            #[cfg(unix)]
            Self::Driven(program) => program.described(given),
            Self::StateAlone(run) => Err(run.program_needed()),
        }
    }

    /// Whether there is no program.
    pub(crate) fn is_state_alone(&self) -> bool {
        matches!(self, Self::StateAlone(_))
    }

    /// What the user typed to say what it is about.
    pub(crate) fn flags(&self) -> &str {
        match self {
            Self::Program(_) => "",
            #[cfg(unix)]
            Self::Driven(program) => &program.flags,
            Self::StateAlone(run) => &run.flags,
        }
    }
}

/// The stages of each app that has a state.
type Known = BTreeMap<String, Vec<String>>;

impl StateAlone {
    fn program_needed(&self) -> CommandError {
        let message = format!("`{}` needs the program; here is its state alone", self.command);
        let help = format!("run it in the folder of the program:\n  cargo run -- {}", self.command);
        CommandError::usage(Diagnostic::error("program-needed", message).help(help))
    }

    /// The one deployment below `root` that is meant: where several have a state, the command line tells them apart.
    pub(crate) fn find(&self, root: &Path, stage: Option<&str>) -> Result<Deployment, CommandError> {
        if is_url(root) {
            return self.named(root, stage);
        }
        let known = Place::all(root);
        if known.is_empty() {
            let error = Diagnostic::error("state-missing", format!("there is no state in {}", root.display()));
            let help = "go to the folder of the program, or say where the state is: `--state DIR`";
            return Err(CommandError::usage(error.help(help)));
        }
        let (app, stage) = choose(&known, self.app.as_deref(), stage).map_err(CommandError::usage)?;
        let default_target = recorded_target(&Place::new(root, app, stage)?)?;
        Ok(Deployment { app: app.to_owned(), stage: stage.to_owned(), default_target, root: None, ships: false })
    }

    /// The deployment that the command line names: what else an object store holds is not looked for.
    fn named(&self, root: &Path, stage: Option<&str>) -> Result<Deployment, CommandError> {
        let (Some(app), Some(stage)) = (self.app.as_deref(), stage) else {
            let message = format!("{} may hold the states of several apps and stages", root.display());
            let error = Diagnostic::error("state-ambiguous", message);
            return Err(CommandError::usage(error.help("say which: `--app NAME --stage NAME`")));
        };
        let default_target = recorded_target(&Place::new(root, app, stage)?)?;
        Ok(Deployment { app: app.to_owned(), stage: stage.to_owned(), default_target, root: None, ships: false })
    }
}

/// The target that a state was deployed to. A state that cannot be read tells none; whoever needs it reports that.
fn recorded_target(place: &Place) -> Result<Option<String>, CommandError> {
    let stored = runtime()?.block_on(place.store().load());
    let snapshot = stored.ok().and_then(|stored| stored.snapshot);
    Ok(snapshot.map(|snapshot| snapshot.state.target.clone()).filter(|target| !target.is_empty()))
}

/// The app and the stage that are meant, of those that are known.
fn choose<'a>(known: &'a Known, app: Option<&str>, stage: Option<&str>) -> Result<(&'a str, &'a str), Diagnostic> {
    let apps: Vec<&str> = known.keys().map(String::as_str).collect();
    let app = pick(&apps, app, "app", "the folder")?;
    let stages: Vec<&str> = known[app].iter().map(String::as_str).collect();
    Ok((app, pick(&stages, stage, "stage", &format!("the app `{app}`"))?))
}

/// The one of `known` that is asked for; the only one where none is. `what` is `app` or `stage`, `place` where it is.
fn pick<'a>(known: &[&'a str], wanted: Option<&str>, what: &str, place: &str) -> Result<&'a str, Diagnostic> {
    match (wanted, known) {
        (Some(wanted), _) => {
            known.iter().find(|name| **name == wanted).copied().ok_or_else(|| missing(wanted, known, what, place))
        }
        (None, [only]) => Ok(only),
        (None, _) => {
            let message = format!("{place} has states of {} {what}s: {}", known.len(), known.join(", "));
            Err(Diagnostic::error("state-ambiguous", message).help(format!("say which: `--{what} {}`", known[0])))
        }
    }
}

fn missing(wanted: &str, known: &[&str], what: &str, place: &str) -> Diagnostic {
    let error = Diagnostic::error("state-missing", format!("{place} has no state of the {what} `{wanted}`"));
    match nearest(wanted, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `--{what} {near}`?")),
        None => error.help(format!("there is: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(app: Option<&str>, stage: Option<&str>, expect: Result<&str, &str>) {
        let stages = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let known =
            Known::from([("blog".to_owned(), stages(&["prod"])), ("shop".to_owned(), stages(&["dev", "prod"]))]);
        match (choose(&known, app, stage), expect) {
            (Ok((app, stage)), Ok(expect)) => assert_eq!(format!("{app} {stage}"), expect),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expect) => panic!("found {found:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn what_is_not_named_must_be_the_only_one() {
        check(Some("blog"), None, Ok("blog prod"));
        check(Some("shop"), Some("dev"), Ok("shop dev"));
        check(None, None, Err("the folder has states of 2 apps: blog, shop"));
        check(Some("shop"), None, Err("the app `shop` has states of 2 stages: dev, prod"));
        check(Some("shpo"), None, Err("the folder has no state of the app `shpo`"));
        check(Some("blog"), Some("dev"), Err("the app `blog` has no state of the stage `dev`"));
    }
}
