//! What one effect needs: the parts of the engine, the journal, and whom to tell. It outlives the run's own future.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ironwright_core::Address;
use ironwright_core::secret::SecretText;

use super::effect::Trouble;
use super::renewal::Renewal;
use super::retry::Backoff;
use super::search;
use super::slot::Slot;
use crate::engine::Stop;
use crate::events::{Event, Observer};
use crate::journal::{Entry, Line, Operation, Writer};
use crate::parts::Parts;
use crate::provider::{ErrorKind, Live, Provider, ProviderError, Read};
use crate::sealing::Sealer;
use crate::secrets::{hide, scrub};
use crate::store::StoreError;
use crate::vault::VaultError;

/// How often a resource is asked for before the cloud's "not there" is believed: reads lag behind writes.
const READS_UNTIL_GONE: usize = 5;

fn not_sealed(error: &VaultError) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, "SecretNotSealed", format!("{error}; nothing was sent"))
}

/// What an effect needs.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) parts: Arc<Parts>,
    pub(super) writer: Arc<Writer>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) stop: Stop,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) address: Address,
    /// The state's lineage.
    pub(super) salt: Arc<str>,
    pub(super) sealer: Arc<Sealer>,
    /// What this effect has written so far; kept outside of it, so that a panic does not lose it.
    pub(super) lines: Arc<Mutex<Vec<Line>>>,
    pub(super) slot: Arc<Slot>,
    pub(super) renewal: Arc<Renewal>,
    /// Whether what is made is waited for until it is ready.
    pub(super) waits: bool,
    /// Whether an interrupted run may have done it already, so that a failure now does not say that nothing was done.
    pub(super) again: bool,
}

impl Job {
    /// Writes `entry`; durable when this returns.
    pub(super) async fn write(&self, entry: Entry) -> Result<(), StoreError> {
        let line = self.writer.append(entry).await?;
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        Ok(())
    }

    /// The same, behind what seals `secrets`, which `entry` holds the digests of.
    pub(super) async fn write_sealed(&self, secrets: &[SecretText], entry: Entry) -> Result<(), Trouble> {
        let lines = self.sealer.enqueue(&self.writer, secrets, entry).map_err(|error| not_sealed(&error))?;
        self.written(lines).await
    }

    /// Waits until `lines` are durable.
    async fn written(&self, lines: Vec<Line>) -> Result<(), Trouble> {
        if !lines.is_empty() {
            self.writer.sync(&lines).await?;
        }
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
        Ok(())
    }

    /// Makes sure that what the cloud returns of the resource can be sealed, before it is made.
    pub(super) async fn ready_to_seal(&self, operation: &Operation) -> Result<(), Trouble> {
        let facts = self.provider.facts(&operation.record.type_name);
        if facts.is_none_or(|facts| facts.sensitive.is_empty()) {
            return Ok(());
        }
        let lines = self.sealer.found(&self.writer).map_err(|error| not_sealed(&error))?;
        self.written(lines).await
    }

    /// Puts digests over all that is secret in `live`, which came of `operation`, by place and by content. Returns what it
    /// took out.
    pub(super) fn hide(&self, live: &mut Live, operation: &Operation, secrets: &[SecretText]) -> Vec<SecretText> {
        let facts = self.provider.facts(&operation.record.type_name);
        let mut hidden = hide(&mut live.model, facts.as_deref(), &self.salt);
        hidden.extend(scrub(&mut live.model, secrets, &operation.record.properties, &self.salt));
        hidden
    }

    /// The tries of one operation.
    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(self.parts.settings.patience)
    }

    /// Whether the create of `operation`, sent again under its token, makes no second resource.
    pub(super) fn honours_token(&self, operation: &Operation) -> bool {
        search::honours_token(&self.parts, &*self.provider, operation)
    }

    /// Waits before another attempt. False where there shall be none: patience is over, or the run is to stop.
    pub(super) async fn wait(&self, backoff: &mut Backoff, error: &ProviderError) -> bool {
        if self.stop.is_requested() {
            return false;
        }
        let Some(pause) = backoff.pause(error.kind, &*self.parts.entropy) else {
            return false;
        };
        if error.kind == ErrorKind::Expired {
            self.parts.clock.sleep(pause).await;
            return self.renewal.wait(self, error).await;
        }
        self.observer.event(&Event::Retrying { address: self.address.clone(), error: error.clone(), pause });
        self.parts.clock.sleep(pause).await;
        true
    }

    /// Reads a resource. Nothing only where the cloud has said so several times.
    pub(super) async fn read(&self, request: Read) -> Result<Option<Live>, ProviderError> {
        let requests = [request];
        let mut backoff = self.backoff();
        let mut absent = 0;
        loop {
            match self.provider.read(&requests).await.pop() {
                Some(Ok(Some(live))) => return Ok(Some(live)),
                Some(Ok(None)) | None => {
                    absent += 1;
                    if absent == READS_UNTIL_GONE {
                        return Ok(None);
                    }
                    self.parts.clock.sleep(Duration::from_millis(100 << absent)).await;
                }
                Some(Err(error)) => {
                    if !self.wait(&mut backoff, &error).await {
                        return Err(error);
                    }
                }
            }
        }
    }
}
