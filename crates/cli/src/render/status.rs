//! How containers stand on their hosts, as a table: columns as far as the terminal is wide, the rest below each host.

use std::fmt::Write as _;

use anstyle::Style;
use ironwright_core::Address;

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, paint, printable, wrap};
use super::time;

/// How many digits of a digest are shown.
const DIGITS: usize = 12;

/// A container on a host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// The host.
    pub(crate) host: String,
    /// Whether it was looked at.
    pub(crate) is_reached: bool,
    /// The release that serves, or the newest one.
    pub(crate) release: Option<u32>,
    /// Its image, as the program named it.
    pub(crate) image: Option<String>,
    /// The digest of that, without the algorithm.
    pub(crate) digest: Option<String>,
    /// What it does.
    pub(crate) state: State,
    /// What is wrong.
    pub(crate) problem: Option<String>,
    /// Since when it does that, as Docker has it.
    pub(crate) since: Option<String>,
    /// A newer release that is being rolled out.
    pub(crate) coming: Option<u32>,
    /// Older releases that are kept, the newest first.
    pub(crate) kept: Vec<u32>,
    /// What the edge does for it.
    pub(crate) route: Option<Route>,
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// In a word; programs read it.
    pub(crate) name: &'static str,
    /// How good that is.
    pub(crate) mood: Mood,
}

/// How good a state is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should be.
    #[cfg_attr(not(feature = "docker"), allow(dead_code, reason = "only who is asked can say so"))]
    Good,
    /// Neither good nor bad.
    #[default]
    Neutral,
    /// Not as it should be.
    Bad,
}

impl Default for State {
    fn default() -> Self {
        Self { name: "missing", mood: Mood::Bad }
    }
}

/// What the edge of a host does for a container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// Where traffic comes in.
    pub(crate) from: Vec<String>,
    /// The release it goes to.
    pub(crate) to: Option<u32>,
}

/// The container at `address` on its hosts; `now` is milliseconds since 1970 UTC.
pub(crate) fn container(address: &Address, rows: &[Row], now: u64, width: usize) -> String {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| COLUMNS.iter().map(|column| (column.cell)(row, now)).collect()).collect();
    let is_used = |at: &usize| cells.iter().any(|row| !row[*at].is_empty());
    let used: Vec<usize> = (0..COLUMNS.len()).filter(is_used).collect();
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|at| cells.iter().map(|row| row[at].chars().count()).fold(COLUMNS[at].head.len(), usize::max))
        .collect();
    let mut beside = used.clone();
    while beside.iter().map(|at| widths[*at] + 2).sum::<usize>() > width + 2 && beside.len() > ALWAYS {
        beside.pop();
    }
    let mut text = format!("{}\n", paint(BOLD, address));
    let heads: Vec<&str> = COLUMNS.iter().map(|column| column.head).collect();
    let _ = writeln!(text, "{}", paint(DIM, line(&heads, &beside, &widths, &|_, cell| cell)));
    for (row, cells) in rows.iter().zip(&cells) {
        let cells_of: Vec<&str> = cells.iter().map(String::as_str).collect();
        let painted = |at: usize, cell: String| if at == STATE { paint(color(row.state.mood), cell) } else { cell };
        let _ = writeln!(text, "{}", line(&cells_of, &beside, &widths, &painted));
        let below = used.iter().filter(|at| !beside.contains(at) && !cells[**at].is_empty());
        for at in below {
            let _ = writeln!(text, "  {} {}", paint(DIM, COLUMNS[*at].head), cells[*at]);
        }
        for problem in row.problem.iter().flat_map(|problem| wrap(&printable(problem), width.saturating_sub(2).max(20)))
        {
            let _ = writeln!(text, "  {}", paint(RED, problem));
        }
    }
    text
}

/// A column of the table.
struct Column {
    head: &'static str,
    cell: fn(&Row, u64) -> String,
}

/// The columns, those first that are needed most.
const COLUMNS: [Column; 7] = [
    Column { head: "host", cell: |row, _| row.host.clone() },
    Column { head: "release", cell: |row, _| release(row) },
    Column { head: "state", cell: |row, _| row.state.name.to_owned() },
    Column { head: "since", cell: since },
    Column { head: "image", cell: |row, _| row.digest.as_deref().unwrap_or_default().chars().take(DIGITS).collect() },
    Column { head: "kept", cell: |row, _| listed(&row.kept) },
    Column { head: "edge", cell: |row, _| row.route.as_ref().map(route).unwrap_or_default() },
];

/// The column of the state.
const STATE: usize = 2;

/// How many columns stand side by side however narrow the terminal is.
const ALWAYS: usize = 3;

fn release(row: &Row) -> String {
    let release = row.release.map(|release| release.to_string()).unwrap_or_default();
    match row.coming {
        Some(coming) => format!("{release}, {coming} comes"),
        None => release,
    }
}

fn since(row: &Row, now: u64) -> String {
    let since = row.since.as_deref().and_then(time::parse);
    since.map(|since| time::ago(now, since)).unwrap_or_default()
}

fn route(route: &Route) -> String {
    let to = route.to.map_or_else(|| "nowhere".to_owned(), |to| to.to_string());
    format!("{} -> {to}", route.from.join(", "))
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The cells of the columns `beside`, each as wide as its column.
fn line(cells: &[&str], beside: &[usize], widths: &[usize], paint: &dyn Fn(usize, String) -> String) -> String {
    let cell = |at: &usize| {
        let (cell, width) = (cells[*at], widths[*at]);
        let space = " ".repeat(width.saturating_sub(cell.chars().count()));
        format!("{}{space}", paint(*at, cell.to_owned()))
    };
    beside.iter().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

fn color(mood: Mood) -> Style {
    match mood {
        Mood::Good => GREEN,
        Mood::Neutral => YELLOW,
        Mood::Bad => RED,
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    const NOW: u64 = 1_795_418_104_000;

    fn rows() -> Vec<Row> {
        let good = Row {
            host: "10.0.0.5".to_owned(),
            is_reached: true,
            release: Some(12),
            digest: Some("1f2e3d4c5b6a79888796a5b4c3d2e1f0".to_owned()),
            state: State { name: "healthy", mood: Mood::Good },
            since: Some("2026-11-23T04:15:04.123456789Z".to_owned()),
            kept: vec![11, 10, 9, 8, 7],
            route: Some(Route { from: vec!["shop.example".to_owned()], to: Some(12) }),
            ..Row::default()
        };
        let rolling = Row {
            host: "web-2.example".to_owned(),
            state: State { name: "unhealthy", mood: Mood::Bad },
            problem: Some("GET /up on port 8000: the answer is 500".to_owned()),
            coming: Some(13),
            route: Some(Route { from: vec!["shop.example".to_owned()], to: None }),
            ..good.clone()
        };
        let away = "ubuntu@10.0.0.7 does not answer (Connection timed out); check that it runs and that its firewall \
                    lets SSH in from here; try `ssh ubuntu@10.0.0.7`";
        let unreachable = Row {
            host: "10.0.0.7".to_owned(),
            state: State { name: "unreachable", mood: Mood::Bad },
            problem: Some(away.to_owned()),
            ..Row::default()
        };
        vec![good, rolling, unreachable]
    }

    #[test]
    fn a_table_as_wide_as_the_terminal() {
        let show = |width| plain(&container(&Address::new("web/app"), &rows(), NOW, width));
        insta::assert_snapshot!("status_wide", show(120));
        insta::assert_snapshot!("status_80", show(80));
        insta::assert_snapshot!("status_40", show(40));
        for width in [80, 120] {
            let wide: Vec<String> =
                show(width).lines().filter(|line| line.chars().count() > width).map(str::to_owned).collect();
            assert!(wide.is_empty(), "{wide:?}");
        }
    }
}
