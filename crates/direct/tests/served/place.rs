//! A state in a folder and a cloud behind a socket, and a process that is run between them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, mpsc};

use ironwright_engine::SystemClock;
use ironwright_served::{Cloud, Disturbances, Server};
use ironwright_simulated::SimulatedCloud;

use crate::mortal::{self, Facts, onlooker};
use crate::program::{Goal, SECRET};

/// What the clouds draw from.
const SEED: u64 = 7;

/// A state and a cloud.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) cloud: SimulatedCloud,
}

/// How a run ended.
pub(crate) enum Ran {
    /// With so many changes.
    Done(usize),
    /// It was killed.
    Killed,
    /// It could not do what it was to do.
    Failed(String),
}

impl Place {
    /// Nothing yet, with the state in `folder`.
    pub(crate) fn empty(folder: PathBuf) -> Self {
        Self { folder, cloud: SimulatedCloud::in_memory(Arc::new(Facts)) }
    }

    /// A copy of this place with its state in `folder`.
    pub(crate) fn copied_to(&self, folder: &Path) -> Self {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).expect("the target folder is writable");
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.path().is_file() {
                fs::copy(entry.path(), folder.join(entry.file_name())).expect("the target folder is writable");
            }
        }
        Self { folder: folder.to_owned(), cloud: self.cloud.fork().expect("it is in memory") }
    }

    /// Goes to `goal` in a process of its own, which dies at moment `death`; with 0, never. What it does to the cloud is
    /// disturbed by `disturbances`.
    pub(crate) fn run(&self, goal: Goal, seed: u64, death: usize, disturbances: &str) -> Ran {
        self.run_after(0, goal, seed, death, disturbances)
    }

    /// The same so many hours after the first run; where that is longer than AWS knows a token, it has forgotten it.
    pub(crate) fn run_after(&self, hours: u64, goal: Goal, seed: u64, death: usize, disturbances: &str) -> Ran {
        let served = Served::start(&self.cloud, disturbances.parse().expect("known"), hours / 36);
        let mut command = Command::new(std::env::current_exe().expect("this process has a program"));
        command.args(["--exact", "a_run_in_a_process_of_its_own", "--ignored", "--nocapture"]);
        command.env("SERVED_FOLDER", &self.folder).env("SERVED_GOAL", goal.name());
        command.env("SERVED_HOURS", hours.to_string());
        command.env("SERVED_SEED", seed.to_string()).env("SERVED_DEATH", death.to_string());
        command.env("AWS_ENDPOINT_URL", &served.endpoint).env("AWS_REGION", "us-west-2");
        let credentials = self.folder.join("credentials");
        fs::create_dir_all(&self.folder).expect("the folder is writable");
        mortal::log_in(&credentials, "first");
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env_remove("AWS_PROFILE");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", credentials);
        let output = command.output().expect("a process can be started");
        ran(&output, death)
    }

    /// What is wrong after a run to `goal`: anything but exactly its resources, each in the state and in the cloud.
    pub(crate) fn problems(&self, goal: Goal) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("the system gives an event loop");
        let state = match runtime.block_on(onlooker(&self.folder).state()) {
            Ok(state) => state,
            Err(error) => return vec![error.diagnostics().to_string()],
        };
        let live = self.cloud.resources().expect("it is in memory");
        let records = || state.resources.values().chain(&state.deposed);
        let mut problems = Vec::new();
        if live.len() != goal.resources() {
            problems.push(format!("{} live, {} wanted", live.len(), goal.resources()));
        }
        for found in &live {
            if !records().any(|record| record.physical_id == found.physical_id && record.type_name == found.type_name) {
                problems.push(format!("orphan: {} {}", found.type_name, found.physical_id));
            }
        }
        for record in records() {
            if !live.iter().any(|found| found.physical_id == record.physical_id && found.type_name == record.type_name)
            {
                problems.push(format!("in the state alone: {} {}", record.address, record.physical_id));
            }
        }
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let text = fs::read(entry.path()).unwrap_or_default();
            if text.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()) {
                problems.push(format!("the secret is in {}", entry.path().display()));
            }
        }
        problems
    }
}

fn ran(output: &Output, death: usize) -> Ran {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let changes = stdout.lines().find_map(|line| line.split_once("CHANGES ")?.1.trim().parse().ok());
    match (output.status.success(), changes) {
        (true, Some(changes)) => Ran::Done(changes),
        _ if death > 0 && output.status.code().is_none() => Ran::Killed,
        _ => Ran::Failed(format!("{}\n{stdout}\n{}", output.status, String::from_utf8_lossy(&output.stderr))),
    }
}

/// A server on a thread of its own, for as long as this lives.
pub(crate) struct Served {
    pub(crate) endpoint: String,
    end: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    pub(crate) fn start(cloud: &SimulatedCloud, disturbances: Disturbances, era: u64) -> Self {
        let cloud = Cloud::new(cloud.clone(), Arc::new(Facts), disturbances, SEED, Arc::new(SystemClock::new()));
        let cloud = cloud.in_era(era);
        let (tell, told) = mpsc::channel();
        let (end, ended) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("the system gives an event loop").block_on(async {
                let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let server = Server::bind(free, cloud).await.expect("a port is free");
                tell.send(server.address().expect("it is bound")).expect("the test waits for it");
                // An error is the end as well: the test is gone.
                server.serve(async { drop(ended.await) }).await;
            });
        });
        let address = told.recv().expect("it listens");
        Self { endpoint: format!("http://{address}"), end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.end.take());
        // A panic there was printed there.
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}
