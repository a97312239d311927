//! The user's program as the commands see it: a function from inputs to an [`App`].
//!
//! Whatever goes wrong inside it (an error, a panic) comes back as diagnostics. What is done with the app lives elsewhere.

use std::error::Error;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

use ironwright_core::{App, Diagnostic, Diagnostics, InputError, Inputs, Source};

/// A user's program.
pub trait Program {
    /// Builds the app. Pure: the same inputs give the same app.
    fn build(&self, inputs: &Inputs) -> Result<App, Box<dyn Error>>;
}

/// What `run` takes: `fn() -> App` or `fn(&Inputs) -> App`, either of them also returning `Result`.
///
/// `M` tells the four apart and is never written out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a program",
    note = "`run` takes `fn() -> App`, `fn(&Inputs) -> App`, or either of them returning `Result<App, _>`"
)]
pub trait IntoProgram<M> {
    /// The program.
    fn into_program(self) -> impl Program;
}

/// Marks `fn() -> App`.
#[derive(Debug)]
pub enum Plain {}
/// Marks `fn() -> Result<App, E>`.
#[derive(Debug)]
pub enum Fallible {}
/// Marks `fn(&Inputs) -> App`.
#[derive(Debug)]
pub enum WithInputs {}
/// Marks `fn(&Inputs) -> Result<App, E>`.
#[derive(Debug)]
pub enum FallibleWithInputs {}

struct Function<F>(F);

impl<F: Fn(&Inputs) -> Result<App, Box<dyn Error>>> Program for Function<F> {
    fn build(&self, inputs: &Inputs) -> Result<App, Box<dyn Error>> {
        self.0(inputs)
    }
}

impl<F: Fn() -> App> IntoProgram<Plain> for F {
    fn into_program(self) -> impl Program {
        Function(move |_: &Inputs| Ok(self()))
    }
}

impl<F: Fn() -> Result<App, E>, E: Into<Box<dyn Error>>> IntoProgram<Fallible> for F {
    fn into_program(self) -> impl Program {
        Function(move |_: &Inputs| self().map_err(Into::into))
    }
}

impl<F: Fn(&Inputs) -> App> IntoProgram<WithInputs> for F {
    fn into_program(self) -> impl Program {
        Function(move |inputs: &Inputs| Ok(self(inputs)))
    }
}

impl<F: Fn(&Inputs) -> Result<App, E>, E: Into<Box<dyn Error>>> IntoProgram<FallibleWithInputs> for F {
    fn into_program(self) -> impl Program {
        Function(move |inputs: &Inputs| self(inputs).map_err(Into::into))
    }
}

/// The app of `program`, or what kept it from being built.
pub(crate) fn build(program: &dyn Program, inputs: &Inputs) -> Result<App, Diagnostics> {
    match catch(|| program.build(inputs)) {
        Ok(Ok(app)) => Ok(app),
        Ok(Err(error)) => Err(returned(error)),
        Err(panicked) => Err(panicked.into()),
    }
}

/// What `work` gives, or its panic as a diagnostic with the line. The panic hook is put back as it was.
fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    let seen = Arc::new(Mutex::new(None));
    let note = Arc::clone(&seen);
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let source = info.location().map(|at| Source { file: at.file().to_owned().into(), line: at.line() });
        let message = info.payload_as_str().unwrap_or("a panic without a message").to_owned();
        *note.lock().unwrap_or_else(PoisonError::into_inner) = Some((message, source));
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(previous);
    result.map_err(|_| {
        let (message, source) = seen.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        let error = Diagnostic::error("program-panicked", format!("the program panicked: {message}"));
        source.iter().fold(error, Diagnostic::source)
    })
}

/// A returned error, with its chain of causes. Diagnostics pass as they are.
fn returned(error: Box<dyn Error>) -> Diagnostics {
    let error = match error.downcast::<Diagnostics>() {
        Ok(diagnostics) => return *diagnostics,
        Err(error) => error,
    };
    let error = match error.downcast::<Diagnostic>() {
        Ok(diagnostic) => return (*diagnostic).into(),
        Err(error) => error,
    };
    if let Some(input) = error.downcast_ref::<InputError>() {
        return Diagnostic::error("input", input.to_string()).into();
    }
    let mut diagnostic = Diagnostic::error("program-failed", error.to_string());
    let mut cause = error.source();
    while let Some(inner) = cause {
        diagnostic = diagnostic.related(format!("caused by: {inner}"), None);
        cause = inner.source();
    }
    diagnostic.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> App {
        App::new("a")
    }
    fn fallible() -> Result<App, std::num::ParseIntError> {
        "x".parse::<u8>()?;
        Ok(App::new("b"))
    }
    fn with_inputs(inputs: &Inputs) -> App {
        App::new(inputs.stage())
    }
    fn fallible_with_inputs(inputs: &Inputs) -> Result<App, InputError> {
        Ok(App::new(&inputs.get::<String>("name")?))
    }
    fn panics() -> App {
        panic!("no {}", "region")
    }

    fn built<M>(program: impl IntoProgram<M>) -> Result<String, String> {
        let inputs = Inputs::new("prod");
        let app = build(&program.into_program(), &inputs);
        app.map(|app| app.name().to_owned()).map_err(|diagnostics| diagnostics.to_string())
    }

    #[test]
    fn all_four_kinds_of_function_are_programs() {
        assert_eq!(built(plain), Ok("a".to_owned()));
        assert_eq!(built(with_inputs), Ok("prod".to_owned()));
        assert_eq!(built(fallible), Err("invalid digit found in string".to_owned()));
        let missing = "the variable `name` is not given; add `--var name=…`";
        assert_eq!(built(fallible_with_inputs), Err(missing.to_owned()));
    }

    #[test]
    fn a_panic_is_reported_with_its_line() {
        let message = built(panics).unwrap_err();
        assert!(message.starts_with("the program panicked: no region (crates/cli/src/program.rs:"), "{message}");
    }

    #[test]
    fn an_error_is_shown_with_its_causes() {
        let inner = std::io::Error::other("disk full");
        let outer = std::io::Error::other(inner);
        let text = returned(Box::new(outer)).to_string();
        assert!(text.contains("disk full"), "{text}");
    }
}
