//! The `ironwright` binary: it starts projects, drives the program of a folder, and works on what was deployed from its
//! state alone.

use std::process::ExitCode;

fn main() -> ExitCode {
    ironwright_cli::run_binary(ironwright_aws::facts())
}
