//! A live resource as the state holds it: `state show`.

use std::fmt::Write as _;

use ironwright_core::Planned;
use ironwright_engine::Record;
use serde_json::Value as Json;

use super::style::{BOLD, DIM, paint};
use super::value::{self, block};

/// The resource: its type and id, its properties as last applied, and the attributes the cloud gave it.
pub(crate) fn record(record: &Record, width: usize) -> String {
    let title = paint(BOLD, format!("# {}", record.address));
    let region = if record.region.is_empty() { String::new() } else { format!(" in {}", record.region) };
    let mut text = format!("{title}\n{} [{}]{region}\n", record.type_name, record.physical_id);
    text.push_str(&section("properties", &record.properties, width));
    text.push_str(&section("attributes", &attributes(record), width));
    if !record.dependencies.is_empty() {
        let names: Vec<_> = record.dependencies.iter().map(ToString::to_string).collect();
        let _ = write!(text, "\n{}\n  {}\n", paint(DIM, "needs"), names.join(", "));
    }
    text
}

/// What the cloud says of it beyond the properties.
fn attributes(record: &Record) -> Json {
    let set = |name: &str| record.properties.get(name).is_some();
    match &record.model {
        Json::Object(entries) => {
            Json::Object(entries.iter().filter(|(name, _)| !set(name)).map(|(k, v)| (k.clone(), v.clone())).collect())
        }
        other => other.clone(),
    }
}

fn section(title: &str, document: &Json, width: usize) -> String {
    let Planned::Map(entries) = value::from_state(document) else { return String::new() };
    if entries.is_empty() {
        return String::new();
    }
    let longest = entries.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = format!("\n{}\n", paint(DIM, title));
    for (name, value) in &entries {
        for (at, line) in block(value, width.saturating_sub(longest + 5).max(20)).iter().enumerate() {
            let lead = if at == 0 { format!("  {name:longest$} = ") } else { " ".repeat(2 + line.indent) };
            let _ = writeln!(text, "{}", format!("{lead}{}", line.text).trim_end());
        }
    }
    text
}
