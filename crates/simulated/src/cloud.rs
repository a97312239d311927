//! The simulated cloud itself: how it is opened, what tests may ask of it and do to it behind a program's back.

use std::path::PathBuf;
use std::sync::Arc;

use ironwright_core::facts::FactSource;

use crate::faults::Faults;

/// A simulated AWS account, in every region at once.
///
/// A clone is the same cloud.
#[derive(Clone)]
pub struct SimulatedCloud {
    pub(crate) facts: Arc<dyn FactSource>,
    pub(crate) faults: Faults,
}

/// Why a simulated cloud in a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// The folder, or a file in it, cannot be made, read or written.
    #[error("the simulated cloud in {} cannot be used: {source}", path.display())]
    Storage {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl SimulatedCloud {
    /// A cloud that lives as long as this value and its clones.
    pub fn in_memory(facts: Arc<dyn FactSource>) -> Self {
        Self { facts, faults: Faults::default() }
    }

    /// The cloud that is kept in `folder`, which is made if it is not there. Other processes may use it at the same time.
    pub fn in_folder(facts: Arc<dyn FactSource>, folder: impl Into<PathBuf>) -> Result<Self, CloudError> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder).map_err(|source| CloudError::Storage { path: folder, source })?;
        Ok(Self::in_memory(facts))
    }

    /// The same cloud, in which things go wrong.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }
}
