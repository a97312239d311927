//! `logs`: what a container has written, on all its hosts at once, and what it writes from now on.

use super::containers::Containers;
use crate::arguments::LogsArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::session::{Session, Story};

/// Prints the logs.
pub(crate) fn run(session: &Session<'_>, arguments: &LogsArguments) -> Result<Exit, CommandError> {
    let containers = Containers::of(session, "logs", Story::Error)?;
    let record = containers.real(&arguments.address, "it writes no logs")?;
    #[cfg(feature = "docker")]
    return real::run(session, arguments, &containers.deployed(record)?);
    #[cfg(not(feature = "docker"))]
    {
        let _ = record;
        Err(super::containers::no_docker())
    }
}

#[cfg(feature = "docker")]
mod real {
    use std::sync::Arc;

    use ironwright_core::{Address, Diagnostics};
    use ironwright_deploy::operate::{Deployed, LogEvent, LogOptions, Stream};
    use tokio::sync::Notify;

    use super::super::containers::{operator, refused};
    use super::{CommandError, Exit, LogsArguments, Session};
    use crate::render::json::Line;
    use crate::render::{diagnostics, logs};
    use crate::signals;
    use crate::source_lines::FromWorkingDirectory;
    use crate::terminal::Terminal;

    pub(super) fn run(
        session: &Session<'_>,
        arguments: &LogsArguments,
        deployed: &Deployed,
    ) -> Result<Exit, CommandError> {
        let wrong = |error| refused(&error, &arguments.address);
        let mut hosts =
            arguments.host.iter().map(|host| deployed.host(host)).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        if hosts.is_empty() {
            hosts = (0..deployed.hosts().len()).collect();
        }
        let options = LogOptions { lines: arguments.lines, follow: arguments.follow, release: arguments.release };
        let printer = Printer {
            terminal: session.terminal.clone(),
            json: session.common.json,
            address: &arguments.address,
            hosts: deployed.hosts(),
            prefixes: logs::prefixes(deployed.hosts(), &hosts),
            unread: Notify::new(),
        };
        let operator = operator(session, &arguments.address)?;
        session.runtime()?.block_on(async {
            let asked_to_stop = signals::asked_to_stop();
            let on_event = |event| printer.tell(event);
            tokio::select! {
                () = asked_to_stop => Ok(Exit::Interrupted),
                () = printer.unread.notified() => Ok(Exit::Done),
                failed = operator.logs(deployed, &hosts, options, &on_event) => {
                    Ok(if failed == 0 { Exit::Done } else { Exit::Error })
                }
            }
        })
    }

    /// Prints what is told.
    struct Printer<'a> {
        terminal: Arc<Terminal>,
        json: bool,
        address: &'a Address,
        hosts: &'a [String],
        /// What stands before the lines of each host.
        prefixes: Vec<String>,
        /// Told when nobody reads any more.
        unread: Notify,
    }

    impl Printer<'_> {
        fn tell(&self, event: LogEvent) {
            if let LogEvent::Failed { host, error } = &event {
                return self.fail(*host, error);
            }
            if self.json {
                return self.heard(self.terminal.is_heard(&format!("{}\n", self.line(&event).text())));
            }
            match event {
                LogEvent::Line(line) => {
                    let text = format!("{}{}\n", self.prefixes[line.host], line.text);
                    match line.stream {
                        Stream::Out => self.heard(self.terminal.is_heard(&text)),
                        Stream::Err => self.terminal.complain(&text),
                    }
                }
                other => {
                    let (host, message) = message(&other);
                    self.terminal.complain(&logs::note(&self.hosts[host], &message));
                }
            }
        }

        /// Ends it where nobody reads any more.
        fn heard(&self, is_heard: bool) {
            if !is_heard {
                self.unread.notify_one();
            }
        }

        fn fail(&self, _host: usize, error: &ironwright_deploy::operate::OperateError) {
            let diagnostic = error.diagnostic().at(self.address);
            if self.json {
                return self.terminal.line(&Line::Diagnostic(&diagnostic).text());
            }
            let all: Diagnostics = diagnostic.into();
            let lines = FromWorkingDirectory::default();
            self.terminal.complain(&diagnostics::diagnostics(&all, &lines, self.terminal.width()));
        }

        fn line<'a>(&'a self, event: &'a LogEvent) -> Line<'a> {
            let (address, event_of) = (self.address, |host: usize, event, message| Line::LogEvent {
                address: self.address,
                host: &self.hosts[host],
                event,
                message,
            });
            match event {
                LogEvent::Line(line) => Line::LogLine {
                    address,
                    host: &self.hosts[line.host],
                    release: line.release,
                    stream: if line.stream == Stream::Out { "stdout" } else { "stderr" },
                    time: &line.time,
                    text: &line.text,
                },
                other => {
                    let name = match other {
                        LogEvent::Lost { .. } => "lost",
                        LogEvent::Back { .. } => "back",
                        LogEvent::Ended { .. } => "ended",
                        _ => "now",
                    };
                    let (host, message) = message(other);
                    event_of(host, name, message)
                }
            }
        }
    }

    /// Which host an event is of, and what is said of it.
    fn message(event: &LogEvent) -> (usize, String) {
        match event {
            LogEvent::Lost { host, error } => (*host, format!("{error}; trying again")),
            LogEvent::Back { host } => (*host, "connected again".to_owned()),
            LogEvent::Ended { host, release } => (*host, format!("release {release} has ended; waiting for the next")),
            LogEvent::Now { host, release } => (*host, format!("release {release} from here on")),
            LogEvent::Line(line) => (line.host, line.text.clone()),
            LogEvent::Failed { host, error } => (*host, error.to_string()),
        }
    }
}
