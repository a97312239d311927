//! The steps of a build: told as they begin, and kept as far as the error of a failing one needs.

use std::collections::{BTreeMap, VecDeque};

use crate::readiness::Progress;

/// How many lines of a failing step are shown.
const LINES: usize = 20;

/// The steps of a build.
pub(super) struct Steps<'a> {
    progress: Progress<'a>,
    known: BTreeMap<String, Step>,
}

#[derive(Debug, Default)]
struct Step {
    name: String,
    told: bool,
    last: VecDeque<String>,
    /// What is written of a line.
    open: String,
}

impl<'a> Steps<'a> {
    /// No step yet.
    pub(super) fn new(progress: Progress<'a>) -> Self {
        Self { progress, known: BTreeMap::new() }
    }

    /// The step `id` is called `name`, as `2/7 RUN make`.
    pub(super) fn named(&mut self, id: &str, name: &str) {
        name.clone_into(&mut self.step(id).name);
    }

    /// The step has begun, or was found done in the cache. Said once.
    pub(super) fn begun(&mut self, id: &str, cached: bool) {
        let step = self.step(id);
        if step.told || step.name.is_empty() {
            return;
        }
        step.told = true;
        let line = format!("step {}{}", step.name, if cached { " (cached)" } else { "" });
        (self.progress)(&line);
    }

    /// The step writes.
    pub(super) fn says(&mut self, id: &str, text: &str) {
        let step = self.step(id);
        step.open.push_str(text);
        while let Some(end) = step.open.find('\n') {
            let line: String = step.open.drain(..=end).collect();
            step.keep(line.trim_end());
        }
    }

    /// What is said of the step, which failed because of `error`.
    pub(super) fn failure(&self, id: &str, error: &str) -> String {
        let Some(step) = self.known.get(id) else { return format!("the build failed: {error}") };
        let place = if step.name.is_empty() { String::new() } else { format!(" at step {}", step.name) };
        let rest = Some(step.open.trim_end()).filter(|rest| !rest.is_empty());
        let lines: Vec<&str> = step.last.iter().map(String::as_str).chain(rest).collect();
        if lines.is_empty() {
            return format!("the build failed{place}: {error}");
        }
        format!("the build failed{place}: {error}; it ended with:\n{}", lines.join("\n"))
    }

    fn step(&mut self, id: &str) -> &mut Step {
        self.known.entry(id.to_owned()).or_default()
    }
}

impl Step {
    fn keep(&mut self, line: &str) {
        // What a progress bar draws over itself counts as its last state.
        let line = line.rsplit('\r').next().unwrap_or_default();
        if line.trim().is_empty() {
            return;
        }
        if self.last.len() == LINES {
            self.last.pop_front();
        }
        self.last.push_back(line.to_owned());
    }
}
