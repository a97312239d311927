//! `import ADDRESS ID`.

use clap::Args;
use ironwright_core::{Address, Import};
use ironwright_engine::PlanOptions;

use super::{ChangingArguments, CommonArguments};

/// `import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// The resource of the program that describes it
    #[arg(value_name = "ADDRESS", value_parser = super::address)]
    pub(crate) address: Address,
    /// Its id in the cloud, as `state show` prints it of others
    #[arg(value_name = "ID")]
    pub(crate) physical_id: String,
    /// Replace it where it cannot be changed in place
    ///
    /// It is imported, made anew as the program says, and then destroyed.
    #[arg(verbatim_doc_comment, long, value_name = "ADDRESS", value_parser = super::address)]
    pub(crate) replace: Vec<Address>,
    #[command(flatten)]
    pub(crate) changing: ChangingArguments,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

impl ImportArguments {
    /// `options` for this import, and for nothing else.
    pub(crate) fn only(&self, options: PlanOptions) -> PlanOptions {
        let import = Import { address: self.address.clone(), physical_id: self.physical_id.clone(), source: None };
        PlanOptions { only: vec![self.address.clone()], imports: vec![import], ..options }
    }
}
