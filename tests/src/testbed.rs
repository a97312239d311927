//! Hosts made of namespaces of this machine: sshd, a Docker daemon, a network that can be cut. Nothing is fetched from
//! anywhere, and nothing stays: a host ends with the process that made it, however that ends.
//!
//! They need root and some packages; [`available`] says what is missing. `host.sh` is what runs inside.
//!
//! A [`TestHost`] is there in two seconds. A [`FaithfulHost`] boots, and its first boot is done by cloud-init. A [`Cloud`] is
//! an emulated AWS whose instances are such hosts. A [`Load`] is what users do meanwhile.

mod cloud;
pub mod cost;
mod faithful;
mod host;
mod images;
mod load;
mod local_docker;
mod parts;
mod steps;

pub use cloud::Cloud;
pub use faithful::{FaithfulHost, FirstBoot};
pub use host::{Docker, TestHost};
pub use images::{caddy_available, edge_root, python_root};
pub use load::{Figures, Load};
pub use local_docker::LocalDocker;
pub use parts::{available, faithful_available};
pub use steps::{Death, Fate, Steps, Walk};
