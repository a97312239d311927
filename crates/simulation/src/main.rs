//! `simulate`: plays many histories and prints what came of them. `cargo xtask simulate` runs it with optimisation.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ironwright_simulation::{Failure, History, Totals, play, play_traced, shrunk};

const USAGE: &str = "usage: simulate [--seed N] [--runs N] [--threads N] [--verbose]";

/// After so many failures nothing new is started.
const ENOUGH_FAILURES: usize = 5;

/// Every so many histories a long simulation says how far it is.
const SIGN_OF_LIFE: u64 = 20_000;

struct Options {
    seed: u64,
    runs: u64,
    threads: u64,
    verbose: bool,
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(64);
    };
    let failures = simulate(&options);
    for failure in &failures {
        println!("\n{failure}");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { seed: 0, runs: 10_000, threads: 1, verbose: false };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.parse().ok();
        match argument.as_str() {
            "--seed" => options.seed = number()?,
            "--runs" => options.runs = number()?,
            "--threads" => options.threads = number()?,
            "--verbose" => options.verbose = true,
            _ => return None,
        }
    }
    Some(options)
}

/// Plays the histories of as many seeds, and returns those that fail, shrunk.
#[expect(clippy::disallowed_methods, reason = "histories a minute are measured, not simulated")]
fn simulate(options: &Options) -> Vec<Failure> {
    let (next, totals, failures) = (AtomicU64::new(0), Mutex::new(Totals::default()), Mutex::new(Vec::new()));
    let begun = Instant::now();
    let work = || {
        let mut own = Totals::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= options.runs || failures.lock().expect("nobody panics with it").len() >= ENOUGH_FAILURES {
                break;
            }
            if index > 0 && index.is_multiple_of(SIGN_OF_LIFE) {
                println!("{index} of {} histories, {:.0} a minute", options.runs, per_minute(index, begun));
            }
            let seed = options.seed + index;
            let history = History::draw(seed);
            let outcome = if options.verbose { play_traced(&history, None) } else { play(&history, None) };
            own += outcome.totals;
            if options.verbose {
                println!("{history}{}", outcome.trace.join("\n"));
            }
            if outcome.violation.is_some() {
                let failure = shrunk(history, None);
                failures.lock().expect("nobody panics with it").extend(failure);
            }
        }
        *totals.lock().expect("nobody panics with it") += own;
    };
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(work);
        }
    });
    let totals = totals.into_inner().expect("nobody panicked");
    let failures = failures.into_inner().expect("nobody panicked");
    println!("seeds {} to {}: {totals}", options.seed, options.seed + options.runs.saturating_sub(1));
    println!("{} failures, {:.0} histories a minute", failures.len(), per_minute(totals.histories, begun));
    failures
}

#[expect(clippy::cast_precision_loss, reason = "a rate for a person to read")]
fn per_minute(histories: u64, begun: Instant) -> f64 {
    histories as f64 * 60.0 / begun.elapsed().as_secs_f64()
}
