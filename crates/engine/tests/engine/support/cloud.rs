//! A small fake cloud: nine types, each with other promises. It enforces what matters to an engine: references must
//! exist, what is used cannot be deleted, names are taken once, create-only properties do not change.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::facts::TypeFacts;
use ironwright_core::function::DynamicReference;
use ironwright_engine::{
    Accepted, Capabilities, Create, Delete, ErrorKind, Find, Live, Provider, ProviderError, Read, Readiness, Stop,
    Surroundings, Ticket, Trace, Update,
};
use serde_json::{Value as Json, json};

/// Of each type: its facts, as `TypeFacts` reads them.
const FACTS: [(&str, &str); 10] = [
    (
        "Fake::Network",
        r#"{"p":{"Cidr":{"f":"s"},"Tags":{"f":"l"},"Id":{"f":"s"}},"r":["Cidr"],"co":["Cidr"],"ra":["Id"],"id":["Id"]}"#,
    ),
    (
        "Fake::Subnet",
        r#"{"p":{"Network":{"f":"s"},"Cidr":{"f":"s"},"Id":{"f":"s"}},"co":["Network","Cidr"],"ra":["Id"],"id":["Id"]}"#,
    ),
    (
        "Fake::Server",
        r#"{"p":{"Subnet":{"f":"s"},"Size":{"f":"i","ma":99},"Image":{"f":"s"},"Groups":{"f":"l","un":true},
        "Kind":{"f":"s","kn":"t2.micro t2.small"},"Password":{"f":"s"},"Note":{"f":"s"},"Id":{"f":"s"},"Ip":{"f":"s"}},
        "co":["Subnet","Image"],"cc":["Note"],"wo":["Password"],"ra":["Id","Ip"],"id":["Id"]}"#,
    ),
    (
        "Fake::Bucket",
        r#"{"p":{"Name":{"f":"s"},"Policy":{"f":"j"},"Class":{"f":"s"},"Arn":{"f":"s"}},"r":["Name"],
        "co":["Name","Class"],"ra":["Arn"],"id":["Name"]}"#,
    ),
    (
        "Fake::Vault",
        r#"{"p":{"Label":{"f":"s"},"Password":{"f":"s"},"Id":{"f":"s"}},"wo":["Password"],"ra":["Id"],"id":["Id"]}"#,
    ),
    (
        "Fake::Pair",
        r#"{"p":{"Id":{"f":"s"},"Public":{"f":"s"},"Private":{"f":"s"}},"ra":["Id","Public","Private"],"se":["Private"],
        "id":["Id"]}"#,
    ),
    (
        "Fake::Token",
        r#"{"p":{"Label":{"f":"s"},"Id":{"f":"s"},"Secret":{"f":"s"}},"ra":["Id","Secret"],"se":["Secret"],"id":["Id"]}"#,
    ),
    (
        "Fake::Image",
        r#"{"p":{"Text":{"f":"s"},"Version":{"f":"s"},"Id":{"f":"s"}},"ra":["Id","Version"],"mu":["Version"],"id":["Id"]}"#,
    ),
    ("Fake::Blob", r#"{"p":{"Text":{"f":"s"},"Id":{"f":"s"}},"co":["Text"],"ra":["Id"],"id":["Id"]}"#),
    (
        "Fake::Key",
        r#"{"p":{"For":{"f":"s"},"Bucket":{"f":"s"},"Version":{"f":"s"},"Id":{"f":"s"}},"ra":["Id","Version"],"id":["Id"]}"#,
    ),
];

/// What goes wrong with the next call of a kind.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nothing is done, and this is said.
    Fails(ErrorKind),
    /// It is done, and the response is lost.
    Lost,
    /// It is made twice, and the response is lost.
    Twice,
    /// It is made but for this property, and the response is lost.
    Begun(&'static str),
    /// It is not seen yet.
    Unseen,
    /// It is made, and then making it fails; the id is said.
    Half,
    /// The provider itself breaks.
    Panics,
    /// Nothing is done yet, and what was sent is said, secrets included.
    Repeats,
}

#[derive(Debug, Default)]
struct Inner {
    live: BTreeMap<String, Thing>,
    made: usize,
    faults: BTreeMap<String, VecDeque<Fault>>,
    calls: Vec<String>,
    /// How many reads of a new resource say that there is none.
    lag: usize,
    /// What was removed behind the engine's back, by token: the cloud goes on answering with it.
    graves: BTreeMap<String, Live>,
    /// How long it honours a token.
    token_life: Option<Duration>,
    /// What the last update was said to change.
    changed: Option<BTreeSet<String>>,
    /// The credentials that it takes, where they run out.
    credentials: Option<Credentials>,
    /// Whether it tells all there is of a type.
    lists: bool,
    /// What was accepted and is not ready, and how it stands.
    unready: BTreeMap<String, Readiness>,
}

/// Credentials that run out.
#[derive(Debug)]
struct Credentials {
    /// How many changes they are still good for.
    left: usize,
    /// How many attempts to renew them fail from then on.
    refusals: usize,
    /// Asked when so many attempts have failed.
    stop: Option<(usize, Stop)>,
}

#[derive(Clone, Debug)]
struct Thing {
    type_name: String,
    properties: Json,
    token: String,
    address: String,
    revision: usize,
    unseen: usize,
}

/// The fake cloud. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cloud(Arc<Mutex<Inner>>);

impl Cloud {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The next `verb` (create, read, update, delete, find) on `name` (an address, or a physical id) goes wrong.
    pub(crate) fn fault(&self, verb: &str, name: &str, fault: Fault) {
        self.inner().faults.entry(format!("{verb} {name}")).or_default().push_back(fault);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn forgive(&self) {
        self.inner().faults.clear();
    }

    /// Tokens are honoured for so long.
    pub(crate) fn honour_tokens_for(&self, life: Duration) {
        self.inner().token_life = Some(life);
    }

    /// From now on no token says anything of what was made with it.
    pub(crate) fn forget_tokens(&self) {
        self.inner().live.values_mut().for_each(|thing| thing.token.clear());
    }

    /// The credentials run out after so many changes, and `refusals` attempts to renew them fail.
    pub(crate) fn expire(&self, changes: usize, refusals: usize) {
        self.inner().credentials = Some(Credentials { left: changes, refusals, stop: None });
    }

    /// The credentials are renewed.
    pub(crate) fn renew(&self) {
        self.inner().credentials = None;
    }

    /// When so many attempts to renew them have failed, somebody stops the run.
    pub(crate) fn stop_after_renewals(&self, refusals: usize, stop: &Stop) {
        let mut inner = self.inner();
        inner.credentials.as_mut().expect("they run out").stop = Some((refusals, stop.clone()));
    }

    /// What was accepted stands so from now on.
    pub(crate) fn stand(&self, physical_id: &str, readiness: Readiness) {
        let mut inner = self.inner();
        match readiness {
            Readiness::Ready => drop(inner.unready.remove(physical_id)),
            other => drop(inner.unready.insert(physical_id.to_owned(), other)),
        }
    }

    /// It tells all there is of a type.
    pub(crate) fn list(&self) {
        self.inner().lists = true;
    }

    /// Somebody else makes a resource.
    pub(crate) fn make(&self, type_name: &str, properties: Json) -> String {
        let mut inner = self.inner();
        let id = inner.mint(type_name, &properties).expect("it is free");
        let (token, address) = ("somebody's".to_owned(), "elsewhere".to_owned());
        let type_name = type_name.to_owned();
        inner.live.insert(id.clone(), Thing { type_name, properties, token, address, revision: 1, unseen: 0 });
        id
    }

    pub(crate) fn lag(&self, reads: usize) {
        self.inner().lag = reads;
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.inner().live.keys().cloned().collect()
    }

    /// What the last update was said to change.
    pub(crate) fn changed(&self) -> Option<Vec<String>> {
        self.inner().changed.clone().map(|names| names.into_iter().collect())
    }

    /// Every call so far, `create web/network`, and forgets them.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().calls)
    }

    /// Changes a property behind the engine's back.
    pub(crate) fn meddle(&self, physical_id: &str, property: &str, value: Json) {
        let mut inner = self.inner();
        inner.live.get_mut(physical_id).expect("it is live").properties[property] = value;
    }

    /// What was last asked for.
    pub(crate) fn property(&self, physical_id: &str, property: &str) -> Json {
        self.inner().live[physical_id].properties[property].clone()
    }

    /// Removes a resource behind the engine's back.
    pub(crate) fn lose(&self, physical_id: &str) {
        let mut inner = self.inner();
        let live = inner.live(physical_id);
        let thing = inner.live.remove(physical_id).expect("it is live");
        inner.graves.insert(thing.token, live);
    }
}

/// Whether the cloud chose this id. Only references by such ids are enforced: names may dangle.
fn is_minted(text: &str) -> bool {
    ["net-", "sub-", "srv-"].iter().any(|prefix| text.starts_with(prefix))
}

fn error(kind: ErrorKind, code: &str, message: impl Into<String>) -> ProviderError {
    ProviderError::new(kind, code, message)
}

impl Inner {
    /// What is to go wrong with this call, if anything; one that does nothing is returned as an error at once.
    fn enter(&mut self, verb: &str, name: &str) -> Result<Option<Fault>, ProviderError> {
        self.calls.push(format!("{verb} {name}"));
        let is_change = matches!(verb, "create" | "update" | "delete");
        match self.credentials.as_mut() {
            Some(Credentials { left: 0, .. }) => return Err(error(ErrorKind::Expired, "ExpiredToken", "expired")),
            Some(credentials) if is_change => credentials.left -= 1,
            _ => {}
        }
        match self.faults.get_mut(&format!("{verb} {name}")).and_then(VecDeque::pop_front) {
            Some(Fault::Fails(kind)) => Err(error(kind, "Injected", format!("{verb} {name}"))),
            Some(Fault::Panics) => panic!("injected"),
            other => Ok(other),
        }
    }

    fn check_references(&self, properties: &Json) -> Result<(), ProviderError> {
        for (name, text) in properties.as_object().into_iter().flatten().filter_map(|(n, v)| Some((n, v.as_str()?))) {
            if is_minted(text) && !self.live.contains_key(text) {
                return Err(error(ErrorKind::Refused, "NoSuchThing", format!("{name}: there is no {text}")));
            }
        }
        Ok(())
    }

    fn mint(&mut self, type_name: &str, properties: &Json) -> Result<String, ProviderError> {
        self.made += 1;
        let prefix = match type_name {
            "Fake::Network" => "net",
            "Fake::Subnet" => "sub",
            "Fake::Server" => "srv",
            "Fake::Bucket" => {
                let name = properties["Name"].as_str().expect("validated").to_owned();
                return if self.live.contains_key(&name) {
                    Err(error(ErrorKind::Refused, "AlreadyExists", name))
                } else {
                    Ok(name)
                };
            }
            "Fake::Blob" => "blob",
            "Fake::Vault" => "vault",
            _ => "key",
        };
        Ok(format!("{prefix}-{:03}", self.made))
    }

    /// A pair that nothing here remembers.
    fn pair(&mut self) -> Live {
        self.made += 1;
        let physical_id = format!("pair-{:03}", self.made);
        let (public, private) = (format!("public-{physical_id}"), format!("pr1vate-{physical_id}"));
        Live { model: json!({"Id": physical_id, "Public": public, "Private": private}), physical_id }
    }

    fn live(&self, physical_id: &str) -> Live {
        let thing = &self.live[physical_id];
        let mut model = thing.properties.clone();
        if let Some(entries) = model.as_object_mut() {
            entries.remove("Password");
        }
        match thing.type_name.as_str() {
            "Fake::Bucket" => model["Arn"] = json!(format!("arn:{physical_id}")),
            "Fake::Server" => {
                model["Id"] = json!(physical_id);
                if !self.unready.contains_key(physical_id) {
                    model["Ip"] = json!(format!("192.0.2.{}", &physical_id[4..]));
                }
                model["Hypervisor"] = json!("default");
            }
            "Fake::Vault" => {
                model["Id"] = json!(physical_id);
                // Repeats what it is never to return.
                if let Some(password) = thing.properties["Password"].as_str() {
                    model["Address"] = json!(format!("safe://{password}"));
                }
            }
            "Fake::Token" => {
                model["Id"] = json!(physical_id);
                model["Secret"] = json!(format!("t0ken-of-{physical_id}"));
            }
            "Fake::Key" | "Fake::Image" => {
                model["Id"] = json!(physical_id);
                model["Version"] = json!(thing.revision.to_string());
            }
            _ => model["Id"] = json!(physical_id),
        }
        Live { physical_id: physical_id.to_owned(), model }
    }

    fn users(&self, physical_id: &str) -> Option<&str> {
        let uses = |thing: &Thing| thing.properties.as_object().is_some_and(|p| p.values().any(|v| v == physical_id));
        let found = self.live.values().find(|thing| uses(thing)).filter(|_| is_minted(physical_id));
        found.map(|thing| thing.address.as_str())
    }
}

fn repeats(fault: Option<&Fault>, sent: &Json) -> Result<(), ProviderError> {
    match fault {
        Some(Fault::Repeats) => Err(error(ErrorKind::NotReady, "NotReady", format!("not yet: {sent}"))),
        _ => Ok(()),
    }
}

fn lost(fault: Option<&Fault>, live: Live) -> Result<Live, ProviderError> {
    match fault {
        Some(Fault::Lost | Fault::Twice | Fault::Begun(_)) => {
            Err(error(ErrorKind::OutcomeUnknown, "Lost", "no response"))
        }
        Some(Fault::Half) => {
            let failed = error(ErrorKind::Refused, "NotStabilized", "it did not come up");
            Err(ProviderError { physical_id: Some(live.physical_id), ..failed })
        }
        _ => Ok(live),
    }
}

#[async_trait]
impl Provider for Cloud {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn prefixes(&self) -> &'static [&'static str] {
        &["Fake::"]
    }

    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        let (_, text) = FACTS.iter().find(|(name, _)| *name == type_name)?;
        let facts: TypeFacts = serde_json::from_str(text).expect("facts in this file are well formed");
        Some(Arc::new(TypeFacts { type_name: type_name.to_owned(), ..facts }))
    }

    fn capabilities(&self, type_name: &str) -> Capabilities {
        Capabilities {
            client_token: matches!(type_name, "Fake::Network" | "Fake::Server" | "Fake::Vault"),
            tag_look_up: matches!(type_name, "Fake::Subnet" | "Fake::Key" | "Fake::Vault" | "Fake::Token"),
            caller_chosen_name: type_name == "Fake::Bucket",
            batched_reads: true,
            kept_in_state: type_name == "Fake::Pair",
            needs_applied: false,
        }
    }

    fn token_life(&self, _: &str) -> Option<Duration> {
        self.inner().token_life
    }

    async fn surroundings(&self, region: &str) -> Result<Surroundings, ProviderError> {
        Ok(Surroundings {
            account_id: "123456789012".to_owned(),
            partition: "fake".to_owned(),
            url_suffix: "fake.test".to_owned(),
            // A region that does not tell its zones is called so.
            availability_zones: match region {
                "untold-1" => Vec::new(),
                region => vec![format!("{region}a"), format!("{region}b")],
            },
        })
    }

    async fn create(&self, request: Create) -> Result<Live, ProviderError> {
        tokio::task::yield_now().await;
        let mut inner = self.inner();
        let fault = inner.enter("create", request.address.as_str())?;
        repeats(fault.as_ref(), &request.properties.expose())?;
        if self.capabilities(&request.type_name).client_token
            && let Some((id, _)) = inner.live.iter().find(|(_, thing)| thing.token == request.token.as_str())
        {
            return lost(fault.as_ref(), inner.live(&id.clone()));
        }
        if self.capabilities(&request.type_name).client_token
            && let Some(dead) = inner.graves.get(request.token.as_str())
        {
            return Ok(dead.clone());
        }
        let properties = request.properties.expose();
        if request.type_name == "Fake::Pair" {
            return Ok(inner.pair());
        }
        inner.check_references(&properties)?;
        let id = inner.mint(&request.type_name, &properties)?;
        let thing = Thing {
            type_name: request.type_name,
            properties,
            token: request.token.to_string(),
            address: request.address.to_string(),
            revision: 1,
            unseen: inner.lag,
        };
        if matches!(fault, Some(Fault::Twice)) {
            let id = inner.mint(&thing.type_name, &thing.properties)?;
            inner.live.insert(id, thing.clone());
        }
        inner.live.insert(id.clone(), thing);
        if let Some(Fault::Begun(property)) = fault {
            inner.live.get_mut(&id).expect("it was just made").properties[property] = json!("not yet");
        }
        lost(fault.as_ref(), inner.live(&id))
    }

    async fn accept(&self, request: Create) -> Result<Accepted, ProviderError> {
        let live = self.create(request).await?;
        let mut inner = self.inner();
        inner.unready.insert(live.physical_id.clone(), Readiness::Pending);
        Ok(Accepted { live: inner.live(&live.physical_id), ticket: Some("ticket".to_owned()) })
    }

    async fn standing(&self, accepted: &Ticket) -> Result<Readiness, ProviderError> {
        let inner = self.inner();
        assert_eq!(accepted.ticket, "ticket");
        Ok(inner.unready.get(&accepted.physical_id).cloned().unwrap_or(Readiness::Ready))
    }

    async fn read(&self, requests: &[Read]) -> Vec<Result<Option<Live>, ProviderError>> {
        tokio::task::yield_now().await;
        let mut inner = self.inner();
        let mut read = |request: &Read| {
            inner.enter("read", &request.physical_id)?;
            let Some(thing) = inner.live.get_mut(&request.physical_id) else {
                return Ok(None);
            };
            if thing.unseen > 0 {
                thing.unseen -= 1;
                return Ok(None);
            }
            Ok(Some(inner.live(&request.physical_id)))
        };
        requests.iter().map(&mut read).collect()
    }

    async fn update(&self, request: Update) -> Result<Live, ProviderError> {
        tokio::task::yield_now().await;
        let mut inner = self.inner();
        inner.changed.clone_from(&request.changed);
        let fault = inner.enter("update", request.address.as_str())?;
        repeats(fault.as_ref(), &request.properties.expose())?;
        let properties = request.properties.expose();
        inner.check_references(&properties)?;
        let facts = self.facts(&request.type_name).expect("served");
        let thing = inner.live.get_mut(&request.physical_id);
        let thing = thing.ok_or_else(|| error(ErrorKind::NotFound, "NoSuchThing", &request.physical_id))?;
        if let Some(fixed) = facts.create_only.iter().find(|name| thing.properties.get(name) != properties.get(name)) {
            return Err(error(ErrorKind::Refused, "NotUpdatable", fixed));
        }
        thing.properties = properties;
        thing.revision += 1;
        lost(fault.as_ref(), inner.live(&request.physical_id))
    }

    async fn delete(&self, request: Delete) -> Result<(), ProviderError> {
        tokio::task::yield_now().await;
        let mut inner = self.inner();
        let fault = inner.enter("delete", request.address.as_str())?;
        if !inner.live.contains_key(&request.physical_id) {
            return Err(error(ErrorKind::NotFound, "NoSuchThing", &request.physical_id));
        }
        if let Some(user) = inner.users(&request.physical_id) {
            return Err(error(ErrorKind::InUse, "DependencyViolation", format!("used by {user}")));
        }
        let live = inner.live(&request.physical_id);
        inner.live.remove(&request.physical_id);
        lost(fault.as_ref(), live).map(drop)
    }

    async fn find(&self, request: &Find) -> Result<Vec<Live>, ProviderError> {
        tokio::task::yield_now().await;
        let mut inner = self.inner();
        if let Some(Fault::Unseen) = inner.enter("find", request.address.as_str())? {
            return Ok(Vec::new());
        }
        let is_it = |thing: &Thing| thing.token == request.token.as_str() && thing.type_name == request.type_name;
        let ids: Vec<String> = inner.live.iter().filter(|(_, thing)| is_it(thing)).map(|(id, _)| id.clone()).collect();
        Ok(ids.iter().map(|id| inner.live(id)).collect())
    }

    /// A network bears the token of its create; of others it only shows what they are.
    async fn trace(&self, request: &Find, known: &[String]) -> Result<Option<Trace>, ProviderError> {
        let mut inner = self.inner();
        inner.enter("trace", request.address.as_str())?;
        if !inner.lists {
            return Err(error(ErrorKind::Refused, "NoLookUp", "it does not list"));
        }
        let there = inner.live.iter().filter(|(id, thing)| thing.type_name == request.type_name && !known.contains(id));
        let bears = |thing: &Thing| thing.type_name == "Fake::Network" && thing.token == request.token.as_str();
        if let Some((id, _)) = there.clone().find(|(_, thing)| bears(thing)) {
            return Ok(Some(Trace { live: inner.live(id), certain: true }));
        }
        let alike: Vec<&String> =
            there.filter(|(_, thing)| thing.properties == request.properties).map(|(id, _)| id).collect();
        match alike.as_slice() {
            [] => Ok(None),
            [id] => Ok(Some(Trace { live: inner.live(id), certain: false })),
            _ => Err(error(ErrorKind::Refused, "NotToldApart", format!("these may be what it made: {alike:?}"))),
        }
    }

    async fn list(&self, type_name: &str, _: &str) -> Result<Vec<String>, ProviderError> {
        let inner = self.inner();
        let all = inner.live.iter().filter(|(_, thing)| thing.type_name == type_name).map(|(id, _)| id.clone());
        if inner.lists { Ok(all.collect()) } else { Err(error(ErrorKind::Refused, "NoList", "it does not list")) }
    }

    async fn renew(&self) -> Result<(), ProviderError> {
        let mut inner = self.inner();
        let Some(credentials) = inner.credentials.as_mut() else { return Ok(()) };
        if let Some((after, stop)) = &mut credentials.stop {
            *after -= 1;
            if *after == 0 {
                stop.request();
            }
        }
        if credentials.refusals > 0 {
            credentials.refusals -= 1;
            return Err(error(ErrorKind::Expired, "ExpiredToken", "still"));
        }
        inner.credentials = None;
        Ok(())
    }

    async fn dynamic(&self, _: &str, reference: &DynamicReference) -> Result<Json, ProviderError> {
        match reference.key.as_ref() {
            "/image" => Ok(json!("image-7")),
            other => Err(error(ErrorKind::Refused, "ParameterNotFound", other)),
        }
    }
}
