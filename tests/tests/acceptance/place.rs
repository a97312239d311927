//! Where the story takes place: the example in a folder of its own, with its own copy of what it ships, and a cloud.

use std::cell::RefCell;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ironwright_tests::testbed::{Cloud, LocalDocker, python_root};
use ironwright_tests::{Ran, Sandbox, example_on_aws};

use crate::others::Others;

/// What the image is made from, in the checkout and in the folder of the test.
const APP: &str = "examples/python_app/app";

/// The base that the Dockerfile names.
const BASE: &str = "python:3.13-slim";

/// The example and its cloud.
pub(crate) struct Place {
    sandbox: Sandbox,
    others: RefCell<Others>,
    cloud: Cloud,
    docker: &'static LocalDocker,
}

impl Place {
    /// The example as it is, which is not deployed yet.
    pub(crate) fn new(cloud: Cloud) -> Self {
        let program = example_on_aws("python_app", env!("CARGO_BIN_EXE_sample"));
        let sandbox = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), "acceptance", program);
        let app = sandbox.folder().join(APP);
        fs::create_dir_all(&app).expect("a folder");
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(APP);
        for entry in fs::read_dir(checkout).expect("the example").flatten() {
            fs::copy(entry.path(), app.join(entry.file_name())).expect("a copy");
        }
        let docker = LocalDocker::get();
        docker.does(&["import", python_root().to_str().expect("text"), BASE]);
        Self { others: RefCell::new(Others::at(cloud.moto())), sandbox, cloud, docker }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = self.sandbox.command(&format!("{arguments} --target aws"));
        let folder = self.sandbox.folder();
        command.env("CARGO_MANIFEST_DIR", folder).env("HOME", folder).env("XDG_CACHE_HOME", folder.join("cache"));
        command.env("DOCKER_HOST", format!("unix://{}", self.docker.socket().display()));
        command.env("IRONWRIGHT_PASSPHRASE", "correct horse battery staple");
        self.cloud.lead(&mut command);
        command
    }

    /// Runs the program with `arguments`, split at spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.command(arguments).output().expect("it was built").into()
    }

    /// The apply that makes the machine. Where it fails, the machine has something to say too.
    pub(crate) fn first_apply(&self) {
        let applied = self.run("apply --yes");
        assert_eq!(applied.code, 0, "{}\n{}\n{}", applied.stdout, applied.stderr, self.cloud.log());
    }

    /// Replaces `old` in the program that is shipped.
    pub(crate) fn edit(&mut self, old: &str, new: &str) {
        let file: PathBuf = self.sandbox.folder().join(APP).join("server.py");
        let text = fs::read_to_string(&file).expect("a file");
        assert!(text.contains(old), "no {old:?} in {text}");
        fs::write(&file, text.replace(old, new)).expect("a file");
    }

    /// Where the container answers.
    pub(crate) fn server(&self) -> SocketAddr {
        let address = self.run("output instance_public_ip").ended(0).stdout;
        (address.trim().parse::<std::net::Ipv4Addr>().expect("an address"), 80).into()
    }

    /// What `curl` prints of where the program says that it answers.
    pub(crate) fn curl(&self) -> String {
        let url = self.run("output url").ended(0).stdout;
        let output = Command::new("curl").args(["--fail", "--silent", "--show-error", url.trim()]).output();
        let ran = Ran::from(output.expect("curl is installed")).ended(0);
        ran.stdout.trim().to_owned()
    }

    /// Nothing is left: neither in the cloud nor in the state.
    pub(crate) fn holds_nothing(&self) {
        self.cloud.until_there_are(0);
        assert_eq!(self.others.borrow_mut().inventory().counts(), [""; 0], "leftovers");
        assert_eq!(self.run("state list").ended(0).stdout, "");
    }
}
