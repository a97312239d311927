//! Encryption of secrets at rest with [age](https://age-encryption.org): the vault of the `ironwright` binary, and of
//! programs with the feature `encryption`.
//!
//! Who may open what is told by [`Access`]; how it is spelled in a state is [`AgeVault`]'s. The environment is read by
//! whoever calls [`Access::given`].

mod access;
mod cipher;
mod vault;

pub use access::{Access, Given};
pub use vault::AgeVault;
