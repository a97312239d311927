//! What a run leaves behind: the state, the cloud and the plan that would come next, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ironwright::core::Address;
use ironwright::engine::{Plan, State};
use ironwright::simulated::{Resource, SimulatedCloud};

use super::program::{FORGOTTEN, Goal};
use super::{block_on, onlooker, plan};

/// What there is after a run.
#[derive(Debug)]
pub struct Remains {
    /// The state.
    pub state: State,
    /// What lives in the cloud.
    pub cloud: Vec<Resource>,
    /// What an apply would do next.
    pub next: Plan,
}

impl Remains {
    /// What is in `folder` and in `cloud`, of a run that led to `goal`; an error where it cannot be read.
    pub fn of(folder: &Path, cloud: &SimulatedCloud, goal: Goal) -> Result<Self, String> {
        let engine = onlooker(folder, cloud);
        let looked = block_on(async { Ok((engine.state().await?, plan(&engine, goal).await?)) });
        let (state, next) = looked.map_err(|error: ironwright::engine::EngineError| error.diagnostics().to_string())?;
        let cloud = cloud.resources().map_err(|error| error.to_string())?;
        Ok(Self { state, cloud, next })
    }

    /// The physical ids by address. Of resources at one address, the state's; of what the state has let go of, the
    /// cloud's.
    pub fn ids(&self) -> BTreeMap<String, String> {
        let cloud = self.cloud.iter().map(|resource| (resource.address.clone(), resource.physical_id.clone()));
        let state = self.state.resources.iter().map(|(address, record)| (address, &record.physical_id));
        cloud.chain(state.map(|(address, id)| (address.to_string(), id.clone()))).collect()
    }

    /// What is wrong, whatever run it was: orphans, duplicates, and anything that is still to be done.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.orphans();
        problems.extend(self.ghosts());
        problems.extend(self.duplicates());
        if !self.next.is_empty() {
            let changes = self.next.changes.iter().filter(|change| change.action.is_change());
            let changes: Vec<_> = changes.map(|change| format!("{} {}", change.action, change.address)).collect();
            problems.push(format!("the next plan is not empty: {changes:?}, recovering {:?}", self.next.recovering));
        }
        problems
    }

    /// What is otherwise than after an undisturbed run that left `expected`. The simulated cloud gives every resource of
    /// an address another id, so that equal ids say that nothing was made twice, not even for a while.
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let (found, wanted) = (self.ids(), expected.ids());
        let addresses: BTreeSet<_> = found.keys().chain(wanted.keys()).collect();
        for address in addresses.into_iter().filter(|address| found.get(*address) != wanted.get(*address)) {
            let (found, wanted) = (found.get(address), wanted.get(address));
            differences.push(format!("ids differ: {address} is {found:?} and not {wanted:?}"));
        }
        if self.state.outputs != expected.state.outputs {
            differences.push(format!("outputs differ: {:?}", self.state.outputs));
        }
        differences
    }

    /// What lives in the cloud and is unknown to the state.
    fn orphans(&self) -> Vec<String> {
        let known = |resource: &&Resource| {
            let mut records = self.state.resources.values().chain(&self.state.deposed);
            records.any(|record| record.physical_id == resource.physical_id && record.type_name == resource.type_name)
        };
        let let_go = |resource: &&Resource| {
            resource.address == FORGOTTEN && !self.state.resources.contains_key(&Address::from(FORGOTTEN))
        };
        let orphans = self.cloud.iter().filter(|resource| !known(resource) && !let_go(resource));
        orphans.map(|found| format!("orphan: {} {}", found.address, found.physical_id)).collect()
    }

    /// What the state has and the cloud has not.
    fn ghosts(&self) -> Vec<String> {
        let records = self.state.resources.values().chain(&self.state.deposed);
        let gone = records.filter(|record| {
            !self.cloud.iter().any(|live| live.physical_id == record.physical_id && live.type_name == record.type_name)
        });
        gone.map(|record| format!("in the state alone: {} {}", record.address, record.physical_id)).collect()
    }

    /// Addresses with more than one live resource.
    fn duplicates(&self) -> Vec<String> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for resource in &self.cloud {
            *count.entry(&resource.address).or_default() += 1;
        }
        let duplicates = count.into_iter().filter(|(_, count)| *count > 1);
        duplicates.map(|(address, count)| format!("duplicate: {address} lives {count} times")).collect()
    }
}
