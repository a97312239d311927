//! One run of the command line: what it is about, the terminal, and the arguments that every command takes.
//!
//! It asks for the graph, finds the target, and prints what every command prints alike.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ironwright_core::facts::FactSource;
use ironwright_core::{Diagnostic, Diagnostics, Graph};
use ironwright_deploy::assets::AssetFolder;
use ironwright_engine::{Clock, Engine, OnExpired, PlanOptions, Settings, SystemClock};
use tokio::runtime::Runtime;

use crate::arguments::{self, CommonArguments, duration};
use crate::aws::{self, Connected};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::hosts;
use crate::invocation;
use crate::progress::Progress;
use crate::question::{Described, Given, Named};
use crate::render::json::{FORMAT, Line};
use crate::render::{diagnostics, style};
use crate::secrets;
use crate::source_lines::FromWorkingDirectory;
use crate::subject::{Deployment, Subject};
use crate::target::{self, Access, Place, Target};
use crate::terminal::Terminal;

/// The stage of a program that is given none.
const DEFAULT_STAGE: &str = "dev";

/// One run of the command line.
#[derive(Clone)]
pub(crate) struct Session<'a> {
    subject: Subject<'a>,
    facts: &'static dyn FactSource,
    environment: &'a dyn Fn(&str) -> Option<String>,
    clock: Arc<dyn Clock>,
    /// How long to wait for the lock.
    lock_timeout: Duration,
    /// What runs the engine's asynchronous work; made when it is first needed.
    runtime: OnceCell<Rc<Runtime>>,
    pub(crate) terminal: Arc<Terminal>,
    pub(crate) common: CommonArguments,
}

/// Where a command's first line, the target, goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    /// With the rest, on standard output.
    Output,
    /// On standard error: standard output holds values for scripts.
    Error,
}

impl<'a> Session<'a> {
    /// A run about `subject` on `terminal`.
    pub(crate) fn new(
        subject: Subject<'a>,
        facts: &'static dyn FactSource,
        terminal: Arc<Terminal>,
        environment: &'a dyn Fn(&str) -> Option<String>,
        common: CommonArguments,
    ) -> Self {
        let session = Self {
            subject,
            facts,
            environment,
            clock: Arc::new(SystemClock::new()),
            lock_timeout: Duration::ZERO,
            runtime: OnceCell::new(),
            terminal,
            common,
        };
        session.json(&Line::Version { format: FORMAT, ironwright: env!("CARGO_PKG_VERSION") });
        session
    }

    /// The same run, which waits so long for the lock.
    pub(crate) fn with_lock_timeout(self, lock_timeout: Duration) -> Self {
        Self { lock_timeout, ..self }
    }

    /// What runs the engine's asynchronous work. One for the whole run: connections live on it.
    pub(crate) fn runtime(&self) -> Result<&Runtime, CommandError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let made = Rc::new(runtime()?);
        Ok(self.runtime.get_or_init(|| made))
    }

    /// The facts about types.
    pub(crate) fn facts(&self) -> &'static dyn FactSource {
        self.facts
    }

    /// What is deployed, and where to: said by the program, or by the state where there is no program.
    pub(crate) fn deployment(&self) -> Result<Deployment, CommandError> {
        match &self.subject {
            Subject::StateAlone(run) => run.find(&self.common.state, self.common.stage.as_deref()),
            program => Ok(self.deployment_of(program.named(&self.given())?)),
        }
    }

    fn deployment_of(&self, named: Named) -> Deployment {
        let Named { app, default_target, root } = named;
        Deployment { app, stage: self.given().stage, default_target, root, ships: false }
    }

    /// Whether there is no program to ask.
    pub(crate) fn is_state_alone(&self) -> bool {
        self.subject.is_state_alone()
    }

    /// The time.
    #[cfg(feature = "docker")]
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Milliseconds since 1970 UTC.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// What the program is given.
    fn given(&self) -> Given {
        let stage = self.common.stage.clone().unwrap_or_else(|| DEFAULT_STAGE.to_owned());
        Given { stage, vars: self.common.vars.clone() }
    }

    /// The graph, checked as far as no facts about types are needed.
    pub(crate) fn graph(&self) -> Result<Built, CommandError> {
        let Described { named, graph, warnings } = self.subject.described(&self.given())?;
        let deployment = Deployment { ships: target::ships(&graph), ..self.deployment_of(named) };
        Ok(Built { deployment, graph, warnings })
    }

    /// The same, with a region for every stack that needs one, of what the target can deploy.
    pub(crate) fn graph_in_region(&self) -> Result<Built, CommandError> {
        let mut built = self.graph()?;
        let refused = self.target(&built.deployment)?.refused(&built.graph);
        if refused.has_errors() {
            return Err(refused.into());
        }
        let names = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
        let mut said = names.filter_map(|name| Some((name, (self.environment)(name)?)));
        if let Some((name, region)) = said.find(|(_, region)| !region.is_empty()) {
            built.graph.default_region(&region, name);
        }
        Ok(built.graph.missing_regions().or(built)?)
    }

    /// Where `deployment` goes.
    pub(crate) fn target(&self, deployment: &Deployment) -> Result<Target, CommandError> {
        let environment = (self.environment)("IRONWRIGHT_TARGET");
        Target::choose(self.common.target.as_deref(), environment.as_deref(), deployment.default_target.as_deref())
    }

    /// The engine for `deployment`. Says the target first.
    pub(crate) fn engine(
        &self,
        deployment: &Deployment,
        story: Story,
        access: Access,
        run: Run<'_>,
    ) -> Result<Engine, CommandError> {
        let target = self.target(deployment)?;
        let place = Place::new(&self.common.state, &deployment.app, &deployment.stage)?.with_lease(self.lease()?);
        self.announce(target.name(), deployment.ships, &deployment.app, &deployment.stage, story);
        let (vault, warnings) = secrets::vault(self.environment)?;
        self.show(&warnings);
        let mut settings = self.settings(deployment, target, run);
        let root = deployment.root.as_deref().unwrap_or(Path::new("."));
        let providers = match target {
            Target::Simulated => vec![target::simulated(&place, access, self.facts)?],
            Target::Aws | Target::Hosts if access == Access::State => Vec::new(),
            Target::Aws => {
                let connected = aws::connect(self.runtime()?, self.facts, &self.clock)?;
                self.tell_identity(&connected, story);
                settings.account = Some(connected.account);
                let hosts = hosts::providers(&self.clock, root, Some(connected.registries));
                connected.providers.into_iter().chain(hosts).collect()
            }
            Target::Hosts => hosts::providers(&self.clock, root, None),
        };
        let assets = Arc::new(AssetFolder::new(root));
        Ok(target::engine(&place, providers, settings).with_vault(vault).with_assets(assets))
    }

    /// An engine without state and cloud, to check a program with.
    pub(crate) fn detached_engine(&self, deployment: &Deployment) -> Engine {
        target::detached_engine(self.facts, self.settings(deployment, Target::Simulated, Run::reading("validate")))
    }

    /// How long a lock in an object store lasts without a sign of life, where the environment says otherwise than usual.
    fn lease(&self) -> Result<Option<Duration>, CommandError> {
        let text = (self.environment)("IRONWRIGHT_LEASE").filter(|text| !text.is_empty());
        let wrong = |problem| {
            CommandError::usage(Diagnostic::error("lease", format!("the variable `IRONWRIGHT_LEASE`: {problem}")))
        };
        text.map(|text| duration(&text)).transpose().map_err(wrong)
    }

    fn settings(&self, deployment: &Deployment, target: Target, run: Run<'_>) -> Settings {
        let waits = self.terminal.features().interactive && !self.common.json && aws::can_renew(self.environment);
        Settings {
            on_expired: if waits { OnExpired::Pause } else { OnExpired::Stop },
            app: deployment.app.clone(),
            stage: deployment.stage.clone(),
            target: target.name().to_owned(),
            parallelism: run.parallelism,
            no_wait: run.no_wait,
            command: run.command.to_owned(),
            owner: invocation::owner(self.environment),
            lock_timeout: self.lock_timeout,
            ..Settings::default()
        }
    }

    /// Prints the first line of a command: the target, and what is deployed there. A target of another build has no
    /// description here.
    /// `ships`: there are images or containers.
    pub(crate) fn announce(&self, target: &str, ships: bool, app: &str, stage: &str, story: Story) {
        if self.common.json {
            return self.json(&Line::Target { target, app, stage });
        }
        let name = style::paint(style::BOLD, target);
        let known = Target::choose(Some(target), None, None);
        let description = known.map(|known| format!(" ({})", known.description(ships))).unwrap_or_default();
        let which =
            if self.subject.is_state_alone() { format!("app {app}, stage {stage}") } else { format!("stage {stage}") };
        let line = format!("Target: {name}{description}, {which}\n");
        match story {
            Story::Output => self.terminal.print(&format!("{line}\n")),
            Story::Error => self.terminal.complain(&line),
        }
    }

    /// Prints who one is at AWS.
    fn tell_identity(&self, connected: &Connected, story: Story) {
        let Connected { account, principal, region, .. } = connected;
        if self.common.json {
            return self.json(&Line::Identity { account, principal, region: region.as_deref() });
        }
        let region = region.as_ref().map(|region| format!(", region {region}")).unwrap_or_default();
        self.tell(&format!("Account {account}, {principal}{region}\n"), story);
    }

    /// Prints `text` where the first line went.
    pub(crate) fn tell(&self, text: &str, story: Story) {
        match story {
            Story::Output => self.terminal.print(text),
            Story::Error => self.terminal.complain(text),
        }
    }

    /// The same run, at `stage` where the command line names none.
    pub(crate) fn at_stage(&self, stage: &str) -> Session<'a> {
        let named = (stage != DEFAULT_STAGE).then(|| stage.to_owned());
        self.with(CommonArguments { stage: self.common.stage.clone().or(named), ..self.common.clone() })
    }

    /// The same run with these variables.
    pub(crate) fn with_variables(&self, variables: &BTreeMap<String, String>) -> Session<'a> {
        let vars = variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        self.with(CommonArguments { vars, ..self.common.clone() })
    }

    fn with(&self, common: CommonArguments) -> Session<'a> {
        Session { common, ..self.clone() }
    }

    /// What a plan takes into account.
    pub(crate) fn plan_options(&self, refresh: bool, replace: &[ironwright_core::Address]) -> PlanOptions {
        let parameters = self.common.vars.iter().cloned().collect();
        PlanOptions { refresh, replace: replace.to_vec(), parameters, ..PlanOptions::default() }
    }

    /// What tells of a run of `total` operations.
    pub(crate) fn progress(&self, total: usize) -> Arc<Progress> {
        let login = aws::login(self.environment);
        Arc::new(Progress::new(&self.terminal, Arc::clone(&self.clock), self.common.json, total).with_login(login))
    }

    /// What begins a session at AWS anew.
    pub(crate) fn login(&self) -> String {
        aws::login(self.environment)
    }

    /// Prints `line` where JSON is asked for.
    pub(crate) fn json(&self, line: &Line<'_>) {
        if self.common.json {
            self.terminal.line(&line.text());
        }
    }

    /// Prints what is wrong or notable: on standard error, or as JSON on standard output.
    pub(crate) fn show(&self, diagnostics: &Diagnostics) {
        if self.common.json {
            diagnostics.iter().for_each(|diagnostic| self.json(&Line::Diagnostic(diagnostic)));
        } else if !diagnostics.is_empty() {
            let lines = FromWorkingDirectory::default();
            self.terminal.complain(&diagnostics::diagnostics(diagnostics, &lines, self.terminal.width()));
        }
    }

    /// Shows why a command failed, if it did, and gives the exit code.
    pub(crate) fn end(&self, result: Result<Exit, CommandError>) -> Exit {
        result.unwrap_or_else(|error| {
            self.show(&error.diagnostics);
            error.exit
        })
    }

    /// The command line that runs `command` on the same target, stage and state, as the user would type it.
    pub(crate) fn next(&self, command: &str) -> String {
        let elsewhere = self.subject.is_state_alone() && arguments::needs_program(command);
        let prefix = if elsewhere { "cargo run --".to_owned() } else { invocation::prefix(self.environment) };
        let mut line = format!("{prefix} {command}");
        let flags = self.subject.flags();
        if !flags.is_empty() && !elsewhere {
            line = format!("{line} {flags}");
        }
        if let Some(target) = &self.common.target {
            line = format!("{line} --target {target}");
        }
        if let Some(stage) = &self.common.stage {
            line = format!("{line} --stage {stage}");
        }
        if self.common.state != Path::new(".ironwright") {
            line = format!("{line} --state {}", self.common.state.display());
        }
        line
    }
}

/// What came of building the program.
pub(crate) struct Built {
    /// What is deployed, and where to.
    pub(crate) deployment: Deployment,
    /// Its graph.
    pub(crate) graph: Graph,
    /// What is notable; no errors.
    pub(crate) warnings: Diagnostics,
}

/// What a run is to its engine.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The command, for the lock's message.
    pub(crate) command: &'a str,
    /// How many operations go on at once.
    pub(crate) parallelism: usize,
    /// Whether what nothing else waits for is left as soon as it is accepted.
    pub(crate) no_wait: bool,
}

impl<'a> Run<'a> {
    /// A run that reads.
    pub(crate) fn reading(command: &'a str) -> Self {
        Self { command, parallelism: Settings::default().parallelism, no_wait: false }
    }
}

/// What runs the engine's asynchronous work.
pub(crate) fn runtime() -> Result<Runtime, CommandError> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Diagnostic::error("runtime", format!("the system gives no event loop: {error}")).into())
}
