//! The served simulated cloud as other processes see it: clients that nobody here wrote, and our own.
//!
//! The AWS CLI and boto3 run scripted sessions. Where they are missing, the tests say that they are skipped; with
//! `IRONWRIGHT_REQUIRE_TOOLS` set, as in CI, that is a failure.
#![cfg(unix)]

mod server;

use std::path::Path;
use std::process::{Command, Output};

use server::{Served, folder};

/// Whether `program` runs here. It must where tools are required.
fn has(program: &str, arguments: &[&str]) -> bool {
    let found = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    let required = std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_some();
    assert!(found || !required, "`{program} {}` fails: pip install awscli boto3", arguments.join(" "));
    if !found {
        println!("skipped: `{program} {}` fails; pip install awscli boto3", arguments.join(" "));
    }
    found
}

/// The AWS CLI, in a region, with credentials that any server takes that looks at none.
struct Cli<'a> {
    endpoint: &'a str,
}

impl Cli<'_> {
    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new("aws");
        command.args(["--endpoint-url", self.endpoint, "--region", "us-west-2", "--output", "text"]).args(words);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_MAX_ATTEMPTS", "1");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command.output().expect("it ran before")
    }

    /// What `cloudcontrol` prints.
    fn control(&self, words: &[&str]) -> String {
        let output = self.run(&[&["cloudcontrol"], words].concat());
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// What it complains of.
    fn complaint(&self, words: &[&str]) -> String {
        let output = self.run(&[&["cloudcontrol"], words].concat());
        assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Asks for a change, and returns how it ended and the identifier.
    fn ended(&self, words: &[&str]) -> String {
        let token = self.control(&[words, &["--query", "ProgressEvent.RequestToken"]].concat());
        let query = "ProgressEvent.[OperationStatus,Identifier]";
        self.control(&["get-resource-request-status", "--request-token", &token, "--query", query])
    }
}

#[test]
fn the_aws_cli_creates_reads_changes_and_deletes() {
    if !has("aws", &["--version"]) {
        return;
    }
    let served = Served::start(&[]);
    let cli = Cli { endpoint: served.endpoint() };
    let account = cli.run(&["sts", "get-caller-identity", "--query", "Account"]);
    assert_eq!(String::from_utf8_lossy(&account.stdout).trim(), "123456789012");

    let group = ["--type-name", "AWS::Logs::LogGroup"];
    let named = [&group[..], &["--identifier", "journal"]].concat();
    let desired = r#"{"LogGroupName":"journal"}"#;
    let create = [&["create-resource"], &group[..], &["--desired-state", desired, "--client-token", "once"]].concat();
    assert_eq!(cli.ended(&create), "SUCCESS\tjournal");
    assert_eq!(cli.ended(&create), "SUCCESS\tjournal", "the same token is the same request");
    let patch = r#"[{"op":"add","path":"/RetentionInDays","value":30}]"#;
    let update = [&["update-resource"], &named[..], &["--patch-document", patch]].concat();
    assert_eq!(cli.ended(&update), "SUCCESS\tjournal");
    let properties =
        cli.control(&[&["get-resource"], &named[..], &["--query", "ResourceDescription.Properties"]].concat());
    assert!(properties.contains(r#""RetentionInDays":30"#), "{properties}");
    let list = [&["list-resources"], &group[..], &["--query", "ResourceDescriptions[].Identifier"]].concat();
    assert_eq!(cli.control(&list), "journal");

    let conflict = [&["create-resource"], &group[..], &["--desired-state", "{}", "--client-token", "once"]].concat();
    assert!(cli.complaint(&conflict).contains("ClientTokenConflictException"));
    let unknown = ["create-resource", "--type-name", "AWS::No::Such", "--desired-state", "{}"];
    assert!(cli.complaint(&unknown).contains("TypeNotFoundException"));
    assert_eq!(cli.ended(&[&["delete-resource"], &named[..]].concat()), "SUCCESS\tjournal");
    assert!(cli.complaint(&[&["get-resource"], &named[..]].concat()).contains("ResourceNotFoundException"));
    assert_eq!(cli.control(&list), "");
}

#[test]
fn boto3_runs_its_session() {
    if !has("python3", &["-c", "import boto3"]) {
        return;
    }
    let folder = folder("served-boto3");
    let served = Served::start(&["--dir", folder.to_str().expect("plain text")]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/served/session.py");
    let output = Command::new("python3").arg(script).arg(served.endpoint()).output().expect("it ran before");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = std::fs::read_to_string(folder.join("cloud.ndjson")).expect("the cloud is in the folder");
    assert!(kept.contains("AWS::SecretsManager::Secret") && !kept.contains("the-plain-word"));
}

#[test]
fn it_says_where_it_listens_and_ends_when_it_is_interrupted() {
    let mut served = Served::start(&["--json"]);
    assert!(served.endpoint().starts_with("http://127.0.0.1:"));
    assert_eq!(served.interrupt(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let served = Served::start(&[]);
    let taken = served.endpoint().trim_start_matches("http://");
    let second = server::command(&["--listen", taken]).output().expect("it was built");
    assert_eq!(second.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&second.stderr);
    assert!(complaint.contains(&format!("nobody can listen at {taken}")), "{complaint}");
}

#[test]
fn what_is_kept_in_a_folder_outlives_the_server() {
    let folder = folder("served-folder");
    let place = ["--dir", folder.to_str().expect("plain text")];
    let create = |endpoint: &str| {
        let body = r#"{"TypeName":"AWS::SQS::Queue","DesiredState":"{}","ClientToken":"once"}"#;
        server::post(endpoint, "CreateResource", body)
    };
    let first = create(Served::start(&place).endpoint());
    let second = create(Served::start(&place).endpoint());
    let identifier = |answer: &str| answer.split("\"Identifier\":").nth(1).map(|rest| rest[..40].to_owned());
    assert!(identifier(&first).is_some(), "{first}");
    assert_eq!(identifier(&first), identifier(&second), "a token names what it made, whoever serves it");
}
