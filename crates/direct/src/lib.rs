//! Real AWS: a provider on Cloud Control for every type it knows, and one on EC2's own API for what EC2 has (feature
//! `ec2`).
//!
//! Everything here talks to AWS; nothing here plans, keeps a state or prints. Calls are sent once: whether a call is sent
//! again is the engine's decision, which knows what may be sent twice.

mod call;
mod cloud_control;
mod codes;
mod connection;
#[cfg(feature = "ec2")]
mod ec2;
mod ecr;
mod error;
mod plain;
mod region;
mod stores;
mod surroundings;

pub use connection::{AccessKey, Connection, ConnectionError, ConnectionOptions, Identity};
