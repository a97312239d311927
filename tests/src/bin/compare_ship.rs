//! What it costs to bring a changed line to a host, beside `docker save | ssh HOST docker load`: an image of 300 MB, of which a
//! file of one line changes. Both build it with the same daemon and bring it to the same host, taking turns. Prints a table.
//!
//! Run by `cargo xtask compare ship`.

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ironwright_tests::testbed::{LocalDocker, TestHost, available, cost};

/// Layers that no compression makes smaller.
const LAYERS: usize = 3;
const MEGABYTES: usize = 100;

/// The links, as `tc` knows them.
const LINKS: [Option<&str>; 2] = [None, Some("100mbit")];

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// What one run has cost.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    /// The part of it until the image was on the host.
    ship: Duration,
    processor: Duration,
    bytes: u64,
}

/// The parts both have.
struct Bench {
    folder: PathBuf,
    host: TestHost,
    docker: &'static LocalDocker,
}

fn main() -> Done {
    if !available() {
        return Err("no hosts can be made here".into());
    }
    let runs = std::env::args().nth(1).map_or(Ok(5), |runs| runs.parse())?;
    let bench = Bench::new()?;
    println!("| link | tool | until it is there | processor | bytes sent |\n|---|---|---:|---:|---:|");
    for link in LINKS {
        bench.compare(link, runs)?;
    }
    fs::remove_dir_all(&bench.folder)?;
    Ok(())
}

impl Bench {
    fn new() -> Done<Self> {
        let folder = PathBuf::from(format!("/tmp/ironwright-testbed-{}-ship", std::process::id()));
        let (host, docker) = (TestHost::new(), LocalDocker::get());
        let bench = Self { folder, host, docker };
        fs::create_dir_all(bench.context())?;
        bench.make_base()?;
        let run = "CMD [\"httpd\", \"-f\", \"-p\", \"8000\", \"-h\", \"/www\"]\n";
        fs::write(bench.context().join("Dockerfile"), format!("FROM large\nCOPY app.txt /\n{run}"))?;
        let known = format!("{} {}", bench.host.address(), bench.host.host_key());
        fs::write(bench.folder.join("known_hosts"), known)?;
        Ok(bench)
    }

    /// Gives the daemon the image `large`, on which the changed line lies.
    fn make_base(&self) -> Done {
        self.host.make_image("base", "page");
        self.docker.does(&["load", "--input", path(&self.host.save_image("base"))?]);
        let below = self.folder.join("below");
        fs::create_dir_all(&below)?;
        for layer in 0..LAYERS {
            let (to, count) = (below.join(format!("noise-{layer}")), MEGABYTES);
            let words = [format!("of={}", to.display()), format!("count={count}")];
            succeed(Command::new("dd").args(["if=/dev/urandom", "bs=1M", "status=none"]).args(words))?;
        }
        let copies = (0..LAYERS).map(|layer| format!("COPY noise-{layer} /")).collect::<Vec<_>>().join("\n");
        fs::write(below.join("Dockerfile"), format!("FROM base\n{copies}\n"))?;
        self.docker.build("large", &below);
        Ok(())
    }

    fn context(&self) -> PathBuf {
        self.folder.join("context")
    }

    /// Runs of both, taking turns, of which the first brings all that is below the changed line.
    fn compare(&self, link: Option<&str>, runs: usize) -> Done {
        self.edit("first")?;
        self.ours()?;
        self.theirs()?;
        if let Some(rate) = link {
            self.host.slow_down(rate);
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for run in 0..runs {
            self.edit(&format!("{link:?} {run}"))?;
            ours.push(self.measured(|| self.ours())?);
            theirs.push(self.measured(|| self.theirs())?);
        }
        let (ours, theirs) = (median(&ours), median(&theirs));
        let link = link.unwrap_or("none");
        for (tool, cost) in
            [("`docker build`, `docker save \\| ssh docker load`", theirs), ("Ironwright, `apply`", ours)]
        {
            let (ship, processor) = (cost.ship.as_secs_f64(), cost.processor.as_secs_f64());
            let share = 100.0 * ship / theirs.ship.as_secs_f64();
            let bytes = megabytes(cost.bytes);
            println!("| {link} | {tool} | {ship:.2} s, {share:.0} % | {processor:.2} s | {bytes:.1} MB |");
        }
        println!("| {link} | the same, with plan and rollout | {:.2} s | | |", ours.wall.as_secs_f64());
        Ok(())
    }

    fn edit(&self, line: &str) -> Done {
        Ok(fs::write(self.context().join("app.txt"), line)?)
    }

    /// A whole apply: the plan, the image, the way to the host, the rollout. How long the image takes, and its way.
    #[expect(clippy::disallowed_methods, reason = "this measures time")]
    fn ours(&self) -> Done<Duration> {
        let shipper = std::env::current_exe()?.with_file_name("shipper");
        let mut command = Command::new(shipper);
        command.args(["apply", "--yes", "--target", "hosts"]).current_dir(&self.folder);
        for (name, value) in [
            ("host", self.host.address().to_string()),
            ("identity", self.host.user_key_file().display().to_string()),
            ("host_key", self.host.host_key().trim().to_owned()),
            ("context", self.context().display().to_string()),
        ] {
            command.arg("--var").arg(format!("{name}={value}"));
        }
        command.env("DOCKER_HOST", format!("unix://{}", self.docker.socket().display()));
        command.env("XDG_CACHE_HOME", self.folder.join("cache"));
        let log = self.folder.join("log");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
        let mut child = command.spawn()?;
        let (mut ship, mut since) = (Duration::ZERO, None);
        for line in BufReader::new(child.stdout.take().ok_or("a pipe")?).lines().map_while(Result::ok) {
            let starts =
                [": creating…", ": updating…"].iter().any(|word| line.starts_with(&format!("web/image{word}")));
            let ends = [": created [", ": updated ["].iter().any(|word| line.starts_with(&format!("web/image{word}")));
            if starts || line.ends_with(": bringing the image") {
                since = Some(Instant::now());
            } else if ends || line.contains(": making ") {
                ship += since.take().map_or(Duration::ZERO, |since| since.elapsed());
            }
        }
        let status = child.wait()?;
        if status.success() { Ok(ship) } else { Err(fs::read_to_string(log)?.into()) }
    }

    /// The image built, and sent whole. Nothing is started.
    #[expect(clippy::disallowed_methods, reason = "this measures time")]
    fn theirs(&self) -> Done<Duration> {
        let begun = Instant::now();
        self.docker.does(&["build", "--quiet", "--tag", "theirs", path(&self.context())?]);
        let mut save = self.docker.command(&["save", "theirs"]).stdout(Stdio::piped()).spawn()?;
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i"]);
        ssh.arg(self.host.user_key_file());
        ssh.arg("-o").arg(format!("UserKnownHostsFile={}", self.folder.join("known_hosts").display()));
        ssh.arg(format!("root@{}", self.host.address())).args(["docker", "load", "--quiet"]);
        succeed(ssh.stdin(save.stdout.take().ok_or("a pipe")?))?;
        let status = save.wait()?;
        if status.success() { Ok(begun.elapsed()) } else { Err(format!("docker save: {status}").into()) }
    }

    #[expect(clippy::disallowed_methods, reason = "this measures time")]
    fn measured(&self, work: impl FnOnce() -> Done<Duration>) -> Done<Cost> {
        let processor = || cost::of_children() + self.host.cost() + self.docker.cost();
        let (begun, before, sent) = (Instant::now(), processor(), self.host.sent());
        let ship = work()?;
        let wall = begun.elapsed();
        Ok(Cost { wall, ship, processor: processor().saturating_sub(before), bytes: self.host.sent() - sent })
    }
}

/// The middle one of each figure.
fn median(costs: &[Cost]) -> Cost {
    fn middle<T: Ord + Copy>(costs: &[Cost], figure: impl Fn(&Cost) -> T) -> T {
        let mut figures: Vec<T> = costs.iter().map(figure).collect();
        figures.sort_unstable();
        figures[figures.len() / 2]
    }
    Cost {
        wall: middle(costs, |cost| cost.wall),
        ship: middle(costs, |cost| cost.ship),
        processor: middle(costs, |cost| cost.processor),
        bytes: middle(costs, |cost| cost.bytes),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn path(path: &Path) -> Done<&str> {
    Ok(path.to_str().ok_or("a path of text")?)
}

/// Runs `command` without output; what it said where it fails.
fn succeed(command: &mut Command) -> Done {
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr)).into())
}
