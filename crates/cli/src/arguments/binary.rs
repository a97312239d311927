//! The command line of the `ironwright` binary: that of a program, which program is meant, and what is about none.

use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::{Command, WhichProgram};

/// Commands that ask the program what to do, and cannot go by the state alone.
const OF_THE_PROGRAM: [&str; 6] = ["apply", "plan", "import", "synth", "validate", "graph"];

const EXAMPLES: &str = "\
Examples:
  new shop                             a project in the folder `shop`
  plan                                 of the program in this folder
  apply --example network              of one of several programs
  output instance_public_ip            the bare value of one output
  destroy --app shop --stage dev       by the state alone: builds nothing
  simulate --listen 127.0.0.1:8000     Cloud Control for any client

In the folder of a program, commands do what `cargo run -- COMMAND` does, with
what is compiled into this binary. Where there is no program, or with
`--without-program`, they go by the state alone.";

/// The command line of the binary.
#[derive(Debug, Parser)]
#[command(
    name = "ironwright",
    disable_help_subcommand = true,
    arg_required_else_help = true,
    about = "Starts projects, and plans and applies the program of a folder",
    long_about = "Starts projects, and plans and applies the program of a folder: cargo builds it,\n\
        it is asked for its graph, and the rest is done here.\n\
        Works on what was deployed from its state alone, too.",
    after_help = "Without a program, or with `--without-program`, commands go by the state alone.",
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

/// The command line as clap reads it: which program is meant can be said wherever a stage can.
pub(crate) fn command_line() -> clap::Command {
    with_program(BinaryArguments::command())
}

/// Whether `command`, as it is typed, asks the program.
pub(crate) fn needs_program(command: &str) -> bool {
    command.split_whitespace().next().is_some_and(|name| OF_THE_PROGRAM.contains(&name))
}

fn with_program(command: clap::Command) -> clap::Command {
    let command = command.mut_subcommands(with_program);
    if command.get_arguments().all(|argument| argument.get_id() != "stage") {
        return command;
    }
    let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
    // What is said of the flags is not said of the command.
    let command = about.into_iter().fold(WhichProgram::augment_args(command), clap::Command::about);
    long_about.into_iter().fold(command, clap::Command::long_about)
}

/// Which program the command line says; none where its command takes no such flags.
pub(crate) fn which_program(matches: &ArgMatches) -> WhichProgram {
    let (_, matches) = innermost(matches);
    let takes_flags = matches.try_contains_id("without_program").is_ok();
    takes_flags.then(|| WhichProgram::from_arg_matches(matches).ok()).flatten().unwrap_or_default()
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
    fn a_program_is_named_wherever_a_stage_is() {
        let named = |line: &str| {
            let words = std::iter::once("ironwright").chain(line.split_whitespace());
            let matches = command_line().try_get_matches_from(words).map_err(|error| error.to_string())?;
            Ok::<_, String>((command_words(&matches), which_program(&matches).flags()))
        };
        let expect = |words: &str, flags: &str| Ok((words.to_owned(), flags.to_owned()));
        assert_eq!(named("state show web/a --app shop"), expect("state show", "--app shop"));
        assert_eq!(named("destroy --stage prod"), expect("destroy", ""));
        assert_eq!(named("new shop"), expect("new", ""));
        assert_eq!(named("destroy --without-program"), expect("destroy", "--without-program"));
        assert_eq!(named("plan --example x --package y"), expect("plan", "--package y --example x"));
        assert!(named("new shop --app shop").is_err());
        assert!(named("plan --bin a --example b").is_err());
        assert!(named("state list --app shop --bin a").is_err());
    }

    #[test]
    fn help_is_of_the_commands_and_fits_into_eighty_columns() {
        let mut root = command_line();
        root.build();
        let mut helps = vec![root.render_help().to_string(), root.render_long_help().to_string()];
        let plan = root.find_subcommand_mut("plan").expect("it is listed");
        assert_eq!(
            plan.get_about().map(ToString::to_string).as_deref(),
            Some("Show what an apply would do; nothing is changed")
        );
        helps.extend([plan.render_help().to_string(), plan.render_long_help().to_string()]);
        let wide: Vec<_> =
            helps.iter().flat_map(|help| help.lines()).filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}
