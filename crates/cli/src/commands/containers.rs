//! What `status`, `logs` and `exec` share: the containers of a state, and how to get to their hosts.

use ironwright_core::nearest::nearest;
use ironwright_core::{Address, Diagnostic};
#[cfg(feature = "docker")]
use ironwright_deploy::operate::{Deployed, OperateError, Operator};
#[cfg(feature = "docker")]
use ironwright_engine::Engine;
use ironwright_engine::{Record, State};

use crate::error::CommandError;
use crate::session::{Run, Session, Story};
#[cfg(feature = "docker")]
use crate::subject::Deployment;
use crate::target::{Access, Target};

/// The type of containers.
const CONTAINER: &str = "Docker::Container";

/// The containers of a state.
pub(super) struct Containers {
    #[cfg(feature = "docker")]
    engine: Engine,
    #[cfg(feature = "docker")]
    deployment: Deployment,
    state: State,
    is_simulated: bool,
}

impl Containers {
    /// Those of what `session` is about, for `command`.
    pub(super) fn of(session: &Session<'_>, command: &str, story: Story) -> Result<Self, CommandError> {
        let deployment = session.deployment()?;
        let engine = session.engine(&deployment, story, Access::State, Run::reading(command))?;
        let state = session.runtime()?.block_on(engine.state())?;
        let is_simulated = session.target(&deployment)? == Target::Simulated;
        Ok(Self {
            #[cfg(feature = "docker")]
            engine,
            #[cfg(feature = "docker")]
            deployment,
            state,
            is_simulated,
        })
    }

    /// Whether they are simulated.
    pub(super) fn are_simulated(&self) -> bool {
        self.is_simulated
    }

    /// All of them, by address.
    pub(super) fn all(&self) -> impl Iterator<Item = &Record> {
        self.state.resources.values().filter(|record| record.type_name == CONTAINER)
    }

    /// The one at `address`.
    pub(super) fn find(&self, address: &Address) -> Result<&Record, CommandError> {
        match self.state.resources.get(address) {
            Some(record) if record.type_name == CONTAINER => Ok(record),
            Some(record) => {
                let message = format!("`{address}` is no container: it is {}", record.type_name);
                Err(self.known(Diagnostic::error("no-container", message), address).into())
            }
            None => {
                let error = Diagnostic::error("not-in-state", format!("`{address}` is not in the state"));
                Err(self.known(error, address).into())
            }
        }
    }

    /// `error`, with the containers that there are.
    fn known(&self, error: Diagnostic, address: &Address) -> Diagnostic {
        let known: Vec<&str> = self.all().map(|record| record.address.as_str()).collect();
        match nearest(address.as_str(), known.iter().copied().filter(|other| *other != address.as_str())) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.help("no container is deployed; `apply` deploys what the program has"),
            None => error.help(format!("containers are: {}", known.join(", "))),
        }
    }

    /// The container at `address`, on hosts that are real.
    pub(super) fn real(&self, address: &Address, what: &str) -> Result<&Record, CommandError> {
        let record = self.find(address)?;
        if self.is_simulated {
            let message = format!("`{address}` is simulated: {what}");
            let error = Diagnostic::error("simulated", message);
            return Err(error.help("`--target` says where real containers are: `aws` or `hosts`").into());
        }
        Ok(record)
    }
}

#[cfg(feature = "docker")]
impl Containers {
    /// The container of `record`, and how to get to its hosts.
    pub(super) fn deployed(&self, record: &Record) -> Result<Deployed, CommandError> {
        let applied = self.engine.applied(&self.state, record);
        let deployed = Deployed::new(&self.deployment.app, &self.deployment.stage, &applied);
        deployed.map_err(|error| refused(&error, &record.address))
    }
}

/// What has connections to hosts.
#[cfg(feature = "docker")]
pub(super) fn operator(session: &Session<'_>, address: &Address) -> Result<Operator, CommandError> {
    Operator::new(session.clock()).map_err(|error| refused(&error, address))
}

/// `error` about the container at `address`.
#[cfg(feature = "docker")]
pub(super) fn refused(error: &OperateError, address: &Address) -> CommandError {
    error.diagnostic().at(address).into()
}

/// The error of a build that cannot reach hosts.
#[cfg(not(feature = "docker"))]
pub(super) fn no_docker() -> CommandError {
    let error =
        Diagnostic::error("feature-missing", "hosts are reached by the feature `docker`, which is not in this build");
    error.help("add the feature: `cargo add ironwright --features docker`").into()
}
