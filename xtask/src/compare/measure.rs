//! Measuring one run of a program: wall time, CPU time of it and all it started, and the largest process among them.
//!
//! The kernel adds up what ended children used, for all children of a process together. So each run is the only child of
//! a process of its own: this program, started again as a wrapper.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use super::CompareError;

/// Where the wrapper writes what a run cost; its presence makes this program the wrapper.
const REPORT: &str = "IRONWRIGHT_MEASURE";

/// What one run of a program cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Of the program and all it started, in user and system mode.
    pub(crate) cpu: Duration,
    /// The most memory that any one process of the run held, in bytes.
    pub(crate) peak: u64,
}

/// Runs `command` to its end. Its output is thrown away, unless it fails.
pub(crate) fn measured(command: &Command, scratch: &Path) -> Result<Cost, CompareError> {
    let (report, errors) = (scratch.join("cost.json"), scratch.join("errors.txt"));
    let failed = |error| CompareError::File { path: report.clone(), error };
    let errors_file = File::create(&errors).map_err(failed)?;
    let this = std::env::current_exe().map_err(failed)?;
    let mut wrapper = Command::new(this);
    wrapper.arg(command.get_program()).args(command.get_args()).env(REPORT, &report);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapper.env(name, value),
            None => wrapper.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapper.current_dir(folder);
    }
    if let Err(error) = super::succeed(wrapper.stdout(Stdio::null()).stderr(errors_file)) {
        eprint!("{}", std::fs::read_to_string(&errors).map_err(failed)?);
        return Err(error);
    }
    let text = std::fs::read(&report).map_err(failed)?;
    serde_json::from_slice(&text).map_err(|error| failed(error.into()))
}

/// If this process was started as a wrapper: runs the program its arguments name, and writes what that cost.
pub(crate) fn run_as_wrapper() -> Option<ExitCode> {
    let report = std::env::var_os(REPORT)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let code = match wrap(&arguments, Path::new(&report)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            1
        }
    };
    Some(ExitCode::from(code))
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn wrap(arguments: &[OsString], report: &Path) -> std::io::Result<u8> {
    let [program, arguments @ ..] = arguments else {
        return Err(std::io::Error::other("there is no program to measure"));
    };
    let start = Instant::now();
    let status = Command::new(program).args(arguments).env_remove(REPORT).status()?;
    let wall = start.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = duration(usage.user_time()) + duration(usage.system_time());
    let cost = Cost { wall, cpu, peak: u64::try_from(usage.max_rss()).unwrap_or(0) * RSS_UNIT };
    std::fs::write(report, serde_json::to_vec(&cost)?)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// What `getrusage` counts memory in, in bytes.
const RSS_UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

fn duration(time: TimeVal) -> Duration {
    let whole = |part: i64| u64::try_from(part).unwrap_or(0);
    Duration::from_secs(whole(time.tv_sec())) + Duration::from_micros(whole(time.tv_usec()))
}

/// The medians of several runs, each figure on its own.
pub(crate) fn median(costs: &[Cost]) -> Option<Cost> {
    Some(Cost {
        wall: middle(costs.iter().map(|cost| cost.wall))?,
        cpu: middle(costs.iter().map(|cost| cost.cpu))?,
        peak: middle(costs.iter().map(|cost| cost.peak))?,
    })
}

/// The median.
pub(crate) fn middle<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_each_figure() {
        let cost = |wall, peak| Cost { wall: Duration::from_millis(wall), cpu: Duration::from_millis(1), peak };
        assert_eq!(median(&[cost(3, 10), cost(1, 30), cost(2, 20)]), Some(cost(2, 20)));
        assert_eq!(median(&[]), None);
    }
}
