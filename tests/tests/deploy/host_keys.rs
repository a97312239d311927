//! A host that does not prove to be the one is never talked to, and both fingerprints are shown.

use std::fs;

use ironwright::docker::ssh::{HostKey, HostKeys, SshError, SshErrorKind};
use ironwright::engine::{ErrorKind, ProviderError};
use ironwright_tests::testbed::{Docker, TestHost, available};

use crate::block_on;
use crate::ssh::{connections, folder};

fn fingerprint(key: &str) -> String {
    key.parse::<HostKey>().expect("a key").fingerprint()
}

/// What connecting to `host` comes to, and that nobody logged in.
#[track_caller]
fn refused(host: &TestHost, keys: HostKeys, kind: SshErrorKind, says: &[&str]) {
    let folder = folder();
    let there = host.destination().host_keys(keys);
    let error: SshError = block_on(connections(folder.path()).to(&there).open()).expect_err("it is not believed");
    let message = error.to_string();
    assert_eq!(error.kind, kind, "{message}");
    for text in says {
        assert!(message.contains(text), "no {text:?} in: {message}");
    }
    assert_eq!(ProviderError::from(error).kind, ErrorKind::Refused);
    assert_eq!(host.does("grep -c 'Accepted' /run/host/sshd.log || true"), "0");
}

#[test]
fn a_changed_or_unknown_key_is_refused() {
    if !available() {
        return;
    }
    let (host, folder) = (TestHost::with(Docker::Stopped, "all"), folder());
    let known = folder.path().join("known");
    let before = host.host_key();
    fs::write(&known, format!("# the team's\n{} {before}", host.address())).expect("a file");
    let offered = host.change_host_key();
    let (expected, found) = (fingerprint(&before), fingerprint(&offered));

    let both = [expected.as_str(), &found, "nothing was sent"];
    let pinned = HostKeys::Pinned(vec![before.parse().expect("a key")]);
    refused(&host, pinned, SshErrorKind::ChangedHostKey, &both);
    let line = format!("{}:2", known.display());
    let in_file = [expected.as_str(), &found, &line];
    refused(&host, HostKeys::KnownIn(known.clone()), SshErrorKind::ChangedHostKey, &in_file);

    fs::write(&known, "").expect("a file");
    let unknown = [found.as_str(), "is not known", "ssh-keygen -lf"];
    refused(&host, HostKeys::KnownIn(known), SshErrorKind::UnknownHostKey, &unknown);
}

#[test]
fn a_key_of_another_kind_is_another_key() {
    if !available() {
        return;
    }
    let host = TestHost::with(Docker::Stopped, "all");
    let before = host.host_key();
    host.does("rm /run/host/host_key*; ssh-keygen -q -t ecdsa -N '' -f /run/host/host_key");
    host.stop_sshd();
    host.start_sshd();
    let found = host.does("ssh-keygen -lf /run/host/host_key.pub | cut -d ' ' -f 2");
    let pinned = HostKeys::Pinned(vec![before.parse().expect("a key")]);
    refused(&host, pinned, SshErrorKind::ChangedHostKey, &[&fingerprint(&before), &found]);
}
