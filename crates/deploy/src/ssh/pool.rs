//! What a run is connected to: one connection a host, whoever uses it.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ironwright_engine::Clock;

use super::connection::Connection;
use super::destination::Destination;
use super::folder::RunFolder;

/// The connections of a run. They end with this value and all that was made of it.
pub struct Connections {
    folder: Arc<RunFolder>,
    clock: Arc<dyn Clock>,
    open: Mutex<Vec<Arc<Connection>>>,
}

impl Connections {
    /// No connections yet. What earlier runs left that were killed is removed.
    pub fn new(clock: Arc<dyn Clock>) -> io::Result<Self> {
        // Not the folder for temporary files that the environment names: the path of a socket must be short.
        Self::in_folder(Path::new("/tmp"), clock)
    }

    /// The same, with sockets and keys below `parent`.
    pub fn in_folder(parent: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        Ok(Self { folder: Arc::new(RunFolder::new(parent)?), clock, open: Mutex::default() })
    }

    /// The connection to `destination`. It is made when it is first used.
    pub fn to(&self, destination: &Destination) -> Arc<Connection> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = open.iter().find(|connection| connection.destination() == destination) {
            return connection.clone();
        }
        let connection = Connection::new(destination.clone(), self.folder.clone(), self.clock.clone());
        open.push(Arc::new(connection));
        open[open.len() - 1].clone()
    }
}
