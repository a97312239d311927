//! A process that deploys, and dies when it is told to: `mortal FOLDER GOAL SEED MOMENT [forgetful]`.
//!
//! It tells every moment of its run on standard output, and kills itself at number `MOMENT`; with 0 it lives on.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    use ironwright_tests::mortal::{death::Death, deploy, program::Goal, store::Loyalty};

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, goal, seed, moment, rest @ ..] = arguments.as_slice() else {
        panic!("mortal FOLDER GOAL SEED MOMENT [forgetful]");
    };
    let goal = Goal::named(goal).expect("a goal's name");
    let (seed, moment) = (seed.parse().expect("a number"), moment.parse().expect("a number"));
    let loyalty = if rest.is_empty() { Loyalty::Faithful } else { Loyalty::Forgetful };
    let problem = match deploy(folder.as_ref(), goal, seed, Death::at(moment), loyalty) {
        Ok(report) if report.is_complete() => return std::process::ExitCode::SUCCESS,
        Ok(report) => format!("failed: {:?}\nnot started: {:?}", report.failed, report.not_started),
        Err(error) => error.diagnostics().to_string(),
    };
    eprintln!("{problem}");
    std::process::ExitCode::FAILURE
}

#[cfg(not(unix))]
fn main() {}
