//! The host key that user data brings: run by bash on a host, and believed afterwards.

use ironwright::aws::ec2::UserData;
use ironwright::core::evaluate::Environment;
use ironwright::core::function::{Asset, Condition, DynamicReference, Pseudo};
use ironwright::core::{Planned, Reference, Secret, Text};
use ironwright::docker::command::HostCommand;
use ironwright_tests::testbed::{Docker, TestHost, available};

use crate::block_on;
use crate::ssh::{connections, folder};

/// Nothing is known but what stands in the script.
struct Nothing;

impl Environment for Nothing {
    fn attribute(&self, _: &Reference) -> Planned {
        Planned::Unknown
    }
    fn pseudo(&self, _: Pseudo) -> Planned {
        Planned::Unknown
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
    fn asset(&self, _: &Asset) -> Planned {
        Planned::Unknown
    }
    fn dynamic(&self, _: &DynamicReference) -> Planned {
        Planned::Unknown
    }
}

#[test]
fn a_key_made_beforehand_is_the_hosts() {
    if !available() {
        return;
    }
    let host = TestHost::with(Docker::Stopped, "all");
    let there = host.destination();
    let key = host.does("cat /run/host/host_key");
    let data = UserData::host_key(Secret::<Text>::new(key.as_str()), host.host_key()) + "env >/run/after";
    let Planned::Secret(script) = data.into_script().tree().evaluate(&Nothing) else {
        panic!("the script holds a secret");
    };
    // The machine comes up with a key of its own making.
    host.does("ssh-keygen -q -t ed25519 -N '' -f /run/host/made; cp /run/host/made /etc/ssh/ssh_host_ed25519_key");
    host.does("sed -i 's,/run/host/host_key,/etc/ssh/ssh_host_ed25519_key,' /run/host/sshd_config");
    host.stop_sshd();
    host.start_sshd();
    let folder = folder();
    let connection = connections(folder.path()).to(&there);
    assert!(block_on(connection.open()).is_err());

    let restart = "pkill -x sshd; /usr/sbin/sshd -E /run/host/sshd.log -f /run/host/sshd_config";
    host.install("systemctl", &format!("case \"$*\" in *' sshd') exit 3 ;; restart*) {restart} ;; esac"));
    host.runs(script.expose());
    let output = block_on(connection.run(&HostCommand::new("cat").arg("/run/after"))).expect("it is believed");
    assert!(!output.text().contains("SSH_HOST_KEY"), "{}", output.text());
    assert_eq!(host.does("stat -c %a /etc/ssh/ssh_host_ed25519_key"), "600");
    assert_eq!(host.does("cat /etc/ssh/ssh_host_ed25519_key.pub"), host.host_key().trim());
}
