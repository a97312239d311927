//! The steps of a rollout.

use std::fmt;

/// A step on a host. Each may be taken again when it is not known whether it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Remove the file with an environment that a killed run left.
    RemoveEnvironment,
    /// Bring the image.
    BringImage,
    /// Make a network, where there is none.
    EnsureNetwork(String),
    /// Make the edge run with the ports it needs.
    EnsureEdge,
    /// Make the container of the wanted release.
    Create(String),
    /// Make the container that tries the wanted release, without its ports.
    CreateTrial(String),
    /// Join a container to a network.
    Connect {
        /// The container.
        container: String,
        /// The network.
        network: String,
    },
    /// Start a container, which Docker shall start again as said.
    Start {
        /// The container.
        container: String,
        /// The restart policy.
        restart: String,
    },
    /// Ask a container whether it serves, until it does or its time is up.
    Gate(String),
    /// Docker shall start a container again as said, from now on.
    Restart {
        /// The container.
        container: String,
        /// The restart policy.
        restart: String,
    },
    /// Send the traffic of the edge to a container.
    Switch(String),
    /// Take the route out of the edge.
    Unroute,
    /// Send the traffic of the edge to the container it was taken from, which asks for an edge where the wanted release does not.
    Reroute(String),
    /// Let a container end what it has begun.
    Drain(String),
    /// Stop a container for good, and keep it.
    Retire(String),
    /// Remove a container.
    Remove(String),
    /// Remove the images that no release needs any more.
    Sweep,
    /// Nothing is left to do.
    Done,
    /// What went wrong is undone as far as can be.
    Failed,
}

impl Step {
    /// Whether it changes nothing that serves: it is done on all hosts before any of them gets the new version.
    pub fn prepares(&self) -> bool {
        matches!(self, Self::RemoveEnvironment | Self::BringImage | Self::EnsureNetwork(_))
    }

    /// Whether the host has the same containers after it, in the same state, so that there is no need to look again.
    pub(in crate::rollout) fn only_asks(&self) -> bool {
        matches!(self, Self::BringImage | Self::EnsureNetwork(_) | Self::Gate(_) | Self::Sweep)
    }
}

/// The step as progress tells of it.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoveEnvironment => f.write_str("removing a file that a killed run left"),
            Self::BringImage => f.write_str("bringing the image"),
            Self::EnsureNetwork(network) => write!(f, "looking after the network {network}"),
            Self::EnsureEdge => f.write_str("looking after the edge"),
            Self::Create(container) => write!(f, "making {container}"),
            Self::CreateTrial(container) => write!(f, "making {container}, which tries it without its ports"),
            Self::Connect { container, network } => write!(f, "joining {container} to the network {network}"),
            Self::Start { container, .. } => write!(f, "starting {container}"),
            Self::Gate(container) => write!(f, "waiting for {container} to get healthy"),
            Self::Restart { container, restart } => write!(f, "setting the restart policy of {container} to {restart}"),
            Self::Switch(container) => write!(f, "sending traffic to {container}"),
            Self::Unroute => f.write_str("taking it out of the edge"),
            Self::Reroute(container) => write!(f, "giving {container} back what the edge sent it"),
            Self::Drain(container) => write!(f, "draining {container}"),
            Self::Retire(container) => write!(f, "stopping {container}"),
            Self::Remove(container) => write!(f, "removing {container}"),
            Self::Sweep => f.write_str("removing images that are needed no more"),
            Self::Done => f.write_str("done"),
            Self::Failed => f.write_str("failed"),
        }
    }
}
