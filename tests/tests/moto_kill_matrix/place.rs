//! Where a run takes place: a moto, a folder for the state, and somebody who looks what is there.

use std::process::Stdio;

use ironwright_tests::moto::{Moto, lead};
use ironwright_tests::proxy::Proxy;
use ironwright_tests::proxy::call::Call;
use ironwright_tests::proxy::fault::Rule;
use ironwright_tests::{Ran, Sandbox};

use crate::inventory::Inventory;

pub(crate) const APPLY: &str = "apply --target aws --yes";
pub(crate) const DESTROY: &str = "destroy --target aws --yes";
const PLAN: &str = "plan --target aws --detailed-exitcode";

pub(crate) struct Place {
    name: String,
    moto: Moto,
    inventory: Inventory,
    sandbox: Sandbox,
}

/// A run of the program, and the calls that it made.
pub(crate) struct Run {
    pub(crate) ran: Ran,
    pub(crate) calls: Vec<Call>,
}

impl Place {
    /// A new one; nothing where moto is not installed.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let moto = Moto::start()?;
        let inventory = Inventory::at(&moto.endpoint());
        Some(Self { name: name.to_owned(), moto, inventory, sandbox: sandbox(name) })
    }

    /// Forgets everything, at moto and in the folder.
    pub(crate) fn clear(&mut self) {
        self.moto.reset();
        self.sandbox = sandbox(&self.name);
    }

    /// Runs the program through a proxy of its own, and waits until what it sent has arrived or is lost.
    pub(crate) fn run(&self, arguments: &str, rule: Option<Rule>) -> Run {
        let proxy = Proxy::start(&self.moto.endpoint(), rule).expect("this machine has free ports");
        let mut command = self.sandbox.command(arguments);
        lead(&mut command, &proxy.endpoint());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("it was built for this test");
        proxy.aim(i32::try_from(child.id()).expect("the number of a process"));
        let ran = Ran::from(child.wait_with_output().expect("it ends"));
        proxy.settle();
        Run { ran, calls: proxy.calls() }
    }

    /// What there is, by boto3's word.
    pub(crate) fn look(&mut self) -> Vec<String> {
        self.inventory.look()
    }

    /// Exactly `expected` is there.
    pub(crate) fn check(&mut self, expected: &[String]) -> Result<(), String> {
        let found = self.look();
        if found == expected {
            return Ok(());
        }
        let without = |these: &[String], those: &[String]| {
            let mut left = those.to_vec();
            let kept =
                |line: &&String| left.iter().position(|other| other == *line).map(|at| left.remove(at)).is_none();
            these.iter().filter(kept).cloned().collect::<Vec<_>>()
        };
        Err(format!("too many: {:?}, missing: {:?}", without(&found, expected), without(expected, &found)))
    }

    /// The next plan changes nothing.
    pub(crate) fn check_plan(&self) -> Result<(), String> {
        let Run { ran, .. } = self.run(PLAN, None);
        if ran.code == 0 { Ok(()) } else { Err(format!("the next plan ends with {}: {}", ran.code, told(&ran))) }
    }
}

fn sandbox(name: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_TARGET_TMPDIR"), name, env!("CARGO_BIN_EXE_estate"))
}

/// What a run said, for a failure.
pub(crate) fn told(ran: &Ran) -> String {
    let said: Vec<_> = ran.stdout.lines().chain(ran.stderr.lines()).filter(|line| !line.trim().is_empty()).collect();
    said[said.len().saturating_sub(40)..].join("\n      ")
}
