//! A release: one version of a container on one host, told by the labels it bears.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::order::Order;
use crate::spec::ContainerSpec;

/// The label with the address of the resource a container was made for.
pub(super) const ADDRESS: &str = "ironwright.address";

/// The restart policy where a program says none.
pub(super) const USUAL_RESTART: &str = "unless-stopped";

/// The policy of what shall not come back by itself: old releases, and new ones that have not proved themselves.
pub(super) const NO_RESTART: &str = "no";

/// Whose containers are meant, on whatever host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The address of the resource.
    pub address: String,
    /// The name, without a release.
    pub name: String,
    /// The addresses of other resources of this app and stage: what bears one of them is not meant, whatever it is called. What
    /// bears another one has moved since it was made.
    pub others: BTreeSet<String>,
}

impl Identity {
    /// One for tests.
    #[cfg(test)]
    pub(super) fn shop() -> Self {
        let [app, stage, address, name] = ["shop", "dev", "web/app", "app"].map(str::to_owned);
        Self { app, stage, address, name, others: BTreeSet::new() }
    }

    /// The name of the container of a release.
    pub fn release(&self, number: u32) -> String {
        format!("{}-r{number}", self.name)
    }

    /// The name of the container in which a release is tried that cannot have its ports yet.
    pub fn trial(&self, number: u32) -> String {
        format!("{}-r{number}-try", self.name)
    }

    /// The same, where its own address is among the others.
    pub(crate) fn without_itself(mut self) -> Self {
        self.others.remove(&self.address);
        self
    }

    /// Whether a container that was made for a resource at `address` is meant.
    pub(super) fn is_at(&self, address: &str) -> bool {
        address == self.address || !self.others.contains(address)
    }

    /// The labels that say whose a container is, with their values.
    pub(super) fn labels(&self) -> [(&'static str, &str); 3] {
        [("ironwright.app", &self.app), ("ironwright.stage", &self.stage), (ADDRESS, &self.address)]
    }
}

/// A container of ours on a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Release {
    /// Docker's id.
    pub id: String,
    /// The container's name, `app-r3`.
    pub name: String,
    /// The number of the release, from 1.
    pub number: u32,
    /// It only tries whether the release gets healthy, without its ports.
    pub is_trial: bool,
    /// What it does.
    pub status: Status,
    /// The status of its end, where it has ended.
    pub exit_code: i64,
    /// Why it ended or could not be started, where Docker says.
    pub problem: String,
    /// When it started last, as Docker has it.
    pub started_at: String,
    /// When it ended last, as Docker has it.
    pub finished_at: String,
    /// How often Docker has started it again.
    pub restarts: u64,
    /// The restart policy it has now.
    pub restart: String,
    /// The attempt that made it.
    pub token: String,
    /// What tells whether it is the same as another.
    pub digest: String,
    /// The id of its image.
    pub image_id: String,
    /// The image, as the program names it.
    pub image: String,
    /// What the program said of it, without hosts and secrets.
    pub properties: Json,
    /// Its address in each network; empty where it does not run.
    pub networks: BTreeMap<String, String>,
    /// The ports of the host that it publishes itself.
    pub published: BTreeSet<u16>,
}

/// What a container does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// It was made and never ran.
    #[default]
    Created,
    /// It runs.
    Running,
    /// It has ended, and Docker starts it again.
    Restarting,
    /// It has ended.
    Stopped,
}

impl Release {
    /// Whether it runs, or will at once.
    pub fn runs(&self) -> bool {
        matches!(self.status, Status::Running | Status::Restarting)
    }

    /// What the program said of it, as far as that is understood.
    pub(super) fn spec(&self) -> ContainerSpec {
        serde_json::from_value(self.properties.clone()).unwrap_or_default()
    }

    /// The order in which it has come.
    pub(super) fn order(&self) -> Order {
        Order::of(&self.spec())
    }

    /// The restart policy that the program wants it to have.
    pub(super) fn declared_restart(&self) -> &str {
        self.properties["Restart"].as_str().unwrap_or(USUAL_RESTART)
    }

    /// Whether it had proved itself, as far as its restart policy tells.
    pub(super) fn is_settled(&self) -> bool {
        self.runs() && self.restart == self.declared_restart()
    }
}
