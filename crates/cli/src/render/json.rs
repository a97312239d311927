//! The versioned line-by-line JSON output, described in `docs/json-output.md`. One object a line, told apart by `type`.

mod containers;
#[cfg(test)]
mod document;
mod versions;

use std::collections::BTreeMap;

use ironwright_core::{Address, Diagnostic, Planned, Source};
use ironwright_engine::{
    Action, Change, Counts, Drift, Event, OutputChange, OutputRecord, Partial, Preview, PropertyChange, ReadValue,
    Reason, Record, Recovering, Report,
};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::three_way;
use super::value::from_state;
use containers::ContainerLine;
use versions::StateVersion;

/// The version of the format; grows when a reader of the last one could break.
pub(crate) const FORMAT: u32 = 1;

/// One line. `docs/json-output.md` says what each means and when it comes.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Version {
        format: u32,
        ironwright: &'static str,
    },
    Target {
        target: &'a str,
        app: &'a str,
        stage: &'a str,
    },
    Identity {
        account: &'a str,
        principal: &'a str,
        region: Option<&'a str>,
    },
    Diagnostic(&'a Diagnostic),
    Partial(&'a Partial),
    Recovering(&'a Recovering),
    Read {
        region: &'a str,
        reference: &'a str,
        value: Json,
    },
    PlannedChange(PlannedChange<'a>),
    OutputChange {
        stack: &'a str,
        name: &'a str,
        before: Option<Json>,
        after: Option<Json>,
    },
    PlanSummary(PlanSummary),
    Refreshing {
        done: usize,
        total: usize,
    },
    Started {
        address: &'a Address,
        action: Action,
        physical_id: Option<&'a str>,
    },
    Heartbeat {
        address: &'a Address,
        action: Action,
        elapsed_ms: u128,
    },
    Progress {
        address: &'a Address,
        message: &'a str,
    },
    Unread {
        address: &'a Address,
        code: &'a str,
        message: &'a str,
    },
    Retrying {
        address: &'a Address,
        code: &'a str,
        message: &'a str,
        pause_ms: u128,
    },
    Finished {
        address: &'a Address,
        action: Action,
        physical_id: Option<&'a str>,
        elapsed_ms: u128,
    },
    Failed {
        address: &'a Address,
        action: Action,
        code: &'a str,
        message: &'a str,
        elapsed_ms: u128,
    },
    Recovered {
        address: &'a Address,
        action: Action,
        outcome: &'a str,
    },
    WaitingForLock {
        lock_id: &'a str,
        held_by: String,
    },
    TookOver {
        held_by: String,
    },
    CredentialsExpired {
        code: &'a str,
        message: &'a str,
        waits: bool,
    },
    CredentialsRenewed {
        paused_ms: u128,
    },
    Stopping {
        in_flight: usize,
    },
    NotWaitedFor {
        address: &'a Address,
    },
    NotStarted {
        address: &'a Address,
        action: Action,
        because_of: Option<&'a Address>,
    },
    Summary(Summary),
    Output {
        stack: &'a str,
        name: &'a str,
        value: Option<Json>,
        sensitive: bool,
    },
    Drift(DriftLine<'a>),
    Resource(ResourceLine<'a>),
    StateVersion(StateVersion<'a>),
    StateMoved {
        from: &'a Address,
        to: &'a Address,
    },
    StateChanged {
        address: &'a Address,
        change: &'static str,
    },
    Unmanaged {
        address: &'a Address,
        resource_type: &'a str,
        physical_id: &'a str,
    },
    GivenUp(&'a Recovering),
    StateSaved {
        serial: u64,
    },
    Written {
        path: String,
    },
    Valid {
        resources: usize,
        stacks: usize,
    },
    Container(ContainerLine<'a>),
    #[cfg_attr(not(feature = "docker"), allow(dead_code, reason = "only a build that reaches hosts says it"))]
    #[serde(rename = "log_line")]
    Logged {
        address: &'a Address,
        host: &'a str,
        release: u32,
        stream: &'static str,
        time: &'a str,
        text: &'a str,
    },
    #[cfg_attr(not(feature = "docker"), allow(dead_code, reason = "only a build that reaches hosts says it"))]
    LogEvent {
        address: &'a Address,
        host: &'a str,
        event: &'static str,
        message: String,
    },
    #[cfg_attr(not(feature = "docker"), allow(dead_code, reason = "only a build that reaches hosts says it"))]
    #[serde(rename = "exec_line")]
    ExecOutput {
        stream: &'static str,
        text: &'a str,
    },
    #[cfg_attr(not(feature = "docker"), allow(dead_code, reason = "only a build that reaches hosts says it"))]
    ExecEnd {
        address: &'a Address,
        host: &'a str,
        status: i32,
    },
    #[cfg(feature = "simulate")]
    Serving {
        endpoint: &'a str,
    },
}

/// How much a plan changes.
#[derive(Serialize)]
pub(crate) struct PlanSummary {
    pub(crate) changes: bool,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

/// How an apply ended.
#[derive(Serialize)]
pub(crate) struct Summary {
    complete: bool,
    interrupted: bool,
    #[serde(flatten)]
    counts: Counts,
    failed: usize,
    not_started: usize,
    live: usize,
}

/// A resource that the cloud has otherwise than the state.
#[derive(Serialize)]
pub(crate) struct DriftLine<'a> {
    address: &'a Address,
    resource_type: &'a str,
    physical_id: &'a str,
    missing: bool,
    properties: Vec<Property<'a>>,
    /// What the program says of each property, by path, where there is a program that says so.
    program: Option<BTreeMap<&'a str, &'static str>>,
}

/// A live resource. `state list` leaves its documents out.
#[derive(Serialize)]
pub(crate) struct ResourceLine<'a> {
    address: &'a Address,
    resource_type: &'a str,
    region: &'a str,
    physical_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Json>,
}

/// What becomes of a resource.
#[derive(Serialize)]
pub(crate) struct PlannedChange<'a> {
    address: &'a Address,
    resource_type: &'a str,
    region: &'a str,
    action: Action,
    reasons: &'a [Reason],
    source: Option<&'a Source>,
    physical_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_from: Option<&'a Address>,
    properties: Vec<Property<'a>>,
}

/// What becomes of a property.
#[derive(Serialize)]
pub(crate) struct Property<'a> {
    path: &'a str,
    before: Option<Json>,
    after: Option<Json>,
    forces_replacement: bool,
    raw: bool,
    sensitive: bool,
}

impl Line<'_> {
    /// The line, without its line feed.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|error| json!({ "type": "error", "message": error.to_string() }).to_string())
    }
}

impl<'a> From<&'a Change> for Line<'a> {
    fn from(change: &'a Change) -> Self {
        Self::PlannedChange(PlannedChange {
            address: &change.address,
            resource_type: &change.type_name,
            region: &change.region,
            action: change.action,
            reasons: &change.reasons,
            source: change.source.as_ref(),
            physical_id: change.physical_id.as_deref(),
            moved_from: change.moved_from.as_ref(),
            properties: change.properties.iter().map(Property::from).collect(),
        })
    }
}

impl<'a> From<&'a PropertyChange> for Property<'a> {
    fn from(property: &'a PropertyChange) -> Self {
        let hide = |value: Json| if property.sensitive { sensitive() } else { value };
        Self {
            path: &property.path,
            before: property.before.as_ref().map(|json| hide(planned(&from_state(json)))),
            after: property.after.as_ref().map(|value| hide(planned(value))),
            forces_replacement: property.forces_replacement,
            raw: property.raw,
            sensitive: property.sensitive || property.after.as_ref().is_some_and(Planned::has_secret),
        }
    }
}

impl<'a> From<&'a ReadValue> for Line<'a> {
    fn from(read: &'a ReadValue) -> Self {
        Self::Read { region: &read.region, reference: &read.reference, value: planned(&read.value) }
    }
}

impl<'a> From<&'a OutputChange> for Line<'a> {
    fn from(output: &'a OutputChange) -> Self {
        Self::OutputChange {
            stack: &output.stack,
            name: &output.name,
            before: output.before.as_ref().map(stored),
            after: output.after.as_ref().map(planned),
        }
    }
}

impl<'a> Line<'a> {
    /// A resource that the cloud has otherwise than the state; `plan` tells what the program says of it.
    pub(crate) fn drift(drift: &'a Drift, plan: Option<&Preview>) -> Self {
        let sides = |plan: &Preview| three_way::sides(plan, drift).into_iter();
        let words = |plan: &Preview| sides(plan).map(|(path, side)| (path, side.word())).collect();
        Self::Drift(DriftLine {
            address: &drift.address,
            resource_type: &drift.type_name,
            physical_id: &drift.physical_id,
            missing: drift.missing,
            properties: drift.properties.iter().map(Property::from).collect(),
            program: plan.map(words),
        })
    }
}

impl<'a> Line<'a> {
    /// The line of an event; nothing for events that this format does not know.
    pub(crate) fn event(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::Refreshing { done, total } => Self::Refreshing { done: *done, total: *total },
            Event::Started { address, action, physical_id } => {
                Self::Started { address, action: *action, physical_id: physical_id.as_deref() }
            }
            Event::Progress { address, message } => Self::Progress { address, message },
            Event::Unread { address, error } => Self::Unread { address, code: &error.code, message: &error.message },
            Event::Retrying { address, error, pause } => {
                Self::Retrying { address, code: &error.code, message: &error.message, pause_ms: pause.as_millis() }
            }
            Event::Finished { address, action, physical_id, elapsed } => Self::Finished {
                address,
                action: *action,
                physical_id: physical_id.as_deref(),
                elapsed_ms: elapsed.as_millis(),
            },
            Event::Failed { address, action, error, elapsed } => Self::Failed {
                address,
                action: *action,
                code: &error.code,
                message: &error.message,
                elapsed_ms: elapsed.as_millis(),
            },
            Event::Recovered { address, action, outcome } => Self::Recovered { address, action: *action, outcome },
            Event::WaitingForLock { holder } => {
                Self::WaitingForLock { lock_id: &holder.owner.id, held_by: holder.to_string() }
            }
            Event::TookOver { holder } => Self::TookOver { held_by: holder.to_string() },
            Event::CredentialsExpired { error, waits } => {
                Self::CredentialsExpired { code: &error.code, message: &error.message, waits: *waits }
            }
            Event::CredentialsRenewed { paused } => Self::CredentialsRenewed { paused_ms: paused.as_millis() },
            Event::Stopping { in_flight } => Self::Stopping { in_flight: *in_flight },
            _ => return None,
        })
    }

    /// The last line of an apply.
    pub(crate) fn summary(report: &Report) -> Self {
        Self::Summary(Summary {
            complete: report.is_complete(),
            interrupted: report.interrupted,
            counts: report.counts(),
            failed: report.failed.len(),
            not_started: report.not_started.len(),
            live: report.live,
        })
    }

    /// The line of a live resource, its documents included where `whole`.
    pub(crate) fn resource(record: &'a Record, whole: bool) -> Self {
        Self::Resource(ResourceLine {
            address: &record.address,
            resource_type: &record.type_name,
            region: &record.region,
            physical_id: &record.physical_id,
            properties: whole.then(|| stored(&record.properties)),
            model: whole.then(|| stored(&record.model)),
        })
    }

    /// The line of an output of the state.
    pub(crate) fn output(stack: &'a str, name: &'a str, record: &OutputRecord) -> Self {
        let value = (!record.sensitive).then(|| stored(&record.value));
        Self::Output { stack, name, value, sensitive: record.sensitive }
    }
}

/// A document of the state with its secrets hidden.
fn stored(json: &Json) -> Json {
    planned(&from_state(json))
}

/// A planned value: what is not known is `{"$unknown": true}`, a secret `{"$sensitive": true}`.
fn planned(value: &Planned) -> Json {
    match value {
        Planned::Unknown => json!({ "$unknown": true }),
        Planned::Secret(_) | Planned::Sealed(_) => sensitive(),
        Planned::List(items) => items.iter().map(planned).collect(),
        Planned::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), planned(value))).collect(),
        scalar => scalar.to_json(""),
    }
}

fn sensitive() -> Json {
    json!({ "$sensitive": true })
}
