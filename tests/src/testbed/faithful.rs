//! A host that boots: systemd, sshd and the real cloud-init, at an address that whoever makes it chooses.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::json;

use super::host::{Place, ip, remove_leftovers, text};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/testbed/faithful.sh");
const ROOT_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/testbed/faithful_root.sh");

/// Where the root below all of them is kept, and what else takes long to make.
pub(super) const CACHE: &str = "/var/cache/ironwright-testbed";

/// What a machine is told as it boots for the first time.
#[derive(Clone, Debug, Default)]
pub struct FirstBoot {
    /// The id of the machine.
    pub id: String,
    /// Its user data.
    pub user_data: Vec<u8>,
    /// The public key that it lets in, as its default user `ubuntu`.
    pub public_key: Option<String>,
    /// What its disk has beyond that of others: files, by their paths.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A host that boots, which ends with this value.
pub struct FaithfulHost {
    place: Place,
    process: Child,
    /// Open as long as the host shall live.
    alive: Option<ChildStdin>,
    /// The interface through which this machine reaches others.
    outside: String,
}

impl FaithfulHost {
    /// Starts one at `address`, and does not wait until it is up.
    pub fn boot(address: Ipv4Addr, first: &FirstBoot) -> Self {
        let place = Place { address, ..Place::next() };
        remove_leftovers();
        remove_rules();
        let _ = fs::remove_dir_all(&place.folder);
        let seed = place.folder.join("seed");
        fs::create_dir_all(&seed).expect("a folder");
        let keys: Vec<_> = first.public_key.iter().map(|key| key.trim()).collect();
        let told = json!({"instance-id": first.id, "local-hostname": first.id, "public-keys": keys});
        fs::write(seed.join("meta-data"), told.to_string()).expect("a file");
        fs::write(seed.join("user-data"), &first.user_data).expect("a file");

        for (path, content) in &first.files {
            let file = place.folder.join("files").join(path.trim_start_matches('/'));
            fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("a folder");
            fs::write(file, content).expect("a file");
        }

        let log = fs::File::create(place.folder.join("log")).expect("a file in the folder");
        let mut unshare = Command::new("unshare");
        unshare.args(["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc", "--kill-child", "bash"]);
        unshare.arg(SCRIPT).arg(&place.folder).arg(root());
        let mut process =
            unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().expect("unshare runs");
        let alive = process.stdin.take();
        let mut said = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let mut host = Self { place, process, alive, outside: outside() };
        let mut hears = |host: &Self, expect: &str| {
            let line = said.next().and_then(Result::ok).unwrap_or_default();
            assert_eq!(line, expect, "the host does not boot:\n{}", host.log());
        };

        hears(&host, "born");
        host.connect();
        let network = format!("{} {}\n", host.place.address, host.place.gateway);
        host.alive.as_mut().expect("it is open").write_all(network.as_bytes()).expect("the host reads");
        hears(&host, "up");
        host
    }

    /// Its address.
    pub fn address(&self) -> Ipv4Addr {
        self.place.address
    }

    /// What it has told of itself so far: its console, and what its user data has written.
    pub fn log(&self) -> String {
        let files = ["log", "console", "upper/var/log/cloud-init-output.log"];
        files.map(|file| fs::read_to_string(self.place.folder.join(file)).unwrap_or_default()).join("\n")
    }

    /// Whether there is a file at `path` of the host that its root had not.
    pub fn has(&self, path: &str) -> bool {
        self.place.folder.join("upper").join(path.trim_start_matches('/')).exists()
    }

    /// Its network: a link, a way for packets to it, and one for those that it sends elsewhere.
    fn connect(&self) {
        let Place { interface, gateway, address, .. } = &self.place;
        let process = self.process.id();
        let init = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).expect("its process");
        ip(&["link", "add", interface, "type", "veth", "peer", "name", "eth0", "netns", init.trim()]);
        ip(&["address", "add", &format!("{gateway}/32"), "dev", interface]);
        ip(&["link", "set", interface, "up"]);
        ip(&["route", "add", &format!("{address}/32"), "dev", interface]);
        for interface in [interface, &self.outside] {
            fs::write(format!("/proc/sys/net/ipv4/conf/{interface}/forwarding"), "1").expect("a setting");
        }
        for rule in self.rules() {
            iptables("--append", &rule);
        }
    }

    /// What it sends outside is sent in the name of this machine.
    fn rules(&self) -> [Vec<String>; 3] {
        let words = |rule: String| rule.split(' ').map(str::to_owned).collect();
        let Place { interface, address, .. } = &self.place;
        [
            words(format!(
                "POSTROUTING --table nat --source {address}/32 --out-interface {} --match comment --comment {interface} \
                 --jump MASQUERADE",
                self.outside
            )),
            words(format!("FORWARD --in-interface {interface} --jump ACCEPT")),
            words(format!("FORWARD --out-interface {interface} --jump ACCEPT")),
        ]
    }
}

impl Drop for FaithfulHost {
    fn drop(&mut self) {
        for rule in self.rules() {
            iptables("--delete", &rule);
        }
        // The host ends when it has nothing to read any more, and its network and mounts with it.
        drop(self.alive.take());
        let _ = self.process.wait();
        remove_groups(&self.place.folder);
        let _ = fs::remove_dir_all(&self.place.folder);
    }
}

/// The root below all of them, made if need be.
fn root() -> PathBuf {
    let output = Command::new("bash").args([ROOT_SCRIPT, CACHE]).output().expect("bash runs");
    PathBuf::from(text(&output, "faithful_root.sh"))
}

/// The interface through which this machine reaches others.
fn outside() -> String {
    let output = Command::new("ip").args(["-json", "route", "show", "default"]).output().expect("ip runs");
    let routes: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a list");
    routes[0]["dev"].as_str().expect("this machine reaches others").to_owned()
}

/// Removes the control groups of the host in `folder`, in all hierarchies there are.
fn remove_groups(folder: &Path) {
    let name = folder.file_name().expect("it has a name");
    let hierarchies = fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten().map(|entry| entry.path());
    for group in hierarchies.chain([PathBuf::from("/sys/fs/cgroup")]).map(|hierarchy| hierarchy.join(name)) {
        let _ =
            Command::new("find").arg(group).args(["-depth", "-type", "d", "-delete"]).stderr(Stdio::null()).status();
    }
}

/// Removes the rules of hosts whose process was killed.
fn remove_rules() {
    for table in ["filter", "nat"] {
        let output = Command::new("iptables").args(["--wait", "--table", table, "--list-rules"]).output();
        let rules = String::from_utf8(output.expect("iptables runs").stdout).expect("text");
        for rule in
            rules.lines().filter(|rule| maker_of(rule).is_some_and(|pid| !Path::new("/proc").join(pid).exists()))
        {
            let words = rule.split(' ').skip(1).map(str::to_owned);
            let _ = Command::new("iptables").args(["--wait", "--table", table, "--delete"]).args(words).status();
        }
    }
}

/// The process that made the interface which `rule` names.
fn maker_of(rule: &str) -> Option<&str> {
    let interface = rule.split(' ').find_map(|word| word.strip_prefix("iw"))?;
    interface.split_once('-').map(|(pid, _)| pid)
}

fn iptables(action: &str, rule: &[String]) {
    let output = Command::new("iptables").arg("--wait").arg(action).args(rule).output().expect("iptables runs");
    text(&output, &rule.join(" "));
}
