//! Seals the secrets that a run meets: each before the first line of the journal that uses it, in the same durable write.
//! What it has met it remembers, so that a later step of the run may use what the cloud returned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use ironwright_core::{Graph, Tree};

use crate::journal::{Book, Entry, Line, Writer};
use crate::plan::top_property;
use crate::planner::in_model;
use crate::refresh::Observed;
use crate::state::State;
use crate::vault::{Keyring, Vault, VaultError};

/// Seals the secrets of one run.
pub(crate) struct Sealer {
    vault: Arc<dyn Vault>,
    salt: String,
    kept: Mutex<Kept>,
}

/// What is known of secrets by now.
struct Kept {
    keyring: Option<Keyring>,
    /// The digests of what is sealed, in the state or by a line that was handed to the journal.
    sealed: BTreeSet<String>,
    /// The texts that the run has met, by digest.
    texts: BTreeMap<String, SecretText>,
}

impl Sealer {
    /// A sealer for a run that begins with `state`.
    pub(crate) fn new(vault: Arc<dyn Vault>, state: &State) -> Self {
        let kept = Kept {
            keyring: state.keyring.clone(),
            sealed: state.secrets.keys().cloned().collect(),
            texts: BTreeMap::new(),
        };
        Self { vault, salt: state.lineage.clone(), kept: Mutex::new(kept) }
    }

    /// What digests are made over.
    pub(crate) fn salt(&self) -> &str {
        &self.salt
    }

    /// All that it remembers.
    pub(crate) fn met(&self) -> Vec<SecretText> {
        self.kept().texts.values().cloned().collect()
    }

    /// Remembers `texts`. What the state holds of them at the end of the run is sealed then.
    pub(crate) fn note(&self, texts: impl IntoIterator<Item = SecretText>) {
        let texts = texts.into_iter().map(|text| (text.digest(&self.salt), text));
        self.kept().texts.extend(texts);
    }

    /// Hands `entry` to `writer`, behind what seals those of `texts` that are not sealed yet.
    pub(crate) fn enqueue(&self, writer: &Writer, texts: &[SecretText], entry: Entry) -> Result<Vec<Line>, VaultError> {
        let mut kept = self.kept();
        let mut entries = kept.seal(&*self.vault, &self.salt, texts)?;
        entries.push(entry);
        Ok(writer.enqueue(entries))
    }

    /// Hands the keyring to `writer` where it is made now, so that what comes can be sealed.
    pub(crate) fn found(&self, writer: &Writer) -> Result<Vec<Line>, VaultError> {
        let mut kept = self.kept();
        let entries: Vec<Entry> = kept.found(&*self.vault)?.into_iter().collect();
        Ok(if entries.is_empty() { Vec::new() } else { writer.enqueue(entries) })
    }

    /// The secret that `digest` stands for in `state`.
    pub(crate) fn open(&self, state: &State, digest: &str) -> Result<SecretText, VaultError> {
        if let Some(text) = self.kept().texts.get(digest) {
            return Ok(text.clone());
        }
        let text = open(&*self.vault, state, digest)?;
        self.kept().texts.insert(digest.to_owned(), text.clone());
        Ok(text)
    }

    /// Seals what `book` holds of the secrets that were met and are not sealed yet, for the snapshot that follows. Returns
    /// how many of them it holds as digests alone.
    pub(crate) fn finish(&self, book: &mut Book) -> usize {
        let mut kept = self.kept();
        let mut open: Vec<(String, SecretText)> = kept.texts.clone().into_iter().collect();
        open.retain(|(digest, _)| !kept.sealed.contains(digest));
        if open.is_empty() {
            return 0;
        }
        let used = book.digests();
        open.retain(|(digest, _)| used.contains(digest));
        let texts: Vec<SecretText> = open.iter().map(|(_, text)| text.clone()).collect();
        // A vault that cannot seal leaves digests; they are counted below.
        let entries = kept.seal(&*self.vault, &self.salt, &texts).unwrap_or_default();
        for entry in entries {
            book.enter(&Line { sequence: book.sequence(), entry });
        }
        open.iter().filter(|(digest, _)| !kept.sealed.contains(digest)).count()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Makes the keyring where there is none, and returns the line that says so.
    fn found(&mut self, vault: &dyn Vault) -> Result<Option<Entry>, VaultError> {
        if self.keyring.is_some() {
            return Ok(None);
        }
        self.keyring = vault.found()?;
        Ok(self.keyring.clone().map(|keyring| Entry::Keyring { keyring: Box::new(keyring) }))
    }

    /// What seals those of `texts` that are not sealed yet; the keyring first where it is made for them.
    fn seal(&mut self, vault: &dyn Vault, salt: &str, texts: &[SecretText]) -> Result<Vec<Entry>, VaultError> {
        let mut entries = Vec::new();
        for text in texts {
            let digest = text.digest(salt);
            self.texts.insert(digest.clone(), text.clone());
            if self.sealed.contains(&digest) {
                continue;
            }
            entries.extend(self.found(vault)?);
            let Some(keyring) = &self.keyring else {
                continue;
            };
            if let Some(sealed) = vault.seal(keyring, text)? {
                self.sealed.insert(digest.clone());
                entries.push(Entry::Sealed { digest, sealed });
            }
        }
        Ok(entries)
    }
}

/// The secret that `digest` stands for in `state`, opened by `vault`.
pub(crate) fn open(vault: &dyn Vault, state: &State, digest: &str) -> Result<SecretText, VaultError> {
    match (&state.keyring, state.secrets.get(digest)) {
        (Some(keyring), Some(sealed)) => vault.open(keyring, sealed),
        _ => Err(VaultError::NotKept),
    }
}

/// The secrets that `graph` refers to and only the state knows, by the digests that stand for them in what is live, as far
/// as they can be opened. Those that the program sets itself it knows itself.
pub(crate) fn opened(sealer: &Sealer, graph: &Graph, state: &State, seen: &Observed) -> BTreeMap<String, SecretText> {
    let mut opened = BTreeMap::new();
    if state.secrets.is_empty() {
        return opened;
    }
    let properties = graph.nodes().iter().flat_map(|node| &node.properties).map(|entry| &entry.tree);
    let outputs = graph.stacks().iter().flat_map(|stack| &stack.parts.outputs).map(|output| &output.tree);
    for reference in properties.chain(outputs).flat_map(Tree::references) {
        let top = top_property(&reference.attribute);
        if graph.node(&reference.address).is_some_and(|node| node.property(top).is_some()) {
            continue;
        }
        let live = seen.get(&reference.address).and_then(Option::as_ref).map(|live| &live.model);
        let model = live.or_else(|| state.resources.get(&reference.address).map(|record| &record.model));
        let digest = model.and_then(|model| redacted_digest(in_model(model, &reference.attribute)?));
        if let Some((digest, text)) = digest.and_then(|digest| Some((digest, sealer.open(state, digest).ok()?))) {
            opened.insert(digest.to_owned(), text);
        }
    }
    opened
}
