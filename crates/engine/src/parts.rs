//! The parts of an engine, shared by all that runs on its behalf.

use std::sync::Arc;

use crate::assets::Assets;
use crate::engine::{Settings, Stop};
use crate::error::EngineError;
use crate::events::{Observer, Silent};
use crate::guarded::caught;
use crate::journal::{Book, Saved};
use crate::providers::Providers;
use crate::sealing::Sealer;
use crate::seams::{Clock, Entropy, identified};
use crate::store::{LockOwner, Store, StoreError, Stored};
use crate::token::Token;
use crate::vault::Vault;
use crate::waiting;

/// The parts of an engine.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) providers: Providers,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) assets: Arc<dyn Assets>,
}

impl Parts {
    /// The state and journal as they are stored, refused where they belong to another target.
    pub(crate) async fn open(&self) -> Result<Book, EngineError> {
        self.book(self.store.load().await?)
    }

    /// The book of what is stored, refused where it belongs to another target or account.
    pub(crate) fn book(&self, stored: Stored) -> Result<Book, EngineError> {
        let book = Book::open(stored)?;
        let (state, asked) = (&book.state().target, &self.settings.target);
        if book.exists && state != asked {
            return Err(EngineError::TargetMismatch { state: state.clone(), asked: asked.clone() });
        }
        if let (Some(state), Some(asked)) = (&book.state().account, &self.settings.account)
            && state != asked
        {
            return Err(EngineError::AccountMismatch { state: state.clone(), asked: asked.clone() });
        }
        Ok(book)
    }

    /// Saves what `book` holds as the next version, which holds all lines up to number `sequence`, and empties the journal.
    pub(crate) async fn save(&self, book: &mut Book, sequence: u64) -> Result<(), StoreError> {
        let Settings { command, owner, .. } = &self.settings;
        let saved = Saved { at: self.clock.now(), command: command.clone(), owner: owner.clone() };
        self.store.save(book.snapshot(sequence, saved)?).await?;
        self.store.clear_journal().await
    }

    /// Does `work` under the lock, which is given back however that ends, a panic included. Waits for the lock as long as
    /// the settings allow, and nobody is told.
    pub(crate) async fn locked<T>(&self, work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
        self.locked_telling(&Silent, &Stop::new(), work).await
    }

    /// The same; `observer` is told of waiting, and `stop` ends it.
    pub(crate) async fn locked_telling<T>(
        &self,
        observer: &dyn Observer,
        stop: &Stop,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let owner = self.lock_owner();
        waiting::lock(self, &owner, observer, stop).await?;
        let result = panics_told(work).await;
        let unlocked = self.store.unlock(&owner).await;
        let done = result?;
        unlocked?;
        Ok(done)
    }

    /// Who this run is, to others that want the lock.
    pub(crate) fn lock_owner(&self) -> LockOwner {
        identified(LockOwner {
            id: self.draw_id(),
            owner: self.settings.owner.clone(),
            command: self.settings.command.clone(),
            since: self.clock.now(),
            ..LockOwner::default()
        })
    }

    /// What seals the secrets of a run that begins with `book`.
    pub(crate) fn sealer(&self, book: &Book) -> Sealer {
        Sealer::new(self.vault.clone(), book.state())
    }

    /// A token no attempt has had before.
    pub(crate) fn draw_token(&self) -> Token {
        let (high, low) = (self.entropy.next(), self.entropy.next());
        Token::new(u128::from(high) << 64 | u128::from(low))
    }

    /// 32 random hexadecimal digits.
    pub(crate) fn draw_id(&self) -> String {
        self.draw_token().to_string()
    }
}

/// What `work` gives; a panic in it as an error.
pub(crate) async fn panics_told<T>(work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    caught(work).await.unwrap_or_else(|message| Err(EngineError::Panicked { message }))
}
