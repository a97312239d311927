//! The simulated AWS over HTTP: the Cloud Control protocol for every type, and enough of STS to say who one is.
//!
//! [`Cloud`] answers requests as data and knows no socket; [`Server`] carries them over HTTP. What the resources do is in
//! `ironwright-simulated`; nothing here knows a type. See `docs/simulated-cloud.md`, "Served".

mod caller;
mod cloud;
mod cloud_control;
mod dice;
mod disturbances;
mod exchange;
mod problem;
mod scope;
mod server;

#[cfg(test)]
mod tests;

pub use cloud::Cloud;
pub use disturbances::{Disturbances, UnknownDisturbance};
pub use exchange::{Answer, Request, Response};
pub use server::Server;
