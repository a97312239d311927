//! The target `aws`: the connection, and who one is there. Without the feature `aws` no command gets here.

use std::sync::Arc;

use ironwright_core::facts::FactSource;
use ironwright_deploy::registry_access::RegistryAccess;
use ironwright_engine::{Clock, Provider};
use tokio::runtime::Runtime;

use crate::error::CommandError;

/// The container registries of an account.
pub(crate) type Registries = Arc<dyn RegistryAccess>;

/// AWS, connected.
pub(crate) struct Connected {
    /// What creates, reads, changes and deletes.
    pub(crate) providers: Vec<Arc<dyn Provider>>,
    /// What lets in at its container registries.
    pub(crate) registries: Registries,
    /// The account's number.
    pub(crate) account: String,
    /// The ARN of who one is.
    pub(crate) principal: String,
    /// The region of stacks that name none.
    pub(crate) region: Option<String>,
}

/// What begins a session anew, where `environment` is what the process has.
pub(crate) fn login(environment: &dyn Fn(&str) -> Option<String>) -> String {
    match environment("AWS_PROFILE").filter(|profile| !profile.is_empty()) {
        Some(profile) => format!("aws sso login --profile {profile}"),
        None => "aws sso login".to_owned(),
    }
}

/// Whether credentials that have run out can be followed by others while the process lives: not where they are in its
/// environment.
pub(crate) fn can_renew(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    environment("AWS_ACCESS_KEY_ID").is_none_or(|key| key.is_empty())
}

/// Connects, and asks who one is.
#[cfg(feature = "aws")]
pub(crate) fn connect(
    runtime: &Runtime,
    facts: &'static dyn FactSource,
    clock: &Arc<dyn Clock>,
) -> Result<Connected, CommandError> {
    use ironwright_direct::Connection;

    let connecting = async {
        let connection = Connection::open(None, clock.clone()).await;
        let identity = connection.identity().await;
        (connection, identity)
    };
    let (connection, identity) = runtime.block_on(connecting);
    let identity = identity.map_err(|error| refused(&error))?;
    let providers = connection.providers(&identity, crate::target::embedded(facts));
    let registries = connection.registries(&identity);
    Ok(Connected { providers, registries, account: identity.account, principal: identity.arn, region: identity.region })
}

/// There is nothing to connect with: no command chooses this target in this build.
#[cfg(not(feature = "aws"))]
pub(crate) fn connect(_: &Runtime, _: &'static dyn FactSource, _: &Arc<dyn Clock>) -> Result<Connected, CommandError> {
    let message = "the target `aws` is not in this build";
    Err(CommandError::usage(ironwright_core::Diagnostic::error("target-missing", message)))
}

#[cfg(feature = "aws")]
fn refused(error: &ironwright_direct::ConnectionError) -> CommandError {
    use ironwright_core::Diagnostic;
    use ironwright_direct::ConnectionError;

    let help = match error {
        ConnectionError::Credentials(_) => {
            "set AWS_PROFILE to a profile of yours, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; where a session has \
             ended, `aws sso login` begins another"
        }
        _ => "check the network, AWS_REGION and AWS_ENDPOINT_URL",
    };
    Diagnostic::error("aws-identity", error.to_string()).help(help).into()
}
