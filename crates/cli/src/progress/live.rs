//! The live view of a terminal: a line for each operation in flight, how far the run is, and above them what is done.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anstream::adapter::strip_str;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use ironwright_core::Address;
use ironwright_engine::{Action, Event};

use crate::render::plan::reading;
use crate::render::progress as words;

/// The live view.
pub(super) struct Live {
    color: bool,
    began: Duration,
    total: usize,
    bars: MultiProgress,
    overall: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: BTreeMap<Address, Operation>,
    done: usize,
    said: bool,
}

struct Operation {
    action: Action,
    since: Duration,
    bar: ProgressBar,
}

impl Live {
    /// The view of a run of `total` operations that begins now.
    pub(super) fn new(color: bool, now: Duration, total: usize) -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stdout_with_hz(10));
        let overall = bars.add(bar());
        Self { color, began: now, total, bars, overall, state: Mutex::default() }
    }

    /// Shows what happened.
    pub(super) fn event(&self, event: &Event, now: Duration) {
        match event {
            Event::Refreshing { done, total } => self.overall.set_message(self.colored(&reading(*done, *total))),
            Event::Started { address, action, .. } => self.start(address, *action, now),
            Event::Finished { address, .. } | Event::Failed { address, .. } => {
                self.finish(address);
                self.say(event);
            }
            _ => self.say(event),
        }
    }

    /// Redraws the elapsed times.
    pub(super) fn tick(&self, now: Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (address, operation) in &state.running {
            let line = words::running(address, operation.action, now.saturating_sub(operation.since));
            operation.bar.set_message(self.colored(&line));
            operation.bar.tick();
        }
        if self.total > 0 {
            let line = words::overall(state.done, self.total, now.saturating_sub(self.began));
            self.overall.set_message(self.colored(&line));
        }
        self.overall.tick();
    }

    /// Takes the view away; what was said above it stays, and the cursor stands at the end of an empty line.
    pub(super) fn clear(&self) {
        self.overall.finish_and_clear();
        if self.state.lock().unwrap_or_else(PoisonError::into_inner).said {
            let _ = self.bars.println("");
        }
        let _ = self.bars.clear();
    }

    fn start(&self, address: &Address, action: Action, now: Duration) {
        let bar = self.bars.insert_before(&self.overall, bar());
        bar.set_message(self.colored(&words::running(address, action, Duration::ZERO)));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running.insert(address.clone(), Operation { action, since: now, bar });
    }

    fn finish(&self, address: &Address) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += 1;
        if let Some(operation) = state.running.remove(address) {
            operation.bar.finish_and_clear();
            self.bars.remove(&operation.bar);
        }
    }

    fn say(&self, event: &Event) {
        if let Some(line) = words::line(event) {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).said = true;
            let _ = self.bars.println(self.colored(&line));
        }
    }

    fn colored(&self, text: &str) -> String {
        if self.color { text.to_owned() } else { strip_str(text).to_string() }
    }
}

/// One line that is cut at the terminal's width, so that it never wraps.
fn bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let hidden = ProgressDrawTarget::hidden();
    ProgressBar::with_draw_target(None, hidden).with_style(style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "))
}
