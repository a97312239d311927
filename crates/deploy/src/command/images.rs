//! What is asked of a host about its images, and the pull that outlasts a connection.

use std::time::Duration;

use ironwright_core::secret::SecretText;

use super::HostCommand;

/// How the pull works; what it is told stands at its head.
const PULL: &str = include_str!("pull.sh");

/// The status of a command that waits for a pull which is not there any more.
pub const NO_PULL: i32 = 75;

/// How long a short step of a pull may take.
const STEP: Duration = Duration::from_secs(30);

/// The layers of every image, a JSON list in a line each. An image that goes meanwhile has none.
const LAYERS: &str = "docker image ls --quiet --no-trunc | sort -u | \
    xargs -r docker image inspect --format '{{json .RootFS.Layers}}' || true";

fn pull_script(words: &[&str]) -> HostCommand {
    HostCommand::new("sh").args(["-c", PULL, "sh"]).args(words.iter().copied())
}

/// Pulls `reference`, with the login in `configuration`, and names what it gets `target` instead. It says the folder of the
/// pull in its first line, and goes on where the connection is lost.
pub fn pull_begun(reference: &str, target: Option<&str>, configuration: Option<SecretText>) -> HostCommand {
    let command = pull_script(&["pull", reference, target.unwrap_or_default()]).without_limit();
    match configuration {
        Some(configuration) => command.secret_stdin(configuration),
        None => command,
    }
}

/// Waits for a pull that was begun before.
pub fn pull_again(folder: &str) -> HostCommand {
    pull_script(&["again", folder]).without_limit()
}

/// Ends the connection over which a pull was begun, where the host holds it for alive and it is not this one.
pub fn pull_freed(folder: &str) -> HostCommand {
    pull_script(&["free", folder]).within(STEP)
}

/// Ends a pull.
pub fn pull_stopped(folder: &str) -> HostCommand {
    pull_script(&["stop", folder]).within(STEP)
}

/// The layers of every image on the host, lowest first, each image a JSON list in a line.
pub fn all_layers() -> HostCommand {
    HostCommand::new("sh").args(["-c", LAYERS])
}

/// All names of images, in lines of repository, tag and digest; `<none>` where there is none.
pub fn all_names() -> HostCommand {
    HostCommand::new("docker").args(["image", "ls", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}"])
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_login_is_read_and_no_word_of_it_is_an_argument() {
        let command = pull_begun("ghcr.io/shop@sha256:ab", None, Some(SecretText::new("hunter2")));
        assert_eq!(command.input(), Some(b"hunter2".as_slice()));
        let words: Vec<_> = command.words().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(words[3..], ["sh", "pull", "ghcr.io/shop@sha256:ab", ""]);
        assert_eq!((command.limit(), pull_stopped("/f").limit()), (None, Some(STEP)));
    }

    #[test]
    fn shells_read_the_scripts() {
        for script in [PULL, LAYERS] {
            for shell in ["sh", "bash"] {
                let read = Command::new(shell).args(["-n", "-c", script]).stdin(Stdio::null()).status();
                assert!(read.is_ok_and(|status| status.success()), "{shell}: {script}");
            }
        }
    }
}
