//! Regular expressions of the facts: which engine compiles each, and which none does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::dialect::translated;

/// The patterns met so far, each with the engine that takes it.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    engines: BTreeMap<String, Engine>,
    skipped: BTreeSet<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Engine {
    Regex,
    FancyRegex,
    None,
}

impl Patterns {
    /// The `pattern` of `type_name` in the dialect of the engines; if none of them takes it, it is noted as skipped.
    pub(crate) fn compiled(&mut self, type_name: &str, pattern: &str) -> Option<String> {
        let translated = translated(pattern);
        let engine = *self.engines.entry(translated.clone()).or_insert_with(|| engine(&translated));
        if engine == Engine::None {
            self.skipped.insert((type_name.to_owned(), pattern.to_owned()));
            return None;
        }
        Some(translated)
    }

    /// How many distinct patterns `regex`, only `fancy-regex`, and neither compiles.
    pub(crate) fn counts(&self) -> [usize; 3] {
        [Engine::Regex, Engine::FancyRegex, Engine::None]
            .map(|engine| self.engines.values().filter(|found| **found == engine).count())
    }

    /// The list of what was skipped.
    pub(crate) fn skipped(&self) -> String {
        let mut out =
            "# Patterns that neither `regex` nor `fancy-regex` compiles; values are not checked against them.\n"
                .to_owned();
        for (type_name, pattern) in &self.skipped {
            let _ = writeln!(out, "{type_name}\t{pattern:?}");
        }
        out
    }
}

fn engine(pattern: &str) -> Engine {
    if regex::Regex::new(pattern).is_ok() {
        Engine::Regex
    } else if fancy_regex::Regex::new(pattern).is_ok() {
        Engine::FancyRegex
    } else {
        Engine::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_goes_to_the_simplest_engine() {
        let mut patterns = Patterns::default();
        assert!(patterns.compiled("AWS::T::A", "^[a-z]+$").is_some());
        assert!(patterns.compiled("AWS::T::A", "^(?!aws)[a-z]+$").is_some());
        assert!(patterns.compiled("AWS::T::A", "[").is_none());
        assert_eq!(patterns.counts(), [1, 1, 1]);
        assert!(patterns.skipped().ends_with("AWS::T::A\t\"[\"\n"));
    }
}
