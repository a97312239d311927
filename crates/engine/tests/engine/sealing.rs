//! Secrets at rest: sealed before they are used, opened where only the state knows them, dropped when nothing needs them.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use ironwright_core::{App, Secret, Text};
use ironwright_engine::journal::{Entry, Line};
use ironwright_engine::{
    Engine, FileStore, Keyring, PlanOptions, Report, Silent, State, Stop, Store, Vault, VaultError,
};
use serde_json::Value as Json;

use crate::support::Place;
use crate::support::program::{Bucket, Key, Vault as Safe};

const PLAIN: &str = "hunter2-hunter2";

/// A vault whose sealed texts are the plain ones in hexadecimal, backwards. Opens with the key alone.
pub(crate) struct Toy {
    /// Whether new states are encrypted.
    pub(crate) founds: bool,
    pub(crate) key: bool,
}

pub(crate) const FULL: Toy = Toy { founds: true, key: true };
pub(crate) const NO_KEY: Toy = Toy { founds: false, key: false };

impl Vault for Toy {
    fn found(&self) -> Result<Option<Keyring>, VaultError> {
        let keyring =
            Keyring { recipient: "toy".to_owned(), sealed_identity: String::new(), recipients: team(&["me"]) };
        Ok(self.founds.then_some(keyring))
    }

    fn renew(&self, keyring: &Keyring) -> Result<Option<Keyring>, VaultError> {
        let both = Keyring { recipients: team(&["me", "you"]), ..keyring.clone() };
        Ok((self.key && keyring.recipients.len() == 1).then_some(both))
    }

    fn seal(&self, _: &Keyring, plain: &SecretText) -> Result<Option<String>, VaultError> {
        let bytes: Vec<u8> = plain.expose().bytes().rev().collect();
        Ok(Some(ironwright_core::secret::hex(&bytes)))
    }

    fn open(&self, keyring: &Keyring, sealed: &str) -> Result<SecretText, VaultError> {
        if !self.key {
            return Err(keyring.locked());
        }
        let byte = |at| u8::from_str_radix(&sealed[at..at + 2], 16).expect("sealed by a toy");
        let bytes = (0..sealed.len()).step_by(2).rev().map(byte).collect();
        Ok(SecretText::new(String::from_utf8(bytes).expect("text")))
    }
}

fn team(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A safe that the cloud says an address of, which holds the password; and a key for that address.
fn app(password: &str, bucket: bool) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let safe = web.add("safe", Safe::new().set("Password", Secret::<Text>::new(password)));
    let key = Key::new().set("For", safe.get("Address"));
    web.add("key", if bucket { key.set("Bucket", "b") } else { key });
    if bucket {
        web.add("bucket", Bucket::new().set("Name", "b"));
    }
    web.output("password", Secret::<Text>::new(password));
    web.output("address", safe.get("Address"));
    app
}

async fn apply(engine: &Engine, app: &App) -> Report {
    apply_with(engine, app, PlanOptions::default()).await
}

async fn apply_with(engine: &Engine, app: &App, options: PlanOptions) -> Report {
    let plan = engine.plan(&app.graph().expect("valid"), &options, &Silent).await.expect("a plan");
    assert!(!format!("{plan:?}").contains(PLAIN));
    engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run")
}

async fn changes(engine: &Engine, app: &App) -> bool {
    let plan = engine.plan(&app.graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
    !plan.is_empty()
}

fn digests(document: &Json, found: &mut BTreeSet<String>) {
    if let Some(digest) = redacted_digest(document) {
        found.insert(digest.to_owned());
    }
    match document {
        Json::Array(items) => items.iter().for_each(|item| digests(item, found)),
        Json::Object(entries) => entries.values().for_each(|value| digests(value, found)),
        _ => {}
    }
}

fn in_use(state: &State) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    digests(&serde_json::to_value(state).expect("plain data"), &mut found);
    found
}

#[tokio::test]
async fn a_secret_is_sealed_before_the_line_that_uses_it() {
    let mut seen = 0;
    for writes in 3..12 {
        let (folder, place) = (super::files::Folder::new(), Place::new());
        let store = || Arc::new(FileStore::new(folder.path().to_owned()));
        let broken = super::files::BreakingStore::new(store(), writes);
        let engine = place.engine_over(Arc::new(place.cloud.clone()), Arc::new(broken)).with_vault(Arc::new(FULL));
        let plan = engine.plan(&app(PLAIN, true).graph().expect("valid"), &PlanOptions::default(), &Silent).await;
        let _ = engine.apply(&plan.expect("a plan"), &Stop::new(), Arc::new(Silent)).await;
        let mut sealed = BTreeSet::new();
        for Line { entry, .. } in store().load().await.expect("readable").journal {
            let mut used = BTreeSet::new();
            digests(&serde_json::to_value(&entry).expect("plain data"), &mut used);
            assert!(used.is_subset(&sealed), "{entry:?}");
            seen += used.len();
            if let Entry::Sealed { digest, .. } = entry {
                sealed.insert(digest);
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

#[tokio::test]
async fn what_only_the_state_knows_is_opened() {
    let place = Place::new();
    let with = |vault: Toy| place.engine().with_vault(Arc::new(vault));
    let report = apply(&with(FULL), &app(PLAIN, false)).await;
    assert!(report.is_complete() && report.unsealed == 0, "{report:?}");
    let state = place.state().await;
    assert_eq!(in_use(&state), state.secrets.keys().cloned().collect(), "all of it is sealed, and nothing else");
    let shown = |name| {
        let digest = redacted_digest(&state.output(name).expect("an output").value).expect("a secret").to_owned();
        with(FULL).reveal(&state, &digest).map(|text| text.expose().to_owned())
    };
    assert_eq!(shown("password").as_deref(), Ok(PLAIN));
    assert_eq!(shown("address").as_deref(), Ok("safe://hunter2-hunter2"));
    assert!(!changes(&with(FULL), &app(PLAIN, false)).await);
    // What the cloud still says needs no key, nor does what is the same by its digest. What is to be sent again and the cloud
    // is not asked for fails and says so; the rest goes on.
    assert!(!changes(&with(NO_KEY), &app(PLAIN, false)).await);
    let blind = PlanOptions { refresh: false, ..PlanOptions::default() };
    let report = apply_with(&with(NO_KEY), &app(PLAIN, true), blind).await;
    let failed: Vec<&str> = report.failed.iter().map(|failure| failure.address.as_str()).collect();
    assert_eq!(failed, ["web/key"]);
    let message = &report.failed[0].error.message;
    assert!(
        message.contains("For: Address of `web/safe` is a secret: the secrets of this state are encrypted to me"),
        "{message}"
    );
    assert!(place.state().await.resources.contains_key(&"web/bucket".into()));
    // New secrets are sealed all the same, and what they replace is dropped.
    let report = apply(&with(NO_KEY), &app("another-password", true)).await;
    assert_eq!(report.unsealed, 0);
    let state = place.state().await;
    let texts: Vec<String> = state
        .secrets
        .keys()
        .map(|digest| with(FULL).reveal(&state, digest).expect("opened").expose().to_owned())
        .collect();
    assert!(texts.contains(&"another-password".to_owned()), "{texts:?}");
    assert!(!texts.contains(&PLAIN.to_owned()), "{texts:?}");
    let report = with(NO_KEY).plan_destroy(&PlanOptions::default(), &Silent).await.expect("a plan");
    assert!(with(NO_KEY).apply(&report, &Stop::new(), Arc::new(Silent)).await.expect("a run").is_complete());
    assert!(place.state().await.secrets.is_empty());
}

#[tokio::test]
async fn encryption_that_is_turned_on_later_seals_what_is_there() {
    let place = Place::new();
    let report = apply(&place.engine(), &app(PLAIN, false)).await;
    assert_eq!((report.unsealed, place.state().await.keyring), (2, None));
    let state = place.state().await;
    let digest = in_use(&state).pop_first().expect("a digest");
    assert_eq!(place.engine().with_vault(Arc::new(FULL)).reveal(&state, &digest).err(), Some(VaultError::NotKept));
    let report = apply(&place.engine().with_vault(Arc::new(FULL)), &app(PLAIN, true)).await;
    assert_eq!(report.unsealed, 0);
    let state = place.state().await;
    let missing: Vec<String> =
        in_use(&state).into_iter().filter(|digest| !state.secrets.contains_key(digest)).collect();
    assert_eq!(missing.len(), 0, "{state:#?}");
}

#[tokio::test]
async fn the_team_changes_where_a_key_is_at_hand() {
    let place = Place::new();
    let with = |vault: Toy| place.engine().with_vault(Arc::new(vault));
    assert_eq!(with(FULL).renew_keyring().await.expect("read"), None, "there is no state");
    apply(&with(Toy { founds: true, key: false }), &app(PLAIN, false)).await;
    let before = place.state().await;
    assert_eq!(with(NO_KEY).renew_keyring().await.expect("read"), None);
    assert_eq!(place.state().await, before);
    let renewed = with(FULL).renew_keyring().await.expect("written").expect("changed");
    assert_eq!(renewed.recipients, ["me", "you"]);
    let after = place.state().await;
    assert_eq!((after.keyring, after.secrets), (Some(renewed), before.secrets));
    assert_eq!(with(FULL).renew_keyring().await.expect("read"), None, "once is enough");
}
