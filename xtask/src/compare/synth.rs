//! `compare synth`: the fleet example as templates, by Ironwright, troposphere and AWS CDK; whole processes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::measure::{Cost, measured, median};
use super::table::{markdown, megabytes, ratio, seconds};
use super::{CompareError, cargo, empty, peers, succeed, templates};

/// Cells of ten resources each; fifty to a stack.
const SIZES: [usize; 3] = [1, 50, 1000];
/// Runs of each tool at each size. Tools take turns, so that a busy minute hits all of them.
const RUNS: usize = 5;
/// The user data of the fleet's servers, in a file for the peers' scripts.
const USER_DATA: &str = "user_data.sh";

/// One of the tools that are compared.
struct Tool {
    name: &'static str,
    program: PathBuf,
    /// The script that the program runs; Ironwright's program is the fleet itself.
    script: Option<PathBuf>,
    environment: &'static [(&'static str, &'static str)],
}

impl Tool {
    fn ironwright(name: &'static str, program: PathBuf) -> Self {
        Self { name, program, script: None, environment: &[] }
    }

    /// The run for so many cells into the folder `out`, where `folder` is `target/compare`.
    fn command(&self, cells: usize, out: &Path, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(folder).envs(self.environment.iter().copied());
        match &self.script {
            None => command.args(["synth", "--var", &format!("cells={cells}"), "--out"]).arg(out),
            Some(script) => command.arg(script).arg(cells.to_string()).arg(out).arg(folder.join(USER_DATA)),
        };
        command
    }
}

pub(crate) fn run(root: &Path, install: bool) -> Result<(), CompareError> {
    let folder = root.join("target/compare");
    empty(&folder.join("out"))?;
    if install {
        peers::install(&folder)?;
    }
    let tools = tools(root, &folder)?;
    let head = ["tool", "resources", "wall", "CPU", "peak memory", "wall, × Ironwright", "CPU, × Ironwright"];
    let mut rows = Vec::new();
    for cells in SIZES {
        rows.extend(compare(&tools, cells, &folder)?);
    }
    println!("{}", markdown(&head, &rows));
    Ok(())
}

/// The tools that are installed; says of the others how they can be.
fn tools(root: &Path, folder: &Path) -> Result<Vec<Tool>, CompareError> {
    succeed(cargo(root).args(["build", "--quiet", "--example", "fleet"]))?;
    succeed(cargo(root).args(["build", "--quiet", "--release", "--example", "fleet"]))?;
    let mut tools = vec![
        Tool::ironwright("Ironwright, optimized", root.join("target/release/examples/fleet")),
        Tool::ironwright("Ironwright, as `cargo run` builds it", root.join("target/debug/examples/fleet")),
    ];
    write_user_data(&tools[0], folder)?;
    let script = |name: &str| Some(root.join("xtask/data/compare").join(name));
    match peers::python(folder) {
        Some(program) => {
            let script = script("troposphere_fleet.py");
            tools.push(Tool { name: "troposphere", program, script, environment: &[] });
        }
        None => eprintln!("troposphere is not installed: `cargo xtask compare synth --install`"),
    }
    if peers::has_cdk(folder) {
        let cdk =
            |name, environment| Tool { name, program: "node".into(), script: script("cdk_fleet.mjs"), environment };
        tools.push(cdk("AWS CDK", &[]));
        tools.push(cdk("AWS CDK, its checks off", &[("CDK_VALIDATION", "false")]));
    } else {
        eprintln!("AWS CDK is not installed: `cargo xtask compare synth --install`");
    }
    Ok(tools)
}

/// Puts the user data that Ironwright gives the fleet's servers in a file, so that all tools write the same.
fn write_user_data(ironwright: &Tool, folder: &Path) -> Result<(), CompareError> {
    let out = folder.join("out/user-data");
    empty(&out)?;
    succeed(ironwright.command(1, &out, folder).stdout(Stdio::null()))?;
    let templates = templates(&out)?;
    let resources =
        templates.iter().filter_map(|template| template["Resources"].as_object()).flat_map(|all| all.values());
    let mut scripts = resources.filter_map(|resource| resource["Properties"]["UserData"]["Fn::Base64"].as_str());
    let script = scripts.next().ok_or(CompareError::NoUserData)?;
    let path = folder.join(USER_DATA);
    std::fs::write(&path, script).map_err(|error| CompareError::File { path, error })
}

/// The rows of one size: every tool's medians, and how often the first tool's they are.
fn compare(tools: &[Tool], cells: usize, folder: &Path) -> Result<Vec<Vec<String>>, CompareError> {
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); tools.len()];
    for run in 0..RUNS {
        for (tool, costs) in tools.iter().zip(&mut costs) {
            let out = folder.join("out/templates");
            empty(&out)?;
            costs.push(measured(&tool.command(cells, &out, folder), folder)?);
            if run == 0 {
                check_work(tool.name, cells, &out)?;
            }
        }
    }
    let medians: Vec<Cost> = costs.iter().filter_map(|costs| median(costs)).collect();
    let rows = tools.iter().zip(&medians).map(|(tool, cost)| {
        let ratios = [ratio(cost.wall, medians[0].wall), ratio(cost.cpu, medians[0].cpu)];
        let figures = [
            tool.name.to_owned(),
            (cells * 10).to_string(),
            seconds(cost.wall),
            seconds(cost.cpu),
            megabytes(cost.peak),
        ];
        figures.into_iter().chain(ratios).collect()
    });
    Ok(rows.collect())
}

/// An error if the templates in `folder` do not hold ten resources for each cell.
fn check_work(tool: &'static str, cells: usize, folder: &Path) -> Result<(), CompareError> {
    let resources =
        templates(folder)?.into_iter().filter_map(|template| Some(template["Resources"].as_object()?.len()));
    let found: usize = resources.sum();
    if found == cells * 10 { Ok(()) } else { Err(CompareError::OtherWork { tool, found, expected: cells * 10 }) }
}
