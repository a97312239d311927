//! The command line as types. What each command does with them lives in `commands`.

mod binary;
#[cfg(test)]
mod document;
mod exec;
mod import;
mod lock;
mod logs;
mod order;
mod renames;
mod rollback;
mod saved;
mod selection;
mod show_secrets;
#[cfg(feature = "simulate")]
mod simulate;
mod state;
mod status;
mod which_program;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ironwright_core::Address;

pub(crate) use binary::{
    BinaryArguments, BinaryCommand, NewArguments, command_line, command_words, needs_program, which_program,
};
pub(crate) use exec::ExecArguments;
pub(crate) use import::ImportArguments;
pub(crate) use lock::{LockArguments, UnlockArguments, duration};
pub(crate) use logs::LogsArguments;
pub(crate) use order::commands_first;
pub(crate) use renames::RenameArguments;
pub(crate) use rollback::RollbackArguments;
pub(crate) use saved::{ApplyCommandArguments, SavingArguments, ShowArguments};
pub(crate) use selection::SelectionArguments;
pub(crate) use show_secrets::{SecretsArguments, ShowSecrets};
#[cfg(feature = "simulate")]
pub(crate) use simulate::SimulateArguments;
pub(crate) use state::{
    StateCommand, StateMvArguments, StatePullArguments, StatePushArguments, StateRestoreArguments, StateRmArguments,
    StateShowArguments,
};
pub(crate) use status::StatusArguments;
pub(crate) use which_program::WhichProgram;

/// The heading of flags that every command takes.
const WHERE: &str = "Where and how";

const EXAMPLES: &str = "\
Examples:
  plan --where                        what an apply would do, with source lines
  apply --yes                         deploy without being asked
  output instance_public_ip           the bare value of one output
  --stage prod --var size=l apply     another stage, with a variable
  synth --format yaml --out DIR       CloudFormation templates
  plan --json | jq .type              for programs

Exit codes:
  0    done
  1    an error; nothing was changed
  2    `plan --detailed-exitcode` found changes
  3    another run holds the lock
  5    partly applied
  64   the command line is wrong
  130  interrupted";

/// The command line. Without a command it is `apply`.
#[derive(Debug, Parser)]
#[command(
    name = "ironwright",
    disable_help_subcommand = true,
    about = "Plans, applies and inspects what this program describes",
    long_about = "Plans, applies and inspects what this program describes.\n\n\
        Without a command: plan, ask, apply.\nFlags may stand before or after the command.",
    after_help = "Exit codes: 0 done, 1 error, 2 changes (plan --detailed-exitcode), 3 lock held,\n\
        5 partly applied, 64 wrong usage, 130 interrupted",
    after_long_help = EXAMPLES,
    version
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    apply: ApplyArguments,
}

/// A command and its arguments.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one for a process")]
pub(crate) enum Command {
    /// One that asks something of the program
    #[command(flatten)]
    OfProgram(ProgramCommand),
    /// Print the completions of a shell
    Completions(CompletionsArguments),
}

/// A command that asks something of the program, and its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum ProgramCommand {
    /// Plan, ask, apply: what happens without a command
    #[command(visible_alias = "deploy")]
    Apply(ApplyCommandArguments),
    /// Show what an apply would do; nothing is changed
    Plan(PlanArguments),
    /// Plan, ask, and destroy everything of the stage
    Destroy(DestroyArguments),
    /// Print the outputs, or the bare value of one
    Output(OutputArguments),
    /// Write the CloudFormation templates; nothing is read or changed
    Synth(SynthArguments),
    /// Check the program without reading the cloud
    Validate(ValidateArguments),
    /// Show what the cloud has otherwise than the state
    Refresh(RefreshArguments),
    /// Take over a resource that the cloud has already
    Import(ImportArguments),
    /// Print what depends on what, as a drawing's source
    Graph(GraphArguments),
    /// Show a saved plan
    Show(ShowArguments),
    /// Plan, ask, and take back the last run, or one resource's
    Rollback(RollbackArguments),
    /// Show how containers stand on their hosts
    Status(StatusArguments),
    /// Print what a container has written, on all its hosts
    Logs(LogsArguments),
    /// Run a command in a container
    Exec(ExecArguments),
    /// Take the lock from a run that is no longer there
    Unlock(UnlockArguments),
    /// Look into the state, and edit it
    #[command(subcommand, arg_required_else_help = true)]
    State(StateCommand),
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct CommonArguments {
    /// Where to deploy to [default: simulated]
    ///
    /// `simulated` is a cloud in a folder: nothing real is created.
    /// `aws` is AWS itself; `hosts`, machines that are there already.
    /// Without the flag, `IRONWRIGHT_TARGET` decides, then `App::target`.
    #[arg(verbatim_doc_comment, long, value_name = "TARGET", help_heading = WHERE)]
    pub(crate) target: Option<String>,
    /// Which deployment of the app it is [default: dev]
    ///
    /// Each stage has a state of its own, below the folder of the state.
    #[arg(verbatim_doc_comment, long, value_name = "NAME", help_heading = WHERE)]
    pub(crate) stage: Option<String>,
    /// Folder of the state, or its URL
    ///
    /// In an object store: `s3://BUCKET/PREFIX`, `gs://…`, `az://…`,
    /// `file:///FOLDER`. Needs the feature `remote-state`.
    #[arg(verbatim_doc_comment, long, value_name = "DIR|URL", default_value = ".ironwright", help_heading = WHERE)]
    pub(crate) state: PathBuf,
    /// Set a variable or a stack parameter; repeatable
    ///
    /// The program reads it with `inputs.get("NAME")`.
    /// One that nothing reads is reported.
    #[arg(verbatim_doc_comment, long = "var", value_name = "NAME=VALUE", value_parser = variable, help_heading = WHERE)]
    pub(crate) vars: Vec<(String, String)>,
    /// Print one JSON object a line
    ///
    /// The first says the version of the format.
    /// docs/json-output.md describes all of them.
    #[arg(verbatim_doc_comment, long, help_heading = WHERE)]
    pub(crate) json: bool,
    /// Print without colours
    ///
    /// A pipe and the environment variable `NO_COLOR` do the same.
    #[arg(verbatim_doc_comment, long, help_heading = WHERE)]
    pub(crate) no_color: bool,
}

/// What commands take that make a plan.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlanningArguments {
    /// Read the cloud first [default: true]
    ///
    /// `--refresh=false` believes the state: faster, and blind to drift.
    #[arg(
        verbatim_doc_comment,
        long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1,
        require_equals = true, action = clap::ArgAction::Set, hide_default_value = true, hide_possible_values = true
    )]
    pub(crate) refresh: bool,
    /// Replace this resource; repeatable
    ///
    /// It is destroyed and created anew even if nothing about it changed.
    #[arg(verbatim_doc_comment, long, value_name = "ADDRESS", value_parser = address)]
    pub(crate) replace: Vec<Address>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) renames: RenameArguments,
    /// Show the source line of each resource
    #[arg(long = "where")]
    pub(crate) sources: bool,
}

/// What commands take that change something.
#[derive(Args, Clone, Debug)]
pub(crate) struct ChangingArguments {
    /// Do not ask
    ///
    /// Needed where nobody can be asked: in a pipe, in CI, with `--json`.
    #[arg(verbatim_doc_comment, short, long, visible_alias = "auto-approve")]
    pub(crate) yes: bool,
    /// Operations at the same time
    #[arg(long, value_name = "N", default_value = "10", value_parser = parallelism)]
    pub(crate) parallelism: usize,
    /// Do not wait for what nothing else of the run needs
    ///
    /// It is left as soon as the cloud has accepted it, ready or not; the
    /// next plan says how that ended. What others need is waited for.
    #[arg(verbatim_doc_comment, long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
}

/// `apply`.
#[derive(Args, Debug)]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    pub(crate) planning: PlanningArguments,
    #[command(flatten)]
    pub(crate) changing: ChangingArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `plan`.
#[derive(Args, Debug)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) planning: PlanningArguments,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "text|md", hide_possible_values = true)]
    pub(crate) format: PlanFormat,
    /// Exit with 2 where there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) saving: SavingArguments,
    #[command(flatten)]
    pub(crate) secrets: SecretsArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `destroy`.
#[derive(Args, Debug)]
pub(crate) struct DestroyArguments {
    /// Read the cloud first [default: true]
    ///
    /// `--refresh=false` believes the state: faster, and blind to drift.
    #[arg(
        verbatim_doc_comment,
        long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1,
        require_equals = true, action = clap::ArgAction::Set, hide_default_value = true, hide_possible_values = true
    )]
    pub(crate) refresh: bool,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) changing: ChangingArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `output`.
#[derive(Args, Debug)]
pub(crate) struct OutputArguments {
    /// Print the value of this one alone; also STACK/NAME
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) secrets: SecretsArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `synth`.
#[derive(Args, Debug)]
pub(crate) struct SynthArguments {
    /// How to write the templates
    #[arg(long, value_enum, default_value_t = TemplateFormat::Json, value_name = "json|yaml", hide_possible_values = true)]
    pub(crate) format: TemplateFormat,
    /// Write a file for each stack into this folder
    ///
    /// Without it, the template goes to standard output.
    #[arg(verbatim_doc_comment, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `validate`.
#[derive(Args, Debug)]
pub(crate) struct ValidateArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `refresh`.
#[derive(Args, Debug)]
pub(crate) struct RefreshArguments {
    /// Take over into the state what the cloud has
    ///
    /// The program stays: where it says otherwise, the next plan does too.
    #[arg(long)]
    pub(crate) accept: bool,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `graph`.
#[derive(Args, Debug)]
pub(crate) struct GraphArguments {
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot, value_name = "dot|mermaid", hide_possible_values = true)]
    pub(crate) format: GraphFormat,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// `completions`.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For a terminal
    Text,
    /// Markdown, for a pull request
    Md,
}

/// How a template is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TemplateFormat {
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
}

impl ProgramCommand {
    /// What every command takes.
    pub(crate) fn common(&self) -> &CommonArguments {
        match self {
            Self::Apply(arguments) => &arguments.apply.common,
            Self::Plan(arguments) => &arguments.common,
            Self::Destroy(arguments) => &arguments.common,
            Self::Output(arguments) => &arguments.common,
            Self::Synth(arguments) => &arguments.common,
            Self::Validate(arguments) => &arguments.common,
            Self::Refresh(arguments) => &arguments.common,
            Self::Import(arguments) => &arguments.common,
            Self::Graph(arguments) => &arguments.common,
            Self::Show(arguments) => &arguments.common,
            Self::Rollback(arguments) => &arguments.common,
            Self::Status(arguments) => &arguments.common,
            Self::Logs(arguments) => &arguments.common,
            Self::Exec(arguments) => &arguments.common,
            Self::Unlock(arguments) => &arguments.common,
            Self::State(command) => command.common(),
        }
    }
}

impl Arguments {
    /// The command; `apply` where none is given.
    pub(crate) fn into_command(self) -> Command {
        let apply = ApplyCommandArguments { file: None, apply: self.apply };
        self.command.unwrap_or(Command::OfProgram(ProgramCommand::Apply(apply)))
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn address(text: &str) -> Result<Address, String> {
    if text.contains('/') {
        Ok(Address::new(text))
    } else {
        Err("expected STACK/NAME, as `state list` prints it".to_owned())
    }
}

fn parallelism(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number from 1 up".to_owned()),
        Ok(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_is_what_a_person_reads() {
        let mut root = Arguments::command();
        root.build();
        insta::assert_snapshot!("help", root.render_help());
        insta::assert_snapshot!("help_of_plan", root.find_subcommand_mut("plan").unwrap().render_long_help());
    }

    #[test]
    fn help_fits_into_eighty_columns() {
        let mut root = Arguments::command();
        root.build();
        let mut helps = vec![root.render_help().to_string()];
        helps.push(root.render_long_help().to_string());
        for command in root.get_subcommands_mut() {
            helps.extend([command.render_help().to_string(), command.render_long_help().to_string()]);
        }
        let wide: Vec<_> =
            helps.iter().flat_map(|help| help.lines()).filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }

    fn parsed(line: &str) -> Result<Arguments, String> {
        let words = std::iter::once("ironwright").chain(line.split_whitespace());
        Arguments::try_parse_from(words).map_err(|error| error.to_string())
    }

    #[test]
    fn refresh_is_on_unless_said_otherwise() {
        let refresh = |line| parsed(line).unwrap().apply.planning.refresh;
        assert!(refresh("") && refresh("--refresh") && refresh("--refresh=true"));
        assert!(!refresh("--refresh=false"));
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        for line in ["--var x", "--var =x", "--parallelism 0", "--replace server", "plan --yes", "frobnicate"] {
            assert!(parsed(line).is_err(), "{line}");
        }
        assert!(parsed("--var x=a=b --parallelism 3 --replace web/server").is_ok());
    }
}
