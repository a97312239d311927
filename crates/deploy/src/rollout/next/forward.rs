//! The way forward: the wanted release is made, proves itself, and takes the place of the others.

use super::super::order::Order;
use super::super::release::{NO_RESTART, Release};
use super::{Host, Step};

impl Host<'_> {
    /// The next step until the wanted release serves alone.
    pub(super) fn forward(&self) -> Option<Step> {
        match self.wanted.order {
            Order::Edge => self.behind_the_edge(),
            Order::Beside => self.beside(),
            Order::Trial | Order::Instead => self.in_place(),
        }
    }

    /// Beside the old one; the edge moves the traffic, and only then the old one goes.
    fn behind_the_edge(&self) -> Option<Step> {
        let name = &self.wanted.name;
        // An old version that publishes ports by itself has those that the edge needs.
        let in_the_way = || self.running_others().into_iter().find(|release| !release.published.is_empty());
        let ensure = || (!self.known.edge_stands).then_some(Step::EnsureEdge);
        let early = || if in_the_way().is_none() { ensure() } else { None };
        self.made(name, Step::Create(name.clone()))
            .or_else(early)
            .or_else(|| self.proved(name))
            .or_else(|| in_the_way().map(|release| Step::Retire(release.name.clone())))
            .or_else(ensure)
            .or_else(|| (!self.is_upstream(name)).then(|| Step::Switch(name.clone())))
            .or_else(|| self.others_gone())
    }

    /// Beside the old one, which then goes.
    fn beside(&self) -> Option<Step> {
        let name = &self.wanted.name;
        self.made(name, Step::Create(name.clone()))
            .or_else(|| self.proved(name))
            .or_else(|| self.observed.upstream.is_some().then_some(Step::Unroute))
            .or_else(|| self.others_gone())
    }

    /// In the place of the old one.
    fn in_place(&self) -> Option<Step> {
        let name = &self.wanted.name;
        let gives_way = || match self.running_others().first() {
            _ if self.observed.upstream.is_some() => Some(Step::Unroute),
            Some(other) => Some(Step::Retire(other.name.clone())),
            None => None,
        };
        self.tried()
            .or_else(|| self.made(name, Step::Create(name.clone())))
            .or_else(|| self.container(&self.wanted.trial).map(|trial| Step::Remove(trial.name.clone())))
            .or_else(gives_way)
            .or_else(|| self.proved(name))
    }

    /// The release is tried without its ports while the old one serves. Where its container is made, it was; where nothing
    /// serves, there is nothing to spare.
    fn tried(&self) -> Option<Step> {
        let trial = &self.wanted.trial;
        let spared = self.candidate().is_some() || self.running_others().is_empty() || self.is_healthy(trial);
        if self.wanted.order != Order::Trial || spared {
            return None;
        }
        self.made(trial, Step::CreateTrial(trial.clone())).or_else(|| self.asked(trial))
    }

    /// The container is there, in all its networks.
    fn made(&self, name: &str, create: Step) -> Option<Step> {
        let container = self.container(name);
        let is_in = |network: &String| container.is_some_and(|container| container.networks.contains_key(network));
        let mut lacks = self.wanted.networks.iter().filter(|network| !is_in(network));
        if let Some(network) = lacks.clone().find(|network| !self.known.networks.contains(*network)) {
            return Some(Step::EnsureNetwork(network.clone()));
        }
        match (container, &self.known.image) {
            (Some(_), _) => {
                lacks.next().map(|network| Step::Connect { container: name.to_owned(), network: network.clone() })
            }
            (None, Some(_)) => Some(create),
            (None, None) => Some(Step::BringImage),
        }
    }

    /// The container runs and serves, and comes back after a reboot.
    fn proved(&self, name: &str) -> Option<Step> {
        let settle = || {
            let (container, restart) = (name.to_owned(), self.wanted.restart.clone());
            let settled = self.container(name).is_some_and(|release| release.restart == restart);
            (!settled).then_some(Step::Restart { container, restart })
        };
        self.asked(name).or_else(settle)
    }

    /// The container runs and serves.
    fn asked(&self, name: &str) -> Option<Step> {
        let runs = self.container(name).is_some_and(Release::runs);
        if runs && self.is_healthy(name) {
            return None;
        }
        if runs || self.known.started.contains(name) {
            return Some(Step::Gate(name.to_owned()));
        }
        // It does not come back by itself before it has proved itself.
        Some(Step::Start { container: name.to_owned(), restart: NO_RESTART.to_owned() })
    }

    /// Nothing else runs, once it has ended what it had begun.
    fn others_gone(&self) -> Option<Step> {
        let other = self.running_others().into_iter().next()?;
        let drains = self.wanted.order == Order::Edge && !self.known.drained.contains(&other.name);
        Some(if drains { Step::Drain(other.name.clone()) } else { Step::Retire(other.name.clone()) })
    }
}
