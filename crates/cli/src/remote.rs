//! States in an object store: what `--state URL` means. Without the feature `remote-state` it is told which one is missing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ironwright_core::Diagnostic;
use ironwright_engine::Store;

use crate::error::CommandError;

/// Whether `--state` is a URL, and no folder.
pub(crate) fn is_url(state: &Path) -> bool {
    state.to_str().is_some_and(|text| text.contains("://"))
}

/// A state in an object store.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    #[cfg(feature = "remote-state")]
    location: ironwright_remote::Location,
    lease: Option<Duration>,
}

impl Remote {
    /// The state at `url`.
    #[cfg(feature = "remote-state")]
    pub(crate) fn at(url: &Path) -> Result<Self, CommandError> {
        let wrong = |error: ironwright_remote::LocationError| {
            let help = "write `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or `file:///FOLDER`";
            CommandError::usage(Diagnostic::error("state-url", error.to_string()).help(help))
        };
        let location = url.to_string_lossy().parse().map_err(wrong)?;
        Ok(Self { location, lease: None })
    }

    /// That this build has no states at URLs.
    #[cfg(not(feature = "remote-state"))]
    pub(crate) fn at(url: &Path) -> Result<Self, CommandError> {
        let message = format!("the state {} is in an object store, and this build knows folders alone", url.display());
        let help = "add the feature: `cargo add ironwright --features remote-state`, then type the command again";
        Err(CommandError::usage(Diagnostic::error("feature-missing", message).help(help)))
    }

    /// The same, with locks that last for `lease` without a sign of life; as usual where there is none.
    pub(crate) fn with_lease(mut self, lease: Option<Duration>) -> Self {
        self.lease = lease;
        self
    }

    /// The store of `stage` of `app`.
    #[cfg(feature = "remote-state")]
    pub(crate) fn store(&self, app: &str, stage: &str) -> Arc<dyn Store> {
        let clock = Arc::new(ironwright_engine::SystemClock::new());
        let store = ironwright_remote::RemoteStore::new(&self.location, app, stage, clock);
        Arc::new(store.with_lease(self.lease.unwrap_or(ironwright_remote::LEASE)))
    }

    /// There is none to make a store of.
    #[cfg(not(feature = "remote-state"))]
    #[expect(clippy::unused_self, reason = "the same face as with the feature")]
    pub(crate) fn store(&self, _: &str, _: &str) -> Arc<dyn Store> {
        Arc::new(ironwright_engine::MemoryStore::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_from_a_folder() {
        assert!(is_url(Path::new("s3://bucket/prefix")) && is_url(Path::new("file:///srv")));
        assert!(!is_url(Path::new(".ironwright")) && !is_url(Path::new("/srv/s3:/x")));
    }

    #[cfg(not(feature = "remote-state"))]
    #[test]
    fn a_build_without_the_feature_names_it() {
        let error = Remote::at(Path::new("s3://bucket")).expect_err("not in this build");
        assert!(error.diagnostics.to_string().contains("s3://bucket"), "{}", error.diagnostics);
        assert!(error.diagnostics.iter().any(|it| format!("{it:?}").contains("--features remote-state")));
    }

    #[cfg(feature = "remote-state")]
    #[test]
    fn a_url_of_another_kind_is_refused() {
        let error = Remote::at(Path::new("ftp://bucket")).expect_err("unknown");
        assert!(error.diagnostics.to_string().contains("`ftp` is none of"), "{}", error.diagnostics);
    }
}
