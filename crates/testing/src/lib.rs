//! What `cargo test` of an Ironwright program needs: deploy it in memory, and assert on what comes of it.
//!
//! ```
//! use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
//! use ironwright_core::App;
//! use ironwright_testing::{deploy, plan, plan_change};
//!
//! fn app() -> App {
//!     let mut app = App::new("shop").region("us-west-2");
//!     let web = app.stack("web");
//!     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
//!     let server = web.add("server", Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]));
//!     web.output("address", server.public_ip());
//!     app
//! }
//!
//! // The whole plan and apply, on a simulated cloud, in milliseconds.
//! let deployed = deploy(app());
//! assert_eq!(deployed.find::<SecurityGroup>("web/firewall").inbound()[0].to_string(), "tcp 80 from 0.0.0.0/0");
//! assert!(deployed.output("address").is_ipv4());
//!
//! // A plan alone: what is known only after apply cannot be asserted on.
//! assert!(plan(app()).output("address").is_known_after_apply());
//!
//! // What a change of the program would do to what is there.
//! plan_change(app(), app()).assert_not_replaced("web/server");
//! ```
//!
//! Every function that fails panics at the line of the test that called it, with all that is wrong. No test passes by
//! silence: an assertion on a value that is unknown, missing or secret fails (invariant I9). The guide is
//! `docs/testing.md`.

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
