//! `compare crash`: an apply is killed in mid-run and repeated, by Ironwright and by Terraform; what is left over then.
//!
//! The program is `estate`, twenty-five resources of EC2; the killing is done by `fault_proxy`. Both are in `tests/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::deployment::{Deployment, Program, Step, built};
use super::moto::{Inventory, Moto};
use super::options::Options;
use super::table::markdown;
use super::{CompareError, empty};

/// After which changing call a run is killed.
const POINTS: [usize; 6] = [1, 5, 10, 15, 20, 25];

/// How long a tool may take to destroy everything. Terraform waits for minutes for what only orphans keep from going.
const PATIENCE: Duration = Duration::from_mins(2);

/// What became of a run that was killed.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// The call after which it was killed.
    call: String,
    /// How the second apply ended: `done`, or why not.
    again: String,
    /// What is live, and not in the state.
    orphans: Vec<String>,
    /// How many resources there are more of than an undisturbed run makes.
    doubled: usize,
    /// How many resources there are after all was destroyed.
    left: usize,
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<(), CompareError> {
    let scratch = root.join("target/compare/crash");
    empty(&scratch)?;
    let build = ["-p", "ironwright-tests", "--features", "aws-ec2", "--bin", "estate", "--bin", "fault_proxy"];
    let path = built(root, &build, "estate", false)?;
    let proxy = path.with_file_name("fault_proxy");
    let program = Program { path, variables: Vec::new() };
    let moto = Moto::start(root)?;
    let tools = Deployment::pair(&program, &scratch, options.plugins.as_deref())?;
    let trials = tools.iter().map(|tool| Trial::new(&moto, tool, &proxy, scratch.join("calls.ndjson")));
    let trials = trials.collect::<Result<Vec<_>, _>>()?;

    let mut rows = Vec::new();
    for point in options.points.as_deref().unwrap_or(&POINTS) {
        for trial in &trials {
            if let Some(outcome) = trial.strike(*point)? {
                rows.push(row(*point, trial.tool.tool, &outcome));
            }
        }
    }
    let head = [
        "killed after change",
        "call",
        "tool",
        "second apply",
        "live, not in its state",
        "too many",
        "left by destroy",
    ];
    println!("{} resources:\n\n{}", tools[0].resources, markdown(&head, &rows));
    Ok(())
}

fn row(point: usize, tool: &str, outcome: &Outcome) -> Vec<String> {
    vec![
        point.to_string(),
        format!("`{}`", outcome.call),
        tool.to_owned(),
        outcome.again.clone(),
        outcome.orphans.len().to_string(),
        outcome.doubled.to_string(),
        outcome.left.to_string(),
    ]
}

/// One tool before an AWS, and what an undisturbed run of it makes.
struct Trial<'a> {
    moto: &'a Moto,
    tool: &'a Deployment<'a>,
    proxy: &'a Path,
    /// Where the proxy writes the calls.
    report: PathBuf,
    undisturbed: BTreeMap<String, usize>,
}

impl<'a> Trial<'a> {
    /// Makes an undisturbed run; an error if it does not make all, record all, or destroy all.
    fn new(moto: &'a Moto, tool: &'a Deployment<'a>, proxy: &'a Path, report: PathBuf) -> Result<Self, CompareError> {
        let mut trial = Self { moto, tool, proxy, report, undisturbed: BTreeMap::new() };
        moto.reset()?;
        tool.forget()?;
        let again = trial.again()?;
        let live = moto.inventory()?;
        trial.undisturbed = counts(&live);
        let orphans = unrecorded(&live, &tool.record()?);
        let left = trial.destroy()?;
        if again == DONE && orphans.is_empty() && left == 0 {
            return Ok(trial);
        }
        let what = format!("undisturbed, its apply is {again}; {orphans:?} are not on record; {left} are left");
        Err(CompareError::Undisturbed { tool: tool.tool, what })
    }

    /// Kills an apply after the change of this number; what becomes of it. Nothing if it makes fewer changes.
    fn strike(&self, point: usize) -> Result<Option<Outcome>, CompareError> {
        self.moto.reset()?;
        self.tool.forget()?;
        let apply = self.tool.command(Step::Apply);
        let mut killed = Command::new(self.proxy);
        killed.args(["--upstream", &self.moto.endpoint(), "--at", &point.to_string(), "--count", "changes"]);
        killed.args(["--fault", "kill", "--when", "after", "--report"]).arg(&self.report);
        killed.arg("--").arg(apply.get_program()).args(apply.get_args());
        for (name, value) in apply.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            killed.env(name, value);
        }
        if let Some(folder) = apply.get_current_dir() {
            killed.current_dir(folder);
        }
        self.run(&mut killed)?;
        let Some(call) = struck(&self.read_report()?) else { return Ok(None) };

        let again = self.again()?;
        let live = self.moto.inventory()?;
        let doubled = counts(&live)
            .into_iter()
            .map(|(kind, count)| count.saturating_sub(self.undisturbed.get(&kind).copied().unwrap_or_default()));
        let doubled = doubled.sum();
        let orphans = unrecorded(&live, &self.tool.record()?);
        eprintln!("{}, killed after change {point}, {call}: second apply {again}; {orphans:?}", self.tool.tool);
        let left = self.destroy()?;
        Ok(Some(Outcome { call, again, orphans, doubled, left }))
    }

    /// Applies, and plans again to see that it is done.
    fn again(&self) -> Result<String, CompareError> {
        let apply = self.run(&mut self.tool.command(Step::Apply))?;
        if !apply.status.success() {
            let text = String::from_utf8_lossy(&apply.stderr).into_owned() + &String::from_utf8_lossy(&apply.stdout);
            return Ok(format!("fails: {}", reason(&text)));
        }
        let plan = self.run(&mut self.tool.command(Step::PlanAgain))?;
        Ok(if plan.status.success() { DONE } else { "done, and a plan finds more to do" }.to_owned())
    }

    /// Destroys what the tool knows of, and stops that in order if it takes too long; how many resources are left.
    fn destroy(&self) -> Result<usize, CompareError> {
        let mut destroy = self.tool.command(Step::Destroy);
        self.moto.lead(&mut destroy);
        let program = destroy.get_program().to_string_lossy().into_owned();
        let failed = |error| CompareError::NotStarted { program, error };
        let mut child = destroy.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(failed)?;
        let id = child.id();
        let (done, is_done) = mpsc::channel();
        let waiting = std::thread::spawn(move || {
            let ended = child.wait();
            // Nobody listens any more once the patience has ended.
            let _ = done.send(());
            ended
        });
        if is_done.recv_timeout(PATIENCE).is_err()
            && let Ok(id) = i32::try_from(id)
        {
            eprintln!("{}: destroying takes too long, and is stopped", self.tool.tool);
            // It may have ended in this moment.
            let _ = kill(Pid::from_raw(id), Signal::SIGINT);
        }
        // How it ended shows in what is left.
        let _ = waiting.join();
        Ok(counts(&self.moto.inventory()?).values().sum())
    }

    fn run(&self, command: &mut Command) -> Result<Output, CompareError> {
        self.moto.lead(command);
        let program = command.get_program().to_string_lossy().into_owned();
        command.output().map_err(|error| CompareError::NotStarted { program, error })
    }

    fn read_report(&self) -> Result<String, CompareError> {
        let failed = |error| CompareError::File { path: self.report.clone(), error };
        std::fs::read_to_string(&self.report).map_err(failed)
    }
}

const DONE: &str = "done";

/// The resources that have an id of their own; the others go with these.
fn resources(live: &Inventory) -> impl Iterator<Item = (&String, Vec<&String>)> {
    let own = |ids: &&String| !ids.contains(' ');
    live.iter().map(move |(kind, ids)| (kind, ids.iter().filter(own).collect()))
}

fn counts(live: &Inventory) -> BTreeMap<String, usize> {
    resources(live).map(|(kind, ids)| (kind.clone(), ids.len())).collect()
}

/// What is live and not mentioned in `record`.
fn unrecorded(live: &Inventory, record: &str) -> Vec<String> {
    let ids = resources(live).flat_map(|(_, ids)| ids);
    ids.filter(|id| !record.contains(id.as_str())).cloned().collect()
}

/// The call that met a fault, in the report of the proxy.
fn struck(report: &str) -> Option<String> {
    let calls = report.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut struck = calls.filter(|call| !call["fault"].is_null());
    struck.next()?["action"].as_str().map(str::to_owned)
}

/// AWS's code in the output of a run that failed, or else the first line that says what is wrong.
fn reason(output: &str) -> String {
    if let Some((_, error)) = output.split_once("api error ") {
        let code: String = error.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '.').collect();
        return format!("`{code}`");
    }
    let mut lines = output.lines().filter_map(|line| line.split_once("rror: "));
    lines.next().map_or("no reason given", |(_, reason)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_live_is_looked_for_in_the_record() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let live = Inventory::from([
            ("vpc".to_owned(), ids(&["vpc-1", "vpc-2"])),
            ("attachment".to_owned(), ids(&["igw-1 vpc-1"])),
        ]);
        assert_eq!(unrecorded(&live, r#"{"id":"vpc-1"}"#), ["vpc-2"]);
        assert_eq!(counts(&live).values().sum::<usize>(), 2);
    }

    #[test]
    fn the_call_that_was_struck_is_in_the_report() {
        let lines = [
            r#"{"number":1,"action":"CreateVpc","change":true,"fault":null}"#,
            r#"{"number":2,"action":"RunInstances","change":true,"fault":"SIGKILL after it was carried out"}"#,
        ];
        assert_eq!(struck(&lines.join("\n")).as_deref(), Some("RunInstances"));
        assert_eq!(struck(lines[0]), None);
    }

    #[test]
    fn a_reason_is_a_code_where_there_is_one() {
        let told = "Error: importing EC2 Key Pair: api error InvalidKeyPair.Duplicate: The keypair already exists";
        assert_eq!(reason(told), "`InvalidKeyPair.Duplicate`");
        assert_eq!(reason("noise\n│ Error: the state is locked\nmore"), "the state is locked");
    }
}
