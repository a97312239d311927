//! Docker images, containers on hosts and SSH keys as resources: typed, planned, simulated and rolled out like any other.
//!
//! The types and their facts are always here and cost nothing to build; what talks to Docker and to hosts is behind the
//! feature `docker`.

#[cfg(feature = "docker")]
pub mod archive;
pub mod assets;
#[cfg(feature = "docker")]
pub mod command;
mod container;
#[cfg(feature = "docker")]
pub mod content;
#[cfg(feature = "docker")]
pub mod delivery;
mod dockerfile;
pub mod edge;
mod facts;
mod hash;
mod health;
mod host;
mod image;
mod key;
pub mod kinds;
mod nested;
#[cfg(feature = "docker")]
pub mod operate;
#[cfg(feature = "docker")]
pub mod provider;
#[cfg(feature = "docker")]
pub mod readiness;
#[cfg(feature = "docker")]
pub mod registry;
pub mod registry_access;
#[cfg(feature = "docker")]
pub mod remote_registry;
#[cfg(feature = "docker")]
pub mod rollout;
mod rules;
mod sensitive;
pub mod spec;
#[cfg(feature = "docker")]
pub mod ssh;
#[cfg(feature = "docker")]
mod transfer;

pub use container::{Container, ContainerAttributes, Restart};
pub use dockerfile::{Dockerfile, DockerfileSource};
pub use edge::Edge;
pub use facts::{facts, type_names};
pub use health::{Health, http};
pub use host::{Host, IntoIdentity};
#[cfg(feature = "docker")]
pub use image::make;
pub use image::{DockerImage, ImageAttributes};
pub use key::{SshKey, SshKeyAttributes};
pub use kinds::{ImageDigest, ImageReference, SshPrivateKey, SshPublicKey};

/// The prefixes of the types of this crate.
pub const PREFIXES: &[&str] = &["Docker::", "SSH::"];
