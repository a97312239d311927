//! `status`: how containers stand on their hosts. Of simulated ones, what the state has.

use serde_json::Value as Json;

use ironwright_engine::Record;

use super::containers::Containers;
use crate::arguments::StatusArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::json::Line;
use crate::render::status::{self, Mood, Row, State};
use crate::session::{Session, Story};

/// Looks at all hosts, and prints what is there.
pub(crate) fn run(session: &Session<'_>, arguments: &StatusArguments) -> Result<Exit, CommandError> {
    let containers = Containers::of(session, "status", Story::Output)?;
    let records: Vec<&Record> = match &arguments.address {
        Some(address) => vec![containers.find(address)?],
        None => containers.all().collect(),
    };
    if records.is_empty() && !session.common.json {
        session.terminal.line("No container is deployed.");
    }
    let rows = if containers.are_simulated() {
        records.iter().map(|record| simulated(record)).collect()
    } else {
        real(session, &containers, &records)?
    };
    for (at, (record, rows)) in records.iter().zip(&rows).enumerate() {
        print(session, record, rows, at > 0);
    }
    let is_well = rows.iter().flatten().all(|row| row.state.mood != Mood::Bad);
    Ok(if is_well { Exit::Done } else { Exit::Error })
}

fn print(session: &Session<'_>, record: &Record, rows: &[Row], is_further: bool) {
    for row in rows {
        session.json(&Line::container(&record.address, row));
    }
    if !session.common.json {
        let space = if is_further { "\n" } else { "" };
        let table = status::container(&record.address, rows, session.now(), session.terminal.width());
        session.terminal.print(&format!("{space}{table}"));
    }
}

/// What the state has of a container that is simulated.
fn simulated(record: &Record) -> Vec<Row> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let running = text(&record.model["Running"]);
    let row = |host: &Json| Row {
        host: text(&host["Address"]).unwrap_or_default(),
        is_reached: true,
        release: record.model["ReleaseVersion"].as_u64().and_then(|number| u32::try_from(number).ok()),
        image: text(&record.properties["Image"]),
        digest: running.as_ref().and_then(|running| Some(running.split_once("@sha256:")?.1.to_owned())),
        state: State { name: "simulated", mood: Mood::Neutral },
        ..Row::default()
    };
    record.properties["Hosts"].as_array().into_iter().flatten().map(row).collect()
}

#[cfg(not(feature = "docker"))]
fn real(_: &Session<'_>, _: &Containers, records: &[&Record]) -> Result<Vec<Vec<Row>>, CommandError> {
    if records.is_empty() { Ok(Vec::new()) } else { Err(super::containers::no_docker()) }
}

/// What the hosts of `records` have; all are asked at once.
#[cfg(feature = "docker")]
fn real(session: &Session<'_>, containers: &Containers, records: &[&Record]) -> Result<Vec<Vec<Row>>, CommandError> {
    let Some(first) = records.first() else { return Ok(Vec::new()) };
    let deployed = records.iter().map(|record| containers.deployed(record)).collect::<Result<Vec<_>, _>>()?;
    let operator = super::containers::operator(session, &first.address)?;
    let seen = session.runtime()?.block_on(operator.status_of(&deployed));
    Ok(seen.into_iter().map(|hosts| hosts.into_iter().map(seen::row).collect()).collect())
}

#[cfg(feature = "docker")]
mod seen {
    use ironwright_deploy::operate::{HostStatus, OperateErrorKind, Standing};

    use super::{Mood, Row, State};
    use crate::render::status::Route;

    /// What is seen on a host, for the table.
    pub(super) fn row(status: HostStatus) -> Row {
        let seen = match status.seen {
            Ok(seen) => seen,
            Err(error) => {
                let name = match error.kind {
                    OperateErrorKind::Locked => "locked",
                    OperateErrorKind::Host => "failed",
                    _ => "unreachable",
                };
                let help = error.diagnostic().help.map(|help| format!("; {help}")).unwrap_or_default();
                let problem = Some(format!("{error}{help}"));
                let is_reached = error.kind == OperateErrorKind::Host;
                let state = State { name, mood: Mood::Bad };
                return Row { host: status.host, is_reached, state, problem, ..Row::default() };
            }
        };
        let mood = if seen.standing.is_good() { Mood::Good } else { Mood::Bad };
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        Row {
            host: status.host,
            is_reached: true,
            release: seen.release,
            image: filled(seen.image),
            digest: filled(seen.digest),
            state: State { name: name(&seen.standing), mood },
            problem: problem(seen.standing),
            since: filled(seen.since),
            coming: seen.coming,
            kept: seen.kept,
            route: seen.route.map(|route| Route { from: route.from, to: route.to }),
        }
    }

    fn name(standing: &Standing) -> &'static str {
        match standing {
            Standing::Healthy => "healthy",
            Standing::Unhealthy(_) => "unhealthy",
            Standing::Running => "running",
            Standing::Idle => "idle",
            Standing::Restarting => "restarting",
            Standing::Stopped(_) => "stopped",
            Standing::Created => "created",
            Standing::Missing => "missing",
        }
    }

    fn problem(standing: Standing) -> Option<String> {
        match standing {
            Standing::Unhealthy(why) => Some(why),
            Standing::Stopped(status) => Some(format!("it has ended with {status}; `logs` shows its last lines")),
            Standing::Idle => Some("it runs, and the edge sends no traffic to it; `apply` mends that".to_owned()),
            Standing::Missing => Some("there is no container of it; `apply` makes it anew".to_owned()),
            Standing::Created => Some("it was made and never ran; `apply` goes on".to_owned()),
            Standing::Restarting => Some("it ends again and again; `logs` shows its last lines".to_owned()),
            Standing::Healthy | Standing::Running => None,
        }
    }
}
