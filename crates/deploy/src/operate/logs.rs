//! The logs of a container, of all its hosts at once.

use std::time::Duration;

use futures_util::future::join_all;

use super::deployed::Deployed;
use super::error::{OperateError, OperateErrorKind};
use super::operator::{Operator, meant};
use super::stamp;
use crate::command::{HostCommand, docker};
use crate::rollout::Release;
use crate::ssh::{Connection, Line};

/// The pause before a host is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// Which part of a log is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// How many of the last lines of each host.
    pub lines: usize,
    /// Whether what comes after is told too.
    pub follow: bool,
    /// Of which release; of the one that serves, where none is said.
    pub release: Option<u32>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The position of the host.
    pub host: usize,
    /// The release that wrote it.
    pub release: u32,
    /// Where it wrote it.
    pub stream: Stream,
    /// When, as Docker has it.
    pub time: String,
    /// What it wrote.
    pub text: String,
}

/// Where a container writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What is told while logs are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// A line.
    Line(LogLine),
    /// The connection to a host was lost; it is tried again, and goes on where it stopped.
    Lost {
        /// The position of the host.
        host: usize,
        /// Why.
        error: OperateError,
    },
    /// A host is connected again.
    Back {
        /// The position of the host.
        host: usize,
    },
    /// The container has ended; if it comes back or another release does, that is followed.
    Ended {
        /// The position of the host.
        host: usize,
        /// The release.
        release: u32,
    },
    /// Another release is followed now.
    Now {
        /// The position of the host.
        host: usize,
        /// The release.
        release: u32,
    },
    /// A host tells no more.
    Failed {
        /// The position of the host.
        host: usize,
        /// Why.
        error: OperateError,
    },
}

/// Who is told.
pub type OnEvent<'a> = &'a (dyn Fn(LogEvent) + Sync);

impl Operator {
    /// Tells the logs of `deployed` on `hosts`, and returns on how many of them that went wrong.
    ///
    /// Lines that are there already come in the order of their times. Those that are followed come as they are written, for as
    /// long as this future lives; it ends only when there is nothing more to follow on any host.
    pub async fn logs(
        &self,
        deployed: &Deployed,
        hosts: &[usize],
        options: LogOptions,
        on_event: OnEvent<'_>,
    ) -> usize {
        let read = hosts.iter().map(async |host| {
            let mut reader =
                Reader { operator: self, deployed, host: *host, options, on_event, past: Vec::new(), at: None };
            let read = if options.follow { reader.follow().await } else { reader.read().await };
            (reader.past, read.map_err(|error| on_event(LogEvent::Failed { host: *host, error })))
        });
        let (past, read): (Vec<_>, Vec<_>) = join_all(read).await.into_iter().unzip();
        for line in in_order(past) {
            on_event(LogEvent::Line(line));
        }
        read.iter().filter(|read| read.is_err()).count()
    }
}

/// The lines of several hosts by their times; those of one host stay in their order.
fn in_order(hosts: Vec<Vec<LogLine>>) -> Vec<LogLine> {
    let mut lines: Vec<LogLine> = hosts.into_iter().flatten().collect();
    // Stable: of lines of the same time, the first host's come first.
    lines.sort_by(|a, b| a.time.cmp(&b.time));
    lines
}

/// Where a log that is followed stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct At {
    release: u32,
    /// The time of the last line; empty where there was none.
    time: String,
}

/// Reads the log of one host.
struct Reader<'a> {
    operator: &'a Operator,
    deployed: &'a Deployed,
    host: usize,
    options: LogOptions,
    on_event: OnEvent<'a>,
    /// What was there already and is told at the end.
    past: Vec<LogLine>,
    at: Option<At>,
}

impl Reader<'_> {
    /// Reads what is there.
    async fn read(&mut self) -> Result<(), OperateError> {
        let connection = self.operator.connect(self.deployed, self.host).await?;
        let release = self.meant(&connection).await?;
        let mut lines = Vec::new();
        self.listen(&connection, &release, &mut |line| lines.push(line)).await?;
        self.past = lines;
        Ok(())
    }

    /// Tells what is there and what comes, from one container to the next, over cuts.
    async fn follow(&mut self) -> Result<(), OperateError> {
        let (mut lost, mut ended) = (false, false);
        loop {
            match self.follow_once(&mut lost, &mut ended).await {
                Ok(()) if self.options.release.is_some() => return Ok(()),
                Ok(()) => {}
                Err(error) if error.kind == OperateErrorKind::Unreachable && self.at.is_some() => {
                    if !std::mem::replace(&mut lost, true) {
                        (self.on_event)(LogEvent::Lost { host: self.host, error });
                    }
                }
                Err(error) => return Err(error),
            }
            self.operator.clock.sleep(PAUSE).await;
        }
    }

    /// Follows one container until it ends. One that has ended and was told already is only looked at.
    async fn follow_once(&mut self, lost: &mut bool, ended: &mut bool) -> Result<(), OperateError> {
        let connection = self.operator.connect(self.deployed, self.host).await?;
        let release = self.meant(&connection).await?;
        if std::mem::take(lost) {
            (self.on_event)(LogEvent::Back { host: self.host });
        }
        let host = self.host;
        let is_another = self.at.as_ref().is_some_and(|at| at.release != release.number);
        if *ended && !is_another && !release.runs() {
            return Ok(());
        }
        *ended = false;
        if is_another {
            (self.on_event)(LogEvent::Now { host, release: release.number });
            self.at = None;
        }
        let at = self.at.get_or_insert(At { release: release.number, time: String::new() }).clone();
        let (on_event, mut time) = (self.on_event, at.time.clone());
        let heard = self
            .listen(&connection, &release, &mut |line| {
                // Asked for since a time, Docker tells the line of that time too.
                if line.time > at.time {
                    time.clone_from(&line.time);
                    on_event(LogEvent::Line(line));
                }
            })
            .await;
        self.at = Some(At { time, ..at });
        heard?;
        *ended = true;
        (self.on_event)(LogEvent::Ended { host, release: release.number });
        Ok(())
    }

    async fn meant(&self, connection: &Connection) -> Result<Release, OperateError> {
        let seen = self.operator.look(connection, self.deployed).await?;
        meant(&seen, self.options.release, self.deployed, self.host).cloned()
    }

    /// Reads the log of `release` to its end.
    async fn listen(
        &self,
        connection: &Connection,
        release: &Release,
        on_line: &mut (dyn FnMut(LogLine) + Send),
    ) -> Result<(), OperateError> {
        let command = command(&release.name, self.options, self.at.as_ref());
        let mut said = Vec::new();
        let (host, number) = (self.host, release.number);
        let mut heard = |line: Line<'_>| match stamp::split(line.text()) {
            Some((time, text)) => {
                let stream = if matches!(line, Line::Out(_)) { Stream::Out } else { Stream::Err };
                let (time, text) = (time.to_owned(), text.into_owned());
                on_line(LogLine { host, release: number, stream, time, text });
            }
            // Docker itself.
            None => said.push(line.text().to_owned()),
        };
        let status = connection.follow(&command, &mut heard).await?;
        if status == 0 {
            return Ok(());
        }
        let why = said.last().map_or("it says nothing", String::as_str);
        let message =
            format!("Docker on {} does not give the log of {}: {why}", self.deployed.hosts()[host], release.name);
        Err(OperateError::new(OperateErrorKind::Host, message))
    }
}

/// The command that reads the log of a container: its last lines, or what came since the last one that was told.
fn command(name: &str, options: LogOptions, at: Option<&At>) -> HostCommand {
    match at.filter(|at| !at.time.is_empty()) {
        Some(at) => docker::logs_since(name, &at.time),
        None => docker::stamped_logs(name, options.lines, options.follow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(host: usize, time: &str, text: &str) -> LogLine {
        LogLine { host, release: 1, stream: Stream::Out, time: time.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn lines_of_several_hosts_are_told_in_the_order_of_their_times() {
        let hosts = vec![
            vec![line(0, "1", "a"), line(0, "3", "c"), line(0, "3", "d")],
            vec![line(1, "2", "b"), line(1, "3", "e"), line(1, "4", "f")],
        ];
        let texts: String = in_order(hosts).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, "abcdef");
    }

    #[test]
    fn what_was_told_is_not_asked_for_again() {
        let options = LogOptions { lines: 20, follow: true, release: None };
        let at = |time: &str| At { release: 1, time: time.to_owned() };
        let check =
            |options, at: Option<&At>, expect: &str| assert_eq!(command("app-r1", options, at).to_string(), expect);
        check(options, None, "docker logs --timestamps --tail 20 --follow app-r1");
        check(options, Some(&at("")), "docker logs --timestamps --tail 20 --follow app-r1");
        let last = "2026-11-23T14:00:00.123456789Z";
        check(options, Some(&at(last)), &format!("docker logs --timestamps --since {last} --follow app-r1"));
        check(LogOptions { follow: false, ..options }, None, "docker logs --timestamps --tail 20 app-r1");
    }
}
