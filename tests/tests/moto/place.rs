//! Where a session runs: a program in a folder of its own, and an AWS of its own.

use std::cell::RefCell;
use std::process::Command;

use ironwright_tests::moto::Moto;
use ironwright_tests::{Ran, Sandbox, example_on_aws};
use serde_json::Value as Json;

use crate::others::{Inventory, Others};

/// A program and the AWS it is deployed to.
pub(crate) struct Place {
    sandbox: Sandbox,
    others: RefCell<Others>,
    moto: Moto,
}

impl Place {
    /// A place for the example `name`; nothing where moto is not installed.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let moto = Moto::start()?;
        let program = example_on_aws(name, env!("CARGO_BIN_EXE_sample"));
        let sandbox = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), &format!("moto-{name}"), program);
        Some(Self { sandbox, others: RefCell::new(Others::at(&moto)), moto })
    }

    /// Runs the program with `arguments`, split at spaces, on AWS.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_with(arguments, &[])
    }

    /// The same with `variables`, whose values may hold spaces.
    pub(crate) fn run_with(&self, arguments: &str, variables: &[&str]) -> Ran {
        let mut command = self.sandbox.command(&format!("{arguments} --target aws"));
        for variable in variables {
            command.args(["--var", variable]);
        }
        self.moto.lead(&mut command);
        command.output().expect("it was built").into()
    }

    /// A plan that finds something to do.
    pub(crate) fn planned(&self) -> Ran {
        self.run("plan --detailed-exitcode").ended(2)
    }

    /// A plan finds nothing to do.
    pub(crate) fn is_settled(&self) {
        self.is_settled_with(&[]);
    }

    /// The same with `variables`.
    pub(crate) fn is_settled_with(&self, variables: &[&str]) {
        self.run_with("plan --detailed-exitcode", variables).ended(0).says("No changes.");
    }

    /// What is there, by an independent script.
    pub(crate) fn inventory(&self) -> Inventory {
        self.others.borrow_mut().inventory()
    }

    /// What others do: an operation of EC2, named as boto3 has it.
    pub(crate) fn others(&self, operation: &str, arguments: &Json) -> Json {
        self.others.borrow_mut().call(operation, arguments)
    }

    /// What `aws …` prints as text, an independent client; `words` are split at spaces.
    pub(crate) fn aws(&self, words: &str) -> String {
        let mut command = Command::new("aws");
        self.moto.lead(command.args(["--output", "text"]).args(words.split(' ')));
        let output = command.output().expect("what comes with moto is there: pip install boto3 awscli");
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}
