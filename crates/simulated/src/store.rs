//! The account together with the folder it may be kept in: every change goes into the file before it goes into memory.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ironwright_core::facts::FactSource;
use ironwright_engine::{ErrorKind, ProviderError};

use crate::account::Account;
use crate::log::{Change, Log};
use crate::services;

/// The account, kept in a folder or in memory alone.
pub(crate) struct Store {
    account: Account,
    log: Option<Log>,
    facts: Arc<dyn FactSource>,
    seed: u64,
    is_loaded: bool,
}

impl Store {
    /// An empty account in memory.
    pub(crate) fn in_memory(facts: Arc<dyn FactSource>) -> Self {
        Self { account: Account::default(), log: None, facts, seed: 0, is_loaded: true }
    }

    /// The account in `folder`. It is read when it is first used.
    pub(crate) fn in_folder(facts: Arc<dyn FactSource>, folder: &Path) -> io::Result<Self> {
        let log = Log::open(folder)?;
        Ok(Self { account: Account::default(), log: Some(log), facts, seed: 0, is_loaded: false })
    }

    /// An account in memory that begins as this one is now.
    pub(crate) fn fork(&mut self) -> Result<Self, ProviderError> {
        let (account, facts, seed) = (self.view("")?.clone(), self.facts.clone(), self.seed);
        Ok(Self { account, log: None, facts, seed, is_loaded: true })
    }

    /// What ids and addresses are drawn from.
    pub(crate) fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// The seed.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// The account as it is now, with the default network of `region` in it.
    pub(crate) fn view(&mut self, region: &str) -> Result<&Account, ProviderError> {
        self.catch_up().map_err(|error| self.broken(&error))?;
        self.enter(region);
        Ok(&self.account)
    }

    /// Lets `decide` look at the account and name the changes to make, and makes them.
    pub(crate) fn change<T>(
        &mut self,
        region: &str,
        decide: impl FnOnce(&Account) -> Result<(Vec<Change>, T), ProviderError>,
    ) -> Result<T, ProviderError> {
        self.lock().map_err(|error| self.broken(&error))?;
        self.enter(region);
        let done = decide(&self.account).and_then(|(changes, answer)| {
            self.commit(changes).map_err(|error| self.broken(&error))?;
            Ok(answer)
        });
        self.unlock().map_err(|error| self.broken(&error))?;
        done
    }

    fn enter(&mut self, region: &str) {
        if !region.is_empty() && self.account.enters(region) {
            for entry in services::default_network(region, self.seed) {
                self.account.put(Arc::new(entry), &*self.facts);
            }
        }
    }

    fn lock(&mut self) -> io::Result<()> {
        if let Some(log) = &self.log {
            log.lock()?;
        }
        self.catch_up()
    }

    fn unlock(&self) -> io::Result<()> {
        self.log.as_ref().map_or(Ok(()), Log::unlock)
    }

    fn commit(&mut self, changes: Vec<Change>) -> io::Result<()> {
        if let Some(log) = &mut self.log {
            log.append(&changes)?;
        }
        for change in changes {
            self.apply(change);
        }
        Ok(())
    }

    fn catch_up(&mut self) -> io::Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let news = log.news()?;
        let count = news.len();
        for change in news {
            self.apply(change);
        }
        if !self.is_loaded {
            self.is_loaded = true;
            if let Some(log) = &mut self.log {
                log.compact(count, &gist(&self.account))?;
            }
        }
        Ok(())
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Put(entry) => self.account.put(entry, &*self.facts),
            Change::Gone(key) => drop(self.account.remove(&key, &*self.facts)),
            Change::Had { type_name, address, count } => self.account.recount(type_name, address, count),
        }
    }

    fn broken(&self, error: &io::Error) -> ProviderError {
        let path = self.log.as_ref().map(|log| log.path().display().to_string()).unwrap_or_default();
        let message = format!("the simulated cloud in {path} cannot be used: {error}");
        ProviderError::new(ErrorKind::Refused, "SimulatedCloudStorage", message)
    }
}

/// The changes that make an account like this one: what is live, and how many resources each address has had.
fn gist(account: &Account) -> Vec<Change> {
    let live = account.all().map(|entry| Change::Put(entry.clone()));
    let had = account.outlived().into_iter();
    live.chain(had.map(|((type_name, address), count)| Change::Had { type_name, address, count })).collect()
}
