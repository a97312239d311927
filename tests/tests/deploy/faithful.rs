//! The test bed itself: a machine of an emulated AWS is a host that boots, and its first boot is done by the real cloud-init.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ironwright::docker::command::HostCommand;
use ironwright::docker::readiness::{HostError, HostErrorKind, Readiness, ready};
use ironwright::docker::ssh::{Destination, HostKeys, Identity};
use ironwright::engine::SystemClock;
use ironwright_tests::testbed::{Cloud, faithful_available};

use crate::block_on;
use crate::ssh::{connections, folder};

/// What `aws …` prints as text.
fn aws(cloud: &Cloud, words: &[&str]) -> String {
    let mut command = Command::new("aws");
    cloud.lead(command.args(["--output", "text"]).args(words));
    let output = command.output().expect("what comes with moto is there: pip install boto3 awscli");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Makes the key pair `name` in `folder`, and returns its public half.
fn key(folder: &Path, name: &str) -> String {
    let file = folder.join(name);
    let mut keygen = Command::new("ssh-keygen");
    let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file).status();
    assert!(made.is_ok_and(|status| status.success()), "ssh-keygen makes no key");
    fs::read_to_string(file.with_extension("pub")).expect("the public half")
}

#[test]
fn a_machine_of_the_cloud_is_a_host() {
    if !faithful_available() {
        return;
    }
    let Some(cloud) = Cloud::start() else { return };
    let folder = folder();
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let (host_key, _) = (key(folder.path(), "host"), key(folder.path(), "user"));
    let private = fs::read_to_string(path("host")).expect("the private half");
    let start = format!(
        "#!/bin/bash\nset -e\ncat >/etc/ssh/ssh_host_ed25519_key <<'END'\n{private}END\n\
         systemctl restart ssh\nid >/var/lib/told\n"
    );
    fs::write(path("start"), start).expect("a file");
    fs::write(path("ssh_config"), "").expect("a file");
    let pair = ["ec2", "import-key-pair", "--key-name", "pair", "--public-key-material"];
    aws(&cloud, &[&pair[..], &[&format!("fileb://{}", path("user.pub"))]].concat());
    let run = ["ec2", "run-instances", "--image-id", "ami-12345678", "--key-name", "pair", "--user-data"];
    let query = ["--query", "Instances[0].InstanceId"];
    let id = aws(&cloud, &[&run[..], &[&format!("file://{}", path("start"))], &query].concat());
    cloud.until_there_are(1);
    let [address] = cloud.addresses()[..] else { panic!("one machine") };
    let described = ["ec2", "describe-instances", "--query", "Reservations[].Instances[].PublicIpAddress"];
    assert_eq!(aws(&cloud, &described).parse(), Ok(address));

    let connections = connections(folder.path());
    let connection = connections.to(&destination(address, &path("user"), &host_key));
    let wanted = Readiness { limit: Duration::from_mins(3), ensure_docker: false, fresh: true };
    block_on(async {
        let done = ready(&connection, &SystemClock::new(), wanted, &|_| ()).await;
        let Err(HostError::Host { kind: HostErrorKind::NoDocker, .. }) = done else {
            panic!("it boots, and nothing has installed Docker: {done:?}\n{}", cloud.log());
        };
        let told = connection.run(&HostCommand::new("cat").arg("/var/lib/told")).await.expect("it runs");
        assert!(told.text().starts_with("uid=0(root)"), "{told:?}");
        let user = connection.run(&HostCommand::new("sudo").args(["-n", "id", "-u"])).await.expect("it runs");
        assert_eq!(user.text().trim(), "0");
    });

    aws(&cloud, &["ec2", "terminate-instances", "--instance-ids", &id]);
    cloud.until_there_are(0);
}

fn destination(address: Ipv4Addr, identity: &str, host_key: &str) -> Destination {
    let there = Destination::new(address.to_string()).and_then(|there| there.user("ubuntu")).expect("an address");
    let key = host_key.trim().parse().expect("a key");
    there
        .configuration(identity.replace("user", "ssh_config"))
        .identity(Identity::File(identity.into()))
        .host_keys(HostKeys::Pinned(vec![key]))
}
