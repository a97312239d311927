//! A registry in this process, on loopback, by OCI's distribution protocol: the way of images into the
//! [content store](crate::content), and out of it.
//!
//! The daemon of this machine pushes into it; a host to whom its port is lent pulls from it. Whoever may do either knows a
//! path that cannot be guessed: one for pushing, which reads nothing, and one for each image that is
//! [offered](Registry::offer), which reads that image, nothing else, and only as long as the offer stands.

mod answer;
mod name;
mod path;
mod range;
mod read;
mod serve;
mod upload;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ironwright_engine::Entropy;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::content::{ContentError, ContentStore, Digest};

pub use name::repository;
use read::Offered;
use upload::Pushes;

/// Where the registry was the last time. At the same place the daemon knows again what it has pushed before.
const PLACE: &str = "registry";

/// The registry. It ends with this value.
pub struct Registry {
    shared: Arc<Shared>,
    port: u16,
    push: String,
    entropy: Arc<dyn Entropy>,
    accepting: JoinHandle<()>,
}

/// What all connections know.
struct Shared {
    store: Arc<ContentStore>,
    pushes: Pushes,
    offers: Mutex<HashMap<String, Arc<Offered>>>,
}

impl Shared {
    fn offers(&self) -> MutexGuard<'_, HashMap<String, Arc<Offered>>> {
        self.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Listens on loopback: where it did the last time, or at a free port where somebody else does.
    pub async fn start(store: Arc<ContentStore>, entropy: Arc<dyn Entropy>) -> io::Result<Self> {
        let before = place(&store);
        let push = before.as_ref().map_or_else(|| key(&*entropy), |(_, push)| push.clone());
        let wanted = before.as_ref().map_or(0, |(port, _)| *port);
        let listener = match TcpListener::bind(("127.0.0.1", wanted)).await {
            Err(_) if wanted != 0 => TcpListener::bind(("127.0.0.1", 0)).await?,
            bound => bound?,
        };
        let port = listener.local_addr()?.port();
        if before.is_none() {
            store.note(PLACE, format!("{port} {push}\n").as_bytes()).map_err(io::Error::other)?;
        }
        let shared = Arc::new(Shared { store, pushes: Pushes::new(push.clone()), offers: Mutex::default() });
        let accepting = tokio::spawn(serve::accept(listener, shared.clone()));
        Ok(Self { shared, port, push, entropy, accepting })
    }

    /// The port of this machine's loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Under which path images are pushed: `127.0.0.1:PORT/PREFIX/NAME`. Not to be shown or logged.
    pub fn push_prefix(&self) -> &str {
        &self.push
    }

    /// What was pushed last under `name` with `tag`.
    pub fn pushed(&self, name: &str, tag: &str) -> Option<Digest> {
        self.shared.pushes.tagged(name, tag)
    }

    /// How many bytes of layers and configurations were pushed.
    pub fn received(&self) -> u64 {
        self.shared.pushes.received()
    }

    /// Why a push under `name` could not be taken, if it could not: a full disk, a layer that was damaged.
    pub fn trouble(&self, name: &str) -> Option<String> {
        self.shared.pushes.trouble(name)
    }

    /// Offers the image or index `image`, all of which must be in the store, for as long as the offer lives.
    pub fn offer(&self, image: &Digest) -> Result<Offer, ContentError> {
        let offered = Arc::new(Offered::new(&self.shared.store, image)?);
        let prefix = key(&*self.entropy);
        self.shared.offers().insert(prefix.clone(), offered.clone());
        Ok(Offer { prefix, offered, shared: self.shared.clone() })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// An image that can be pulled, until this value goes.
pub struct Offer {
    prefix: String,
    offered: Arc<Offered>,
    shared: Arc<Shared>,
}

impl Offer {
    /// Under which path it is pulled: `127.0.0.1:PORT/PREFIX/NAME@DIGEST`, with any name and the port that was lent.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How many bytes of it were sent so far.
    pub fn sent(&self) -> u64 {
        self.offered.sent.load(Ordering::Relaxed)
    }

    /// The counter behind [`sent`](Self::sent), for who shows it while the pull goes on.
    pub fn counter(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let offered = self.offered.clone();
        move || offered.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.shared.offers().remove(&self.prefix);
    }
}

/// Counts, from any thread.
fn add(counter: &AtomicU64, length: usize) {
    counter.fetch_add(u64::try_from(length).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// A part of a path that nobody guesses: 128 random bits.
fn key(entropy: &dyn Entropy) -> String {
    format!("{:016x}{:016x}", entropy.next(), entropy.next())
}

/// Where the registry was the last time: its port, and the path for pushing.
fn place(store: &ContentStore) -> Option<(u16, String)> {
    let text = store.noted(PLACE)?;
    let (port, push) = text.trim_end().split_once(' ')?;
    let is_key = push.len() == 32 && push.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    Some((port.parse().ok()?, Some(push.to_owned()).filter(|_| is_key)?))
}

#[cfg(test)]
mod tests;
