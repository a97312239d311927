//! `Edge`: the proxy on a host that moves traffic from one version to the next.
//!
//! The type is here; [`Site`] is what a container asks of its edge. What drives Caddy on a host is behind the feature
//! `docker`: `EdgeProxy`.

#[cfg(feature = "docker")]
mod admin;
#[cfg(feature = "docker")]
mod container;
#[cfg(feature = "docker")]
mod error;
#[cfg(feature = "docker")]
mod proxy;
#[cfg(feature = "docker")]
mod releases;
#[cfg(feature = "docker")]
mod routes;
mod site;

use ironwright_core::{Bag, IntoValue, Text};

#[cfg(feature = "docker")]
pub use container::EdgeContainer;
#[cfg(feature = "docker")]
pub use error::{EdgeError, EdgeErrorKind};
#[cfg(feature = "docker")]
pub use proxy::{EdgeProxy, EdgeSeen};
#[cfg(feature = "docker")]
pub use releases::Releases;
#[cfg(feature = "docker")]
pub use routes::Routes;
pub use site::{Listener, Serves, Site};

use crate::nested::nested;

/// The name of the edge's container: one a host.
pub const NAME: &str = "ironwright-edge";

/// The network between the edge of a host and the containers behind it.
pub const NETWORK: &str = "ironwright";

/// The image of the edge, where the program names none: Caddy as its makers ship it.
pub const DEFAULT_IMAGE: &str = "caddy:2.11.7-alpine";

/// The proxy on each host that traffic goes through, so that a rollout loses no request: Caddy, one container a host for
/// all that stand behind it.
///
/// ```
/// use ironwright_deploy::{Container, Edge};
///
/// Container::new("nginx:1.27").publish(80, 80).edge(Edge::caddy().domain("example.com").email("ops@example.com"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Edge(Bag);

nested!(Edge);

impl Edge {
    /// Caddy, as its own image has it.
    #[track_caller]
    pub fn caddy() -> Self {
        Self(Bag::new().set::<Text>("Kind", "caddy"))
    }

    /// None: the ports are published by the containers themselves.
    #[track_caller]
    pub(crate) fn none() -> Self {
        Self(Bag::new().set::<Text>("Kind", "none"))
    }

    /// Serves this domain over HTTPS, with a certificate that is got and renewed by itself. Its DNS must lead to the hosts.
    /// Said again, a further domain. Port 80 leads to HTTPS; several containers of a host share its ports by their domains.
    #[track_caller]
    pub fn domain(mut self, domain: impl IntoValue<Text>) -> Self {
        self.0.push("Domains", domain.into_value().into_tree());
        self
    }

    /// Whom the certificate authority writes to.
    #[track_caller]
    pub fn email(self, address: impl IntoValue<Text>) -> Self {
        Self(self.0.set("Email", address))
    }

    /// The proxy's image: Caddy 2.11.2 or newer, with `sh` and `nc` as in the official one. A pinned version of that where it is
    /// not said.
    #[track_caller]
    pub fn image(self, reference: impl IntoValue<crate::kinds::ImageReference>) -> Self {
        Self(self.0.set("Image", reference))
    }

    /// The directory of the certificate authority, where it is not the public one.
    #[track_caller]
    pub fn certificate_authority(self, url: impl IntoValue<Text>) -> Self {
        Self(self.0.set("CertificateAuthority", url))
    }
}
