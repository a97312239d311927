//! Where the values in a record came from: which of them are attributes of other resources. A rollback needs it, since a
//! resource that is made anew has other attributes than the one before.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::bag::Entry;
use ironwright_core::{Address, Tree};
use serde::{Deserialize, Serialize};

/// Where the values of a record's properties came from, by their places as JSON pointers: `/Subnets/0`.
pub type Origins = BTreeMap<String, Origin>;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// It is an attribute of another resource.
    Attribute {
        /// The resource.
        address: Address,
        /// The attribute.
        attribute: String,
    },
    /// It was computed from attributes of other resources.
    Composed {
        /// The resources.
        composed: BTreeSet<Address>,
    },
}

impl Origin {
    /// The resources it names, under the addresses that `now` gives for them.
    pub(crate) fn rename(&mut self, now: impl Fn(&Address) -> Address) {
        match self {
            Self::Attribute { address, .. } => *address = now(address),
            Self::Composed { composed } => *composed = composed.iter().map(now).collect(),
        }
    }
}

/// Where the values of these properties come from, as far as they are no literals.
pub(crate) fn origins(properties: &[Entry]) -> Origins {
    let mut found = Origins::new();
    for entry in properties {
        visit(&entry.tree, &below("", &entry.name), &mut found);
    }
    found
}

/// Where the value of `tree` comes from; its own place is the empty pointer.
pub(crate) fn origins_of(tree: &Tree) -> Origins {
    let mut found = Origins::new();
    visit(tree, "", &mut found);
    found
}

fn visit(tree: &Tree, path: &str, found: &mut Origins) {
    match tree {
        Tree::Reference(reference) => {
            let (address, attribute) = (reference.address.clone(), reference.attribute.to_string());
            found.insert(path.to_owned(), Origin::Attribute { address, attribute });
        }
        Tree::Function(_) => {
            let composed: BTreeSet<_> = tree.references().into_iter().map(|it| it.address.clone()).collect();
            if !composed.is_empty() {
                found.insert(path.to_owned(), Origin::Composed { composed });
            }
        }
        Tree::List(items) => {
            items.iter().enumerate().for_each(|(index, item)| visit(item, &format!("{path}/{index}"), found));
        }
        Tree::Map(entries) => entries.iter().for_each(|(key, entry)| visit(entry, &below(path, key), found)),
        _ => {}
    }
}

/// The pointer to `key` below `path`, by RFC 6901.
pub(crate) fn below(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::Source;
    use ironwright_core::function::Function;
    use ironwright_core::tree::Reference;

    fn reference(address: &str) -> Tree {
        Tree::Reference(Reference { app: "shop".into(), address: address.into(), attribute: "Id".into() })
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let parts = Tree::List(vec![Tree::text("arn:"), reference("web/b"), reference("web/c")]);
        let join = Tree::Function(Box::new(Function::Join { separator: String::new(), parts }));
        let constant = Function::Base64(Tree::text("x"));
        let tree = Tree::Map(vec![
            ("A/b".into(), Tree::List(vec![Tree::text("x"), reference("web/a")])),
            ("C".into(), join),
            ("D".into(), Tree::Function(Box::new(constant))),
        ]);
        let source = Source { file: "main.rs".into(), line: 1 };
        let found = origins(&[Entry { name: "P".into(), tree, source, raw: false }]);
        let expect = serde_json::json!({
            "/P/A~1b/1": {"address": "web/a", "attribute": "Id"},
            "/P/C": {"composed": ["web/b", "web/c"]},
        });
        assert_eq!(serde_json::to_value(&found).expect("plain data"), expect);
        assert_eq!(serde_json::from_value::<Origins>(expect).expect("as it was written"), found);
    }
}
