//! All live resources of the simulated account, with the indexes that keep every operation from scanning them.
//!
//! What is allowed and what is refused is decided elsewhere; this only holds what is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ironwright_core::facts::FactSource;
use serde_json::Value as Json;

use crate::entry::{Entry, Key};
use crate::services;

/// The resources and their indexes.
#[derive(Clone, Default)]
pub(crate) struct Account {
    live: BTreeMap<Key, Arc<Entry>>,
    /// What others may call a resource: ids, names and ARNs, to the keys of those that are called so.
    names: HashMap<Arc<str>, BTreeSet<Key>>,
    /// Who refers to a resource.
    used_by: HashMap<Key, BTreeSet<Key>>,
    /// The addresses taken in each subnet, and those on the internet under the empty id.
    addresses: HashMap<Arc<str>, HashSet<IpAddr>>,
    /// What each token made and what it was asked with.
    tokens: HashMap<Arc<str>, (Key, Arc<Json>)>,
    /// The last of what is deleted: EC2 answers a token with a terminated instance for a day.
    graves: HashMap<Key, Arc<Entry>>,
    /// How many resources each address has had, so that a second one gets other ids.
    generations: HashMap<(Arc<str>, Arc<str>), u64>,
    /// The regions whose default network is made.
    regions: HashSet<Arc<str>>,
}

/// The address of what AWS itself puts into every account.
pub(crate) const DEFAULT: &str = "";

impl Account {
    /// The resource of this key.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Entry>> {
        self.live.get(key)
    }

    /// Every resource, by type, region and id; what AWS itself put there included.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.live.values()
    }

    /// The resources of a type in a region.
    pub(crate) fn of_type(&self, type_name: &str, region: &str) -> impl Iterator<Item = &Arc<Entry>> {
        let first = Key::new(type_name, region, "");
        let (type_name, region) = (first.type_name.clone(), first.region.clone());
        self.live
            .range(first..)
            .map(|(_, entry)| entry)
            .take_while(move |entry| entry.key.type_name == type_name && entry.key.region == region)
    }

    /// The resources that are called `name`.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Arc<Entry>> {
        self.names.get(name).into_iter().flatten().filter_map(|key| self.live.get(key))
    }

    /// The resource of a type that is called `name` in a region.
    pub(crate) fn find(&self, type_name: &str, region: &str, name: &str) -> Option<&Arc<Entry>> {
        let is_it = |entry: &&Arc<Entry>| {
            *entry.key.type_name == *type_name && (entry.key.region.is_empty() || *entry.key.region == *region)
        };
        self.named(name).find(is_it)
    }

    /// Who refers to a resource.
    pub(crate) fn users(&self, key: &Key) -> impl Iterator<Item = &Arc<Entry>> {
        self.used_by.get(key).into_iter().flatten().filter_map(|user| self.live.get(user))
    }

    /// Whether `address` is taken in a subnet, or on the internet where `subnet` is empty.
    pub(crate) fn is_taken(&self, subnet: &str, address: IpAddr) -> bool {
        self.addresses.get(subnet).is_some_and(|taken| taken.contains(&address))
    }

    /// What a token was used for: the resource as it is or last was, and what was asked.
    pub(crate) fn made_with(&self, token: &str) -> Option<(&Arc<Entry>, &Arc<Json>)> {
        let (key, asked) = self.tokens.get(token)?;
        let entry = self.live.get(key).filter(|entry| *entry.token == *token).or_else(|| self.graves.get(key))?;
        Some((entry, asked))
    }

    /// The live resource that a token made.
    pub(crate) fn live_of_token(&self, token: &str) -> Option<&Arc<Entry>> {
        let (key, _) = self.tokens.get(token)?;
        self.live.get(key).filter(|entry| *entry.token == *token)
    }

    /// How many resources of a type an address has had so far.
    pub(crate) fn generation(&self, type_name: &str, address: &str) -> u64 {
        self.generations.get(&(type_name.into(), address.into())).copied().unwrap_or_default()
    }

    /// How many resources of a type each address has had, where those that are live do not tell.
    pub(crate) fn outlived(&self) -> BTreeMap<(Arc<str>, Arc<str>), u64> {
        let mut live: HashMap<(Arc<str>, Arc<str>), u64> = HashMap::new();
        for entry in self.all() {
            *live.entry((entry.key.type_name.clone(), entry.address.clone())).or_default() += 1;
        }
        let untold = self.generations.iter().filter(|(place, count)| live.get(*place) != Some(*count));
        untold.map(|(place, count)| (place.clone(), *count)).collect()
    }

    /// Says how many resources of a type an address has had.
    pub(crate) fn recount(&mut self, type_name: Arc<str>, address: Arc<str>, count: u64) {
        self.generations.insert((type_name, address), count);
    }

    /// Whether the default network of a region is still to be made; true once.
    pub(crate) fn enters(&mut self, region: &str) -> bool {
        !self.regions.contains(region) && self.regions.insert(region.into())
    }

    /// Takes in a resource, in the place of what had its key.
    pub(crate) fn put(&mut self, entry: Arc<Entry>, facts: &dyn FactSource) {
        match self.live.get(&entry.key).cloned() {
            Some(before) => self.unlink(&before, facts),
            None => self.count(&entry),
        }
        for name in names(&entry, facts) {
            self.names.entry(name).or_default().insert(entry.key.clone());
        }
        for used in &entry.uses {
            self.used_by.entry(used.clone()).or_default().insert(entry.key.clone());
        }
        for (place, address) in addresses(&entry) {
            self.addresses.entry(place).or_default().insert(address);
        }
        self.live.insert(entry.key.clone(), entry);
    }

    fn count(&mut self, entry: &Arc<Entry>) {
        if *entry.address == *DEFAULT {
            return;
        }
        let place = (entry.key.type_name.clone(), entry.address.clone());
        *self.generations.entry(place).or_default() += 1;
        self.tokens.entry(entry.token.clone()).or_insert_with(|| (entry.key.clone(), entry.desired.clone()));
        self.graves.remove(&entry.key);
    }

    /// Lets go of a resource.
    pub(crate) fn remove(&mut self, key: &Key, facts: &dyn FactSource) -> Option<Arc<Entry>> {
        let entry = self.live.remove(key)?;
        self.unlink(&entry, facts);
        self.graves.insert(key.clone(), entry.clone());
        Some(entry)
    }

    fn unlink(&mut self, entry: &Entry, facts: &dyn FactSource) {
        for name in names(entry, facts) {
            if let Some(keys) = self.names.get_mut(&name) {
                keys.remove(&entry.key);
            }
        }
        for used in &entry.uses {
            if let Some(users) = self.used_by.get_mut(used) {
                users.remove(&entry.key);
            }
        }
        for (place, address) in addresses(entry) {
            if let Some(taken) = self.addresses.get_mut(&place) {
                taken.remove(&address);
            }
        }
    }
}

/// What others may call a resource: its physical id, the names that only one may have, and the attributes that facts
/// name as relations to this type.
fn names(entry: &Entry, facts: &dyn FactSource) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::from([entry.key.id.clone()]);
    names.extend(services::unique_names(&entry.key.type_name).filter_map(|path| entry.text(path)).map(Arc::from));
    let Some(facts) = facts.facts(&entry.key.type_name) else { return names };
    let own = |(path, shape): &(&String, &ironwright_core::facts::Shape)| {
        let is_own =
            |relation: &String| relation.split_once('.').is_some_and(|(t, p)| t == facts.type_name && p == *path);
        shape.relations.iter().any(is_own)
    };
    let paths = facts.attributes.iter().filter(own).map(|(path, _)| path).chain(&facts.primary_identifier);
    names.extend(paths.filter_map(|path| entry.text(path)).map(Arc::from));
    names.extend(entry.text("Arn").map(Arc::from));
    names
}

/// The addresses a resource holds, each with the subnet it holds it in; on the internet the subnet is empty.
fn addresses(entry: &Entry) -> Vec<(Arc<str>, IpAddr)> {
    if !entry.key.type_name.starts_with("AWS::EC2::") {
        return Vec::new();
    }
    let private = entry.text("PrivateIpAddress").or_else(|| entry.text("PrimaryPrivateIpAddress"));
    let subnet = entry.text("SubnetId").zip(private);
    let public = entry.text("PublicIp").filter(|_| *entry.key.type_name != *"AWS::EC2::EIPAssociation");
    let internet = public.map(|address| ("", address));
    let parse = |(place, address): (&str, &str)| Some((Arc::from(place), address.parse().ok()?));
    subnet.into_iter().chain(internet).filter_map(parse).collect()
}
