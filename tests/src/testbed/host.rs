//! One host, from the outside.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ironwright::core::secret::SecretText;
use ironwright::docker::ssh::{Destination, HostKeys, Identity};

use super::cost;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/testbed/host.sh");

/// How sshd is run: keys alone, and a host key that the test may change.
const SSHD: &str = "\
HostKey /run/host/host_key
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PidFile none
";

/// How many hosts this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);

/// What one host has on this machine, and no other.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) interface: String,
    pub(super) gateway: Ipv4Addr,
    pub(super) address: Ipv4Addr,
}

impl Place {
    pub(super) fn next() -> Self {
        let (pid, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let block = u32::from(Ipv4Addr::new(100, 64, 0, 0)) + (pid * 16 + number) % (1 << 20) * 4;
        let [gateway, address] = [block + 1, block + 2].map(Ipv4Addr::from);
        let folder = PathBuf::from(format!("/tmp/ironwright-testbed-{pid}-{number}"));
        Self { folder, interface: format!("iw{pid}-{number}"), gateway, address }
    }
}

/// What a host has of Docker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Docker {
    /// Its daemon runs.
    Running,
    /// Its daemon does not.
    Stopped,
    /// It is not installed.
    Missing,
}

/// A host, which ends with this value.
pub struct TestHost {
    folder: PathBuf,
    process: Child,
    /// Open as long as the host shall live.
    alive: Option<ChildStdin>,
    /// The process id of its first process, as this machine has it.
    init: u32,
    interface: String,
    address: Ipv4Addr,
}

impl TestHost {
    /// A host on which Docker runs.
    pub fn new() -> Self {
        Self::with(Docker::Running, "all")
    }

    /// A host with that of Docker, on a disk of `size` (`64m`) or `all` that there is.
    pub fn with(docker: Docker, size: &str) -> Self {
        let Place { folder, interface, gateway, address } = Place::next();
        remove_leftovers();
        give(&folder);

        let log = fs::File::create(folder.join("log")).expect("a file in the folder");
        let mut unshare = Command::new("unshare");
        unshare.args(["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc", "--kill-child", "bash"]);
        unshare.arg(SCRIPT).arg(&folder).arg(format!("{docker:?}").to_lowercase()).arg(size);
        let mut process =
            unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().expect("unshare runs");
        let alive = process.stdin.take();
        let mut said = BufReader::new(process.stdout.take().expect("a pipe"));
        let children = format!("/proc/{0}/task/{0}/children", process.id());
        let mut host = Self { folder, process, alive, init: 0, interface, address };

        host.hears(&mut said, "born");
        let init = fs::read_to_string(children).expect("the process of the host");
        host.init = init.trim().parse().expect("one process");
        let (interface, init) = (host.interface.as_str(), host.init.to_string());
        ip(&["link", "add", interface, "type", "veth", "peer", "name", "eth0", "netns", &init]);
        ip(&["address", "add", &format!("{gateway}/30"), "dev", interface]);
        ip(&["link", "set", interface, "up"]);
        // Hosts reach each other.
        fs::write(format!("/proc/sys/net/ipv4/conf/{interface}/forwarding"), "1").expect("a setting");
        let network = format!("{address}/30 {gateway}\n");
        host.alive.as_mut().expect("it is open").write_all(network.as_bytes()).expect("the host reads");
        host.hears(&mut said, "up");
        host
    }

    fn hears(&self, said: &mut impl BufRead, expect: &str) {
        let mut line = String::new();
        said.read_line(&mut line).expect("the host writes text");
        let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert_eq!(line.trim(), expect, "the host did not come up:\n{}", log());
    }

    /// Its address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Where it is, as root, by its key and ours. The SSH configuration of whoever runs the tests has no say.
    pub fn destination(&self) -> Destination {
        Destination::new(self.address.to_string())
            .and_then(|there| there.user("root"))
            .expect("an address")
            .configuration(self.folder.join("ssh_config"))
            .identity(Identity::Key(SecretText::new(self.user_key())))
            .host_keys(HostKeys::Pinned(vec![self.host_key().parse().expect("a key")]))
    }

    /// Its public host key.
    pub fn host_key(&self) -> String {
        self.read("given/host_key.pub")
    }

    /// The private key that it lets in, as `root` and as `ubuntu`.
    pub fn user_key(&self) -> String {
        self.read("user_key")
    }

    /// The file with that key.
    pub fn user_key_file(&self) -> PathBuf {
        self.folder.join("user_key")
    }

    /// The socket of its Docker daemon, for this machine.
    pub fn docker_socket(&self) -> PathBuf {
        self.folder.join("shared/docker.sock")
    }

    /// The folder that is `/run/shared` there.
    pub(super) fn shared(&self) -> PathBuf {
        self.folder.join("shared")
    }

    /// Runs `script` on the host as root, without SSH, and returns what it writes.
    #[track_caller]
    pub fn does(&self, script: &str) -> String {
        text(&self.inside(&["sh", "-euc", script]), script)
    }

    /// Runs `script` by bash as root, as a first boot runs user data.
    #[track_caller]
    pub fn runs(&self, script: &str) {
        text(&self.inside(&["bash", "-c", script]), "the script");
    }

    fn inside(&self, words: &[&str]) -> Output {
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--target", &self.init.to_string(), "--all"]).args(words);
        nsenter.stdin(Stdio::null()).output().expect("nsenter runs")
    }

    /// Takes a program away from it.
    pub fn lose(&self, program: &str) {
        self.does(&format!("for path in $(which -a {program}); do rm -f $path; done"));
    }

    /// Gives it a program, which does what `script` says.
    pub fn install(&self, program: &str, script: &str) {
        let path = format!("/usr/local/bin/{program}");
        self.does(&format!("cat >{path} <<'END'\n#!/bin/sh\n{script}\nEND\nchmod +x {path}"));
    }

    /// Gives the host another key, as if it had been made anew, and returns the public half.
    pub fn change_host_key(&self) -> String {
        self.does("rm /run/host/host_key*; ssh-keygen -q -t ed25519 -N '' -f /run/host/host_key");
        self.restart_sshd();
        self.does("cat /run/host/host_key.pub")
    }

    /// Ends sshd and all its connections, and starts it with its configuration and `more`.
    pub fn restart_sshd_with(&self, more: &str) {
        self.does(&format!("cat >>/run/host/sshd_config <<'EOF'\n{more}\nEOF"));
        self.restart_sshd();
    }

    fn restart_sshd(&self) {
        self.stop_sshd();
        self.start_sshd();
    }

    /// Ends sshd and all its connections.
    pub fn stop_sshd(&self) {
        self.does("pkill -KILL -x sshd || true; while pgrep -x sshd >/dev/null; do sleep 0.02; done");
    }

    /// Starts sshd, and returns when it listens.
    pub fn start_sshd(&self) {
        self.runs(
            "/usr/sbin/sshd -E /run/host/sshd.log -f /run/host/sshd_config
            until (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null; do sleep 0.02; done",
        );
    }

    /// Ends the Docker daemon.
    pub fn stop_docker(&self) {
        self.does("pkill -x dockerd; while pgrep -x dockerd >/dev/null; do sleep 0.02; done");
    }

    /// Starts the Docker daemon, and returns when it answers.
    pub fn start_docker(&self) {
        self.does(
            "rm -f /run/docker.pid
            dockerd -H unix:///run/docker.sock -H unix:///run/shared/docker.sock >/run/host/dockerd.log 2>&1 &
            until docker version >/dev/null 2>&1; do kill -0 $!; sleep 0.05; done",
        );
    }

    /// Fills the disk of Docker.
    pub fn fill_disk(&self) {
        self.does("cat /dev/zero >/var/lib/docker/full 2>/dev/null || true");
    }

    /// Makes the image `name` of busybox, which serves `page` over HTTP on port 8000.
    pub fn make_image(&self, name: &str, page: &str) {
        self.does(&format!(
            "root=$(mktemp -d); mkdir -p $root/bin $root/www $root/tmp
            cp \"$(command -v busybox)\" $root/bin/busybox
            for name in sh httpd wget sleep cat echo test env ls; do ln -s busybox $root/bin/$name; done
            cat >$root/www/index.html <<'EOF'\n{page}\nEOF
            tar -C $root -c . | docker import --change 'EXPOSE 8000' \
              --change 'CMD [\"httpd\", \"-f\", \"-p\", \"8000\", \"-h\", \"/www\"]' - '{name}'
            rm -r $root"
        ));
    }

    /// Takes the image `name` away from it, and returns the file that `docker save` makes of it.
    pub fn save_image(&self, name: &str) -> PathBuf {
        self.does(&format!("docker save --output /run/shared/image.tar '{name}'; docker image rm '{name}'"));
        let file = self.folder.join(format!("{}.tar", name.replace([':', '/'], "-")));
        fs::rename(self.shared().join("image.tar"), &file).expect("another folder of the same disk");
        file
    }

    /// How much processor time its processes have cost.
    pub fn cost(&self) -> Duration {
        cost::of_namespace(&self.init.to_string())
    }

    /// How many bytes were sent to it.
    pub fn sent(&self) -> u64 {
        let counter = format!("/sys/class/net/{}/statistics/tx_bytes", self.interface);
        fs::read_to_string(counter).expect("a counter").trim().parse().expect("a number")
    }

    /// Cuts it off the network: nothing arrives any more, and nobody is told.
    pub fn cut(&self) {
        ip(&["link", "set", &self.interface, "down"]);
    }

    /// Lets no more than `rate` (`100mbit`) into it.
    pub fn slow_down(&self, rate: &str) {
        let mut tc = Command::new("tc");
        tc.args(["qdisc", "replace", "dev", &self.interface, "root", "tbf", "rate", rate, "burst", "64kb"]);
        text(&tc.args(["latency", "400ms"]).output().expect("tc runs"), "tc");
    }

    /// Restores its network.
    pub fn restore(&self) {
        ip(&["link", "set", &self.interface, "up"]);
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).expect("a file of the host")
    }
}

impl Default for TestHost {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        // The host ends when it has nothing to read any more, and its network and mounts with it.
        drop(self.alive.take());
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes the folders of hosts whose process was killed; the hosts themselves ended with it.
pub(super) fn remove_leftovers() {
    for entry in fs::read_dir("/tmp").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix("ironwright-testbed-"))
            .and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Puts into `folder` what the host is given, and the key that it lets in.
fn give(folder: &Path) {
    // Left by another process of the same number.
    let _ = fs::remove_dir_all(folder);
    let given = folder.join("given");
    fs::create_dir_all(&given).expect("a folder");
    for key in [given.join("host_key"), folder.join("user_key")] {
        let mut keygen = Command::new("ssh-keygen");
        let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(&key).status();
        assert!(made.is_ok_and(|status| status.success()), "ssh-keygen makes no key");
    }
    fs::copy(folder.join("user_key.pub"), given.join("authorized_keys")).expect("a file");
    fs::write(folder.join("ssh_config"), "").expect("a file");
    fs::write(given.join("sshd_config"), SSHD).expect("a file");
}

#[track_caller]
pub(super) fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("ip runs");
    text(&output, &arguments.join(" "));
}

#[track_caller]
pub(super) fn text(output: &Output, what: &str) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{what}` ended with {}: {stderr}", output.status);
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
