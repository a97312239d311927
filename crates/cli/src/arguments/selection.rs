//! Which resources a plan covers: `--only` and `--exclude`.

use clap::Args;
use ironwright_core::{Address, Diagnostic};
use ironwright_engine::PlanOptions;

use crate::error::CommandError;

/// What commands take that may cover part of the resources.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SelectionArguments {
    /// Cover only this and what it takes; repeatable
    ///
    /// A resource, a scope or a stack. What it needs comes along where that
    /// does not exist yet or changes what it refers to; who uses it, where
    /// it is replaced or deleted.
    #[arg(verbatim_doc_comment, long, value_name = "ADDRESS", value_parser = place)]
    pub(crate) only: Vec<Address>,
    /// Leave this as it is; repeatable
    ///
    /// A resource, a scope or a stack. What cannot go without it is left out
    /// too, and what it needs is neither replaced nor deleted.
    #[arg(verbatim_doc_comment, long, value_name = "ADDRESS", value_parser = place)]
    pub(crate) exclude: Vec<Address>,
}

impl SelectionArguments {
    /// `options` for this part. What is both asked for and excluded is an error.
    pub(crate) fn narrow(&self, options: PlanOptions) -> Result<PlanOptions, CommandError> {
        let both = self.only.iter().find_map(|only| {
            let holds = |exclude: &&Address| exclude.segments().eq(only.segments().take(exclude.segments().count()));
            Some((only, self.exclude.iter().find(holds)?))
        });
        let Some((only, exclude)) = both else {
            return Ok(PlanOptions { only: self.only.clone(), exclude: self.exclude.clone(), ..options });
        };
        let message = format!("`--only {only}` and `--exclude {exclude}` contradict each other: nothing of it is left");
        let error = Diagnostic::error("contradiction", message).help("leave one of the two flags out");
        Err(CommandError::usage(error))
    }
}

fn place(text: &str) -> Result<Address, String> {
    if text.split('/').all(|segment| !segment.is_empty()) {
        Ok(Address::new(text))
    } else {
        Err("expected STACK, STACK/SCOPE or STACK/NAME".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(only: &str, exclude: &str, expect: Option<u8>) {
        let arguments = SelectionArguments { only: vec![only.into()], exclude: vec![exclude.into()] };
        let error = arguments.narrow(PlanOptions::default()).err();
        assert_eq!(error.map(|error| error.exit.code()), expect, "--only {only} --exclude {exclude}");
    }

    #[test]
    fn what_is_asked_for_and_excluded_is_wrong_usage() {
        check("web/server", "web/server", Some(64));
        check("web/api/server", "web", Some(64));
        check("web", "web/server", None);
        check("web/api2", "web/api", None);
    }

    #[test]
    fn a_place_has_no_empty_segment() {
        for text in ["", "web/", "/web", "web//server"] {
            assert!(place(text).is_err(), "{text:?}");
        }
        assert!(place("web").is_ok() && place("web/api/server").is_ok());
    }
}
