//! What a command asks of the engine about secrets that are sealed: to open one, and to let others open them.

use ironwright_core::secret::SecretText;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::sealing;
use crate::state::State;
use crate::vault::{Keyring, VaultError};

impl Engine {
    /// The secret that `digest` stands for in `state`. Needs a key that opens the keyring of the state.
    pub fn reveal(&self, state: &State, digest: &str) -> Result<SecretText, VaultError> {
        sealing::open(&*self.0.vault, state, digest)
    }

    /// Lets those open the secrets of the state who are asked for now, where they are others than before and a key that
    /// opens them is at hand. Returns the keyring where that changed it; writes nothing where not.
    pub async fn renew_keyring(&self) -> Result<Option<Keyring>, EngineError> {
        match self.renewed(&self.state().await?)? {
            Some(_) => self.0.locked(self.renew_under_lock()).await,
            None => Ok(None),
        }
    }

    async fn renew_under_lock(&self) -> Result<Option<Keyring>, EngineError> {
        let mut book = self.0.open().await?;
        let renewed = self.renewed(book.state())?;
        if renewed.is_some() {
            book.state_mut().keyring.clone_from(&renewed);
            let sequence = book.sequence();
            self.0.save(&mut book, sequence).await?;
        }
        Ok(renewed)
    }

    fn renewed(&self, state: &State) -> Result<Option<Keyring>, VaultError> {
        state.keyring.as_ref().map_or(Ok(None), |keyring| self.0.vault.renew(keyring))
    }
}
