//! What to do next on a host: a pure function of what it has and what it shall have.
//!
//! It remembers nothing: what it is told was seen on the host a moment ago, and [`Known`], which this run has found out by
//! asking, may be forgotten at any time. The steps then are taken again, and end in the same.

mod back;
mod forward;
#[cfg(test)]
mod model;
mod step;

use std::collections::{BTreeMap, BTreeSet};

pub use step::Step;

use super::KEPT;
use super::order::Order;
use super::release::Release;

/// What a host has of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The containers.
    pub releases: Vec<Release>,
    /// A killed run has left a file with an environment.
    pub leftovers: bool,
    /// The container that the edge sends traffic to.
    pub upstream: Option<String>,
}

/// What this run has found out on a host, and which cannot be seen there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// The image is on the host, and this is its name there.
    pub image: Option<String>,
    /// The networks that are there.
    pub networks: BTreeSet<String>,
    /// The edge runs with the ports it needs.
    pub edge_stands: bool,
    /// The containers it has started.
    pub started: BTreeSet<String>,
    /// What came of asking a container whether it serves.
    pub verdicts: BTreeMap<String, Verdict>,
    /// The containers without requests in flight, or whose time for them is up.
    pub drained: BTreeSet<String>,
    /// The images are gone that the one it has brought supersedes.
    pub swept: bool,
    /// Something went wrong that cannot be mended by going on.
    pub failed: bool,
}

/// What came of asking a container whether it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Healthy,
    /// It does not.
    Failed,
}

/// What a host shall have.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The number of the release.
    pub number: u32,
    /// The name of its container.
    pub name: String,
    /// The name of the container it is tried in.
    pub trial: String,
    /// In what order it comes.
    pub order: Order,
    /// The attempt.
    pub token: String,
    /// Its restart policy, once it has proved itself.
    pub restart: String,
    /// The networks it is in, the one it is made in first.
    pub networks: Vec<String>,
}

/// The next step towards `wanted`.
pub fn next(observed: &Observed, known: &Known, wanted: &Wanted) -> Step {
    let host = Host { observed, known, wanted };
    if observed.leftovers {
        return Step::RemoveEnvironment;
    }
    if known.failed {
        return host.back();
    }
    host.forward().or_else(|| host.tidy()).unwrap_or(Step::Done)
}

/// A host, and what is wanted of it.
struct Host<'a> {
    observed: &'a Observed,
    known: &'a Known,
    wanted: &'a Wanted,
}

impl<'a> Host<'a> {
    fn container(&self, name: &str) -> Option<&'a Release> {
        self.observed.releases.iter().find(|release| release.name == name)
    }

    /// The container of the wanted release.
    fn candidate(&self) -> Option<&'a Release> {
        self.container(&self.wanted.name)
    }

    /// The containers of other releases.
    fn others(&self) -> impl Iterator<Item = &'a Release> {
        let name = &self.wanted.name;
        self.observed.releases.iter().filter(move |release| !release.is_trial && release.name != *name)
    }

    /// The other releases that run, the one that traffic goes to last.
    fn running_others(&self) -> Vec<&'a Release> {
        let mut running: Vec<_> = self.others().filter(|release| release.runs()).collect();
        running.sort_by_key(|release| (self.is_upstream(&release.name), release.number));
        running
    }

    fn is_upstream(&self, name: &str) -> bool {
        self.observed.upstream.as_deref() == Some(name)
    }

    fn verdict(&self, name: &str) -> Option<Verdict> {
        self.known.verdicts.get(name).copied()
    }

    fn is_healthy(&self, name: &str) -> bool {
        self.verdict(name) == Some(Verdict::Healthy)
    }

    /// What is left to do when the wanted release serves.
    fn tidy(&self) -> Option<Step> {
        let trial = self.observed.releases.iter().find(|release| release.is_trial);
        let never_ran = || self.others().find(|release| release.status == super::Status::Created);
        if let Some(useless) = trial.or_else(never_ran).or_else(|| self.beyond_kept()) {
            return Some(Step::Remove(useless.name.clone()));
        }
        (self.known.image.is_some() && !self.known.swept).then_some(Step::Sweep)
    }

    /// The release to remove where more are kept than should be: the one that ended first.
    fn beyond_kept(&self) -> Option<&'a Release> {
        let stopped = || self.others().filter(|release| !release.runs());
        let first = stopped().min_by_key(|release| (release.finished_at.clone(), release.number));
        first.filter(|_| stopped().count() > KEPT)
    }
}
