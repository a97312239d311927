//! The seam to the terminal: standard input, output and error, their width and colours. All printing goes through here.

use std::io::{BufRead, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anstream::adapter::strip_str;

/// The width assumed where there is no terminal.
const WIDTH_OF_A_PIPE: usize = 100;
/// Narrower terminals are written to as if they had this width.
const NARROWEST: usize = 40;

/// How long a process that is to end at once tries to say so.
const LAST_WORDS: Duration = Duration::from_millis(200);

type Writer = Mutex<Box<dyn Write + Send>>;

/// Where a command reads from and writes to.
pub(crate) struct Terminal {
    output: Writer,
    error: Writer,
    input: Mutex<Box<dyn BufRead + Send>>,
    features: Features,
}

/// What the terminal can do.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent features, each asked for by name")]
pub(crate) struct Features {
    /// A person reads and can answer.
    pub(crate) interactive: bool,
    /// Standard output is a terminal.
    pub(crate) terminal: bool,
    /// Standard output is redrawn in place.
    pub(crate) live: bool,
    /// Standard output is coloured.
    pub(crate) output_color: bool,
    /// Standard error is coloured.
    pub(crate) error_color: bool,
    /// The columns.
    pub(crate) width: usize,
}

impl Terminal {
    /// The process's own. `colors` is what the command line says; the environment and pipes may still forbid them.
    pub(crate) fn of_the_process(colors: bool, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        let dumb = environment("TERM").as_deref() == Some("dumb");
        let color = |terminal: bool| colors && !set("NO_COLOR") && (set("CLICOLOR_FORCE") || (terminal && !dumb));
        let features = Features {
            interactive: stdin.is_terminal() && stdout.is_terminal(),
            terminal: stdout.is_terminal(),
            live: stdout.is_terminal() && !dumb && !set("CI"),
            output_color: color(stdout.is_terminal()),
            error_color: color(stderr.is_terminal()),
            width: console::Term::stdout().size_checked().map_or(WIDTH_OF_A_PIPE, |(_, columns)| usize::from(columns)),
        };
        Self {
            output: Mutex::new(Box::new(stdout)),
            error: Mutex::new(Box::new(stderr)),
            input: Mutex::new(Box::new(std::io::BufReader::new(stdin))),
            features,
        }
    }

    /// One made of parts, for tests.
    #[cfg(test)]
    pub(crate) fn of_parts(
        output: Box<dyn Write + Send>,
        error: Box<dyn Write + Send>,
        input: &'static str,
        features: Features,
    ) -> Self {
        let (output, error) = (Mutex::new(output), Mutex::new(error));
        Self { output, error, input: Mutex::new(Box::new(input.as_bytes())), features }
    }

    /// What it can do.
    pub(crate) fn features(&self) -> Features {
        self.features
    }

    /// The columns to write in.
    pub(crate) fn width(&self) -> usize {
        self.features.width.max(NARROWEST)
    }

    /// Prints on standard output.
    pub(crate) fn print(&self, text: &str) {
        let _ = write(&self.output, text, self.features.output_color);
    }

    /// Prints a line on standard output.
    pub(crate) fn line(&self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Prints on standard output, and says whether anybody reads it.
    #[cfg(feature = "docker")]
    pub(crate) fn is_heard(&self, text: &str) -> bool {
        write(&self.output, text, self.features.output_color).is_ok()
    }

    /// Prints on standard error.
    pub(crate) fn complain(&self, text: &str) {
        let _ = write(&self.error, text, self.features.error_color);
    }

    /// Prints on standard error before the process ends, and waits for it no longer than [`LAST_WORDS`]: whoever reads may
    /// have stopped reading.
    pub(crate) fn say_last(self: &Arc<Self>, text: String) {
        let (said, hear) = std::sync::mpsc::channel();
        let terminal = Arc::clone(self);
        std::thread::spawn(move || {
            terminal.complain(&text);
            // Nobody hears it when it came too late.
            let _ = said.send(());
        });
        let _ = hear.recv_timeout(LAST_WORDS);
    }

    /// Asks `question` and returns the line typed in answer, without its line feed; nothing at the end of input.
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        self.print(question);
        let mut answer = String::new();
        let read = self.input.lock().unwrap_or_else(PoisonError::into_inner).read_line(&mut answer);
        matches!(read, Ok(bytes) if bytes > 0).then(|| answer.trim().to_owned())
    }
}

/// Writes what it can: a reader that went away is no reason to stop a run half-way.
fn write(writer: &Writer, text: &str, color: bool) -> std::io::Result<()> {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    let written = if color { writer.write_all(text.as_bytes()) } else { write!(writer, "{}", strip_str(text)) };
    written.and_then(|()| writer.flush())
}

/// A terminal that keeps what is printed, for tests.
#[cfg(test)]
pub(crate) mod captured {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::{Features, Terminal};

    /// What was printed so far.
    #[derive(Clone, Default)]
    pub(crate) struct Printed(Arc<Mutex<Vec<u8>>>);

    impl Printed {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// A pipe, or a terminal at which `typed` is typed; with its standard output and error.
    pub(crate) fn terminal(typed: Option<&'static str>) -> (Terminal, Printed, Printed) {
        let (output, error) = (Printed::default(), Printed::default());
        let features = Features {
            terminal: typed.is_some(),
            interactive: typed.is_some(),
            live: false,
            output_color: false,
            error_color: false,
            width: 100,
        };
        let boxes: (Box<Printed>, Box<Printed>) = (Box::new(output.clone()), Box::new(error.clone()));
        (Terminal::of_parts(boxes.0, boxes.1, typed.unwrap_or_default(), features), output, error)
    }
}
