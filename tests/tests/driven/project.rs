//! The project of a user, made by `ironwright new`: the sample program, and examples that are odd.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ironwright_tests::{Ran, Sandbox, binary};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The package, and so its program.
pub(crate) const NAME: &str = "driven-sample";

const EXAMPLES: [(&str, &str); 4] = [
    ("odd", include_str!("examples/odd.rs")),
    ("mute", include_str!("examples/mute.rs")),
    ("future", include_str!("examples/future.rs")),
    ("broken", include_str!("examples/broken.rs")),
];

/// What has the odd example print while it builds its app.
pub(crate) const NOISY: &str = "--example odd --var how=noisy";
/// What has it end the process.
pub(crate) const QUITS: &str = "--example odd --var how=quits";
/// What has it hold secrets.
pub(crate) const KEEPS: &str = "--example odd --var how=keeps";

/// The folder of the project, made once.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let sandbox = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), "driven", ironwright());
        sandbox.run(&format!("new {NAME} --path project --ironwright-path {CHECKOUT}")).ended(0);
        let folder = sandbox.folder().join("project");
        let manifest = folder.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("a folder of the test's own");
        std::fs::write(manifest, format!("{text}\n# No member of the workspace above it.\n[workspace]\n"))
            .expect("a folder of the test's own");
        // What this workspace has locked is what is there without the network.
        std::fs::copy(format!("{CHECKOUT}/Cargo.lock"), folder.join("Cargo.lock")).expect("a folder of the test's own");
        std::fs::write(folder.join("src/main.rs"), include_str!("../../src/bin/sample.rs"))
            .expect("a folder of the test's own");
        std::fs::create_dir(folder.join("examples")).expect("a folder of the test's own");
        for (name, text) in EXAMPLES {
            std::fs::write(folder.join(format!("examples/{name}.rs")), text).expect("a folder of the test's own");
        }
        folder
    })
}

/// The binary.
pub(crate) fn ironwright() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| binary(env!("CARGO_BIN_EXE_sample")))
}

/// The folder of all that cargo builds here, so that the project finds its dependencies built.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_sample")).ancestors().nth(2).expect("target/debug/sample").to_path_buf()
}

/// An empty folder inside the project, in which the binary is run.
pub(crate) struct Place(pub(crate) Sandbox);

impl Place {
    pub(crate) fn new(test: &str) -> Self {
        Self(Sandbox::new(&folder().join("runs").to_string_lossy(), test, ironwright()))
    }

    /// Runs the binary, as its user would, without the network.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        Ran::from(for_cargo(self.0.command(arguments)).output().expect("it was built for this test"))
    }
}

/// `command`, with what cargo needs here.
pub(crate) fn for_cargo(mut command: Command) -> Command {
    for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.env("CARGO", env!("CARGO")).env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true");
    command
}
