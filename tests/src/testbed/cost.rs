//! What work costs: the processor time of this process's children and of everything in a namespace of processes.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// The kernel counts hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// What all children of this process that have ended have cost.
pub fn of_children() -> Duration {
    fields("self").map_or(Duration::ZERO, |fields| ticks(&fields[13..15]))
}

/// What everything in the namespace of the process `pid` has cost.
pub(super) fn of_namespace(pid: &str) -> Duration {
    let namespace = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let Some(wanted) = namespace(pid) else { return Duration::ZERO };
    let inside = processes().filter(|pid| namespace(pid).as_ref() == Some(&wanted));
    inside.filter_map(|pid| fields(&pid)).map(|fields| ticks(&fields[11..15])).sum()
}

/// The process whose command line has all of `words`.
pub(super) fn process_with(words: &[&str]) -> Option<String> {
    processes().find(|pid| {
        let line = fs::read(PathBuf::from("/proc").join(pid).join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        let mut line = line.split('\0');
        line.next().is_some_and(|program| Some(&program) == words.first())
            && words[1..].iter().all(|word| line.clone().any(|own| own == *word))
    })
}

fn processes() -> impl Iterator<Item = String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The numbers after the name, which may hold anything.
fn fields(pid: &str) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect()).filter(|fields: &Vec<_>| fields.len() > 15)
}

fn ticks(fields: &[String]) -> Duration {
    let ticks: u32 = fields.iter().filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}
