//! What the classic builder tells of a build: lines of text, among them the beginnings of steps.

use super::steps::Steps;

/// Reads the output of the classic builder into steps.
#[derive(Default)]
pub(super) struct Classic {
    /// What is written of a line.
    open: String,
    /// How many steps have begun; the last one's is its id.
    begun: usize,
}

impl Classic {
    /// A piece of output, as it comes.
    pub(super) fn read(&mut self, piece: &str, steps: &mut Steps<'_>) {
        self.open.push_str(piece);
        while let Some(end) = self.open.find('\n') {
            let line: String = self.open.drain(..=end).collect();
            self.line(line.trim_end(), steps);
        }
    }

    /// What is said of a build that failed with `error`.
    pub(super) fn failure(&self, error: &str, steps: &Steps<'_>) -> String {
        steps.failure(&self.begun.to_string(), error)
    }

    fn line(&mut self, line: &str, steps: &mut Steps<'_>) {
        if let Some((place, instruction)) = line.strip_prefix("Step ").and_then(|rest| rest.split_once(" : ")) {
            // Whether a step is in the cache is said after it; nothing was said of this one.
            steps.begun(&self.begun.to_string(), false);
            self.begun += 1;
            steps.named(&self.begun.to_string(), &format!("{place} {instruction}"));
            return;
        }
        let id = self.begun.to_string();
        let own = line.trim_start().strip_prefix("---> ");
        steps.begun(&id, own == Some("Using cache"));
        // The builder's own lines: containers and images in between.
        if own.is_none() && !line.starts_with("Removing intermediate container ") {
            steps.says(&id, &format!("{line}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn steps_and_their_output_are_told_apart() {
        let said = Mutex::new(Vec::new());
        let progress = |line: &str| said.lock().expect("nobody panicked").push(line.to_owned());
        let (mut classic, mut steps) = (Classic::default(), Steps::new(&progress));
        for piece in [
            "Step 1/3 : FROM base",
            "\n",
            " ---> 0123456789ab\n",
            "Step 2/3 : COPY . .\n",
            " ---> Using cache\n ---> 0123456789ac\n",
            "Step 3/3 : RUN make\n",
            " ---> Running in 0123456789ad\n",
            "make: ",
            "no rule\n",
            "Removing intermediate container 0123456789ad\n",
        ] {
            classic.read(piece, &mut steps);
        }
        let failure = classic.failure("code: 2", &steps);
        assert_eq!(failure, "the build failed at step 3/3 RUN make: code: 2; it ended with:\nmake: no rule");
        let said = said.into_inner().expect("nobody panicked");
        assert_eq!(said, ["step 1/3 FROM base", "step 2/3 COPY . . (cached)", "step 3/3 RUN make"]);
    }
}
