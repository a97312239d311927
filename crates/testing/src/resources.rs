//! The resources and outputs a test asks about, deployed or planned, and how they are looked up.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::nearest::nearest;
use ironwright_core::{Address, Graph, Planned};
use ironwright_engine::State;

use crate::observed::Observed;
use crate::text::{from_state, names};

/// Every resource and output of an app, as far as known.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    items: Vec<Item>,
    outputs: BTreeMap<String, BTreeMap<String, Planned>>,
}

/// One resource.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) address: Address,
    pub(crate) type_name: String,
    /// Unknown before it is made.
    pub(crate) physical_id: Planned,
    /// What the program set.
    pub(crate) properties: Planned,
    /// What the cloud says: properties and attributes.
    pub(crate) model: Planned,
}

impl Resources {
    pub(crate) fn new(items: Vec<Item>, outputs: BTreeMap<String, BTreeMap<String, Planned>>) -> Self {
        Self { items, outputs }
    }

    /// What is live, in the program's order.
    pub(crate) fn deployed(state: &State, graph: &Graph) -> Self {
        let mut items: Vec<Item> = state
            .resources
            .values()
            .map(|record| Item {
                address: record.address.clone(),
                type_name: record.type_name.clone(),
                physical_id: Planned::Text(record.physical_id.clone()),
                properties: from_state(&record.properties),
                model: from_state(&record.model),
            })
            .collect();
        items.sort_by_key(|item| graph.position(&item.address).unwrap_or(usize::MAX));
        let of_stack = |outputs: &BTreeMap<String, ironwright_engine::OutputRecord>| {
            outputs.iter().map(|(name, output)| (name.clone(), from_state(&output.value))).collect()
        };
        let outputs = state.outputs.iter().map(|(stack, outputs)| (stack.clone(), of_stack(outputs))).collect();
        Self { items, outputs }
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.address.as_str())
    }

    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// The positions of all resources of a type, in the program's order.
    pub(crate) fn of_type(&self, type_name: &str) -> Vec<usize> {
        (0..self.items.len()).filter(|index| self.items[*index].type_name == type_name).collect()
    }

    /// The type and the physical id of the resource at `address`, which is deployed.
    #[track_caller]
    pub(crate) fn key(&self, address: &str) -> (&str, &str) {
        let item = &self.items[self.at(address)];
        (&item.type_name, item.physical_id.as_text().unwrap_or_default())
    }

    #[track_caller]
    fn at(&self, address: &str) -> usize {
        let position = self.items.iter().position(|item| item.address.as_str() == address);
        position.unwrap_or_else(|| panic!("{}", nothing_at(address, self.addresses())))
    }

    /// The position of the resource at `address`, which must be of `type_name`.
    #[track_caller]
    pub(crate) fn position(&self, address: &str, type_name: &str) -> usize {
        let position = self.at(address);
        let found = &self.items[position].type_name;
        if found != type_name {
            let others = self.of_type(type_name).into_iter().map(|index| self.items[index].address.as_str());
            panic!(
                "{address} is {}, not {}\n  help: of that type there are: {}",
                a(found),
                a(type_name),
                names(others)
            );
        }
        position
    }

    /// The output `name`, or `stack/name` where several stacks have one of that name.
    #[track_caller]
    pub(crate) fn output(&self, name: &str) -> Observed {
        let full = || {
            self.outputs
                .iter()
                .flat_map(|(stack, outputs)| outputs.iter().map(move |(name, value)| (stack, name, value)))
        };
        let mut found = full().filter(|(stack, own, _)| *own == name || format!("{stack}/{own}") == name);
        let Some((_, _, value)) = found.next() else {
            let known: BTreeSet<&str> = full().map(|(_, name, _)| name.as_str()).collect();
            panic!(
                "there is no output `{name}`\n  help: {}the outputs are {}",
                did_you_mean(name, known.iter().copied()),
                names(known)
            );
        };
        if found.next().is_some() {
            let all: Vec<String> =
                full().filter(|(_, own, _)| *own == name).map(|(stack, own, _)| format!("{stack}/{own}")).collect();
            panic!(
                "several stacks have an output `{name}`\n  help: say which: {}",
                names(all.iter().map(String::as_str))
            );
        }
        Observed::new(format!("output `{name}`"), value.clone())
    }
}

/// The message for an address that has no resource.
pub(crate) fn nothing_at<'a>(address: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let guess = did_you_mean(address, known.iter().copied());
    format!("there is no resource at `{address}`\n  help: {guess}the addresses are {}", names(known))
}

/// The start of a sentence that offers the known word nearest to `word`; nothing where none is near.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(word, known).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default()
}

/// A type's name with its article.
fn a(type_name: &str) -> String {
    let article = if type_name.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {type_name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::failure;
    use serde_json::json;

    fn resources() -> Resources {
        let item = |address: &str, type_name: &str| Item {
            address: address.into(),
            type_name: type_name.to_owned(),
            physical_id: Planned::Unknown,
            properties: Planned::Null,
            model: Planned::Null,
        };
        let items = vec![item("web/firewall", "AWS::EC2::SecurityGroup"), item("web/server", "AWS::EC2::Instance")];
        let output = |value: Planned| BTreeMap::from([("address".to_owned(), value)]);
        let mut web = output(json!("192.0.2.1").into());
        web.insert("id".to_owned(), Planned::Unknown);
        let api = output(json!("192.0.2.2").into());
        Resources::new(items, BTreeMap::from([("web".to_owned(), web), ("api".to_owned(), api)]))
    }

    #[test]
    fn a_slip_in_an_address_is_answered_with_the_nearest() {
        let message = failure(|| resources().position("web/firewal", "AWS::EC2::SecurityGroup"));
        assert_eq!(
            message,
            "there is no resource at `web/firewal`\n  help: did you mean `web/firewall`? the addresses are \
             `web/firewall` and `web/server`"
        );
    }

    #[test]
    fn another_type_than_the_one_asked_for_is_named() {
        let message = failure(|| resources().position("web/firewall", "AWS::EC2::Instance"));
        assert_eq!(
            message,
            "web/firewall is an AWS::EC2::SecurityGroup, not an AWS::EC2::Instance\n  help: of that type there are: \
             `web/server`"
        );
    }

    #[test]
    fn outputs_are_found_by_name_and_by_stack() {
        assert_eq!(resources().output("web/address"), "192.0.2.1");
        assert!(resources().output("id").is_known_after_apply());
        let message = failure(|| resources().output("address"));
        assert_eq!(
            message,
            "several stacks have an output `address`\n  help: say which: `api/address` and `web/address`"
        );
        let message = failure(|| resources().output("adress"));
        assert_eq!(
            message,
            "there is no output `adress`\n  help: did you mean `address`? the outputs are `address` and `id`"
        );
    }
}
