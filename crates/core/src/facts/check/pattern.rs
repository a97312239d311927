//! Patterns of the facts: compiled once when first used, looked up after that.
//!
//! They are JavaScript's; about one in twenty looks ahead or back, which the engine in use cannot. Looks ahead at the
//! start of a pattern, most of them, become patterns of their own. What is left over is not checked: the heavier engine
//! that could would cost every user's first build more than these patterns are worth.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, LazyLock, RwLock};

use regex::Regex;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    /// What is looked for, and whether it must be found.
    parts: Vec<(Regex, bool)>,
}

static CACHE: LazyLock<RwLock<HashMap<String, Option<Arc<Pattern>>>>> = LazyLock::new(RwLock::default);

impl Pattern {
    /// The pattern that `source` spells; nothing where it cannot be checked.
    pub fn compile(source: &str) -> Option<Self> {
        let source = plain_classes(source);
        let (lookaheads, rest) = leading_lookaheads(&source);
        let mut parts = Vec::with_capacity(lookaheads.len() + 1);
        for (lookahead, must) in lookaheads {
            parts.push((Regex::new(&format!("^(?:{lookahead})")).ok()?, must));
        }
        parts.push((Regex::new(&rest).ok()?, true));
        Some(Self { parts })
    }

    /// The pattern that `source` spells, remembered for the rest of the process.
    pub fn cached(source: &str) -> Option<Arc<Self>> {
        if let Some(known) = CACHE.read().ok()?.get(source) {
            return known.clone();
        }
        let compiled = Self::compile(source).map(Arc::new);
        CACHE.write().ok()?.entry(source.to_owned()).or_insert(compiled).clone()
    }

    /// What `source` asks for apart from its leading looks ahead, in the engine's own syntax.
    pub fn without_lookaheads(source: &str) -> String {
        leading_lookaheads(&plain_classes(source)).1
    }

    /// Whether `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.parts.iter().all(|(regex, must)| regex.is_match(text) == *must)
    }
}

/// Escapes that JavaScript allows and the engine does not, said otherwise: `\/`, `\u0020`, `\Z`.
fn plain_classes(source: &str) -> String {
    let mut plain = String::with_capacity(source.len());
    let mut rest = source.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match rest.next() {
            Some('/') => plain.push('/'),
            Some('Z') => plain.push_str("\\z"),
            Some('u') if rest.as_str().starts_with(|next: char| next.is_ascii_hexdigit()) => {
                let digits: String = rest.by_ref().take(4).collect();
                let _ = write!(plain, "\\u{{{digits}}}");
            }
            Some(escaped) => plain.extend(['\\', escaped]),
            None => plain.push('\\'),
        }
    }
    plain
}

/// The looks ahead that `source` starts with, each with whether it must match, and what follows them.
///
/// Only where no alternative stands at the top, since they would belong to the first one alone.
fn leading_lookaheads(source: &str) -> (Vec<(String, bool)>, String) {
    let (anchor, mut rest) = source.strip_prefix('^').map_or(("", source), |rest| ("^", rest));
    let mut found = Vec::new();
    while rest.starts_with("(?=") || rest.starts_with("(?!") {
        let Some(end) = closing(rest) else { break };
        found.push((rest[3..end].to_owned(), rest.starts_with("(?=")));
        rest = &rest[end + 1..];
    }
    if found.is_empty() || anchor.is_empty() || has_top_alternative(rest) {
        return (Vec::new(), source.to_owned());
    }
    (found, format!("{anchor}{rest}"))
}

/// Walks `source`, telling `visit` each letter outside classes and escapes with the depth of groups before it.
fn walk(source: &str, mut visit: impl FnMut(usize, char, usize) -> bool) -> Option<usize> {
    let (mut depth, mut in_class, mut escaped) = (0usize, false, false);
    for (at, letter) in source.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match letter {
            '\\' => escaped = true,
            ']' => in_class = false,
            _ if in_class => {}
            '[' => in_class = true,
            _ => {
                if visit(at, letter, depth) {
                    return Some(at);
                }
                depth = match letter {
                    '(' => depth + 1,
                    ')' => depth.saturating_sub(1),
                    _ => depth,
                };
            }
        }
    }
    None
}

/// Where the group that `source` starts with ends.
fn closing(source: &str) -> Option<usize> {
    walk(source, |_, letter, depth| letter == ')' && depth == 1)
}

fn has_top_alternative(source: &str) -> bool {
    walk(source, |_, letter, depth| letter == '|' && depth == 0).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expect: bool) {
        assert_eq!(Pattern::compile(pattern).expect(pattern).matches(text), expect, "{pattern} on {text}");
    }

    #[test]
    fn a_pattern_matches_somewhere_unless_it_is_anchored() {
        check("b+", "abba", true);
        check("^b+$", "abba", false);
        check(r"^arn:[^:]+:\/x$", "arn:aws:/x", true);
        check(r"^[\u0020-\u007e]*$", "plain", true);
    }

    #[test]
    fn leading_lookaheads_are_patterns_of_their_own() {
        check("^(?!aws)[a-z]+$", "custom", true);
        check("^(?!aws)[a-z]+$", "awsome", false);
        check("^(?=.{2,4}$)(?!x)[a-z(]+$", "ab(", true);
        check("^(?=.{2,4}$)(?!x)[a-z]+$", "abcde", false);
        check("^(?![)])[a-z)]+$", "a)", true);
    }

    #[test]
    fn what_cannot_be_compiled_is_said_so() {
        for beyond in ["[", "(?<!-)$", "^(?!a)b|c$"] {
            assert!(Pattern::compile(beyond).is_none(), "{beyond}");
        }
        assert!(Pattern::cached("[").is_none() && Pattern::cached("[").is_none());
    }
}
