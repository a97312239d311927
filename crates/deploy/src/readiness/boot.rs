//! The first boot of a host, as cloud-init tells of it.

use super::{HostError, Wait};
use crate::command::system;
use crate::ssh::SshErrorKind;

/// The status of a host without cloud-init.
const NONE: i32 = 127;

/// Waits until the first boot is done. What went wrong with it is returned: a host whose Docker works is good all the same.
pub(super) async fn done(wait: &Wait<'_>) -> Result<Option<String>, HostError> {
    let left = wait.left();
    let output = match wait.connection.run(&system::cloud_init_wait(left)).await {
        Ok(output) => output,
        Err(error) if error.kind == SshErrorKind::Limit => {
            return Err(HostError::boot(wait.connection.destination(), wait.wanted.limit));
        }
        Err(error) => return Err(error.into()),
    };
    if matches!(output.status, 0 | NONE) {
        return Ok(None);
    }
    let log = wait.connection.run(&system::cloud_init_log()).await?;
    let problem = problem(&output.text(), &log.text());
    (wait.progress)(&problem);
    Ok(Some(problem))
}

/// What cloud-init says of itself, and the last lines of the user data.
fn problem(status: &str, log: &str) -> String {
    let status = status.trim_start_matches(['.', '\r', '\n']).replace('\n', "; ");
    let mut problem = format!("the first boot went wrong ({status})");
    if !log.is_empty() {
        problem.push_str("; the end of /var/log/cloud-init-output.log:\n");
        problem.push_str(log);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_no_status() {
        let problem = problem("......\nstatus: error\ndetail: scripts-user", "E: no package");
        assert!(problem.contains("wrong (status: error; detail: scripts-user); the end of"), "{problem}");
        assert!(problem.ends_with("\nE: no package"), "{problem}");
    }
}
