//! What a test may hand over as the program under test.

use std::fmt::Display;

use ironwright_core::App;

/// An app, or the result of a function that makes one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app",
    label = "give what the program returns: `app()`",
    note = "an `App` and a `Result<App, E>` whose error can be shown are taken"
)]
pub trait IntoApp {
    /// The app, or what the program says is wrong.
    fn into_app(self) -> Result<App, String>;
}

impl IntoApp for App {
    fn into_app(self) -> Result<App, String> {
        Ok(self)
    }
}

impl IntoApp for &App {
    fn into_app(self) -> Result<App, String> {
        Ok(self.clone())
    }
}

impl<E: Display> IntoApp for Result<App, E> {
    fn into_app(self) -> Result<App, String> {
        self.map_err(|error| error.to_string())
    }
}
