//! `SSH::Key`: a key pair that is made on the first apply and kept in the state.

use ironwright_core::{Bag, IntoValue, Text};

use crate::kinds::{SshPrivateKey, SshPublicKey};
use crate::nested::resource;

/// `SSH::Key`: an Ed25519 key pair. Identified by `Fingerprint`.
///
/// It is made on the first apply. The private half is a secret that the state alone keeps, encrypted; a state that cannot
/// be opened cannot use it, and a new pair is made by replacing it.
///
/// ```
/// use ironwright_core::App;
/// use ironwright_deploy::{Container, Host, SshKey};
///
/// let mut app = App::new("shop");
/// let web = app.stack("web");
/// let key = web.add("key", SshKey::generate());
/// web.add("app", Container::new("nginx:1.27").on(Host::at("192.0.2.10").identity(key.private_key())));
/// web.output("public_key", key.public_key());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SshKey(Bag);

resource!(SshKey, "SSH::Key", SshKeyAttributes {
    /// The public half in one line, `ssh-ed25519 AAAA…`.
    public_key -> SshPublicKey = "PublicKey",
    /// The private half in OpenSSH's format; a secret.
    private_key -> SshPrivateKey = "PrivateKey",
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    fingerprint -> Text = "Fingerprint",
});

impl SshKey {
    /// A key pair that does not exist yet.
    #[track_caller]
    pub fn generate() -> Self {
        Self(Bag::new())
    }

    /// The comment at the end of the public key.
    #[track_caller]
    pub fn comment(self, comment: impl IntoValue<Text>) -> Self {
        Self(self.0.set("Comment", comment))
    }
}
