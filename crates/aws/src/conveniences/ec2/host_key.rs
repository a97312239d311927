//! A part of user data that gives the machine the SSH host key which whoever deploys to it expects.

use indoc::indoc;
use ironwright_core::{IntoTree, Tree};

use super::UserData;
use super::user_data::invalid;

impl UserData {
    /// Gives the machine an SSH host key that was made beforehand, so that the first connection to it can be verified.
    /// `private` is a [`Secret`](ironwright_core::Secret) or a reference to one, in OpenSSH's format; `public` its public half.
    ///
    /// The key is there as soon as this part has run: it belongs before what takes long, such as
    /// [`docker_install`](super::docker_install). Until then the machine shows a key of its own making.
    ///
    /// Whoever may read the user data of the machine has its host key: processes on the machine that reach the instance
    /// metadata, and `ec2:DescribeInstanceAttribute`. A key of one machine is good for that machine alone.
    ///
    /// ```
    /// use ironwright_aws::ec2::{Instance, UserData, docker_install};
    /// use ironwright_core::Secret;
    ///
    /// let key: Secret = Secret::new("-----BEGIN OPENSSH PRIVATE KEY-----…");
    /// let start = UserData::host_key(key, "ssh-ed25519 AAAAC3Nza…") + docker_install();
    /// Instance::new().ami("ami-12345678").user_data(start);
    /// ```
    pub fn host_key(private: impl IntoTree, public: impl IntoTree) -> Self {
        let private = private.into_tree();
        if let Tree::Text(_) = private {
            let message = "the private host key is text, which a plan and a state would show".to_owned();
            return Self::invalid(invalid(message, "give a `Secret`, or `private_key()` of an `SshKey`"));
        }
        Self::variable("SSH_HOST_KEY", private) + Self::variable("SSH_HOST_KEY_PUBLIC", public) + Self::script(SCRIPT)
    }
}

/// In a subshell, so that what it may create stays its own.
const SCRIPT: &str = indoc! {r#"
    # The SSH host key that whoever deploys to this machine expects.
    (
      key=/etc/ssh/ssh_host_ed25519_key
      umask 077
      printf '%s\n' "$SSH_HOST_KEY" >"$key.new"
      mv -f "$key.new" "$key"
      printf '%s\n' "$SSH_HOST_KEY_PUBLIC" >"$key.pub"
      chmod 0644 "$key.pub"
      if command -v restorecon >/dev/null; then
        restorecon "$key" "$key.pub"
      fi
      # Debian and Ubuntu, or Amazon Linux. One that is not running reads the key when it starts.
      for service in ssh sshd; do
        if systemctl is-active --quiet "$service"; then
          systemctl restart "$service"
          break
        fi
      done
    )
    unset SSH_HOST_KEY SSH_HOST_KEY_PUBLIC
"#};
