//! A process that deploys, and dies when it is told to: `mortal FOLDER GOAL SEED MOMENT [forgetful]`.
//!
//! Its standard input is the line to the cloud: a socket, so that no other process can listen. It tells every moment of its run on standard output, and kills itself at number `MOMENT`; with 0 it lives on.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    use std::os::fd::AsFd as _;

    use ironwright_tests::mortal::{death::Death, deploy, program::Goal, store::Loyalty};

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, goal, seed, moment, rest @ ..] = arguments.as_slice() else {
        panic!("mortal FOLDER GOAL SEED MOMENT [forgetful]");
    };
    let goal = Goal::named(goal).expect("a goal's name");
    let (seed, moment) = (seed.parse().expect("a number"), moment.parse().expect("a number"));
    let loyalty = if rest.is_empty() { Loyalty::Faithful } else { Loyalty::Forgetful };
    let line = std::io::stdin().as_fd().try_clone_to_owned().expect("standard input is open").into();
    let problem = match deploy(folder.as_ref(), line, goal, seed, Death::at(moment), loyalty) {
        Ok(report) if report.is_complete() => return std::process::ExitCode::SUCCESS,
        Ok(report) => format!("failed: {:?}\nnot started: {:?}", report.failed, report.not_started),
        Err(error) => error.diagnostics().to_string(),
    };
    eprintln!("{problem}");
    std::process::ExitCode::FAILURE
}

#[cfg(not(unix))]
fn main() {}
