//! Hosts over SSH: the system's own `ssh` with its configuration, jump hosts and agent, one connection a host, and host keys
//! that are always verified.
//!
//! [`Connections`] holds what a run is connected to. A [`Connection`] runs [commands](crate::command), follows what they
//! print, and forwards ports both ways; it is made when it is first used and made again after a cut. What goes wrong is a
//! [`SshError`], which says what to do.

mod config;
mod connection;
mod destination;
mod error;
mod fingerprint;
mod folder;
mod forward;
mod host_key;
mod key_pair;
mod log;
mod master;
mod output;
mod pool;
mod sink;

pub use connection::Connection;
pub use destination::{Destination, HostKeys, Identity, InvalidDestination};
pub use error::{SshError, SshErrorKind};
pub use host_key::{HostKey, InvalidHostKey};
pub use key_pair::{KeyPair, NoRandomness};
pub use output::{CommandFailed, Line, Output};
pub use pool::Connections;
