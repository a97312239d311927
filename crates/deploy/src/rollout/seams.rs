//! What a rollout uses of others: time, images, somebody to tell, and turns on a host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ironwright_engine::{Clock, ProviderError};

use crate::readiness::Progress;
use crate::ssh::{Connection, Destination};

/// Brings images to hosts.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Makes the image `reference` be on the host of `connection`, and returns the name by which it is there.
    async fn bring(
        &self,
        connection: &Connection,
        reference: &str,
        progress: Progress<'_>,
    ) -> Result<String, ProviderError>;
}

/// What a rollout uses.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Time.
    pub clock: &'a dyn Clock,
    /// Who brings images.
    pub delivery: &'a dyn Deliver,
    /// Who is told of progress, a line each.
    pub progress: Progress<'a>,
    /// Turns on hosts, shared by all that goes on in this process.
    pub turns: &'a Turns,
}

/// Turns on hosts: what containers share there, networks and the edge, is changed by one at a time.
#[derive(Debug, Default)]
pub struct Turns(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// What is held while something that containers share is changed on the host `there`.
    pub(super) fn on(&self, there: &Destination) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(there.to_string()).or_default().clone()
    }
}
