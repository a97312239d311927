//! Addresses: the identity of a resource, `stack/name` or `stack/scope/name`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The identity of a resource inside its app: `web/server`, or `web/api/server` in a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Arc<str>);

impl Address {
    /// The address `text` spells. Any text is accepted: what names nothing is found when it is looked up.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// This address with one more segment.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self([&self.0, "/", name].concat().into())
    }

    /// The text, `web/server`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first segment: the stack's name.
    pub fn stack(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The last segment: the name given in `add`.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether this address is `other`, or below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// This address with `from` at its beginning, or as the whole of it, exchanged for `to`.
    #[must_use]
    pub fn rebased(&self, from: &Self, to: &Self) -> Option<Self> {
        self.is_within(from).then(|| Self([&*to.0, &self.0[from.0.len()..]].concat().into()))
    }

    /// What is wrong with one of its segments, if anything.
    pub fn problem(&self) -> Option<String> {
        self.segments().find_map(segment_problem)
    }

    /// The segments, from the stack down.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// What is wrong with `name` as one segment of an address, if anything.
///
/// A segment is 1 to 128 letters, digits, `-`, `_` or `.`, so that addresses are safe in file names, tags and shells.
pub(crate) fn segment_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("a name is empty".to_owned());
    }
    if name.len() > 128 {
        return Some(format!(
            "the name `{}…` has {} characters; 128 is the most",
            &name[..name.floor_char_boundary(20)],
            name.len()
        ));
    }
    let bad = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))?;
    Some(format!("the name `{name}` holds {bad:?}; letters, digits, `-`, `_` and `.` are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_a_scoped_address() {
        let address = Address::new("web/api/server");
        assert_eq!((address.stack(), address.name()), ("web", "server"));
        assert_eq!(address.segments().collect::<Vec<_>>(), ["web", "api", "server"]);
    }

    #[test]
    fn a_scope_is_exchanged_by_whole_segments() {
        let rebased = |address: &str| Address::new(address).rebased(&"web/api".into(), &"web/service".into());
        assert_eq!(rebased("web/api/server"), Some("web/service/server".into()));
        assert_eq!(rebased("web/api"), Some("web/service".into()));
        assert_eq!(rebased("web/api2"), None);
    }

    #[test]
    fn a_segment_is_plain_text() {
        assert_eq!(segment_problem("web-1.a_b"), None);
        assert_eq!(Address::new("web/server").problem(), None);
        assert!(Address::new("web//server").problem().is_some());
        assert!(segment_problem("").is_some());
        assert!(segment_problem("a/b").is_some_and(|problem| problem.contains("'/'")));
        assert!(segment_problem(&"é".repeat(100)).is_some_and(|problem| problem.contains("200 characters")));
    }
}
