//! Targets: where a program is deployed to, what each can deploy, and the engine for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::nearest::nearest;
use ironwright_core::{Diagnostic, Diagnostics, Graph, Node};
use ironwright_engine::{Engine, FileStore, MemoryStore, OsEntropy, Provider, Settings, Store, SystemClock};
use ironwright_simulated::SimulatedCloud;

use crate::error::CommandError;
use crate::remote::{Remote, is_url};

/// The folder of states and simulated clouds, where no other is named.
const FOLDER: &str = ".ironwright";

/// Where a program is deployed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A cloud in a folder.
    Simulated,
    /// AWS itself, directly through its APIs; and machines over SSH.
    Aws,
    /// Machines that are there already, over SSH.
    Hosts,
}

/// Targets of other builds, each with what to say of it.
const ELSEWHERE: [(&str, &str); 3] = [
    ("aws", "it comes with the feature `aws`, and with `aws-ec2` for EC2 on its own API"),
    ("hosts", "it comes with the feature `docker`"),
    (
        "cloudformation",
        "deployment through CloudFormation comes with a later release; `synth` writes its templates today",
    ),
];

impl Target {
    /// The first one given: by the command line, the environment, the program; else the simulated one.
    pub(crate) fn choose(
        flag: Option<&str>,
        environment: Option<&str>,
        app: Option<&str>,
    ) -> Result<Self, CommandError> {
        let asked = [flag, environment.filter(|name| !name.is_empty()), app].into_iter().flatten().next();
        asked.map_or(Ok(Self::Simulated), Self::parse)
    }

    fn parse(name: &str) -> Result<Self, CommandError> {
        let all = [Self::Simulated, Self::Aws, Self::Hosts];
        if let Some(target) = all.into_iter().find(|target| target.name() == name && target.is_here()) {
            return Ok(target);
        }
        if let Some((_, what)) = ELSEWHERE.iter().find(|(known, _)| *known == name) {
            let error =
                Diagnostic::error("target-missing", format!("the target `{name}` is not in this build: {what}"));
            let feature = match name {
                "aws" => "add the feature: `cargo add ironwright --features aws-ec2`; or ",
                "hosts" => "add the feature: `cargo add ironwright --features docker`; or ",
                _ => "",
            };
            let help = format!("{feature}leave `--target` out to deploy to the simulated cloud");
            return Err(CommandError::usage(error.help(help)));
        }
        let known = || ELSEWHERE.iter().map(|(name, _)| *name).chain([Self::Simulated.name()]);
        let error = Diagnostic::error("target-unknown", format!("there is no target `{name}`"));
        let help = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "targets are `simulated`, `aws`, `hosts` and `cloudformation`".to_owned(),
        };
        Err(CommandError::usage(error.help(help)))
    }

    /// The name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Aws => "aws",
            Self::Hosts => "hosts",
        }
    }

    /// Whether this build has it.
    fn is_here(self) -> bool {
        match self {
            Self::Simulated => true,
            Self::Aws => cfg!(feature = "aws"),
            Self::Hosts => cfg!(feature = "docker"),
        }
    }

    /// What it is, for the first line of output. `ships`: images or containers are deployed to it.
    pub(crate) fn description(self, ships: bool) -> &'static str {
        match (self, ships) {
            (Self::Simulated, false) => "a cloud in a folder; nothing real is created",
            (Self::Simulated, true) => {
                "a cloud in a folder, hosts and containers simulated too; nothing real is created"
            }
            (Self::Aws, false) => "AWS itself, directly through its APIs",
            (Self::Aws, true) => "AWS itself, directly through its APIs, and hosts over SSH",
            (Self::Hosts, _) => "machines that are there already, over SSH; no cloud",
        }
    }

    /// An error for every resource of `graph` that it cannot deploy in this build.
    pub(crate) fn refused(self, graph: &Graph) -> Diagnostics {
        let refused = |node: &Node| {
            let kind = &node.type_name;
            let (message, help) = match self {
                Self::Aws | Self::Hosts if is_shipped(kind) && !cfg!(feature = "docker") => (
                    format!("{kind} is deployed for real by the feature `docker`, which is not in this build"),
                    "add the feature: `cargo add ironwright --features docker`; or leave `--target` out to deploy to the \
                     simulated cloud",
                ),
                Self::Hosts if !is_shipped(kind) => (
                    format!("the target `hosts` has no cloud, and {kind} is a resource of one"),
                    "type `--target aws`, or leave it out of the program for this target: `Host::at(…)` names a machine that \
                     is there already",
                ),
                _ => return None,
            };
            Some(Diagnostic::error("type-not-served", message).at(&node.address).source(&node.source).help(help))
        };
        graph.nodes().iter().filter_map(refused).collect()
    }
}

/// Whether a type is one of images, hosts and what runs on them.
fn is_shipped(type_name: &str) -> bool {
    ironwright_deploy::PREFIXES.iter().any(|prefix| type_name.starts_with(prefix))
}

/// Whether `graph` holds images or containers.
pub(crate) fn ships(graph: &Graph) -> bool {
    graph.nodes().iter().any(|node| is_shipped(&node.type_name))
}

/// Where the state of one app and stage lies: `DIR/<app>/<stage>`.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    app: String,
    stage: String,
    /// Where the simulated cloud lies, and the state unless it is elsewhere.
    folder: PathBuf,
    /// The state in an object store.
    remote: Option<Remote>,
}

impl Place {
    /// The place below `root`. Names that are no plain folder names are refused.
    pub(crate) fn new(root: &Path, app: &str, stage: &str) -> Result<Self, CommandError> {
        for (what, name) in [("app", app), ("stage", stage)] {
            if !is_folder_name(name) {
                let message =
                    format!("`{name}` cannot be the name of {} {what}", if what == "app" { "an" } else { "a" });
                let help = "its state is kept in a folder of that name: use letters, digits, `-`, `_` and `.`";
                return Err(Diagnostic::error("invalid-name", message).help(help).into());
            }
        }
        let remote = if is_url(root) { Some(Remote::at(root)?) } else { None };
        let root = if remote.is_some() { Path::new(FOLDER) } else { root };
        Ok(Self { app: app.to_owned(), stage: stage.to_owned(), folder: root.join(app).join(stage), remote })
    }

    /// The same place, whose remote locks last for `lease` without a sign of life.
    pub(crate) fn with_lease(self, lease: Option<Duration>) -> Self {
        Self { remote: self.remote.map(|remote| remote.with_lease(lease)), ..self }
    }

    /// The stages of each app that has a state below `root`.
    pub(crate) fn all(root: &Path) -> BTreeMap<String, Vec<String>> {
        let mut known = BTreeMap::<_, Vec<_>>::new();
        for app in folders(root) {
            let has_state = |stage: &String| {
                let folder = root.join(&app).join(stage);
                ["state.json", "journal.ndjson"].iter().any(|file| folder.join(file).is_file())
            };
            let stages: Vec<_> = folders(&root.join(&app)).into_iter().filter(has_state).collect();
            if !stages.is_empty() {
                known.insert(app, stages);
            }
        }
        known
    }

    /// The folder of the simulated cloud.
    pub(crate) fn cloud(&self) -> PathBuf {
        self.folder.join("cloud")
    }

    /// The store of the state.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match &self.remote {
            Some(remote) => remote.store(&self.app, &self.stage),
            None => Arc::new(FileStore::new(self.folder.clone())),
        }
    }
}

/// The names of the folders in `folder`, in order; none where it cannot be read.
fn folders(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn is_folder_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 128 && name.chars().all(is_plain) && !name.chars().all(|c| c == '.')
}

/// What a command does to the cloud. One that changes nothing leaves no folder behind either (invariant I4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: the state tells all it needs.
    State,
    /// It reads only.
    Read,
    /// It changes things.
    Change,
}

/// An engine on `providers` and the state at `place`.
pub(crate) fn engine(place: &Place, providers: Vec<Arc<dyn Provider>>, settings: Settings) -> Engine {
    assemble(providers, place.store(), settings)
}

/// The simulated cloud at `place`.
pub(crate) fn simulated(
    place: &Place,
    access: Access,
    facts: &'static dyn FactSource,
) -> Result<Arc<dyn Provider>, CommandError> {
    let facts = embedded(facts);
    let folder = place.cloud();
    let cloud = if access == Access::Change || folder.is_dir() {
        let unusable = |error: ironwright_simulated::CloudError| {
            Diagnostic::error("cloud-unusable", error.to_string())
                .help("make the folder writable, or give another with `--state DIR`")
        };
        SimulatedCloud::in_folder(facts, folder).map_err(unusable)?
    } else {
        SimulatedCloud::in_memory(facts)
    };
    Ok(Arc::new(cloud))
}

/// An engine that has no state and no cloud: for checking a program.
pub(crate) fn detached_engine(facts: &'static dyn FactSource, settings: Settings) -> Engine {
    let cloud = SimulatedCloud::in_memory(embedded(facts));
    assemble(vec![Arc::new(cloud)], Arc::new(MemoryStore::default()), settings)
}

fn assemble(providers: Vec<Arc<dyn Provider>>, store: Arc<dyn Store>, settings: Settings) -> Engine {
    Engine::new(providers, store, Arc::new(SystemClock::new()), Arc::new(OsEntropy::new()), settings)
}

/// Facts, as providers take them.
pub(crate) fn embedded(facts: &'static dyn FactSource) -> Arc<dyn FactSource> {
    Arc::new(Embedded(facts))
}

/// Facts that live as long as the process.
pub(crate) struct Embedded(pub(crate) &'static dyn FactSource);

impl FactSource for Embedded {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.0.facts(type_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_beats_the_environment_beats_the_program() {
        let ok = |flag, environment, app| Target::choose(flag, environment, app).is_ok();
        assert!(ok(None, None, None));
        assert!(ok(Some("simulated"), Some("aws"), Some("aws")));
        assert!(ok(None, Some("simulated"), Some("aws")));
        assert!(ok(None, Some(""), None));
        assert_eq!(ok(None, None, Some("aws")), cfg!(feature = "aws"));
        assert_eq!(ok(Some("hosts"), None, None), cfg!(feature = "docker"));
    }

    #[test]
    fn a_target_of_another_build_is_named() {
        let text = |name| Target::choose(Some(name), None, None).unwrap_err().diagnostics.to_string();
        #[cfg(not(feature = "aws"))]
        assert!(text("aws").contains("feature `aws`"), "{}", text("aws"));
        #[cfg(not(feature = "docker"))]
        assert!(text("hosts").contains("--features docker"), "{}", text("hosts"));
        assert!(text("cloudformation").contains("`synth` writes its templates"));
        assert!(text("simulatd").contains("did you mean `simulated`?"));
        assert!(text("gcp").contains("targets are"));
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let ok = |app, stage| Place::new(Path::new(".ironwright"), app, stage).is_ok();
        assert!(ok("python-app", "dev"));
        assert!(!ok("..", "dev"));
        assert!(!ok("a/b", "dev"));
        assert!(!ok("app", ""));
        assert!(!ok("app", "../prod"));
    }
}
