//! What the tests share: the facts as they are checked in, and a cloud that is spoken to in one line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::{Address, Resolved};
use ironwright_engine::{Create, Delete, Find, Live, Provider, ProviderError, Read, Token, Update};
use serde_json::{Value as Json, json};

use crate::SimulatedCloud;

pub(super) const REGION: &str = "us-west-2";

/// The facts of all services, read from the files that are checked in.
pub(super) struct AllFacts {
    lines: BTreeMap<String, String>,
    read: Mutex<BTreeMap<String, Arc<TypeFacts>>>,
}

static FACTS: LazyLock<Arc<AllFacts>> = LazyLock::new(|| Arc::new(AllFacts::load()));

pub(super) fn facts() -> Arc<AllFacts> {
    FACTS.clone()
}

impl AllFacts {
    fn load() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../aws/src/generated");
        let files = fs::read_dir(folder).expect("the facts are checked in").map(|file| file.expect("listed").path());
        let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "facts"));
        let mut lines = BTreeMap::new();
        for file in files {
            for line in fs::read_to_string(file).expect("text").lines() {
                let (name, facts) = line.split_once('\t').expect("a type and its facts");
                lines.insert(name.to_owned(), facts.to_owned());
            }
        }
        Self { lines, read: Mutex::default() }
    }

    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }
}

impl FactSource for AllFacts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        if let Some(known) = self.read.lock().expect("no panic inside").get(type_name) {
            return Some(known.clone());
        }
        let facts: Arc<TypeFacts> = Arc::new(serde_json::from_str(self.lines.get(type_name)?).expect("facts"));
        self.read.lock().expect("no panic inside").insert(type_name.to_owned(), facts.clone());
        Some(facts)
    }
}

/// A cloud, spoken to in one line. Each create has an address of its own unless it is given one.
pub(super) struct Cloud {
    pub(super) cloud: SimulatedCloud,
    next: Mutex<u128>,
}

impl Cloud {
    pub(super) fn new() -> Self {
        Self::of(SimulatedCloud::in_memory(facts()))
    }

    pub(super) fn of(cloud: SimulatedCloud) -> Self {
        Self { cloud, next: Mutex::new(0) }
    }

    fn token(&self) -> Token {
        let mut next = self.next.lock().expect("no panic inside");
        *next += 1;
        Token::new(*next)
    }

    pub(super) fn create(&self, type_name: &str, properties: Json) -> Result<Live, ProviderError> {
        let token = self.token();
        let address = format!("test/r{token}");
        self.create_at(&address, type_name, properties, token)
    }

    pub(super) fn create_at(
        &self,
        address: &str,
        type_name: &str,
        properties: Json,
        token: Token,
    ) -> Result<Live, ProviderError> {
        let properties = Resolved::new(properties.into()).expect("nothing unknown");
        wait(self.cloud.create(create(address, type_name, properties, token)))
    }

    /// The id of a new resource that must be accepted.
    pub(super) fn id(&self, type_name: &str, properties: Json) -> String {
        self.create(type_name, properties).unwrap_or_else(|error| panic!("{type_name}: {error}")).physical_id
    }

    pub(super) fn read(&self, type_name: &str, physical_id: &str) -> Option<Json> {
        let read = Read { type_name: type_name.into(), region: REGION.into(), physical_id: physical_id.into() };
        let mut answers = wait(self.cloud.read(&[read]));
        answers.remove(0).expect("a read").map(|live| live.model)
    }

    pub(super) fn update(&self, type_name: &str, physical_id: &str, properties: Json) -> Result<Live, ProviderError> {
        wait(self.cloud.update(Update {
            address: "test/updated".into(),
            type_name: type_name.into(),
            region: REGION.into(),
            physical_id: physical_id.into(),
            prior: json!({}),
            properties: Resolved::new(properties.into()).expect("nothing unknown"),
            changed: None,
            token: self.token(),
        }))
    }

    pub(super) fn delete(&self, type_name: &str, physical_id: &str) -> Result<(), ProviderError> {
        wait(self.cloud.delete(Delete {
            address: "test/deleted".into(),
            type_name: type_name.into(),
            region: REGION.into(),
            physical_id: physical_id.into(),
            model: json!({}),
            snapshot: false,
            token: self.token(),
        }))
    }

    pub(super) fn find(&self, address: &str, type_name: &str, token: Token) -> Vec<Live> {
        let address = Address::from(address);
        let (type_name, region) = (type_name.into(), REGION.into());
        wait(self.cloud.find(&Find { address, type_name, region, token, properties: json!({}) })).expect("found")
    }
}

pub(super) fn create(address: &str, type_name: &str, properties: Resolved, token: Token) -> Create {
    Create { address: address.into(), type_name: type_name.into(), region: REGION.into(), properties, token }
}

pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
