//! A value that has to be a secret: a plain literal is refused with the address and the line.

use ironwright_core::{IntoValue, Problem, Text, Tree};

/// The tree of `value`, or what is wrong where `what` is written as plain text.
pub(crate) fn secret(what: &str, value: impl IntoValue<Text>) -> Tree {
    match value.into_value().into_tree() {
        Tree::Text(_) => Tree::Invalid(Box::new(
            Problem::new("plain-secret", format!("{what} is plain text, which plans and states show"))
                .help("wrap it: `Secret::new(text)`"),
        )),
        tree => tree,
    }
}
