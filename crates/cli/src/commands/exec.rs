//! `exec`: a command in a container, at the terminal where there is one. It ends as the command ends.

use super::containers::Containers;
use crate::arguments::ExecArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::session::{Session, Story};

/// Runs the command.
pub(crate) fn run(session: &Session<'_>, arguments: &ExecArguments) -> Result<Exit, CommandError> {
    let containers = Containers::of(session, "exec", Story::Error)?;
    let record = containers.real(&arguments.address, "nothing runs in it")?;
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
    use ironwright_deploy::operate::{Deployed, How};
    use ironwright_deploy::ssh;

    use super::super::containers::{operator, refused};
    use super::{CommandError, ExecArguments, Exit, Session};
    use crate::render::json::Line;

    pub(super) fn run(
        session: &Session<'_>,
        arguments: &ExecArguments,
        deployed: &Deployed,
    ) -> Result<Exit, CommandError> {
        let wrong = |error| refused(&error, &arguments.address);
        let host = match &arguments.host {
            Some(host) => deployed.host(host).map_err(wrong)?,
            None => 0,
        };
        let (terminal, json) = (session.terminal.clone(), session.common.json);
        let mut on_line = |line: ssh::Line<'_>| {
            let stream = if matches!(line, ssh::Line::Out(_)) { "stdout" } else { "stderr" };
            terminal.line(&Line::ExecOutput { stream, text: line.text() }.text());
        };
        let how = if json {
            How::Lines(&mut on_line)
        } else if session.terminal.features().interactive {
            How::Terminal
        } else {
            How::Streams
        };
        let operator = operator(session, &arguments.address)?;
        let run = operator.exec(deployed, host, arguments.release, &arguments.command, how);
        let status = session.runtime()?.block_on(run).map_err(wrong)?;
        session.json(&Line::ExecEnd { address: &arguments.address, host: &deployed.hosts()[host], status });
        Ok(Exit::Status(u8::try_from(status).unwrap_or(1)))
    }
}
