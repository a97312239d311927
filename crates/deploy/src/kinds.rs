//! Kinds of the values that images, containers and keys pass to each other.

ironwright_core::id_kind! {
    /// A reference to an image, `nginx:1.27` or `shop/app@sha256:…`.
    ImageReference,
    /// The digest of an image's manifest, `sha256:…`.
    ImageDigest,
    /// A public key in one line, `ssh-ed25519 AAAA…`.
    SshPublicKey,
    /// A private key in OpenSSH's format.
    SshPrivateKey,
}
