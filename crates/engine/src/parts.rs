//! The parts of an engine, shared by all that runs on its behalf.

use std::sync::Arc;

use crate::engine::Settings;
use crate::error::EngineError;
use crate::journal::Book;
use crate::providers::Providers;
use crate::seams::{Clock, Entropy};
use crate::store::{LockOwner, Store, StoreError};
use crate::token::Token;

/// The parts of an engine.
pub(crate) struct Parts {
    pub(crate) providers: Providers,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
}

impl Parts {
    /// The state and journal as they are stored, refused where they belong to another target.
    pub(crate) async fn open(&self) -> Result<Book, EngineError> {
        let book = Book::open(self.store.load().await?)?;
        let (state, asked) = (&book.state().target, &self.settings.target);
        if book.exists && state != asked {
            return Err(EngineError::TargetMismatch { state: state.clone(), asked: asked.clone() });
        }
        Ok(book)
    }

    /// Takes the lock for `owner`.
    pub(crate) async fn lock(&self, owner: &LockOwner) -> Result<(), EngineError> {
        self.store.lock(owner).await.map_err(|error| match error {
            StoreError::LockHeld(owner) => EngineError::LockHeld(owner),
            other => EngineError::Store(other),
        })
    }

    /// Who this run is, to others that want the lock.
    pub(crate) fn lock_owner(&self) -> LockOwner {
        LockOwner {
            id: self.draw_id(),
            owner: self.settings.owner.clone(),
            pid: std::process::id(),
            command: self.settings.command.clone(),
            since: self.clock.now(),
        }
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
