//! `--show-secrets`: whether a command that shows values shows those of secrets too.

use clap::{Args, ValueEnum};

/// What commands take that can show secrets.
#[derive(Args, Clone, Debug)]
pub(crate) struct SecretsArguments {
    /// Show secrets; `=always` in a pipe too
    ///
    /// Without a value it needs a terminal.
    /// What is sealed in the state needs a key: docs/secrets.md.
    #[arg(
        verbatim_doc_comment, long, value_enum, value_name = "always", num_args = 0..=1, require_equals = true,
        default_missing_value = "terminal", hide_possible_values = true
    )]
    pub(crate) show_secrets: Option<ShowSecrets>,
}

/// Where secrets may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowSecrets {
    /// On a terminal
    Terminal,
    /// Wherever standard output goes
    Always,
}
