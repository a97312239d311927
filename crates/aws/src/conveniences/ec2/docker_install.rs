//! A part of user data that puts Docker on the machine. What is run on it afterwards is the program's business.

use indoc::indoc;

use super::UserData;

/// Installs Docker from the distribution's packages, starts it now and at every boot, and lets the image's default
/// user use it.
///
/// Which package manager there is shows at boot: Debian and Ubuntu (`apt-get`), Amazon Linux 2023 (`dnf`) and 2
/// (`yum`). Where Docker is there already, it is only started.
///
/// ```
/// use ironwright_aws::ec2::{Instance, docker_install};
///
/// Instance::new().ami("ami-12345678").user_data(docker_install() + "docker run --detach nginx");
/// ```
pub fn docker_install() -> UserData {
    UserData::script(SCRIPT)
}

/// In a subshell, so that its functions stay its own.
const SCRIPT: &str = indoc! {r#"
    # Docker, from the distribution's packages.
    (
      # The first minutes of a machine see package locks and mirrors that do not answer yet.
      retry() {
        local attempt
        for attempt in 1 2 3 4 5; do
          "$@" && return 0
          echo "docker_install: attempt $attempt failed: $*" >&2
          sleep "$((attempt * 5))"
        done
        return 1
      }

      install_docker() {
        if command -v apt-get >/dev/null; then
          export DEBIAN_FRONTEND=noninteractive
          retry apt-get --quiet update
          retry apt-get --quiet --yes --option DPkg::Lock::Timeout=300 install docker.io
        elif command -v dnf >/dev/null; then
          retry dnf --quiet --assumeyes install docker
        elif command -v yum >/dev/null; then
          if command -v amazon-linux-extras >/dev/null; then
            amazon-linux-extras enable docker >/dev/null
          fi
          retry yum --quiet --assumeyes install docker
        else
          echo "docker_install: this machine has no apt-get, dnf or yum" >&2
          return 1
        fi
      }

      if ! command -v docker >/dev/null; then
        install_docker
      fi
      systemctl enable --now docker
      groupadd --force docker
      for user in ec2-user ubuntu admin; do
        if id "$user" >/dev/null 2>&1; then
          usermod --append --groups docker "$user"
        fi
      done
    )
"#};
