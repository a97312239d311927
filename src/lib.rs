//! Infrastructure as Rust code: typed AWS resources, a plan before every change, tests on a simulated cloud.
//!
//! A program is a function that returns an [`App`]; [`run`] turns it into a command line with `plan`, `apply`, `output`,
//! `synth`, `destroy` and the rest:
//!
//! ```no_run
//! use ironwright::aws::ec2::{docker_install, Instance, SecurityGroup};
//! use ironwright::prelude::*;
//!
//! fn main() -> std::process::ExitCode {
//!     ironwright::run(app)
//! }
//!
//! fn app() -> App {
//!     let mut app = App::new("python-app").region("us-west-2");
//!     let stack = app.stack("web");
//!
//!     let firewall = stack.add("firewall", SecurityGroup::new("HTTP from anywhere").allow_inbound(tcp(80), anywhere()));
//!     let server = stack.add(
//!         "server",
//!         Instance::new()
//!             .ami("ami-12345678")
//!             .instance_type("t2.micro")
//!             .user_data(docker_install())
//!             .security_group_ids([firewall.group_id()]),
//!     );
//!
//!     stack.output("instance_public_ip", server.public_ip());
//!     app
//! }
//! ```
//!
//! This crate is a facade: it re-exports the layers below and holds no logic of its own.

use std::process::ExitCode;

pub use ironwright_aws as aws;
pub use ironwright_cli::IntoProgram;
pub use ironwright_cloudformation as cloudformation;
pub use ironwright_core as core;
pub use ironwright_core::{App, text};
pub use ironwright_deploy as docker;
pub use ironwright_engine as engine;
pub use ironwright_simulated as simulated;
pub use ironwright_testing as testing;

/// The names that most programs need.
pub mod prelude {
    #[cfg(feature = "ec2")]
    pub use ironwright_aws::ec2::{anywhere, anywhere_ipv6, cidr, tcp, udp};
    pub use ironwright_core::resource::Attributes;
    pub use ironwright_core::stack::Parameter;
    pub use ironwright_core::value::{account_id, availability_zones, partition, region};
    pub use ironwright_core::{
        App, Handle, InputError, Inputs, IntoValue, Resource, Scope, Secret, Stack, Taggable, Text, Value, text,
    };
}

/// Runs the command line of a program: reads the arguments, does what they say, and returns the exit code.
///
/// `app` is `fn() -> App` or `fn(&Inputs) -> App`, either of them also returning `Result`.
pub fn run<M>(app: impl IntoProgram<M>) -> ExitCode {
    static FACTS: core::facts::Chained<2> = core::facts::Chained([aws::facts, docker::facts]);
    ironwright_cli::run(app, &FACTS)
}
