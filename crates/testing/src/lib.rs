//! What `cargo test` of an Ironwright program needs: deploy it in memory, and assert on what comes of it.

mod app;
mod change;
mod clock;
mod deployment;
mod error;
mod found;
mod observed;
mod path;
mod planned;
mod resources;
#[cfg(feature = "ec2")]
mod rules;
mod runtime;
mod session;
mod snapshot;
mod template;
mod text;

#[cfg(test)]
mod check;

pub use app::IntoApp;
pub use change::PlannedChange;
pub use clock::VirtualClock;
pub use deployment::{Deployed, Deployment, deploy, plan, plan_change};
pub use error::DeployError;
pub use found::Found;
pub use ironwright_engine::{Action, Change, PropertyChange, Reason};
pub use ironwright_simulated::{Faults, SimulatedCloud};
pub use observed::Observed;
#[cfg(feature = "ec2")]
pub use rules::{Ports, Rule};
pub use template::{StackTemplate, TemplateResource, template};
