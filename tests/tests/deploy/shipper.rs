//! Whole runs of a program that deploys a container to a host: the command line, the state, the host.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use ironwright_tests::testbed::TestHost;
use ironwright_tests::{Ran, Sandbox};

/// The edge's image on the hosts of tests.
pub(crate) const EDGE: &str = "ironwright-test/caddy:2";

/// The program `shipper` in a folder of its own, and the host that it deploys to.
pub(crate) struct Shipper {
    pub(crate) host: TestHost,
    sandbox: Sandbox,
    variables: Vec<(&'static str, String)>,
}

impl Shipper {
    /// One for `test` with an image to deploy, in a file; the host has none but that of the edge.
    pub(crate) fn new(test: &str, host: TestHost) -> Self {
        let sandbox = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_shipper"));
        let mut shipper = Self { host, sandbox, variables: Vec::new() };
        shipper.says_where();
        shipper
    }

    /// Deploys to `host` from now on. The one it deployed to before.
    pub(crate) fn moves_to(&mut self, host: TestHost) -> TestHost {
        let before = std::mem::replace(&mut self.host, host);
        self.says_where();
        before
    }

    fn says_where(&mut self) {
        let identity = self.host.user_key_file().display().to_string();
        let (address, host_key) = (self.host.address().to_string(), self.host.host_key().trim().to_owned());
        self.sets("host", address).sets("identity", identity).sets("host_key", host_key);
    }

    /// Loses what was kept of what it has applied.
    pub(crate) fn loses_its_state(&self) {
        std::fs::remove_dir_all(self.sandbox.folder().join(".ironwright")).expect("it was there");
    }

    /// Gives it an image of busybox, by a file.
    pub(crate) fn with_image(mut self) -> Self {
        self.host.make_image("page:1", "page");
        let archive = self.host.save_image("page:1").display().to_string();
        self.sets("archive", archive);
        self
    }

    /// Makes its image so many megabytes larger, which cannot be made smaller.
    pub(crate) fn with_noise(mut self, megabytes: u32) -> Self {
        self.host.make_image("page:2", "page");
        self.host.does(&format!(
            "head -c {megabytes}M /dev/urandom >/tmp/noise; id=$(docker create page:2)
            docker cp /tmp/noise $id:/noise; docker commit $id page:2; docker rm $id; rm /tmp/noise"
        ));
        let archive = self.host.save_image("page:2").display().to_string();
        self.sets("archive", archive);
        self
    }

    /// Has traffic go through Caddy.
    pub(crate) fn with_edge(mut self) -> Self {
        self.host.make_edge_image(EDGE);
        self.sets("edge", EDGE.to_owned());
        self
    }

    /// Sets a variable of the program.
    pub(crate) fn sets(&mut self, name: &'static str, value: String) -> &mut Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value));
        self
    }

    /// The command that runs it with `arguments`, split at spaces, on the target `hosts`.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = self.sandbox.command(&format!("{arguments} --target hosts"));
        for (name, value) in &self.variables {
            command.arg("--var").arg(format!("{name}={value}"));
        }
        command.env("XDG_CACHE_HOME", self.cache());
        command
    }

    /// Where images are kept on this machine.
    pub(crate) fn cache(&self) -> PathBuf {
        self.sandbox.folder().join("cache")
    }

    /// Runs it.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.command(arguments).output().expect("it was built for this test").into()
    }

    /// Deploys the version that says `says`.
    pub(crate) fn apply(&mut self, says: &str) -> Ran {
        self.sets("says", says.to_owned());
        self.run("apply --yes")
    }

    /// Where the container answers.
    pub(crate) fn server(&self) -> SocketAddr {
        (self.host.address(), 80).into()
    }

    /// The containers of the program that run, by name.
    pub(crate) fn running(&self) -> Vec<String> {
        let names = self.host.does("docker ps --filter label=ironwright.address=web/app --format '{{.Names}}'");
        names.lines().map(str::to_owned).collect()
    }

    /// All of them, also those that are kept for a rollback.
    pub(crate) fn containers(&self) -> Vec<String> {
        let names = self.host.does("docker ps --all --filter label=ironwright.address=web/app --format '{{.Names}}'");
        names.lines().map(str::to_owned).collect()
    }
}
