//! Units on sites: a fake of what runs on machines that only what was applied leads to. A site lets nobody in without the
//! password, can be cut off, and is the only one to know what it has. What is made on several sites is made on one after the
//! other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_core::{Address, Resolved};
use ironwright_engine::{
    Applied, Capabilities, Create, Delete, ErrorKind, Event, Find, Live, Preparation, Provider, ProviderError, Read,
    Surroundings, Update,
};
use serde_json::{Value as Json, json};

use super::kill::{Kill, no_call};

const FACTS: &str = r#"{"p":{"Sites":{"f":"l"},"Size":{"f":"i"},"Kind":{"f":"s"},"Password":{"f":"s"},"Id":{"f":"s"}},
    "co":["Kind"],"wo":["Password"],"ra":["Id"],"id":["Id"]}"#;

/// What all sites let in.
pub(crate) const PASSWORD: &str = "0pen-sesame";

/// What a site has, by id: what it was asked for, and by which attempt.
type Site = BTreeMap<String, (Json, String)>;

#[derive(Default)]
struct Inner {
    sites: BTreeMap<String, Site>,
    down: BTreeSet<String>,
}

/// The sites, which outlive a run.
#[derive(Clone, Default)]
pub(crate) struct Sites(Arc<Mutex<Inner>>);

impl Sites {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn cut(&self, site: &str) {
        self.inner().down.insert(site.to_owned());
    }

    pub(crate) fn restore(&self, site: &str) {
        self.inner().down.remove(site);
    }

    /// Removes what a site has behind the engine's back.
    pub(crate) fn clear(&self, site: &str) {
        self.inner().sites.remove(site);
    }

    /// Everything there is: site, id and size.
    pub(crate) fn all(&self) -> Vec<String> {
        let inner = self.inner();
        let of = |(site, things): (&String, &Site)| -> Vec<String> {
            things.iter().map(|(id, (properties, _))| format!("{site}: {id} {}", properties["Size"])).collect()
        };
        inner.sites.iter().flat_map(of).collect()
    }
}

/// What makes units on sites: it knows what it is told when a run begins, and what it does.
pub(crate) struct Units {
    sites: Sites,
    kill: Kill,
    told: Mutex<Preparation>,
    pub(crate) preparations: Arc<Mutex<usize>>,
}

/// How a unit was applied: its sites, and what opens them.
#[derive(Default)]
struct Way {
    sites: Vec<String>,
    password: Option<String>,
    locked: Option<String>,
}

impl Units {
    pub(crate) fn new(sites: &Sites, kill: Kill) -> Self {
        Self { sites: sites.clone(), kill, told: Mutex::default(), preparations: Arc::default() }
    }

    /// The id of the unit with these properties at `address`.
    fn id(address: &str, properties: &Json) -> String {
        format!("{address}{}", properties["Kind"].as_str().unwrap_or_default())
    }

    fn told(&self) -> MutexGuard<'_, Preparation> {
        self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Where the unit `id` may be.
    fn way(&self, id: &str) -> Result<Way, ProviderError> {
        let told = self.told();
        let is_it = |applied: &&Applied| {
            applied.physical_id == id
                || (applied.physical_id.is_empty()
                    && Self::id(applied.address.as_str(), &applied.properties.expose()) == id)
        };
        let mut way = Way::default();
        for applied in told.applied.iter().filter(is_it) {
            let properties = applied.properties.expose();
            way.sites.extend(sites(&properties));
            way.password = way.password.take().or_else(|| properties["Password"].as_str().map(str::to_owned));
            way.locked = way.locked.take().or_else(|| applied.locked.clone());
        }
        way.sites.sort();
        way.sites.dedup();
        if way.sites.is_empty() { Err(refused("NotTold", id)) } else { Ok(way) }
    }

    fn remember(&self, address: &Address, type_name: &str, physical_id: &str, properties: &Resolved) {
        let (address, type_name) = (address.clone(), type_name.to_owned());
        let (physical_id, properties) = (physical_id.to_owned(), properties.clone());
        let left_out = BTreeSet::new();
        let applied = Applied { address, type_name, physical_id, properties, left_out, locked: None };
        self.told().applied.insert(0, applied);
    }

    /// Has `effect` at `site`, which lets in who has the password.
    async fn at(&self, site: &str, way: &Way, effect: impl FnOnce(&mut Site)) -> Result<(), ProviderError> {
        self.enter(site, way)?;
        let work = async {
            effect(self.sites.inner().sites.entry(site.to_owned()).or_default());
            Ok(())
        };
        self.kill.pass(work, no_call).await
    }

    fn enter(&self, site: &str, way: &Way) -> Result<(), ProviderError> {
        if way.password.as_deref() != Some(PASSWORD) {
            let why = way.locked.clone().unwrap_or_else(|| "no password".to_owned());
            return Err(ProviderError::new(ErrorKind::Unreachable, "Locked", why));
        }
        if self.sites.inner().down.contains(site) {
            return Err(ProviderError::new(ErrorKind::Unreachable, "Down", format!("{site} does not answer")));
        }
        Ok(())
    }

    async fn put(&self, id: &str, properties: &Resolved, token: &str) -> Result<Live, ProviderError> {
        let document = properties.expose();
        let password = document["Password"].as_str().map(str::to_owned);
        let way = Way { sites: sites(&document), password, locked: None };
        way.sites.iter().try_for_each(|site| self.enter(site, &way))?;
        for site in &way.sites {
            let thing = (document.clone(), token.to_owned());
            self.at(site, &way, |there| drop(there.insert(id.to_owned(), thing))).await?;
            self.say(&format!("{site} has let us in with {PASSWORD}"));
        }
        self.look(id, &way)?.ok_or_else(|| refused("Vanished", id))
    }

    fn say(&self, message: &str) {
        if let Some(observer) = &self.told().observer {
            observer.event(&Event::Progress { address: "web/unit".into(), message: message.to_owned() });
        }
    }

    /// What is there of the unit `id`.
    fn look(&self, id: &str, way: &Way) -> Result<Option<Live>, ProviderError> {
        way.sites.iter().try_for_each(|site| self.enter(site, way))?;
        let inner = self.sites.inner();
        let thing = |site: &String| inner.sites.get(site)?.get(id).map(|(properties, _)| properties.clone());
        let Some(mut model) = way.sites.iter().find_map(thing) else { return Ok(None) };
        let there: Vec<&String> = way.sites.iter().filter(|site| thing(site).as_ref() == Some(&model)).collect();
        let there = json!(there);
        model.as_object_mut().expect("properties").remove("Password");
        model["Sites"] = there;
        model["Id"] = json!(id);
        Ok(Some(Live { physical_id: id.to_owned(), model }))
    }
}

fn sites(properties: &Json) -> Vec<String> {
    let names = properties["Sites"].as_array().into_iter().flatten().filter_map(Json::as_str);
    names.map(str::to_owned).collect()
}

fn refused(code: &str, message: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, code, message)
}

#[async_trait]
impl Provider for Units {
    fn name(&self) -> &'static str {
        "units"
    }

    fn prefixes(&self) -> &'static [&'static str] {
        &["Fake::Unit"]
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        let facts: TypeFacts = serde_json::from_str(FACTS).expect("facts in this file are well formed");
        Some(Arc::new(TypeFacts { type_name: type_name.to_owned(), ..facts }))
    }

    fn capabilities(&self, _: &str) -> Capabilities {
        Capabilities { client_token: true, tag_look_up: true, needs_applied: true, ..Capabilities::default() }
    }

    fn prepare(&self, preparation: Preparation) {
        *self.preparations.lock().expect("no test panics here") += 1;
        *self.told() = preparation;
    }

    async fn surroundings(&self, _: &str) -> Result<Surroundings, ProviderError> {
        Err(refused("NoPlace", "a unit is in no region"))
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        let id = Self::id(request.address.as_str(), &request.properties.expose());
        self.remember(&request.address, &request.type_name, &id, &request.properties);
        self.put(&id, &request.properties, request.token.as_str()).await
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        let read = |request: &Read| self.look(&request.physical_id, &self.way(&request.physical_id)?);
        requests.iter().map(read).collect()
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        let before = self.way(&request.physical_id)?;
        self.remember(&request.address, &request.type_name, &request.physical_id, &request.properties);
        let live = self.put(&request.physical_id, &request.properties, request.token.as_str()).await?;
        let kept = sites(&request.properties.expose());
        for site in before.sites.iter().filter(|site| !kept.contains(site)) {
            self.at(site, &before, |there| drop(there.remove(&request.physical_id))).await?;
        }
        Ok(live)
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        let way = self.way(&request.physical_id)?;
        for site in &way.sites {
            self.at(site, &way, |there| drop(there.remove(&request.physical_id))).await?;
        }
        Ok(())
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let id = Self::id(request.address.as_str(), &request.properties);
        let way = self.way(&id)?;
        let found = self.look(&id, &way)?;
        let inner = self.sites.inner();
        let bears = |site: &String| {
            let thing = inner.sites.get(site).and_then(|there| there.get(&id));
            thing.is_some_and(|(_, token)| *token == request.token.as_str())
        };
        Ok(found.into_iter().filter(|_| way.sites.iter().any(bears)).collect())
    }

    async fn dynamic(&self, _: &str, _: &DynamicReference) -> Result<Json, ProviderError> {
        Err(refused("NoStore", "units keep no values"))
    }
}
