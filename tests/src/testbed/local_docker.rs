//! The Docker daemon of this machine, as a developer has one: on its network, so that it reaches what listens on our loopback.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::cost;
use super::host::{remove_leftovers, text};

/// What runs in namespaces of its own, of processes and mounts: so all of it ends with it.
///
/// It says `up` when the daemon answers, and goes on as long as its standard input is open.
const SCRIPT: &str = r#"
set -eu
mount --make-rprivate /
dockerd --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" --host "unix://$1/docker.sock" \
  --bridge none --iptables=false --ip6tables=false >"$1/log" 2>&1 &
daemon=$!
tries=0
until docker --host "unix://$1/docker.sock" version >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 600 ] || ! kill -0 $daemon; then tail -n 20 "$1/log" >&2; exit 1; fi
  sleep 0.05
done
echo up
while read -r _; do :; done
kill $daemon
wait $daemon || true
rm -rf "$1"
"#;

/// The daemon, one for all tests of a process. It ends with the process, however that ends.
pub struct LocalDocker {
    folder: PathBuf,
    /// Its standard input is open as long as the daemon shall live.
    _process: Child,
}

impl LocalDocker {
    /// The daemon of this process.
    pub fn get() -> &'static Self {
        static DAEMON: OnceLock<LocalDocker> = OnceLock::new();
        DAEMON.get_or_init(Self::start)
    }

    fn start() -> Self {
        remove_leftovers();
        let folder = PathBuf::from(format!("/tmp/ironwright-testbed-{}-docker", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("config")).expect("a folder");
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", SCRIPT, "bash"]);
        // Of a group of its own: what interrupts the test at its terminal ends the daemon by its standard input.
        let child = unshare.arg(&folder).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("unshare runs");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut said).expect("it says something");
        assert_eq!(said, "up\n", "the Docker daemon of this machine did not come up");
        Self { folder, _process: child }
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    /// How much processor time its processes have cost.
    pub fn cost(&self) -> Duration {
        let data = self.folder.join("data").display().to_string();
        let daemon = cost::process_with(&["dockerd", "--data-root", &data]);
        daemon.map_or(Duration::ZERO, |daemon| cost::of_namespace(&daemon))
    }

    /// `docker WORDS` at this daemon, with a configuration of its own.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        docker.arg("--host").arg(format!("unix://{}", self.socket().display())).args(words);
        docker.env("DOCKER_CONFIG", self.folder.join("config")).env("DOCKER_BUILDKIT", "0").stdin(Stdio::null());
        docker
    }

    /// What `docker WORDS` prints.
    #[track_caller]
    pub fn does(&self, words: &[&str]) -> String {
        let output: Output = self.command(words).output().expect("docker runs");
        text(&output, &words.join(" "))
    }

    /// Builds the image `name` from `folder` by the classic builder, without a network.
    #[track_caller]
    pub fn build(&self, name: &str, folder: &Path) {
        let folder = folder.to_str().expect("a path of text");
        self.does(&["build", "--quiet", "--force-rm", "--network", "none", "--tag", name, folder]);
    }
}
