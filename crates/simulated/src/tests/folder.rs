//! A cloud in a folder: what a call has changed survives the process, whatever happens to the last line.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use ironwright_core::secret::SecretText;
use ironwright_core::{Planned, Resolved};
use ironwright_engine::{Provider, Token};
use serde_json::json;

use super::support::{Cloud, create, facts, wait};
use crate::SimulatedCloud;

const VPC: &str = "AWS::EC2::VPC";

fn open(folder: &Path) -> Cloud {
    Cloud::of(SimulatedCloud::in_folder(facts(), folder).expect("opened"))
}

fn vpc(cloud: &Cloud, address: &str, token: u128) -> String {
    let properties = json!({"CidrBlock": "10.0.0.0/16"});
    cloud.create_at(address, VPC, properties, Token::new(token)).expect("made").physical_id
}

#[test]
fn a_second_process_sees_what_the_first_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (open(folder.path()), open(folder.path()));
    let first = vpc(&one, "a/x", 1);
    let model = other.read(VPC, &first).expect("seen by the other");
    assert_eq!(Some(model), one.read(VPC, &first));
    let second = vpc(&other, "a/y", 2);
    one.delete(VPC, &second).expect("seen by the one");
    let ids: Vec<_> =
        open(folder.path()).cloud.resources().expect("read").into_iter().map(|live| live.physical_id).collect();
    assert_eq!(ids, [first]);
}

#[test]
fn a_token_is_remembered_by_the_next_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = vpc(&open(folder.path()), "a/x", 1);
    let again = open(folder.path());
    assert_eq!(vpc(&again, "a/x", 1), first);
    assert_eq!(again.find("a/x", VPC, Token::new(1)).len(), 1);
    assert_eq!(again.find("a/x", VPC, Token::new(2)).len(), 0);
}

#[test]
fn a_torn_last_line_is_as_if_it_had_not_been_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = vpc(&open(folder.path()), "a/x", 1);
    let file = folder.path().join("cloud.ndjson");
    let whole = fs::read(&file).expect("the file");
    OpenOptions::new().append(true).open(&file).and_then(|mut file| file.write_all(&whole[..40])).expect("torn");
    let again = open(folder.path());
    assert!(again.read(VPC, &first).is_some());
    let second = vpc(&again, "a/y", 2);
    let last = open(folder.path());
    assert!(last.read(VPC, &first).is_some() && last.read(VPC, &second).is_some());
}

#[test]
fn a_file_that_says_little_any_more_is_written_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut gone = Vec::new();
    let kept = {
        let cloud = open(folder.path());
        for round in 0..50 {
            let id = vpc(&cloud, "a/x", 100 + round);
            cloud.delete(VPC, &id).expect("deleted");
            gone.push(id);
        }
        vpc(&cloud, "a/y", 1)
    };
    let lines = || fs::read_to_string(folder.path().join("cloud.ndjson")).expect("the file").lines().count();
    assert_eq!(lines(), 101);
    assert!(open(folder.path()).read(VPC, &kept).is_some());
    assert_eq!(lines(), 2);
    assert!(open(folder.path()).read(VPC, &kept).is_some());
    let next = vpc(&open(folder.path()), "a/x", 1000);
    assert!(!gone.contains(&next), "{next} was the id of one that is gone");
}

#[test]
fn a_broken_line_in_the_middle_is_reported_and_not_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    vpc(&open(folder.path()), "a/x", 1);
    let file = folder.path().join("cloud.ndjson");
    let whole = fs::read_to_string(&file).expect("the file");
    fs::write(&file, format!("nonsense\n{whole}")).expect("written");
    let error = open(folder.path()).cloud.resources().expect_err("unreadable");
    assert_eq!(error.code, "SimulatedCloudStorage");
    assert_eq!(fs::read_to_string(&file).expect("the file"), format!("nonsense\n{whole}"));
}

#[test]
fn no_plain_secret_is_in_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = open(folder.path());
    let name = ("Name".to_owned(), Planned::Text("db".to_owned()));
    let plain = ("SecretString".to_owned(), Planned::Secret(SecretText::new("hunter2")));
    let tag = Planned::Map(
        [
            ("Key".to_owned(), Planned::Text("k".to_owned())),
            ("Value".to_owned(), Planned::Secret(SecretText::new("hunter2"))),
        ]
        .into(),
    );
    let tags = ("Tags".to_owned(), Planned::List(vec![tag]));
    let properties = Resolved::new(Planned::Map([name, plain, tags].into())).expect("nothing unknown");
    let live = wait(cloud.cloud.create(create("a/b", "AWS::SecretsManager::Secret", properties, Token::new(1))));
    let model = live.expect("made").model;
    assert!(ironwright_core::planned::redacted_digest(&model["Tags"][0]["Value"]).is_some(), "{model}");
    for file in fs::read_dir(folder.path()).expect("listed") {
        let text = fs::read_to_string(file.expect("a file").path()).expect("text");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn others_may_not_read_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("cloud");
    vpc(&open(&inner), "a/x", 1);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&inner), mode(&inner.join("cloud.ndjson"))), (0o700, 0o600));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "x").expect("written");
    let error = SimulatedCloud::in_folder(facts(), file.join("cloud")).map(drop).expect_err("no folder");
    assert!(error.to_string().contains("file/cloud"), "{error}");
}
