//! Inputs: the stage and the `--var`s a program may read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::Secret;
use crate::nearest::nearest;

/// What the command line gives to `fn app(inputs: &Inputs)`.
///
/// ```
/// use ironwright_core::Inputs;
/// let inputs = Inputs::new("prod").var("cells", "12");
/// assert_eq!(inputs.get_or("cells", 1).unwrap(), 12);
/// assert_eq!(inputs.get_or("zones", 2).unwrap(), 2);
/// assert!(inputs.get::<u32>("size").is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    stage: String,
    vars: BTreeMap<String, String>,
    asked: RefCell<BTreeSet<String>>,
}

/// An input that is missing or is not what the program expects. A value is never part of the message: it may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputError {
    /// No `--var` of this name was given.
    Missing {
        /// The variable.
        name: String,
    },
    /// The value cannot be read as the type asked for.
    Invalid {
        /// The variable.
        name: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "the variable `{name}` is not given; add `--var {name}=…`"),
            Self::Invalid { name, expected } => write!(f, "the value of `--var {name}=…` cannot be read as {expected}"),
        }
    }
}

impl std::error::Error for InputError {}

impl Inputs {
    /// Inputs of a stage, without variables.
    pub fn new(stage: impl Into<String>) -> Self {
        Self { stage: stage.into(), ..Self::default() }
    }

    /// The same, with one more variable.
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// The stage: `dev` unless `--stage` says otherwise.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// The variable `name`, which must be given.
    pub fn get<T: FromStr>(&self, name: &str) -> Result<T, InputError> {
        self.find(name)?.ok_or_else(|| InputError::Missing { name: name.to_owned() })
    }

    /// The variable `name`, or `default` where it is not given.
    pub fn get_or<T: FromStr>(&self, name: &str, default: T) -> Result<T, InputError> {
        Ok(self.find(name)?.unwrap_or(default))
    }

    /// The variable `name`, if it is given.
    pub fn find<T: FromStr>(&self, name: &str) -> Result<Option<T>, InputError> {
        self.asked.borrow_mut().insert(name.to_owned());
        let invalid = |_| InputError::Invalid { name: name.to_owned(), expected: std::any::type_name::<T>() };
        self.vars.get(name).map(|text| text.parse().map_err(invalid)).transpose()
    }

    /// The variable `name` as a secret.
    pub fn secret(&self, name: &str) -> Result<Secret, InputError> {
        self.get::<String>(name).map(Secret::new)
    }

    /// All variables, for parameters of stacks.
    pub fn vars(&self) -> &BTreeMap<String, String> {
        &self.vars
    }

    /// Variables that were given and that neither the program asked for nor `also_known` holds, each with the nearest
    /// known name.
    pub fn unused<'a>(&'a self, also_known: &BTreeSet<String>) -> Vec<(&'a str, Option<String>)> {
        let asked = self.asked.borrow();
        let known = || asked.iter().chain(also_known).map(String::as_str);
        let unused = self.vars.keys().filter(|name| !known().any(|other| other == name.as_str()));
        unused.map(|name| (name.as_str(), nearest(name, known()).map(str::to_owned))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_is_found() {
        let inputs = Inputs::new("dev").var("cell", "3").var("Stage", "x");
        let _ = inputs.get_or("cells", 1);
        let parameters = BTreeSet::from(["Stage".to_owned()]);
        assert_eq!(inputs.unused(&parameters), [("cell", Some("cells".to_owned()))]);
    }

    #[test]
    fn an_unreadable_value_is_not_repeated() {
        let error = Inputs::new("dev").var("cells", "hunter2").get::<u32>("cells").expect_err("not a number");
        assert!(!error.to_string().contains("hunter2"));
        assert!(error.to_string().contains("u32"));
    }
}
