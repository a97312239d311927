//! What is no rename, whatever it looks like: `--no-rename`.

use clap::Args;
use ironwright_core::Address;
use ironwright_engine::PlanOptions;

/// What commands take that find renames.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RenameArguments {
    /// No rename, though it looks like one; repeatable
    ///
    /// The address of what is new, or of what the program has no longer.
    #[arg(verbatim_doc_comment, long, value_name = "ADDRESS", value_parser = super::address)]
    pub(crate) no_rename: Vec<Address>,
}

impl RenameArguments {
    /// `options` with what is no rename.
    pub(crate) fn note(&self, options: PlanOptions) -> PlanOptions {
        PlanOptions { not_moved: self.no_rename.clone(), ..options }
    }
}
