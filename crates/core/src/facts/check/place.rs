//! Where the checker is: a path that costs nothing until it is shown.

use std::fmt;

/// A place inside properties, linked to the place that holds it.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The properties themselves.
    Top,
    /// What a map or an object holds under a key.
    Key(&'a Place<'a>, &'a str),
    /// An item of a list.
    Index(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// Whether the dotted `path` of facts leads here. `*` is any item or key; a path may leave the `*` of lists out.
    pub(super) fn is(&self, path: &str) -> bool {
        let (parent_path, last) = path.rsplit_once('.').unwrap_or(("", path));
        match self {
            Self::Top => path.is_empty(),
            _ if path.is_empty() => false,
            Self::Index(parent, _) if last == "*" => parent.is(parent_path),
            Self::Index(parent, _) => parent.is(path),
            Self::Key(parent, key) => (last == "*" || last == *key) && parent.is(parent_path),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Key(Self::Top, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_as_a_path_and_found_by_the_paths_of_facts() {
        let tags = Place::Key(&Place::Top, "Tags");
        let first = Place::Index(&tags, 0);
        let key = Place::Key(&first, "Key");
        assert_eq!(key.to_string(), "Tags[0].Key");
        for (path, expect) in [("Tags.*.Key", true), ("Tags.Key", true), ("Key", false), ("Tags", false), ("", false)] {
            assert_eq!(key.is(path), expect, "{path}");
        }
        assert!(tags.is("Tags") && Place::Top.is(""));
    }
}
