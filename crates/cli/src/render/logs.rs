//! Logs of several hosts: what stands before their lines, and what is said in between.

use anstyle::Style;
use ironwright_core::Address;
use ironwright_deploy::operate::{LogEvent, LogLine, Stream};

use super::json::Line;
use super::style::{BLUE, BOLD, CYAN, DIM, GREEN, YELLOW, paint};

/// The colours of hosts, by their position: the same host has the same one in every run.
const COLORS: [Style; 5] = [CYAN, YELLOW, GREEN, BLUE, BOLD];

/// What stands before the lines of each of `hosts`, where logs of `told` are printed: nothing where that is one host.
pub(crate) fn prefixes(hosts: &[String], told: &[usize]) -> Vec<String> {
    if told.len() < 2 {
        return vec![String::new(); hosts.len()];
    }
    let width = told.iter().map(|host| hosts[*host].chars().count()).max().unwrap_or(0);
    let prefix =
        |(at, host): (usize, &String)| format!("{} ", paint(COLORS[at % COLORS.len()], format!("{host:width$} |")));
    hosts.iter().enumerate().map(prefix).collect()
}

/// What is said of a host in between.
pub(crate) fn note(hosts: &[String], event: &LogEvent) -> String {
    let (host, _, message) = told(event);
    format!("{}\n", paint(DIM, format!("{}: {message}", hosts[host])))
}

/// What is told of the container at `address`, as JSON.
pub(crate) fn json<'a>(address: &'a Address, hosts: &'a [String], event: &'a LogEvent) -> Line<'a> {
    if let LogEvent::Line(LogLine { host, release, stream, time, text }) = event {
        let stream = if *stream == Stream::Out { "stdout" } else { "stderr" };
        return Line::Logged { address, host: &hosts[*host], release: *release, stream, time, text };
    }
    let (host, event, message) = told(event);
    Line::LogEvent { address, host: &hosts[host], event, message }
}

/// Which host an event is of, what it is called, and what is said of it.
fn told(event: &LogEvent) -> (usize, &'static str, String) {
    match event {
        LogEvent::Lost { host, error } => (*host, "lost", format!("{error}; trying again")),
        LogEvent::Back { host } => (*host, "back", "connected again".to_owned()),
        LogEvent::Ended { host, release } => {
            (*host, "ended", format!("release {release} has ended; waiting for the next"))
        }
        LogEvent::Now { host, release } => (*host, "now", format!("release {release} from here on")),
        LogEvent::Failed { host, error } => (*host, "failed", error.to_string()),
        LogEvent::Line(line) => (line.host, "line", line.text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    #[test]
    fn hosts_stand_before_lines_where_there_are_several() {
        let hosts = ["10.0.0.5", "10.0.0.16"].map(str::to_owned);
        let prefixes_of =
            |told: &[usize]| prefixes(&hosts, told).iter().map(|prefix| plain(prefix)).collect::<Vec<_>>();
        assert_eq!(prefixes_of(&[0, 1]), ["10.0.0.5  | ", "10.0.0.16 | "]);
        assert_eq!(prefixes_of(&[1]), ["", ""]);
        let colored = prefixes(&hosts, &[0, 1]);
        assert_ne!(colored[0].split_once("10").map(|it| it.0), colored[1].split_once("10").map(|it| it.0));
    }

    #[test]
    fn what_happens_is_told_in_words_and_as_json() {
        let hosts = ["10.0.0.5", "10.0.0.16"].map(str::to_owned);
        let address = Address::new("web/app");
        let ended = LogEvent::Ended { host: 1, release: 3 };
        assert_eq!(plain(&note(&hosts, &ended)), "10.0.0.16: release 3 has ended; waiting for the next\n");
        insta::assert_snapshot!(
            json(&address, &hosts, &ended).text(),
            @r#"{"type":"log_event","address":"web/app","host":"10.0.0.16","event":"ended","message":"release 3 has ended; waiting for the next"}"#
        );
        let line = LogLine {
            host: 0,
            release: 3,
            stream: Stream::Err,
            time: "2026-11-23T14:00:00.000000000Z".to_owned(),
            text: "trouble".to_owned(),
        };
        insta::assert_snapshot!(
            json(&address, &hosts, &LogEvent::Line(line)).text(),
            @r#"{"type":"log_line","address":"web/app","host":"10.0.0.5","release":3,"stream":"stderr","time":"2026-11-23T14:00:00.000000000Z","text":"trouble"}"#
        );
    }
}
