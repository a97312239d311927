//! The `ironwright` binary: it starts projects, and works on what was deployed from its state alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    ironwright_cli::run_without_program(ironwright_aws::facts())
}
