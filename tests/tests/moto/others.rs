//! What others do to a deployment, and what they see of it: boto3 in a process of its own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ironwright_tests::moto::Moto;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Someone with boto3.
pub(crate) struct Others {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Something that is there.
#[derive(Debug, Deserialize)]
pub(crate) struct Thing {
    /// Its id.
    pub(crate) id: String,
    /// Its tags; routes and associations have none.
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

/// Everything that somebody made, by kind.
#[derive(Debug, Deserialize)]
pub(crate) struct Inventory(BTreeMap<String, Vec<Thing>>);

impl Others {
    /// Someone at `moto`.
    pub(crate) fn at(moto: &Moto) -> Self {
        let mut command = Command::new("python3");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/others.py"));
        moto.lead(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let mut process = command.spawn().expect("moto runs by it");
        let requests = process.stdin.take().expect("standard input is a pipe");
        let answers = process.stdout.take().expect("standard output is a pipe");
        Self { process, requests, answers: BufReader::new(answers) }
    }

    /// The answer to an operation of EC2, named as boto3 has it.
    pub(crate) fn call(&mut self, operation: &str, arguments: &Json) -> Json {
        writeln!(self.requests, "{}", json!({"operation": operation, "arguments": arguments})).expect("it reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers in text");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{operation} {arguments}: {error}"))
    }

    /// What is there.
    pub(crate) fn inventory(&mut self) -> Inventory {
        serde_json::from_value(self.call("inventory", &json!({}))).expect("things by kind")
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Inventory {
    /// How many there are of each kind of which there are any, as `2 subnets`.
    pub(crate) fn counts(&self) -> Vec<String> {
        let some = self.0.iter().filter(|(_, things)| !things.is_empty());
        some.map(|(kind, things)| format!("{} {kind}", things.len())).collect()
    }

    /// Everything of one kind.
    pub(crate) fn all(&self, kind: &str) -> &[Thing] {
        &self.0[kind]
    }

    /// The only one of its kind.
    pub(crate) fn only(&self, kind: &str) -> &Thing {
        let [thing] = self.all(kind) else { panic!("one of {kind}: {:?}", self.all(kind)) };
        thing
    }

    /// The one that was made for `address`.
    pub(crate) fn at(&self, kind: &str, address: &str) -> &Thing {
        let is_there = |thing: &&Thing| thing.tags.get("ironwright:address").is_some_and(|its| its == address);
        self.all(kind).iter().find(is_there).unwrap_or_else(|| panic!("{address}: {:?}", self.all(kind)))
    }
}
