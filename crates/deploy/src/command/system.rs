//! What is asked of a host besides Docker: files, disks, its first boot, the installation of Docker.

use std::time::Duration;

use ironwright_core::secret::SecretText;

use super::HostCommand;

/// Runs its arguments as root, by `sudo` where the user is another. `sudo` asks for no password.
const AS_ROOT: &str = r#"if [ "$(id -u)" -eq 0 ]; then exec "$@"; else exec sudo -n -- "$@"; fi"#;

/// Writes its standard input to the file `$1`, which its owner alone can read, at once or not at all.
const INSTALL_FILE: &str = r#"set -eu
umask 077
mkdir -p -- "$(dirname -- "$1")"
temporary=$(mktemp -- "$1.XXXXXX")
trap 'rm -f -- "$temporary"' EXIT
cat >"$temporary"
mv -f -- "$temporary" "$1""#;

/// Installs and starts Docker, and lets the user `$1` use it.
const INSTALL_DOCKER: &str = include_str!("install_docker.sh");

/// How long installing may take.
const INSTALL: Duration = Duration::from_mins(15);

/// `command` as root: as it is where the user is root, and else by `sudo`, which must not ask for a password.
pub fn as_root(command: &HostCommand) -> HostCommand {
    let mut root = command.clone();
    root.program = "sh".into();
    root.arguments = ["-c", AS_ROOT, "sh"].map(Into::into).into();
    root.arguments.extend(command.words().map(ToOwned::to_owned));
    root
}

/// Makes the file `path` with `content`, readable by the user alone (0600), in one step: nobody sees half of it.
pub fn install_file(path: &str, content: SecretText) -> HostCommand {
    HostCommand::new("sh").args(["-c", INSTALL_FILE, "sh", path]).secret_stdin(content)
}

/// Removes the file `path`, where there is one.
pub fn remove_file(path: &str) -> HostCommand {
    HostCommand::new("rm").args(["-f", "--", path])
}

/// Removes the folder `path` and all in it, where there is one.
pub fn remove_folder(path: &str) -> HostCommand {
    HostCommand::new("rm").args(["-r", "-f", "--", path])
}

/// The room on the disk that holds `path`, in kibibytes, as POSIX has it.
pub fn free_space(path: &str) -> HostCommand {
    HostCommand::new("df").args(["-P", "-k", "--", path])
}

/// The name of the user that commands run as.
pub fn user_name() -> HostCommand {
    HostCommand::new("id").args(["-u", "-n"])
}

/// Waits until the first boot is done, and says how it went. It ends with 127 where the host has no cloud-init.
pub fn cloud_init_wait(limit: Duration) -> HostCommand {
    HostCommand::new("cloud-init").args(["status", "--wait", "--long"]).within(limit)
}

/// The last lines of what user data wrote on the first boot.
pub fn cloud_init_log() -> HostCommand {
    as_root(&HostCommand::new("tail").args(["-n", "20", "/var/log/cloud-init-output.log"]))
}

/// Installs Docker from the packages of Debian, Ubuntu or Amazon Linux, starts it now and at every boot, and lets `user`
/// use it. Where that is so already, nothing is done. It says `docker: ready` at its end.
pub fn install_docker(user: &str) -> HostCommand {
    as_root(&HostCommand::new("sh").args(["-s", user])).stdin(INSTALL_DOCKER).within(INSTALL)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::command::shellcheck;

    /// Runs `command` here, by the shell, as a host does.
    fn run(command: &HostCommand) -> String {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command.shell_line().expect("no NUL byte"));
        let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        child.stdin.take().expect("a pipe").write_all(command.input().unwrap_or_default()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{command}");
        String::from_utf8(output.stdout).expect("text")
    }

    #[test]
    fn a_file_is_there_whole_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("it's new/the env");
        let text = path.to_str().expect("text");
        for content in ["KEY=1\n", "KEY=$(id) 'x'\n"] {
            run(&install_file(text, SecretText::new(content)));
            assert_eq!(std::fs::read_to_string(&path).expect("the file"), content);
        }
        let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 1);
        run(&remove_file(text));
        run(&remove_file(text));
        assert!(!path.exists());
    }

    #[test]
    fn shellcheck_finds_nothing() {
        shellcheck::finds_nothing("sh", &[AS_ROOT, INSTALL_FILE, INSTALL_DOCKER]);
    }

    #[test]
    fn root_keeps_the_words_and_what_is_read() {
        let command = HostCommand::new("cat").args(["-", "a b"]).stdin("x").within(Duration::from_secs(1));
        let root = as_root(&command);
        assert_eq!((root.input(), root.limit()), (Some(b"x".as_slice()), Some(Duration::from_secs(1))));
        let words: Vec<_> = root.words().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(words, ["sh", "-c", AS_ROOT, "sh", "cat", "-", "a b"]);
    }

    #[test]
    fn free_space_is_said_in_kibibytes() {
        let output = run(&free_space("/"));
        assert!(output.lines().next().is_some_and(|line| line.contains("1024-blocks")), "{output}");
    }
}
