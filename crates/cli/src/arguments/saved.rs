//! Saved plans on the command line: `plan --out`, `plan --destroy`, `apply FILE`, `show FILE`.

use std::path::PathBuf;

use clap::Args;

use super::{ApplyArguments, CommonArguments, PlanFormat};

/// What `plan` takes besides.
#[derive(Args, Debug)]
pub(crate) struct SavingArguments {
    /// Save the plan in this file, for `apply FILE`
    ///
    /// It holds no secrets in the clear, and applies as exactly what is
    /// shown, or is refused.
    #[arg(verbatim_doc_comment, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Plan to destroy everything of the stage
    ///
    /// What `destroy` would do; with `--out`, to apply it later.
    #[arg(verbatim_doc_comment, long, conflicts_with = "replace")]
    pub(crate) destroy: bool,
}

/// `apply`, of a saved plan too.
#[derive(Args, Debug)]
pub(crate) struct ApplyCommandArguments {
    /// Apply exactly this saved plan, without being asked
    ///
    /// What `plan --out FILE` wrote. Where anything has moved since, it is
    /// refused with what moved. It brings the options it was made with.
    #[arg(
        verbatim_doc_comment,
        value_name = "FILE",
        conflicts_with_all = ["refresh", "replace", "SelectionArguments", "RenameArguments"]
    )]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) apply: ApplyArguments,
}

/// `show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// What `plan --out FILE` wrote
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "text|md", hide_possible_values = true)]
    pub(crate) format: PlanFormat,
    /// Show the source line of each resource
    #[arg(long = "where")]
    pub(crate) sources: bool,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::arguments::Arguments;

    fn accepts(line: &str) -> bool {
        Arguments::try_parse_from(std::iter::once("ironwright").chain(line.split_whitespace())).is_ok()
    }

    #[test]
    fn a_saved_plan_brings_its_options() {
        for line in ["apply x.plan", "apply x.plan --yes --where --parallelism 2 --var a=b", "plan --destroy --out x"] {
            assert!(accepts(line), "{line}");
        }
        for line in [
            "apply x.plan --refresh=false",
            "apply x.plan --replace web/a",
            "apply x.plan --only web",
            "apply x.plan --exclude web",
            "apply x.plan --no-rename web/a",
            "apply x.plan y.plan",
            "plan --destroy --replace web/a",
            "show",
            "x.plan",
        ] {
            assert!(!accepts(line), "{line}");
        }
    }
}
