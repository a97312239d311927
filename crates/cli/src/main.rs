//! The `ironwright` binary: it starts projects, drives the program of a folder, and works on what was deployed from its
//! state alone.

use std::process::ExitCode;

use ironwright_core::facts::Chained;

/// The facts that are compiled in.
static FACTS: Chained<2> = Chained([ironwright_aws::facts, ironwright_deploy::facts]);

fn main() -> ExitCode {
    ironwright_cli::run_binary(&FACTS)
}
