//! Hosts made of namespaces of this machine: sshd, a Docker daemon, a network that can be cut. Nothing is fetched from
//! anywhere, and nothing stays: a host ends with the process that made it, however that ends.
//!
//! They need root and some packages; [`available`] says what is missing. `host.sh` is what runs inside.

mod host;
mod local_docker;
mod parts;

pub use host::{Docker, TestHost};
pub use local_docker::LocalDocker;
pub use parts::available;
