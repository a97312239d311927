//! The objects of one app and stage: read, listed, deleted, and made only where there are none. What they mean is told
//! elsewhere.
//!
//! A conditional write is judged by what is there afterwards, not by its answer: a response may be lost, and a request
//! that was sent twice meets its own first try.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use ironwright_engine::{Clock, StoreError};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode};
use tokio::sync::OnceCell;

use crate::connect::Connect;

/// How often a request is sent before its failure counts. The HTTP client beneath has tries of its own.
const ATTEMPTS: u32 = 5;

/// The pause after the first failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The objects below one prefix.
pub(crate) struct Objects {
    connect: Connect,
    connected: OnceCell<Arc<dyn ObjectStore>>,
    prefix: Path,
    /// The prefix as a URL, for messages.
    place: String,
    clock: Arc<dyn Clock>,
}

/// What came of making an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// It is there, with the content it was to have.
    Ours,
    /// Another is there under its name: its content.
    Taken(Vec<u8>),
}

impl Objects {
    /// The objects below `prefix`; nothing is asked yet.
    pub(crate) fn new(connect: Connect, prefix: Path, place: String, clock: Arc<dyn Clock>) -> Self {
        Self { connect, connected: OnceCell::new(), prefix, place, clock }
    }

    /// The object `name` as a URL, for messages.
    pub(crate) fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.place)
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The content of the object `name`; nothing where there is none.
    pub(crate) async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (store, path) = (self.store().await?, self.path(name));
        let read = || async {
            match store.get(&path).await {
                Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.again(read).await.map_err(|error| unreadable(self.place(name), &error))
    }

    /// The names of the objects in `folder`, in order.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let (store, path) = (self.store().await?, self.path(folder));
        let list = || store.list(Some(&path)).try_collect::<Vec<_>>();
        let found = self.again(list).await.map_err(|error| unreadable(self.place(folder), &error))?;
        let mut names: Vec<String> =
            found.iter().filter_map(|object| object.location.filename().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    /// Makes the object `name` with `content`, unless there is one.
    pub(crate) async fn create(&self, name: &str, content: &[u8]) -> Result<Made, StoreError> {
        let (store, path) = (self.store().await?, self.path(name));
        let mut pause = FIRST_PAUSE;
        let mut attempts = 1;
        loop {
            let made = store.put_opts(&path, content.to_vec().into(), PutMode::Create.into()).await;
            let error = match made {
                Ok(_) => return Ok(Made::Ours),
                Err(error) if is_final(&error) => return Err(not_writable(self.place(name), &error)),
                Err(error) => error,
            };
            match self.read(name).await? {
                Some(found) if found == content => return Ok(Made::Ours),
                Some(found) => return Ok(Made::Taken(found)),
                None if attempts == ATTEMPTS => return Err(not_writable(self.place(name), &error)),
                None => {}
            }
            attempts += 1;
            self.clock.sleep(pause).await;
            pause *= 2;
        }
    }

    /// Deletes the objects `names` of `folder`. Those that are gone already are no error.
    pub(crate) async fn delete(&self, folder: &str, names: &[String]) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        let store = self.store().await?;
        let paths: Vec<Path> = names.iter().map(|name| self.path(&format!("{folder}/{name}"))).collect();
        let delete = || {
            let paths: Vec<_> = paths.iter().cloned().map(Ok).collect();
            let deleted = store.delete_stream(futures_util::stream::iter(paths).boxed());
            let deleted = deleted.filter(|result| {
                let is_gone = matches!(result, Err(Error::NotFound { .. }));
                async move { !is_gone }
            });
            deleted.try_for_each(|_| async { Ok(()) })
        };
        self.again(delete).await.map_err(|error| not_writable(self.place(folder), &error))
    }

    /// Does `request`, several times where its failure may pass.
    async fn again<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match request().await {
                Err(error) if !is_final(&error) => {}
                result => return result,
            }
            self.clock.sleep(pause).await;
            pause *= 2;
        }
        request().await
    }

    async fn store(&self) -> Result<&Arc<dyn ObjectStore>, StoreError> {
        let connect = || self.connect.connect(&self.clock);
        self.connected.get_or_try_init(connect).await.map_err(|error| unreadable(self.place.clone(), &error))
    }

    fn path(&self, name: &str) -> Path {
        self.prefix.parts().chain(name.split('/').map(Into::into)).collect()
    }
}

/// Whether another try cannot help.
fn is_final(error: &Error) -> bool {
    is_refusal(error)
        || matches!(
            error,
            Error::NotImplemented { .. }
                | Error::NotSupported { .. }
                | Error::InvalidPath { .. }
                | Error::UnknownConfigurationKey { .. }
        )
}

fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
}

fn unreadable(place: String, error: &Error) -> StoreError {
    let problem = told(error);
    if is_refusal(error) { StoreError::Refused { place, problem } } else { StoreError::Unreadable { place, problem } }
}

fn not_writable(place: String, error: &Error) -> StoreError {
    let problem = told(error);
    if is_refusal(error) { StoreError::Refused { place, problem } } else { StoreError::NotWritable { place, problem } }
}

/// The error with its causes, each once, in one line.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
