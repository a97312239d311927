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

    use ironwright_core::Address;
    use ironwright_deploy::operate::{Deployed, LogEvent, LogOptions, OperateError, Stream};
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
        hosts.sort_unstable();
        hosts.dedup();
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
            match event {
                LogEvent::Failed { error, .. } => self.fail(&error),
                event if self.json => self.print(&format!("{}\n", logs::json(self.address, self.hosts, &event).text())),
                LogEvent::Line(line) => {
                    let text = format!("{}{}\n", self.prefixes[line.host], line.text);
                    match line.stream {
                        Stream::Out => self.print(&text),
                        Stream::Err => self.terminal.complain(&text),
                    }
                }
                event => self.terminal.complain(&logs::note(self.hosts, &event)),
            }
        }

        /// Prints `text`, and ends it all where nobody reads any more.
        fn print(&self, text: &str) {
            if !self.terminal.is_heard(text) {
                self.unread.notify_one();
            }
        }

        fn fail(&self, error: &OperateError) {
            let diagnostic = error.diagnostic().at(self.address);
            if self.json {
                return self.terminal.line(&Line::Diagnostic(&diagnostic).text());
            }
            let lines = FromWorkingDirectory::default();
            let text = diagnostics::diagnostics(&diagnostic.into(), &lines, self.terminal.width());
            self.terminal.complain(&text);
        }
    }
}
