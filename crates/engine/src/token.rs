//! Tokens: names of attempts, made new for each and reused only to ask about the same one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one attempt at an operation: 32 hexadecimal digits.
///
/// It is not a digest of the inputs: EC2 replays a token for about a day even when the instance it made is gone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// The token made of 128 random bits.
    pub fn new(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
