//! `Host`: a machine with Docker that containers run on, reached over SSH.

use std::time::Duration;

use ironwright_core::kinds::List;
use ironwright_core::resource::PublicAddress;
use ironwright_core::{Bag, Boolean, Handle, Integer, IntoTree, IntoValue, Resource, Secret, Text, Value};

use crate::kinds::{SshPrivateKey, SshPublicKey};
use crate::nested::nested;

/// A machine with Docker, reached over SSH. Its key is always verified: against `known_hosts`, or against a key given here.
///
/// ```
/// use ironwright_core::Secret;
/// use ironwright_deploy::Host;
///
/// Host::at("192.0.2.10").user("ubuntu").identity_file("~/.ssh/deploy");
/// Host::at("10.0.0.5").jump(Host::at("bastion.example.com")).ensure_docker();
/// Host::at("192.0.2.10").identity(Secret::new("-----BEGIN OPENSSH PRIVATE KEY-----…"));
/// ```
///
/// A private key is a [`Secret`] or a reference to one; text in the program is neither:
///
/// ```compile_fail
/// ironwright_deploy::Host::at("192.0.2.10").identity("-----BEGIN OPENSSH PRIVATE KEY-----…");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Host(Bag);

nested!(Host);

impl Host {
    /// The machine at an address or under a name that DNS or the SSH configuration knows.
    #[track_caller]
    pub fn at(address: impl IntoValue<Text>) -> Self {
        Self(Bag::new().set("Address", address))
    }

    /// The machine that `resource` is, at its public address.
    #[track_caller]
    pub fn of<R>(resource: &Handle<R>) -> Self
    where
        R: Resource,
        R::Attributes: PublicAddress,
    {
        Self::at(resource.public_address())
    }

    /// The user to log in as; that of the SSH configuration where it is not said.
    #[track_caller]
    pub fn user(self, user: impl IntoValue<Text>) -> Self {
        Self(self.0.set("User", user))
    }

    /// The port; that of the SSH configuration where it is not said.
    #[track_caller]
    pub fn port(self, port: impl IntoValue<Integer>) -> Self {
        Self(self.0.set("Port", port))
    }

    /// The private key to log in with. It is in a file only while `ssh` runs, readable by its owner alone.
    #[track_caller]
    pub fn identity(self, key: impl IntoIdentity) -> Self {
        Self(self.0.set::<SshPrivateKey>("Identity", key.into_identity()))
    }

    /// A file with the private key to log in with; `~/` is the home of whoever deploys.
    #[track_caller]
    pub fn identity_file(self, path: impl IntoValue<Text>) -> Self {
        Self(self.0.set("IdentityFile", path))
    }

    /// A public key that the machine may show. With one or more of them, `known_hosts` is not asked.
    #[track_caller]
    pub fn host_key(mut self, key: impl IntoValue<SshPublicKey>) -> Self {
        self.0.push("HostKeys", key.into_value().into_tree());
        self
    }

    /// The machine to go through.
    #[track_caller]
    pub fn jump(self, host: Host) -> Self {
        Self(self.0.set::<Host>("Jump", host))
    }

    /// Installs Docker where it is missing, on Debian, Ubuntu and Amazon Linux.
    #[track_caller]
    pub fn ensure_docker(self) -> Self {
        Self(self.0.set::<Boolean>("EnsureDocker", true))
    }

    /// How long the machine has to come up: for SSH to answer, cloud-init to end and Docker to run; five minutes where it is
    /// not said.
    #[track_caller]
    pub fn wait(self, limit: Duration) -> Self {
        Self(self.0.set::<Integer>("WaitSeconds", limit.as_secs()))
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<List<Host>> for Host {
    fn into_value(self) -> Value<List<Host>> {
        [self].into_value()
    }
}

/// What [`Host::identity`] takes: a secret, or the private half of an [`SshKey`](crate::SshKey).
#[diagnostic::on_unimplemented(
    message = "expected a private key, found `{Self}`",
    label = "this is not a private key",
    note = "give `key.private_key()` of an `SshKey`, or `Secret::new(text)`"
)]
pub trait IntoIdentity {
    /// The key.
    fn into_identity(self) -> Value<SshPrivateKey>;
}

impl IntoIdentity for Value<SshPrivateKey> {
    fn into_identity(self) -> Value<SshPrivateKey> {
        self
    }
}

impl IntoIdentity for Secret {
    fn into_identity(self) -> Value<SshPrivateKey> {
        Value::from_tree(self.into_tree())
    }
}
