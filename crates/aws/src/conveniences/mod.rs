//! What is written by hand on top of the generated types: friendlier names, scripts, rules and documents as types.
//!
//! One idea a file, by service and behind that service's feature. Literals that cannot be right become
//! [`Tree::Invalid`], which the graph reports with address and line; nothing here panics.

#[cfg(feature = "ec2")]
pub(crate) mod ec2;
#[cfg(feature = "iam")]
pub(crate) mod iam;
#[cfg(feature = "lambda")]
mod lambda;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "sqs")]
mod sqs;

#[cfg(any(feature = "ec2", feature = "iam", feature = "lambda", feature = "sqs"))]
use ironwright_core::{Problem, Source, Tree};

/// A literal that cannot be right, written at `source`.
#[cfg(any(feature = "ec2", feature = "iam", feature = "lambda", feature = "sqs"))]
fn invalid(message: impl Into<String>, help: impl Into<String>, source: &Source) -> Tree {
    Tree::Invalid(Box::new(Problem::new("invalid-value", message).help(help).source(source)))
}
