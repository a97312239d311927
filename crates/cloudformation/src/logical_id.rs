//! Logical ids: the names that resources, parameters and outputs have inside a template, made from addresses and names.
//!
//! They are letters and digits alone, at most 255. Two that are equal are an error, never renumbered: a number that
//! shifts when a resource is added would replace what is deployed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ironwright_core::{Address, Diagnostic, Source};

use crate::document::Text;

/// The longest logical id, in characters.
const LONGEST: usize = 255;

/// The logical id of a resource: the path below its stack, `web/api/my-db.1` → `ApiMyDb1`.
pub(crate) fn of_address(address: &Address) -> String {
    let id = String::with_capacity(address.as_str().len());
    address.segments().skip(1).flat_map(words).fold(id, capitalised)
}

/// The logical id of what the program names itself: as it is where that is allowed, else `public_ip` → `PublicIp`.
pub(crate) fn of_name(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return name.to_owned();
    }
    words(name).fold(String::new(), capitalised)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

fn capitalised(mut id: String, word: &str) -> String {
    let mut letters = word.chars();
    id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    id.push_str(letters.as_str());
    id
}

/// What in the program a logical id stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner<'a> {
    /// A resource.
    Resource(&'a Address, &'a Source),
    /// A secret in a property of a resource.
    Secret(&'a Address, &'a str, &'a Source),
    /// A parameter.
    Parameter(&'a str),
    /// A mapping.
    Mapping(&'a str),
    /// A condition.
    Condition(&'a str),
    /// An output.
    Output(&'a str, &'a Source),
    /// An attribute that another stack needs.
    Export(&'a Address, &'a str),
}

impl Owner<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Resource(address, _) => format!("`{address}`"),
            Self::Secret(address, property, _) => format!("the secret `{property}` of `{address}`"),
            Self::Parameter(name) => format!("the parameter `{name}`"),
            Self::Mapping(name) => format!("the mapping `{name}`"),
            Self::Condition(name) => format!("the condition `{name}`"),
            Self::Output(name, _) => format!("the output `{name}`"),
            Self::Export(address, attribute) => format!("the export of `{attribute}` of `{address}`"),
        }
    }

    fn source(&self) -> Option<&Source> {
        match self {
            Self::Resource(_, source) | Self::Secret(_, _, source) | Self::Output(_, source) => Some(source),
            Self::Parameter(_) | Self::Mapping(_) | Self::Condition(_) | Self::Export(..) => None,
        }
    }

    fn error(&self, code: &'static str, message: String) -> Diagnostic {
        let error = Diagnostic::error(code, message);
        let error = match self {
            Self::Resource(address, _) | Self::Secret(address, ..) | Self::Export(address, _) => error.at(address),
            Self::Parameter(_) | Self::Mapping(_) | Self::Condition(_) | Self::Output(..) => error,
        };
        match self.source() {
            Some(source) => error.source(source),
            None => error,
        }
    }
}

/// The logical ids that are taken in one part of a template. Only looked up, never listed.
#[derive(Debug, Default)]
pub(crate) struct Ids<'a>(HashMap<Text<'a>, Owner<'a>>);

impl<'a> Ids<'a> {
    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    /// Takes `id` for `owner`, or says why it cannot have it.
    pub(crate) fn claim(&mut self, id: impl Into<Text<'a>>, owner: Owner<'a>) -> Result<(), Diagnostic> {
        let id = id.into();
        if id.is_empty() {
            let message = format!("{} has no letter or digit to make a logical id of", owner.describe());
            return Err(owner.error("logical-id-empty", message).help("give it a name with a letter or a digit in it"));
        }
        if id.len() > LONGEST {
            let (what, length) = (owner.describe(), id.len());
            let message = format!("the logical id of {what} has {length} characters; {LONGEST} is the most");
            return Err(owner.error("logical-id-too-long", message).help("shorten its name, or that of its scope"));
        }
        match self.0.entry(id) {
            Entry::Vacant(free) => {
                free.insert(owner);
                Ok(())
            }
            Entry::Occupied(taken) => Err(clash(taken.key(), owner, *taken.get())),
        }
    }
}

fn clash(id: &str, owner: Owner<'_>, first: Owner<'_>) -> Diagnostic {
    let message = format!("{} and {} both become `{id}` in the template", first.describe(), owner.describe());
    owner
        .error("logical-id-clash", message)
        .related(format!("{} is declared here", first.describe()), first.source())
        .help("a logical id keeps only the letters and digits of a name: rename one of the two")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_ids_from_the_path_below_the_stack() {
        for (address, expect) in [
            ("web/server", "Server"),
            ("web/api/server", "ApiServer"),
            ("web/my-db.1", "MyDb1"),
            ("web/httpProxy_2", "HttpProxy2"),
            ("web/1st", "1st"),
            ("web/-", ""),
        ] {
            assert_eq!(of_address(&address.into()), expect);
        }
    }

    #[test]
    fn names_that_are_allowed_stay() {
        for (name, expect) in [("stage", "stage"), ("instance_public_ip", "InstancePublicIp"), ("a-1", "A1")] {
            assert_eq!(of_name(name), expect);
        }
    }

    #[test]
    fn an_empty_or_long_or_taken_id_is_refused() {
        let (address, source) = (Address::new("web/x"), Source { file: "main.rs".into(), line: 7 });
        let mut ids = Ids::default();
        let owner = Owner::Resource(&address, &source);
        assert_eq!(ids.claim("a".repeat(255), owner), Ok(()));
        for (id, expect) in [
            (String::new(), "no letter or digit"),
            ("a".repeat(256), "256 characters"),
            ("a".repeat(255), "both become"),
        ] {
            let error = ids.claim(id, owner).expect_err("refused").to_string();
            assert!(error.contains(expect) && error.contains("main.rs:7"), "{error}");
        }
    }
}
