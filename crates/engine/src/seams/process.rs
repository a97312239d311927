//! What this process is to others on the same machine, and whether one of them is gone: the one place of the engine that
//! asks the system about processes. Where the system does not say, nobody is ever believed to be gone.

use std::fs;

use crate::store::LockOwner;

/// `owner` with what tells this process from all others of its machine.
pub(crate) fn identified(owner: LockOwner) -> LockOwner {
    let pid = std::process::id();
    LockOwner { pid, started: started(pid).unwrap_or_default(), machine: machine(), ..owner }
}

/// Whether the process of `owner` ran on this machine and is gone, even where another has its number now.
pub fn is_gone(owner: &LockOwner) -> bool {
    let here = machine();
    !here.is_empty() && owner.machine == here && started(owner.pid) != Some(owner.started)
}

/// This boot of this machine, and the namespace of process numbers, which two containers do not share. Linux alone tells.
fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let namespace = fs::read_link("/proc/self/ns/pid");
    match (boot, namespace) {
        (Ok(boot), Ok(namespace)) => format!("{}/{}", boot.trim(), namespace.display()),
        _ => String::new(),
    }
}

/// When the process `pid` began, in the system's ticks since it booted; nothing where there is none, or one that has died
/// and only waits for its parent.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name comes second, in parentheses, and may hold anything: what follows it is plain.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let (state, began) = (fields.first()?, fields.get(19)?);
    (!matches!(*state, "Z" | "X")).then(|| began.parse().ok()).flatten()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn this() -> LockOwner {
        identified(LockOwner::default())
    }

    #[test]
    fn this_process_is_there() {
        assert!(!is_gone(&this()));
    }

    #[test]
    fn a_process_that_ended_is_gone() {
        let mut child = std::process::Command::new("true").spawn().expect("a program");
        let (pid, started) = (child.id(), started(child.id()).unwrap_or_default());
        child.wait().expect("it ends");
        assert!(is_gone(&LockOwner { pid, started, ..this() }));
    }

    #[test]
    fn a_number_that_another_process_has_now_is_no_holder() {
        assert!(is_gone(&LockOwner { started: 1, ..this() }));
    }

    #[test]
    fn of_other_machines_nothing_is_known() {
        assert!(!is_gone(&LockOwner { pid: u32::MAX, machine: "another".to_owned(), ..this() }));
        assert!(!is_gone(&LockOwner { pid: u32::MAX, machine: String::new(), ..this() }));
    }
}
