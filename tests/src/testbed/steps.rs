//! The commands that come to a host over SSH, one by one, and the end of whoever sends them at any of them.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::host::TestHost;
use crate::Ran;

const SCRIPT: &str = include_str!("step.sh");

/// What becomes of the command at which its sender is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It never arrives.
    Lost,
    /// It runs, and nobody hears of it.
    CarriedOut,
}

/// The death of a sender.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    /// At the command of this number, counted from 1.
    pub at: usize,
    /// What becomes of that command.
    pub fate: Fate,
}

/// A host that runs no command before it is told to.
pub struct Steps {
    folder: PathBuf,
    news: Receiver<News>,
    tell: Sender<News>,
}

/// A program that was run, and what it has sent.
#[derive(Debug)]
pub struct Walk {
    /// The commands, in the order in which they came.
    pub commands: Vec<String>,
    /// Whether it was killed.
    pub died: bool,
    /// How it ended.
    pub ran: Ran,
}

enum News {
    /// A command came, from a process of the host.
    Asked(String, String),
    /// The program of that process has ended.
    Ended(u32),
}

impl Steps {
    /// Of `host`.
    pub fn of(host: &TestHost) -> Self {
        let folder = host.shared();
        fs::write(folder.join("step"), SCRIPT).expect("a file");
        host.does("chmod 0755 /run/shared/step; mkfifo -m 0622 /run/shared/asked; chmod 1777 /run/shared");
        host.restart_sshd_with("ForceCommand /run/shared/step");
        // Open for writing too, so that it never comes to an end.
        let asked = OpenOptions::new().read(true).write(true).open(folder.join("asked")).expect("it was made");
        let (tell, news) = channel();
        let teller = tell.clone();
        thread::spawn(move || {
            for line in BufReader::new(asked).lines().map_while(Result::ok) {
                let (process, command) = line.split_once(' ').unwrap_or((&line, ""));
                if process == "end" || teller.send(News::Asked(process.to_owned(), command.to_owned())).is_err() {
                    break;
                }
            }
        });
        Self { folder, news, tell }
    }

    /// Runs `program` and lets its commands through, until it ends or its `death` comes.
    pub fn walk(&self, program: &mut Command, death: Option<Death>) -> Walk {
        let output = self.folder.join("output");
        let file = |name: &str| File::create(output.with_extension(name)).expect("a file");
        program.stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        let child = program.spawn().expect("it was built");
        let number = child.id();
        let pid = Pid::from_raw(number.try_into().expect("the number of a process"));
        let waits = self.attend(child);
        let (mut commands, mut died) = (Vec::new(), false);
        loop {
            match self.news.recv().expect("this side sends too") {
                News::Ended(ended) if ended == number => break,
                News::Ended(_) => {}
                News::Asked(process, command) => {
                    commands.push(command);
                    let fate = death.filter(|death| death.at == commands.len()).map(|death| death.fate);
                    if fate.is_some() {
                        died = kill(pid, Signal::SIGKILL).is_ok();
                    }
                    let runs = if died { fate == Some(Fate::CarriedOut) } else { true };
                    self.answer(&process, runs);
                }
            }
        }
        let code = waits.join().expect("it was waited for");
        let text = |name: &str| fs::read_to_string(output.with_extension(name)).unwrap_or_default();
        Walk { commands, died, ran: Ran { code, stdout: text("out"), stderr: text("err") } }
    }

    fn attend(&self, mut child: Child) -> thread::JoinHandle<i32> {
        let tell = self.tell.clone();
        thread::spawn(move || {
            let status = child.wait().expect("it is ours");
            let _ = tell.send(News::Ended(child.id()));
            status.code().unwrap_or(-1)
        })
    }

    /// Answers `process`, which may be gone: then nobody reads, and the thread waits as long as this process lives.
    fn answer(&self, process: &str, runs: bool) {
        let pipe = self.folder.join(format!("step-{process}"));
        thread::spawn(move || fs::write(pipe, if runs { "run\n" } else { "no\n" }));
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        let _ = fs::write(self.folder.join("asked"), "end\n");
    }
}
