//! The command line of the `ironwright` binary: that of a program, and what a binary without a program has besides.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, CommandFactory as _, Parser, Subcommand};

use super::{Command, WHERE};

/// Commands that ask the program what to do. The binary does not list them; whoever types one is told where to.
const OF_THE_PROGRAM: [&str; 6] = ["apply", "plan", "import", "synth", "validate", "graph"];

const EXAMPLES: &str = "\
Examples:
  new shop                             a project in the folder `shop`
  state list                           what is live
  simulate --listen 127.0.0.1:8000     Cloud Control for any client
  output instance_public_ip            the bare value of one output
  destroy --app shop --stage dev       where there are states of several

Planning and applying need the program: type `cargo run -- plan` in its folder.";

/// The command line of the binary.
#[derive(Debug, Parser)]
#[command(
    name = "ironwright",
    disable_help_subcommand = true,
    arg_required_else_help = true,
    about = "Starts projects, and works on what was deployed from its state alone",
    long_about = "Starts projects, and works on what was deployed from its state alone,\n\
        whether or not the program that deployed it still compiles.",
    after_help = "Planning and applying need the program: type `cargo run -- plan` in its folder.",
    after_long_help = EXAMPLES,
    version
)]
pub(crate) struct BinaryArguments {
    #[command(subcommand)]
    pub(crate) command: BinaryCommand,
}

/// A command of the binary and its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum BinaryCommand {
    /// Make a project: a program, its test, a workflow that deploys it
    New(NewArguments),
    /// Serve a simulated cloud over HTTP; nothing real is created
    #[cfg(feature = "simulate")]
    Simulate(super::SimulateArguments),
    /// One that a program has too
    #[command(flatten)]
    Shared(Command),
}

/// `new`.
#[derive(Args, Debug)]
pub(crate) struct NewArguments {
    /// The project's name; also that of its app
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The folder to make it in [default: one of its name]
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
    /// Depend on this checkout of Ironwright, not on a release
    #[arg(long, value_name = "DIR")]
    pub(crate) ironwright_path: Option<PathBuf>,
}

/// The command line as clap reads it: `--app` stands wherever `--stage` does.
pub(crate) fn command_line() -> clap::Command {
    let root = BinaryArguments::command();
    with_app(
        OF_THE_PROGRAM.into_iter().fold(root, |root, name| root.mut_subcommand(name, |command| command.hide(true))),
    )
}

/// Whether `command`, as it is typed, asks the program.
pub(crate) fn needs_program(command: &str) -> bool {
    command.split_whitespace().next().is_some_and(|name| OF_THE_PROGRAM.contains(&name))
}

fn with_app(command: clap::Command) -> clap::Command {
    let command = command.mut_subcommands(with_app);
    if command.get_arguments().all(|argument| argument.get_id() != "stage") {
        return command;
    }
    let app = Arg::new("app").long("app").value_name("NAME").help("Whose state it is [default: the only one]");
    let stage = "Which deployment of the app it is [default: the only one]";
    command.arg(app.help_heading(WHERE)).mut_arg("stage", |argument| argument.help(stage))
}

/// The app that the command line names.
pub(crate) fn named_app(matches: &ArgMatches) -> Option<String> {
    innermost(matches).1.try_get_one::<String>("app").ok().flatten().cloned()
}

/// The command's words: `state list`.
pub(crate) fn command_words(matches: &ArgMatches) -> String {
    innermost(matches).0.join(" ")
}

fn innermost(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let mut words = Vec::new();
    let mut inner = matches;
    while let Some((word, next)) = inner.subcommand() {
        words.push(word);
        inner = next;
    }
    (words, inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command_line().debug_assert();
    }

    #[test]
    fn an_app_is_named_wherever_a_stage_is() {
        let app = |line: &str| {
            let words = std::iter::once("ironwright").chain(line.split_whitespace());
            let matches = command_line().try_get_matches_from(words).map_err(|error| error.to_string())?;
            Ok::<_, String>((command_words(&matches), named_app(&matches)))
        };
        let named = |words: &str, app: Option<&str>| Ok((words.to_owned(), app.map(str::to_owned)));
        assert_eq!(app("state show web/a --app shop"), named("state show", Some("shop")));
        assert_eq!(app("destroy --stage prod"), named("destroy", None));
        assert!(app("new shop --app shop").is_err());
    }

    #[test]
    fn help_lists_what_works_without_the_program() {
        let help = command_line().render_help().to_string();
        let listed = |name: &str| help.lines().any(|line| line.trim_start().starts_with(&format!("{name} ")));
        assert!(listed("destroy") && listed("state") && listed("new"), "{help}");
        assert!(OF_THE_PROGRAM.iter().all(|name| !listed(name)), "{help}");
    }
}
