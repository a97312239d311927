//! The way back: what was tried goes, and what served before serves.

use super::super::order::Order;
use super::super::release::Release;
use super::{Host, Step, Verdict};

impl Host<'_> {
    /// The next step until what served before serves, and nothing is left of what was tried.
    pub(super) fn back(&self) -> Step {
        if let Some(trial) = self.observed.releases.iter().find(|release| release.is_trial) {
            return Step::Remove(trial.name.clone());
        }
        let Some(candidate) = self.candidate() else {
            return self.restored().unwrap_or(Step::Failed);
        };
        if self.has_won(candidate) {
            return Step::Failed;
        }
        let before = self.running_others().pop();
        match before {
            Some(before) if self.is_upstream(&candidate.name) && self.is_doubtful(candidate) => {
                return Step::Switch(before.name.clone());
            }
            _ if self.serves(candidate) => return Step::Failed,
            _ => {}
        }
        if candidate.runs() && self.wanted.order.publishes() {
            // The old one needs its ports and its volumes.
            return Step::Retire(candidate.name.clone());
        }
        if let Some(step) = self.restored() {
            return step;
        }
        if candidate.token == self.wanted.token {
            return Step::Remove(candidate.name.clone());
        }
        if candidate.runs() { Step::Retire(candidate.name.clone()) } else { Step::Failed }
    }

    /// Whether the wanted release serves and only what comes after that went wrong.
    fn has_won(&self, candidate: &Release) -> bool {
        let gets_traffic = self.wanted.order != Order::Edge || self.is_upstream(&candidate.name);
        candidate.runs() && self.is_healthy(&candidate.name) && gets_traffic
    }

    /// Whether the container of the wanted release is what serves, and did before: then it is left alone.
    fn serves(&self, candidate: &Release) -> bool {
        if self.wanted.order == Order::Edge {
            return self.is_upstream(&candidate.name);
        }
        let is_new = candidate.token == self.wanted.token || self.known.started.contains(&candidate.name);
        candidate.is_settled() && !is_new
    }

    /// Whether the wanted release, which gets the traffic, may not deserve it. It had proved itself when it got it; since then it was
    /// asked again, or had stopped.
    fn is_doubtful(&self, candidate: &Release) -> bool {
        let name = &candidate.name;
        self.verdict(name) == Some(Verdict::Failed) || self.known.started.contains(name)
    }

    /// The next step until what served before runs and gets its traffic.
    fn restored(&self) -> Option<Step> {
        self.revived().or_else(|| self.rerouted())
    }

    /// The edge sends traffic again to the release it was taken from, so that one which publishes ports itself could come.
    fn rerouted(&self) -> Option<Step> {
        let before = self.running_others().pop().filter(|_| self.wanted.order.publishes())?;
        let has_lost = before.order() == Order::Edge && !self.is_upstream(&before.name);
        has_lost.then(|| Step::Reroute(before.name.clone()))
    }

    /// The release that served last comes back, where it had to give way, and stays.
    fn revived(&self) -> Option<Step> {
        let settled = |release: &Release| release.restart == release.declared_restart();
        if let Some(running) = self.running_others().pop() {
            let (container, restart) = (running.name.clone(), running.declared_restart().to_owned());
            return (!settled(running)).then_some(Step::Restart { container, restart });
        }
        let gave_way = |release: &&Release| match self.wanted.order {
            // One behind the edge never gives way before another serves.
            Order::Edge => !release.published.is_empty(),
            Order::Beside => false,
            Order::Trial | Order::Instead => true,
        };
        let ended = self.others().filter(|release| !release.finished_at.is_empty());
        let last = ended.max_by_key(|release| (release.finished_at.clone(), release.number)).filter(gave_way)?;
        let is_tried = self.known.started.contains(&last.name);
        let (container, restart) = (last.name.clone(), last.declared_restart().to_owned());
        (!is_tried).then_some(Step::Start { container, restart })
    }
}
