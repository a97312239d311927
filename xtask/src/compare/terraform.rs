//! `compare terraform`: the fleet example deployed to an emulated AWS by Ironwright and by Terraform; whole processes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::deployment::{Deployment, Program, Step, built};
use super::measure::{Cost, measured, median, middle};
use super::moto::{Inventory, Moto};
use super::options::Options;
use super::table::{markdown, megabytes, ratio, seconds};
use super::{CompareError, empty};

/// How many resources; a cell of the fleet has ten.
const SIZES: [usize; 4] = [10, 50, 200, 500];
/// Sizes up to this are run so often, larger ones once, unless told otherwise.
const SMALL: (usize, usize) = (50, 3);

/// What one step cost in one run.
#[derive(Clone, Copy, Debug)]
struct Sample {
    cost: Cost,
    calls: u64,
    /// How long moto took over the calls.
    busy: Duration,
}

impl Sample {
    /// Wall time but for that in which moto had something to do.
    fn own(self) -> Duration {
        self.cost.wall.saturating_sub(self.busy)
    }

    fn median(samples: &[Self]) -> Option<Self> {
        let costs: Vec<Cost> = samples.iter().map(|sample| sample.cost).collect();
        Some(Self {
            cost: median(&costs)?,
            calls: middle(samples.iter().map(|sample| sample.calls))?,
            busy: middle(samples.iter().map(|sample| sample.busy))?,
        })
    }
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<(), CompareError> {
    let scratch = root.join("target/compare/terraform");
    empty(&scratch)?;
    let fleet = built(root, &["--features", "aws-ec2", "--example", "fleet"], "examples/fleet", options.release)?;
    let moto = Moto::start(root)?;
    warm_up(&moto, &fleet, options, &scratch)?;
    let (mut times, mut costs) = (Vec::new(), Vec::new());
    for resources in options.sizes.as_deref().unwrap_or(&SIZES) {
        let runs = options.runs.unwrap_or(if *resources <= SMALL.0 { SMALL.1 } else { 1 });
        let medians = compare(&moto, &fleet, *resources, runs, options.plugins.as_deref(), &scratch)?;
        for (step, [ironwright, terraform]) in Step::ALL.into_iter().zip(medians) {
            times.push(time_row(*resources, step, ironwright, terraform));
            costs.push(cost_row(*resources, step, ironwright, terraform));
        }
    }
    let head = ["resources", "step", "Terraform", "Ironwright", "×", "Terraform but moto", "Ironwright but moto", "×"];
    println!("Wall time, whole and but for that in which moto had something to do:\n\n{}", markdown(&head, &times));
    let head = ["resources", "step", "CPU, Terraform", "Ironwright", "×", "memory, Terraform", "Ironwright", "×"];
    let head: Vec<&str> = head.into_iter().chain(["calls, Terraform", "Ironwright", "×"]).collect();
    println!("CPU time, the memory of the largest process, and calls:\n\n{}", markdown(&head, &costs));
    Ok(())
}

/// Lets moto load what it loads at first calls, which would count against who comes first.
fn warm_up(moto: &Moto, fleet: &Path, options: &Options, scratch: &Path) -> Result<(), CompareError> {
    let program = Program { path: fleet.to_owned(), variables: Vec::new() };
    let [ironwright, _] = Deployment::pair(&program, &scratch.join("warm-up"), options.plugins.as_deref())?;
    live(moto, &ironwright, scratch, |_, _| ()).map(drop)
}

/// The medians of every step, of Ironwright and of Terraform.
fn compare(
    moto: &Moto,
    fleet: &Path,
    resources: usize,
    runs: usize,
    plugins: Option<&Path>,
    scratch: &Path,
) -> Result<[[Sample; 2]; 4], CompareError> {
    let cells = resources.div_ceil(10);
    let program = Program { path: PathBuf::from(fleet), variables: vec![format!("cells={cells}")] };
    let tools = Deployment::pair(&program, &scratch.join(resources.to_string()), plugins)?;
    let mut samples: [[Vec<Sample>; 2]; 4] = Default::default();
    for _ in 0..runs {
        let mut made = Vec::new();
        for (position, tool) in tools.iter().enumerate() {
            made.push(live(moto, tool, scratch, |step, sample| samples[step][position].push(sample))?);
        }
        if made[0] != made[1] {
            return Err(CompareError::OtherResources { first: made[0].clone(), second: made[1].clone() });
        }
    }
    Ok(samples.map(|tools| tools.map(|samples| Sample::median(&samples).expect("there is at least one run"))))
}

/// One deployment from nothing to nothing; how many of each kind it made.
fn live(
    moto: &Moto,
    tool: &Deployment<'_>,
    scratch: &Path,
    mut sampled: impl FnMut(usize, Sample),
) -> Result<Vec<(String, usize)>, CompareError> {
    moto.reset()?;
    tool.forget()?;
    let mut made = Vec::new();
    for (position, step) in Step::ALL.into_iter().enumerate() {
        let mut command = tool.command(step);
        moto.lead(&mut command);
        let cost = measured(&command, scratch)?;
        let calls = moto.calls()?;
        let sample = Sample { cost, calls: calls.count(), busy: calls.busy() };
        let (wall, cpu) = (seconds(cost.wall), seconds(cost.cpu));
        eprintln!("{}, {} resources, {}: {wall}, {cpu} CPU", tool.tool, tool.resources, step.name());
        sampled(position, sample);
        if step == Step::Apply {
            made = counts(&moto.inventory()?);
            moto.calls()?;
        }
    }
    let left = counts(&moto.inventory()?);
    if left.is_empty() { Ok(made) } else { Err(CompareError::Left { tool: tool.tool, left }) }
}

fn counts(inventory: &Inventory) -> Vec<(String, usize)> {
    inventory.iter().map(|(kind, ids)| (kind.clone(), ids.len())).collect()
}

fn time_row(resources: usize, step: Step, ironwright: Sample, terraform: Sample) -> Vec<String> {
    vec![
        resources.to_string(),
        step.name().to_owned(),
        seconds(terraform.cost.wall),
        seconds(ironwright.cost.wall),
        ratio(terraform.cost.wall, ironwright.cost.wall),
        seconds(terraform.own()),
        seconds(ironwright.own()),
        ratio(terraform.own(), ironwright.own()),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "the ratio of two counts, for people")]
fn cost_row(resources: usize, step: Step, ironwright: Sample, terraform: Sample) -> Vec<String> {
    let times = |terraform: u64, ironwright: u64| format!("{:.1}×", terraform as f64 / ironwright as f64);
    vec![
        resources.to_string(),
        step.name().to_owned(),
        seconds(terraform.cost.cpu),
        seconds(ironwright.cost.cpu),
        ratio(terraform.cost.cpu, ironwright.cost.cpu),
        megabytes(terraform.cost.peak),
        megabytes(ironwright.cost.peak),
        times(terraform.cost.peak, ironwright.cost.peak),
        terraform.calls.to_string(),
        ironwright.calls.to_string(),
        times(terraform.calls, ironwright.calls),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(wall: u64, busy: u64, calls: u64) -> Sample {
        let cost = Cost { wall: Duration::from_secs(wall), cpu: Duration::from_secs(wall), peak: calls * 1_000_000 };
        Sample { cost, calls, busy: Duration::from_secs(busy) }
    }

    #[test]
    fn a_row_has_both_and_how_many_times_more() {
        let (ironwright, terraform) = (sample(3, 1, 20), sample(30, 2, 50));
        assert_eq!(
            time_row(10, Step::Apply, ironwright, terraform),
            ["10", "apply", "30.0 s", "3.0 s", "10×", "28.0 s", "2.0 s", "14×"]
        );
        assert_eq!(
            cost_row(10, Step::Apply, ironwright, terraform)[5..],
            ["50 MB", "20 MB", "2.5×", "50", "20", "2.5×"]
        );
    }

    #[test]
    fn a_median_is_of_each_figure() {
        let found = Sample::median(&[sample(3, 1, 9), sample(1, 2, 7), sample(2, 3, 8)]).expect("there are three");
        assert_eq!((found.cost.wall, found.busy, found.calls), (Duration::from_secs(2), Duration::from_secs(2), 8));
    }
}
