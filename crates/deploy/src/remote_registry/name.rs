//! Names of images, as Docker reads them.

use std::net::IpAddr;

use oci_client::Reference;

/// The key under which Docker's configuration keeps the login for its own hub.
const HUB: &str = "https://index.docker.io/v1/";

/// The name of an image in a registry: where it is, its repository there, and a tag or a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName(Reference);

impl ImageName {
    /// Reads a name. `nginx` is `docker.io/library/nginx:latest`.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let invalid = |error| InvalidName { name: text.to_owned(), why: format!("{error}") };
        text.parse().map(Self).map_err(invalid)
    }

    /// Reads the name of a repository, without a tag or a digest.
    pub fn repository_of(text: &str) -> Result<Self, InvalidName> {
        let last = text.rsplit('/').next().unwrap_or_default();
        if last.contains([':', '@']) {
            let why = "it is a repository that is asked for, without a tag or a digest".to_owned();
            return Err(InvalidName { name: text.to_owned(), why });
        }
        Self::parse(text)
    }

    /// The registry's host, and its port where one is said.
    pub fn registry(&self) -> &str {
        self.0.registry()
    }

    /// The repository in the registry.
    pub fn repository(&self) -> &str {
        self.0.repository()
    }

    /// The digest, where it is named by one.
    pub fn digest(&self) -> Option<&str> {
        self.0.digest()
    }

    /// What Docker's configuration calls the registry.
    pub fn login_key(&self) -> &str {
        match self.registry() {
            "docker.io" | "index.docker.io" | "registry-1.docker.io" => HUB,
            other => other,
        }
    }

    /// The host that is asked, which is another than the one in the name for Docker's own hub.
    pub(super) fn host(&self) -> &str {
        self.0.resolve_registry()
    }

    /// Whether the registry is on this machine, where nobody can listen in.
    pub(super) fn is_local(&self) -> bool {
        let host = self.registry();
        let host = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(host, _)| host);
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        host == "localhost" || address.is_some_and(|address| address.is_loopback())
    }

    /// The image of this digest in the same repository.
    pub(super) fn with_digest(&self, digest: &str) -> Reference {
        self.0.clone_with_digest(digest.to_owned())
    }

    /// The image of this tag in the same repository.
    pub(super) fn with_tag(&self, tag: &str) -> Reference {
        Reference::with_tag(self.registry().to_owned(), self.repository().to_owned(), tag.to_owned())
    }

    /// Another repository of the same registry.
    pub(super) fn neighbour(&self, repository: String) -> Reference {
        Reference::with_tag(self.registry().to_owned(), repository, "latest".to_owned())
    }

    /// The repository, with its registry.
    pub(super) fn whole(&self) -> String {
        format!("{}/{}", self.registry(), self.repository())
    }
}

/// Text that names no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name of an image: {why}")]
pub struct InvalidName {
    name: String,
    why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, registry: &str, repository: &str, key: &str, local: bool) {
        let name = ImageName::parse(text).expect("a name");
        assert_eq!((name.registry(), name.repository(), name.login_key()), (registry, repository, key), "{text}");
        assert_eq!(name.is_local(), local, "{text}");
    }

    #[test]
    fn names_are_read_as_docker_reads_them() {
        check("nginx:1.27", "docker.io", "library/nginx", HUB, false);
        check("ghcr.io/shop/web", "ghcr.io", "shop/web", "ghcr.io", false);
        check("127.0.0.1:5000/shop", "127.0.0.1:5000", "shop", "127.0.0.1:5000", true);
        check("localhost:5000/shop", "localhost:5000", "shop", "localhost:5000", true);
        check("127.example.org/shop", "127.example.org", "shop", "127.example.org", false);
        for wrong in ["", "Shop/Web", "a//b", "x@sha256:12"] {
            assert!(ImageName::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_repository_has_no_tag() {
        assert!(ImageName::repository_of("localhost:5000/shop").is_ok());
        for wrong in ["shop:1", "ghcr.io/shop/web:latest", "shop@sha256:12"] {
            let error = ImageName::repository_of(wrong).expect_err("it is more than a repository");
            assert!(error.to_string().contains("without a tag"), "{error}");
        }
    }
}
