//! Images, containers and keys for real, on the targets that have machines. Without the feature `docker` there is none.

use std::path::Path;
use std::sync::Arc;

use ironwright_engine::{Clock, Provider};

use crate::aws::Registries;

/// What deploys to hosts from this machine, with assets below `root`. `cloud`: machines may be made in the same run, and
/// registries let in whoever it lets in.
#[cfg(feature = "docker")]
pub(crate) fn providers(clock: &Arc<dyn Clock>, root: &Path, cloud: Option<Registries>) -> Vec<Arc<dyn Provider>> {
    use ironwright_deploy::assets::AssetFolder;
    use ironwright_deploy::provider::{Here, Hosts};
    use ironwright_engine::OsEntropy;

    let here = Here {
        clock: clock.clone(),
        entropy: Arc::new(OsEntropy::new()),
        environment: Arc::new(crate::environment),
        assets: AssetFolder::new(root),
        content: None,
        makes_machines: cloud.is_some(),
        cloud,
    };
    vec![Arc::new(Hosts::new(here))]
}

/// Nothing does.
#[cfg(not(feature = "docker"))]
pub(crate) fn providers(_: &Arc<dyn Clock>, _: &Path, _: Option<Registries>) -> Vec<Arc<dyn Provider>> {
    Vec::new()
}
