//! Secrets are planted in a program, and searched for in all that its commands print and write (invariant I6): with and
//! without encryption, while all goes well and while all goes wrong.
//!
//! The simulated cloud keeps no secret and so repeats none; that what a cloud repeats is hidden too, in attributes, messages
//! and panics, is tested with clouds that do, in `crates/engine/tests` and `crates/simulation`.

use std::path::Path;
use std::process::{Command, Stdio};

use age::secrecy::ExposeSecret as _;
use ironwright_tests::planted::{self, LITERAL, PARAMETER, VARIABLE};
use ironwright_tests::{Ran, Sandbox};

/// A folder in which the program is run, and the searches that were made.
struct Place {
    sandbox: Sandbox,
    encrypted: bool,
    searched: usize,
}

impl Place {
    fn new(test: &str, encrypted: bool) -> Self {
        let sandbox = Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_keeper"));
        let place = Self { sandbox, encrypted, searched: 0 };
        let key = place.key();
        std::fs::write(&key, age::x25519::Identity::generate().to_string().expose_secret())
            .expect("the folder is ours");
        #[cfg(unix)]
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("the file is ours");
        place
    }

    fn key(&self) -> std::path::PathBuf {
        self.sandbox.folder().join("key")
    }

    fn command(&self, arguments: &str) -> Command {
        let given = format!("--var password={VARIABLE} --var word={PARAMETER} {arguments}");
        let mut command = self.sandbox.command(&given);
        for name in ["IRONWRIGHT_AGE_RECIPIENTS", "IRONWRIGHT_AGE_KEY_FILE", "IRONWRIGHT_PASSPHRASE"] {
            command.env_remove(name);
        }
        command.env("RUST_BACKTRACE", "1");
        if self.encrypted {
            command.env("IRONWRIGHT_AGE_KEY_FILE", self.key());
        }
        command
    }

    /// Runs a command, and searches what it prints and all that lies in the folder then. The simulated cloud plays AWS,
    /// which is told the secrets.
    #[track_caller]
    fn run(&mut self, arguments: &str) -> Ran {
        let output = self.command(arguments).output().expect("the program was built for this test");
        for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let found = planted::found_in(bytes);
            assert!(found.is_empty(), "{arguments}: {stream} has {found:?}:\n{}", String::from_utf8_lossy(bytes));
        }
        let found = planted::found_below(self.sandbox.folder(), "cloud");
        assert!(found.is_empty(), "{arguments}: {found:#?}");
        self.searched += 1;
        Ran::from(output)
    }

    /// What the state is, as text.
    fn state(&self) -> String {
        std::fs::read_to_string(self.sandbox.folder().join(".ironwright/keeper/dev/state.json"))
            .expect("an apply has left it")
    }
}

/// Every command, while all goes well.
fn all_goes_well(place: &mut Place) {
    for read in ["validate", "graph", "graph --format mermaid"] {
        place.run(read).ended(0);
    }
    for format in ["json", "yaml --out templates", "yaml"] {
        place.run(&format!("synth --format {format}")).ended(1).complains("a secret must never be shown");
        let template = place.run(&format!("synth --var outputs=false --format {format}")).ended(0);
        assert!(format.contains("out") || template.stdout.contains("NoEcho"), "{}", template.stdout);
    }
    for plan in ["plan", "plan --json", "plan --format md", "plan --where", "plan --out planned"] {
        place.run(plan).ended(0);
    }
    place.run("show planned").ended(0);
    place.run("apply planned --yes").ended(0);
    place.run("apply --yes --var says=changed").ended(0).says("1 changed");
    let shows = ["output", "output --json", "output id", "state list", "state show vault/literal"];
    let more = ["state show vault/copy --json", "state pull", "state history", "refresh", "refresh --json", "plan"];
    for read in shows.into_iter().chain(more) {
        place.run(read).ended(0);
    }
    place.run("output password").ended(1).complains("is a secret");
    place.run("output private_key").ended(1).complains("is a secret");
    place.run("state show vault/key").ended(0).says("(sensitive)");
    place.run("state pull --out pulled").ended(0);
    place.run("refresh --accept").ended(0);
}

/// Every kind of failure that could repeat a secret.
fn all_goes_wrong(place: &mut Place) {
    place.run("plan --var wrong=panic").ended(1).complains("there is no room for Secret(…)");
    place.run("plan --var wrong=error --json").ended(1);
    place.run("plan --var wrong=unruly").ended(1).complains("a secret");
    place.run("validate --var wrong=unruly --json").ended(1);
    place.run("apply --yes --var wrong=refused").ended(5).complains("does not exist");
    place.run("apply --yes --json --var wrong=refused").ended(5).says("does not exist");
    place.run("plan --var wrong=refused").ended(0);
    place.run("apply --yes --var wrong=nothing").ended(0);
    place.run("output nothing").ended(1);
    place.run("state show vault/nothing").ended(1);
    place.run("apply --state key/file --yes").ended(1);
}

fn everywhere(test: &str, encrypted: bool) -> Place {
    let mut place = Place::new(test, encrypted);
    all_goes_well(&mut place);
    all_goes_wrong(&mut place);
    let state = place.state();
    assert_eq!(state.contains("BEGIN AGE ENCRYPTED FILE"), encrypted, "{state}");
    place.run("destroy --yes").ended(0);
    println!("{} commands, no secret anywhere", place.searched);
    place
}

#[test]
fn no_secret_is_anywhere_without_encryption() {
    everywhere("planted", false);
}

#[test]
fn no_secret_is_anywhere_with_encryption() {
    everywhere("planted-encrypted", true);
}

#[test]
fn what_is_sealed_is_shown_to_who_asks_and_has_the_key() {
    let mut place = Place::new("revealed", true);
    place.run("apply --yes").ended(0);
    let show = |place: &Place, arguments: &str| Ran::from(place.command(arguments).output().unwrap());
    let shown = show(&place, "output password --show-secrets=always").ended(0);
    assert_eq!(shown.stdout, format!("{VARIABLE}\n"));
    assert_eq!(planted::found_in(shown.stdout.as_bytes()), ["a variable, plain"], "the search finds what is there");
    show(&place, "output --show-secrets=always --json").ended(0).says(VARIABLE);
    show(&place, "state show vault/literal --show-secrets=always").ended(0).says(LITERAL);
    show(&place, "output private_key --show-secrets=always").ended(0).says("BEGIN OPENSSH PRIVATE KEY");
    let changed = show(&place, "plan --show-secrets=always --var password=tamarind").ended(0);
    changed.says(&format!("\"{VARIABLE}\" -> \"tamarind\""));
    place.run("output password --show-secrets").ended(64).complains("--show-secrets=always");
    place.encrypted = false;
    place.run("output password --show-secrets=always").ended(1).complains("IRONWRIGHT_AGE_KEY_FILE");
    // Without the key everything else goes on, and what is new is sealed all the same.
    place.run("plan --detailed-exitcode").ended(0);
    place.run("apply --yes --replace vault/literal").ended(0);
    let sealed = place.state().matches("BEGIN AGE").count();
    place.run("apply --yes --var password=mulberry-of-another-kind").ended(0);
    assert_eq!(place.state().matches("BEGIN AGE").count(), sealed, "the old one is dropped, the new one is sealed");
    place.encrypted = true;
    show(&place, "output password --show-secrets=always").ended(0).says("mulberry-of-another-kind");
    place.encrypted = false;
    place.run("destroy --yes").ended(0);
}

#[test]
fn secrets_that_are_kept_as_digests_are_told_of() {
    let mut place = Place::new("unsealed", false);
    let told = "secrets of this run are kept as digests only";
    place.run("apply --yes").ended(0).complains(told).complains("IRONWRIGHT_AGE_RECIPIENTS");
    assert!(!place.run("apply --yes").ended(0).stderr.contains(told), "nothing was changed");
    place.run("output password --show-secrets=always").ended(1).complains("a digest of it only");
    place.encrypted = true;
    assert!(!place.run("apply --yes --var says=more").ended(0).stderr.contains(told));
    place.run("output password").ended(1).complains("output password --show-secrets");
}

/// What the system tells of a process that runs, and of those it has started: arguments of the former are the user's own.
#[cfg(target_os = "linux")]
#[test]
fn no_process_is_told_a_secret() {
    let mut place = Place::new("processes", true);
    place.run("apply --yes").ended(0);
    let mut child =
        place.command("apply --yes --var says=watched").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut seen = 0;
    while child.try_wait().unwrap().is_none() {
        for process in children_of(child.id()) {
            seen += 1;
            for what in ["cmdline", "environ"] {
                let bytes = std::fs::read(Path::new("/proc").join(&process).join(what)).unwrap_or_default();
                assert_eq!(planted::found_in(&bytes), Vec::<String>::new(), "{what} of {process}");
            }
        }
        std::thread::yield_now();
    }
    println!("{seen} looks at processes that were started");
}

/// The processes that `parent` has started and that still run.
#[cfg(target_os = "linux")]
fn children_of(parent: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let children = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    children.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}
