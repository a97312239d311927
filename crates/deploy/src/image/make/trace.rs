//! What BuildKit tells of a build: steps with their digests, names, times and output.

use super::protobuf::{Part, parts, text};
use super::steps::Steps;

/// Reads messages of BuildKit's status into steps.
#[derive(Default)]
pub(super) struct Trace {
    /// The step that failed, and why.
    failed: Option<(String, String)>,
}

impl Trace {
    /// A message, as it comes.
    pub(super) fn read(&mut self, message: &[u8], steps: &mut Steps<'_>) {
        for (field, part) in parts(message) {
            match (field, part) {
                (1, Part::Bytes(vertex)) => self.vertex(vertex, steps),
                (3, Part::Bytes(log)) => log_line(log, steps),
                _ => {}
            }
        }
    }

    /// What is said of a build that failed with `error`.
    pub(super) fn failure(&self, error: &str, steps: &Steps<'_>) -> String {
        match &self.failed {
            Some((step, reason)) => steps.failure(step, reason),
            None => format!("the build failed: {error}"),
        }
    }

    fn vertex(&mut self, vertex: &[u8], steps: &mut Steps<'_>) {
        let (id, error) = (text(vertex, 1), text(vertex, 7));
        let (mut cached, mut begun) = (false, false);
        for (field, part) in parts(vertex) {
            cached |= field == 4 && part == Part::Number(1);
            begun |= field == 5;
        }
        if let Some(name) = name(&text(vertex, 3)) {
            steps.named(&id, &name);
        }
        if begun || cached {
            steps.begun(&id, cached);
        }
        // Steps that wait for a failing one are cancelled, which is no reason.
        if !error.is_empty() && (self.failed.is_none() || !error.contains("context canceled")) {
            self.failed = Some((id, error));
        }
    }
}

fn log_line(log: &[u8], steps: &mut Steps<'_>) {
    steps.says(&text(log, 1), &text(log, 4));
}

/// The name of a step of the Dockerfile, `[build 2/4] RUN make` as `build 2/4 RUN make`; nothing where it is one of BuildKit's
/// own.
fn name(vertex: &str) -> Option<String> {
    let (place, instruction) = vertex.strip_prefix('[')?.split_once(']')?;
    let place = place.split_whitespace().collect::<Vec<_>>().join(" ");
    (place != "internal").then(|| format!("{place}{instruction}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::protobuf::Message;
    use super::*;

    fn vertex(id: &str, name: &str) -> Message {
        Message::default().bytes(1, id.as_bytes()).bytes(3, name.as_bytes())
    }

    #[test]
    fn steps_are_told_once_and_the_failing_one_with_its_output() {
        let said = Mutex::new(Vec::new());
        let progress = |line: &str| said.lock().expect("nobody panicked").push(line.to_owned());
        let (mut trace, mut steps) = (Trace::default(), Steps::new(&progress));
        let mut tell = |messages: &[(u64, Message)]| {
            let message = messages
                .iter()
                .fold(Message::default(), |all, (field, one)| all.bytes(*field, &one.clone().into_bytes()));
            trace.read(&message.into_bytes(), &mut steps);
        };
        tell(&[(1, vertex("a", "[internal] load build definition").bytes(5, b""))]);
        tell(&[(1, vertex("b", "[build 1/2] FROM base").number(4, 1)), (1, vertex("c", "[build  2/2] RUN make"))]);
        tell(&[(1, vertex("c", "[build  2/2] RUN make").bytes(5, b""))]);
        tell(&[(1, vertex("c", "[build  2/2] RUN make").bytes(5, b""))]);
        for line in 1..=30 {
            tell(&[(3, Message::default().bytes(1, b"c").bytes(4, format!("line {line}\n").as_bytes()))]);
        }
        tell(&[(3, Message::default().bytes(1, b"c").bytes(4, b"and th"))]);
        tell(&[(3, Message::default().bytes(1, b"c").bytes(4, b"is"))]);
        tell(&[
            (1, vertex("c", "[build  2/2] RUN make").bytes(7, b"exit code: 2")),
            (1, vertex("d", "[stage-1 1/1] COPY").bytes(7, b"context canceled")),
        ]);
        let failure = trace.failure("failed to solve", &steps);
        assert!(
            failure.starts_with("the build failed at step build 2/2 RUN make: exit code: 2; it ended with:\nline 11\n")
        );
        assert!(failure.ends_with("line 30\nand this"), "{failure}");
        let said = said.into_inner().expect("nobody panicked");
        assert_eq!(said, ["step build 1/2 FROM base (cached)", "step build 2/2 RUN make"]);
    }

    #[test]
    fn a_failure_before_the_first_step_is_what_the_daemon_says() {
        let progress = |_: &str| {};
        let failure = Trace::default().failure("unknown instruction: FORM", &Steps::new(&progress));
        assert_eq!(failure, "the build failed: unknown instruction: FORM");
    }
}
