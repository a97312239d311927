//! An emulated AWS whose machines are real: for every instance that runs there, a host boots at its public address, with its
//! user data and its key pair.
//!
//! A machine that is stopped is gone, with its disk; started again, it boots for the first time.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::Deserialize;

use super::faithful::{FaithfulHost, FirstBoot};
use crate::moto::Moto;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/testbed/cloud.py");

/// The network of the machines' public addresses, which is for tests and leads nowhere.
const NETWORK: &str = "198.18.0.0/15";

/// An AWS with machines, which ends with this value.
pub struct Cloud {
    moto: Moto,
    watch: Child,
    hosts: Arc<Hosts>,
    boots: Option<JoinHandle<()>>,
}

/// The hosts that run, by the ids of their instances.
#[derive(Default)]
struct Hosts {
    running: Mutex<BTreeMap<String, FaithfulHost>>,
    news: Condvar,
}

/// What is told of a machine.
#[derive(Deserialize)]
#[serde(untagged)]
enum News {
    Runs { id: String, address: Ipv4Addr, user_data: String, public_key: Option<String> },
    Gone { gone: String },
}

impl Cloud {
    /// One with nothing in it. `None` where moto is not installed, which is said out loud.
    pub fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// The same, whose machines have the image `name` of the file system `root`, which `docker import` reads, as soon as they
    /// have Docker: no registry of the world is reached from here.
    pub fn with_image(name: &str, root: &[u8]) -> Option<Self> {
        let unit = format!("[Service]\nExecStartPost=/bin/sh -c 'docker import - {name} </opt/image.tar'\n");
        let unit = ("/etc/systemd/system/docker.service.d/image.conf".to_owned(), unit.into_bytes());
        Self::with(&[unit, ("/opt/image.tar".to_owned(), root.to_vec())])
    }

    fn with(files: &[(String, Vec<u8>)]) -> Option<Self> {
        let moto = Moto::start_in(NETWORK)?;
        let mut command = Command::new("python3");
        moto.lead(command.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()));
        let mut watch = command.spawn().expect("moto runs by it");
        let news = watch.stdout.take().expect("standard output is a pipe");
        let hosts = Arc::<Hosts>::default();
        let boots = thread::spawn({
            let (hosts, files) = (Arc::clone(&hosts), files.to_vec());
            move || boot(news, &hosts, &files)
        });
        Some(Self { moto, watch, hosts, boots: Some(boots) })
    }

    /// Adds to `command` what leads it here.
    pub fn lead(&self, command: &mut Command) {
        self.moto.lead(command);
    }

    /// The AWS.
    pub fn moto(&self) -> &Moto {
        &self.moto
    }

    /// The addresses of the machines that run.
    pub fn addresses(&self) -> Vec<Ipv4Addr> {
        self.hosts.running().values().map(FaithfulHost::address).collect()
    }

    /// Waits until so many machines run.
    #[track_caller]
    pub fn until_there_are(&self, count: usize) {
        let limit = Duration::from_mins(3);
        let wait = self.hosts.news.wait_timeout_while(self.hosts.running(), limit, |hosts| hosts.len() != count);
        let (hosts, waited) = wait.unwrap_or_else(PoisonError::into_inner);
        let there = hosts.len();
        drop(hosts);
        assert!(!waited.timed_out(), "{there} machines run, not {count}");
    }

    /// What all machines have told of themselves.
    pub fn log(&self) -> String {
        self.hosts.running().values().map(FaithfulHost::log).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // It ends with its standard input, and nothing boots after that.
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
        if let Some(boots) = self.boots.take() {
            let _ = boots.join();
        }
    }
}

impl Hosts {
    fn running(&self) -> MutexGuard<'_, BTreeMap<String, FaithfulHost>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what `news` tell, to their end. Machines have `files`.
fn boot(news: ChildStdout, hosts: &Hosts, files: &[(String, Vec<u8>)]) {
    for line in BufReader::new(news).lines().map_while(Result::ok) {
        match serde_json::from_str(&line).expect("news of machines") {
            News::Runs { id, address, user_data, public_key } => {
                let first =
                    FirstBoot { id: id.clone(), user_data: user_data.into_bytes(), public_key, files: files.to_vec() };
                let host = FaithfulHost::boot(address, &first);
                hosts.running().insert(id, host);
            }
            News::Gone { gone } => drop(hosts.running().remove(&gone)),
        }
        hosts.news.notify_all();
    }
}
