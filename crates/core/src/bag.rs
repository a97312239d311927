//! The property bag: what every generated resource and nested type is made of.

use crate::options::Options;
use crate::source::Source;
use crate::tree::{Name, Tree};
use crate::value::IntoValue;

/// Properties as they were set, in order, each with its source line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bag {
    entries: Vec<Entry>,
    options: Option<Box<Options>>,
}

/// One property that was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The property, as AWS spells it.
    pub name: Name,
    /// What it was set to.
    pub tree: Tree,
    /// Where it was set.
    pub source: Source,
    /// Whether it was set through the escape hatch `.raw`.
    pub raw: bool,
}

impl Bag {
    /// An empty bag.
    pub fn new() -> Self {
        Self::default()
    }

    /// The bag with `name` set to `value`; what was set before under that name is gone.
    #[track_caller]
    #[must_use]
    pub fn set<T>(mut self, name: &'static str, value: impl IntoValue<T>) -> Self {
        self.put(Name::Borrowed(name), value.into_value().into_tree(), Source::caller(), false);
        self
    }

    /// Sets `name` to `tree`, in place.
    pub fn put(&mut self, name: Name, tree: Tree, source: Source, raw: bool) {
        let entry = Entry { name, tree, source, raw };
        match self.entries.iter_mut().find(|known| known.name == entry.name) {
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }

    /// Adds `item` to the list under `name`, which starts empty.
    #[track_caller]
    pub fn push(&mut self, name: &'static str, item: Tree) {
        if let Some(Tree::List(items)) = self.get_mut(name) {
            items.push(item);
            return;
        }
        self.put(Name::Borrowed(name), Tree::List(vec![item]), Source::caller(), false);
    }

    /// Removes from the list under `name` what `unwanted` picks.
    pub fn remove_items(&mut self, name: &str, unwanted: impl Fn(&Tree) -> bool) {
        if let Some(Tree::List(items)) = self.get_mut(name) {
            items.retain(|item| !unwanted(item));
        }
    }

    /// Adds `key` to the map under `name`, which starts empty.
    #[track_caller]
    pub fn insert(&mut self, name: &'static str, key: Name, value: Tree) {
        if let Some(Tree::Map(entries)) = self.get_mut(name) {
            entries.retain(|(known, _)| *known != key);
            entries.push((key, value));
            return;
        }
        self.put(Name::Borrowed(name), Tree::Map(vec![(key, value)]), Source::caller(), false);
    }

    /// The properties, in the order they were first set.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The value set under `name`.
    pub fn get(&self, name: &str) -> Option<&Tree> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| &entry.tree)
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Tree> {
        self.entries.iter_mut().find(|entry| entry.name == name).map(|entry| &mut entry.tree)
    }

    /// The options, to change.
    pub fn options_mut(&mut self) -> &mut Options {
        self.options.get_or_insert_default()
    }

    /// The properties as one map, as nested types are kept.
    pub fn into_tree(self) -> Tree {
        Tree::Map(self.entries.into_iter().map(|entry| (entry.name, entry.tree)).collect())
    }

    pub(crate) fn into_parts(self) -> (Vec<Entry>, Options) {
        (self.entries, self.options.map(|options| *options).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Text;

    #[test]
    fn setting_twice_keeps_the_last_value_at_the_first_place() {
        let bag = Bag::new().set::<Text>("A", "1").set::<Text>("B", "2").set::<Text>("A", "3");
        let names: Vec<_> = bag.entries().iter().map(|entry| entry.name.as_ref()).collect();
        assert_eq!((names, bag.get("A")), (vec!["A", "B"], Some(&Tree::text("3"))));
    }

    #[test]
    fn the_source_is_the_line_of_the_caller() {
        let bag = Bag::new().set::<Text>("A", "1");
        assert_eq!(bag.entries()[0].source, Source { file: file!().into(), line: line!() - 1 });
    }

    #[test]
    fn items_and_keys_are_added_to_what_is_there() {
        let mut bag = Bag::new();
        bag.push("L", Tree::text("a"));
        bag.push("L", Tree::text("b"));
        bag.insert("M", "k".into(), Tree::text("1"));
        bag.insert("M", "k".into(), Tree::text("2"));
        assert_eq!(bag.get("L"), Some(&Tree::List(vec![Tree::text("a"), Tree::text("b")])));
        assert_eq!(bag.get("M"), Some(&Tree::Map(vec![("k".into(), Tree::text("2"))])));
    }
}
