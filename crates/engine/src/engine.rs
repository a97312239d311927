//! The front door: what a command asks of the engine. How each is done lives in `planner`, `executor` and `refresh`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ironwright_core::{Address, Diagnostics, Graph, Import, Move, Node};
use serde::{Deserialize, Serialize};

use crate::assets::{Assets, NoAssets};
use crate::error::EngineError;
use crate::events::Observer;
use crate::executor::{self, Order};
use crate::journal::{Book, Entry, Line, Operation};
use crate::look::{look, look_for};
use crate::parts::{Parts, panics_told};
use crate::plan::{Plan, PropertyChange, Recovering};
use crate::planner::{self, Coverage, Identity, Inputs, Selection, Wanted};
use crate::provider::{Live, Provider};
use crate::providers::Providers;
use crate::refresh::Belief;
use crate::report::Report;
use crate::sealing::Sealer;
use crate::seams::{Clock, Entropy};
use crate::state::{Record, State};
use crate::steps::Base;
use crate::store::{Holder, Store};
use crate::token::Token;
use crate::validate::{validate, validate_those};
use crate::vault::{NoVault, Vault};
use crate::{preparation, refresh, surroundings, waiting};

/// What a run is about, and how it goes about it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The target: `simulated`, `aws`.
    pub target: String,
    /// The account it is deployed in, where the target has accounts: a state and a plan belong to one.
    pub account: Option<String>,
    /// How many operations go on at once.
    pub parallelism: usize,
    /// The command that was typed, for the lock: `apply`.
    pub command: String,
    /// Who runs it, for the lock: `user@host`.
    pub owner: String,
    /// How long one operation is tried again before its failure counts: in use, not ready, throttled.
    pub patience: Duration,
    /// How long a run waits for the lock that another holds; zero: not at all.
    pub lock_timeout: Duration,
    /// What a run does where its credentials run out.
    pub on_expired: OnExpired,
    /// Whether what no other operation of a run waits for is left as soon as it is accepted, ready or not.
    pub no_wait: bool,
}

/// What a run does where its credentials run out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExpired {
    /// It starts nothing new and ends, with all that it did in the state: nobody is there who could get new ones.
    #[default]
    Stop,
    /// It waits until there are new ones, or until it is asked to stop.
    Pause,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            app: String::new(),
            stage: "dev".to_owned(),
            target: "simulated".to_owned(),
            account: None,
            parallelism: 10,
            command: "apply".to_owned(),
            owner: "unknown".to_owned(),
            patience: Duration::from_mins(2),
            lock_timeout: Duration::ZERO,
            on_expired: OnExpired::Stop,
            no_wait: false,
        }
    }
}

/// What a plan takes into account. A saved plan keeps all of it but the parameters, which may be secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanOptions {
    /// Whether the cloud is read first; otherwise the state is believed.
    pub refresh: bool,
    /// The plan is looked at and never applied, which would find it stale: that a resource is not there is believed soon.
    /// Otherwise it is asked for again and again, since reads lag behind writes, and what is made anew by mistake is there
    /// twice.
    #[serde(skip)]
    pub only_shown: bool,
    /// Resources to replace though nothing about them changed.
    pub replace: Vec<Address>,
    /// Values of stack parameters, by name.
    #[serde(skip)]
    pub parameters: BTreeMap<String, String>,
    /// The resources, scopes and stacks to plan, with what they cannot go without; all where this is empty.
    pub only: Vec<Address>,
    /// The resources, scopes and stacks to leave as they are.
    pub exclude: Vec<Address>,
    /// What to import, beside what the program does. What it needs must be live.
    pub imports: Vec<Import>,
    /// What has moved, beside what the program says.
    pub moves: Vec<Move>,
    /// Addresses, old or new, that are no renames though the content is equal.
    pub not_moved: Vec<Address>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            refresh: true,
            only_shown: false,
            replace: Vec::new(),
            parameters: BTreeMap::new(),
            only: Vec::new(),
            exclude: Vec::new(),
            imports: Vec::new(),
            moves: Vec::new(),
            not_moved: Vec::new(),
        }
    }
}

/// Asks a run to stop: start nothing new, finish what is in flight. Clones ask the same run.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Nothing asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What the cloud has otherwise than the state, for one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// Its type.
    pub type_name: String,
    /// Its physical id.
    pub physical_id: String,
    /// The cloud has it no longer.
    pub missing: bool,
    /// What differs: before = the state, after = the cloud.
    pub properties: Vec<PropertyChange>,
}

/// Plans and applies the resources of one app in one stage.
pub struct Engine(pub(crate) Arc<Parts>);

impl Engine {
    /// An engine over these parts; nothing is read yet.
    pub fn new(
        providers: Vec<Arc<dyn Provider>>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Self {
        let providers = Providers::new(providers);
        let (vault, assets) = (Arc::new(NoVault), Arc::new(NoAssets));
        Self(Arc::new(Parts { providers, store, clock, entropy, settings, vault, assets }))
    }

    /// The same engine, with a vault that seals the secrets of the state. Without one, digests alone are kept.
    #[must_use]
    pub fn with_vault(self, vault: Arc<dyn Vault>) -> Self {
        Self(Arc::new(Parts { vault, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The same engine, which reads assets by `assets`. Without them, a program that has any cannot be planned.
    #[must_use]
    pub fn with_assets(self, assets: Arc<dyn Assets>) -> Self {
        Self(Arc::new(Parts { assets, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The account it deploys in, where the target has accounts.
    pub fn account(&self) -> Option<&str> {
        self.0.settings.account.as_deref()
    }

    /// The state as it is, an interrupted run's journal included. Writes nothing.
    pub async fn state(&self) -> Result<State, EngineError> {
        Ok(self.0.open().await?.state().clone())
    }

    /// All that is wrong with `graph` that can be told without reading the cloud.
    pub fn validate(&self, graph: &Graph, options: &PlanOptions) -> Diagnostics {
        validate(graph, &self.0.providers, &options.parameters)
    }

    /// What an apply of `graph` would do. Reads the cloud unless told otherwise; writes nothing (invariant I4).
    pub async fn plan(
        &self,
        graph: &Graph,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        panics_told(self.look_and_plan(graph, options, observer)).await
    }

    async fn look_and_plan(
        &self,
        graph: &Graph,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        self.wait_for_lock(observer).await?;
        let mut book = self.0.open().await?;
        let identity = Identity::said(graph, &options.moves, &mut book).map_err(EngineError::Diagnostics)?;
        self.plan_from(book, identity, graph, options, observer).await
    }

    /// The same from the state in `book`, in which the addresses of `identity` have moved.
    pub(crate) async fn plan_from(
        &self,
        book: Book,
        mut identity: Identity,
        graph: &Graph,
        options: &PlanOptions,
        observer: &dyn Observer,
    ) -> Result<Plan, EngineError> {
        let elsewhere = planner::refused_regions(graph, book.state());
        if elsewhere.has_errors() {
            return Err(EngineError::Diagnostics(elsewhere));
        }
        let resources = &book.state().resources;
        let is_new = |node: &Node| !resources.contains_key(&node.address);
        let problems = validate_those(graph, &self.0.providers, &options.parameters, is_new);
        if problems.has_errors() {
            return Err(EngineError::Diagnostics(problems));
        }
        let context = surroundings::read(&self.0, graph, &options.parameters).await?;
        let sealer = self.0.sealer(&book);
        preparation::remember(&self.0, graph, &context, &sealer);
        let mut view = self.view(book, &sealer).await;
        let base = if options.only_shown { view.base.of_no_state() } else { view.base };
        let may_be_said = |operation: &Operation| executor::is_searched(&self.0, operation);
        let wanted = Wanted::of(graph, &options.imports, &view.book, &self.0.providers, &may_be_said);
        let wanted = wanted.map_err(EngineError::Diagnostics)?;
        let interrupted = view.recovering.iter().map(|operation| &operation.address);
        let unconcerned = planner::unconcerned(&wanted, interrupted, &options.not_moved);
        identity.find(graph, &context, &unconcerned, &mut view.book).map_err(EngineError::AmbiguousRenames)?;
        let mut inputs = Inputs {
            graph,
            book: &view.book,
            base,
            recovering: view.recovering,
            found: view.found,
            observed: BTreeMap::new(),
            imported: BTreeMap::new(),
            readiness: BTreeMap::new(),
            identity,
            providers: &self.0.providers,
            context: Arc::new(context),
            met: Vec::new(),
            opened: BTreeMap::new(),
            replace: &options.replace,
            stage: &self.0.settings.stage,
            coverage: None,
        };
        look_for(&self.0, &mut inputs, wanted, &sealer, observer).await?;
        look(&self.0, &mut inputs, options, &sealer, observer).await?;
        planner::plan(&inputs).map_err(EngineError::Diagnostics)
    }

    /// What deleting everything in the state would do, or what `options` select of it. Needs no program, and reads no
    /// resource: one that is gone already is found so when it is deleted.
    pub async fn plan_destroy(&self, options: &PlanOptions, observer: &dyn Observer) -> Result<Plan, EngineError> {
        self.wait_for_lock(observer).await?;
        let book = self.0.open().await?;
        let sealer = self.0.sealer(&book);
        let View { book, base, recovering, found } = self.view(book, &sealer).await;
        let selection = Selection::new(&options.only, &options.exclude);
        let problems = selection.map(|selection| selection.problems(&book.addresses())).unwrap_or_default();
        if problems.has_errors() {
            return Err(EngineError::Diagnostics(problems));
        }
        let coverage = selection.map(|selection| Coverage::of_destroy(&book, selection));
        planner::plan_destroy(&book, base, recovering, found, coverage.as_ref()).map_err(EngineError::Diagnostics)
    }

    /// Carries out `plan`. What providers refuse is in the report; an error means that the run could not go on.
    ///
    /// Must be called on a tokio runtime. The run is a task of its own: dropping this future does not stop it.
    pub async fn apply(&self, plan: &Plan, stop: &Stop, observer: Arc<dyn Observer>) -> Result<Report, EngineError> {
        let run = executor::apply(self.0.clone(), Order::from(plan), stop.clone(), observer);
        tokio::spawn(panics_told(run)).await.unwrap_or(Err(EngineError::RuntimeEnded))
    }

    /// Where a run is ready to wait for the lock, it does so before it plans: the plan is to be of a state at rest.
    pub(crate) async fn wait_for_lock(&self, observer: &dyn Observer) -> Result<(), EngineError> {
        if self.0.settings.lock_timeout.is_zero() {
            return Ok(());
        }
        waiting::until_free(&self.0, observer, &Stop::new()).await
    }

    /// Who holds the lock, or is gone without giving it back. Writes nothing.
    pub async fn holder(&self) -> Result<Option<Holder>, EngineError> {
        Ok(self.0.store.holder().await?)
    }

    /// Takes the lock `id` from its holder, who is no longer there, and says who that was.
    pub async fn break_lock(&self, id: &str) -> Result<Holder, EngineError> {
        Ok(self.0.store.break_lock(id, &self.0.lock_owner()).await?)
    }

    /// What the cloud has otherwise than the state. Writes nothing.
    pub async fn refresh(&self, observer: &dyn Observer) -> Result<Vec<Drift>, EngineError> {
        let book = self.0.open().await?;
        let records: Vec<&Record> = book.state().resources.values().collect();
        let sealer = self.0.sealer(&book);
        preparation::prepare(&self.0, &book, &sealer, None);
        let seen = refresh::observe(&self.0, &records, Belief::Slow, &sealer, observer).await?;
        Ok(refresh::drift(&records, &seen, &self.0.providers, &book.state().lineage))
    }

    /// Takes over into the state what the cloud has, under the lock, and says what that was. What is missing there
    /// leaves the state.
    pub async fn accept(&self, observer: &dyn Observer) -> Result<Vec<Drift>, EngineError> {
        self.0.locked_telling(observer, &Stop::new(), self.accept_under_lock(observer)).await
    }

    async fn accept_under_lock(&self, observer: &dyn Observer) -> Result<Vec<Drift>, EngineError> {
        let mut book = self.0.open().await?;
        let before = book.state().clone();
        let records: Vec<&Record> = before.resources.values().collect();
        let sealer = self.0.sealer(&book);
        preparation::prepare(&self.0, &book, &sealer, None);
        let mut seen = refresh::observe(&self.0, &records, Belief::Slow, &sealer, observer).await?;
        let drift = refresh::drift(&records, &seen, &self.0.providers, &before.lineage);
        for change in &drift {
            let record = &before.resources[&change.address];
            match seen.remove(&change.address).flatten() {
                Some(live) => {
                    let record = refresh::accepted(record, live, change);
                    book.state_mut().resources.insert(change.address.clone(), record);
                }
                None => drop(book.state_mut().resources.remove(&change.address)),
            }
        }
        if !drift.is_empty() {
            sealer.finish(&mut book);
            let sequence = book.sequence();
            self.0.save(&mut book, sequence).await?;
        }
        Ok(drift)
    }

    /// The state with what an interrupted run is found to have made taken in, in memory alone.
    async fn view(&self, mut book: Book, sealer: &Sealer) -> View {
        preparation::prepare(&self.0, &book, sealer, None);
        let base = Base::of(&book);
        let recovering = book
            .pending()
            .iter()
            .map(|operation| Recovering { address: operation.record.address.clone(), action: operation.action });
        let recovering = recovering.collect();
        let found = executor::look_up_pending(&self.0, &book, sealer).await;
        let mut tokens = BTreeSet::new();
        let (kept, doubles): (Vec<_>, Vec<_>) =
            found.iter().cloned().partition(|(token, _)| tokens.insert(token.clone()));
        let doubles = doubles.into_iter().map(|(token, live)| {
            let Live { physical_id, model } = live;
            Entry::Doubled { token, physical_id, model }
        });
        let kept = kept.into_iter().filter_map(|(token, live)| {
            let operation = book.pending().iter().find(|operation| operation.token == token)?;
            let outcome = executor::outcome_of_found(&self.0, operation, live, sealer.salt());
            Some(Entry::End { token, outcome })
        });
        let entries: Vec<_> = doubles.chain(kept).collect();
        for entry in entries {
            book.enter(&Line { sequence: base.sequence, entry });
        }
        View { book, base, recovering, found }
    }
}

/// The state as a plan sees it.
struct View {
    book: Book,
    base: Base,
    recovering: Vec<Recovering>,
    found: Vec<(Token, Live)>,
}
