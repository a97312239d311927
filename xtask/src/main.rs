//! Tasks of this repository: `cargo xtask <task>`. Each task is a module; here is only which.

mod codegen;
#[cfg(unix)]
mod compare;
mod simulate;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask codegen [--check] [--stats]    write the typed AWS resources from their facts
cargo xtask compare synth [--install]      synthesis beside troposphere and AWS CDK (on Unix)
cargo xtask compare build                  building and starting the first example (on Unix)
cargo xtask compare terraform [--plugins DIR] [--runs N] [--sizes N,…]
                                           the fleet deployed to moto beside Terraform (on Unix)
cargo xtask compare crash [--plugins DIR] [--points K,…]
                                           applies killed in mid-run beside Terraform's (on Unix)
cargo xtask compare ship [--runs N] [--release]
                                           a changed line brought to a host, beside docker save and load (on Unix)
cargo xtask simulate [--seed N] [--runs N] [--threads N] [--verbose]
                                           random histories of runs, faults and kills";

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Some(code) = compare::run_as_wrapper() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository");
    let done = match arguments.as_slice() {
        ["codegen", flags @ ..] if flags.iter().all(|flag| ["--check", "--stats"].contains(flag)) => {
            let options = codegen::Options { check: flags.contains(&"--check"), stats: flags.contains(&"--stats") };
            codegen::run(root, options).map_err(|error| error.to_string())
        }
        #[cfg(unix)]
        ["compare", arguments @ ..] => compare::run(root, arguments).map_err(|error| error.to_string()),
        ["simulate", arguments @ ..] => simulate::run(root, arguments),
        _ => Err(format!("usage:\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
