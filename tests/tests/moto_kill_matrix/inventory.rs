//! What there is at moto, by the word of a client that is not ours: boto3.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto_kill_matrix/inventory.py");

/// Somebody who looks at moto. A process of its own, which stays: boto3 takes long to start.
pub(crate) struct Inventory {
    looker: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Inventory {
    /// Of what is at `endpoint`.
    pub(crate) fn at(endpoint: &str) -> Self {
        let mut command = Command::new("python3");
        command.args([SCRIPT, endpoint]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut looker = command.spawn().expect("moto runs, so Python does");
        let questions = looker.stdin.take().expect("standard input is a pipe");
        let answers = BufReader::new(looker.stdout.take().expect("standard output is a pipe"));
        Self { looker, questions, answers }
    }

    /// What there is now: a line for each resource, sorted.
    pub(crate) fn look(&mut self) -> Vec<String> {
        self.questions.write_all(b"look\n").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("a list of lines; else the script says above what is wrong")
    }
}

impl Drop for Inventory {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.looker.kill();
        let _ = self.looker.wait();
    }
}
