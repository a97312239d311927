//! The live view of a terminal: a line for each operation in flight, how far the run is, and above them what is done.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anstream::adapter::strip_str;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ironwright_core::Address;
use ironwright_engine::{Action, Event};

use crate::render::progress as words;
use crate::render::style::shorten;

/// Operations that have a line of their own; the others are counted.
const MOST_LINES: usize = 10;
/// The turning mark of each line.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// The live view.
pub(super) struct Live {
    color: bool,
    bar: ProgressBar,
    state: Mutex<State>,
}

/// An operation in flight.
struct Running {
    action: Action,
    since: Duration,
    /// How far it has come, in words; empty where nobody has said.
    message: String,
}

/// What the view shows.
struct State {
    running: BTreeMap<Address, Running>,
    began: Duration,
    done: usize,
    total: usize,
    reading: Option<(usize, usize)>,
    turns: usize,
    said: bool,
}

impl Live {
    /// The view of a run of `total` operations that begins now.
    pub(super) fn new(color: bool, now: Duration, total: usize) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout_with_hz(10));
        let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let running = BTreeMap::new();
        let state = State { running, began: now, done: 0, total, reading: None, turns: 0, said: false };
        Self { color, bar: bar.with_style(style), state: Mutex::new(state) }
    }

    /// Shows what happened; `login` begins a session anew.
    pub(super) fn event(&self, event: &Event, now: Duration, login: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Refreshing { done, total } => state.reading = Some((*done, *total)),
            Event::Started { address, action, .. } => {
                let running = Running { action: *action, since: now, message: String::new() };
                state.running.insert(address.clone(), running);
            }
            Event::Progress { address, message } if state.running.contains_key(address) => {
                state.running.entry(address.clone()).and_modify(|running| running.message.clone_from(message));
                return;
            }
            Event::Finished { address, .. } | Event::Failed { address, .. } => {
                state.running.remove(address);
                state.done += 1;
            }
            _ => {}
        }
        if let Some(line) = words::line(event, login).filter(|_| !matches!(event, Event::Started { .. })) {
            state.said = true;
            self.bar.println(self.colored(&line));
        }
        drop(state);
    }

    /// Redraws the lines and their elapsed times.
    pub(super) fn tick(&self, now: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.turns += 1;
        let width = usize::from(console::Term::stdout().size().1);
        let lines = state.lines(now, width);
        if !lines.is_empty() {
            self.bar.set_message(self.colored(&lines.join("\n")));
            self.bar.tick();
        }
    }

    /// Takes the view away; what was said above it stays, and the cursor stands at the end of an empty line.
    pub(super) fn clear(&self) {
        if self.state.lock().unwrap_or_else(PoisonError::into_inner).said {
            self.bar.println("");
        }
        self.bar.finish_and_clear();
    }

    fn colored(&self, text: &str) -> String {
        if self.color { text.to_owned() } else { strip_str(text).to_string() }
    }
}

impl State {
    /// The lines of the view, none wider than the terminal, so that none wraps.
    fn lines(&self, now: Duration, width: usize) -> Vec<String> {
        let spinner = SPINNER[self.turns % SPINNER.len()];
        let room = width.saturating_sub(3);
        let mut lines: Vec<String> = self
            .running
            .iter()
            .take(MOST_LINES)
            .map(|(address, it)| words::running(address, it.action, now.saturating_sub(it.since), &it.message))
            .map(|line| format!("{spinner} {}", shorten(&line, room)))
            .collect();
        let hidden = self.running.len() - lines.len();
        if self.total > 0 {
            let overall = words::overall(self.done, self.total, hidden, now.saturating_sub(self.began));
            lines.push(format!("{spinner} {}", shorten(&overall, room)));
        } else if let Some((done, total)) = self.reading {
            lines.push(format!("{spinner} {}", shorten(&words::reading(done, total), room)));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(count: usize, total: usize) -> State {
        let address = |n| Address::new(format!("web/a-server-with-a-rather-long-name-{n}"));
        let since = Duration::from_secs(1);
        let running = |n| (address(n), Running { action: Action::Create, since, message: String::new() });
        let running = (0..count).map(running).collect();
        State { running, began: Duration::ZERO, done: 3, total, reading: Some((1, 2)), turns: 0, said: false }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let lines = state(2, 12).lines(Duration::from_secs(64), 40);
        insta::assert_snapshot!(lines.join("\n"), @r"
        ⠋ web/a-server-with-a-rather-long-name…
        ⠋ web/a-server-with-a-rather-long-name…
        ⠋ 3 of 12 done, 1m04s
        ");
        assert!(lines.iter().all(|line| line.chars().count() < 40));
    }

    #[test]
    fn many_operations_are_counted() {
        let lines = state(25, 40).lines(Duration::from_secs(2), 80);
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!(lines.last().unwrap(), "⠋ 3 of 40 done, 15 more running, 2s");
    }

    #[test]
    fn how_far_an_operation_has_come_stands_beside_it() {
        let live = Live::new(false, Duration::ZERO, 1);
        let address = Address::new("web/app");
        let (action, now) = (Action::Update, Duration::from_secs(2));
        live.event(&Event::Started { address: address.clone(), action, physical_id: None }, now, "");
        for message in ["web-1: pulling", "web-1: waiting until it is healthy"] {
            live.event(&Event::Progress { address: address.clone(), message: message.to_owned() }, now, "");
        }
        let lines = live.state.lock().unwrap().lines(Duration::from_secs(5), 80);
        assert_eq!(lines[0], "⠋ web/app: updating… 3s, web-1: waiting until it is healthy");
    }

    #[test]
    fn reading_is_shown_while_a_plan_is_made() {
        assert_eq!(state(0, 0).lines(Duration::ZERO, 80), ["⠋ Reading 1 of 2 resources"]);
    }
}
