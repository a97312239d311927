//! Patterns of the facts: compiled once when first used, looked up after that.
//!
//! They are Java's and JavaScript's; about one in twenty looks ahead or back, which the engine in use cannot. Looks ahead
//! at the start of a pattern, most of them, become patterns of their own. What is left over, one in fifty, is not checked:
//! the engine that could would add half again to what this one costs every user's first build.

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
        let source = translated(source);
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
        leading_lookaheads(&translated(source)).1
    }

    /// Whether `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.parts.iter().all(|(regex, must)| regex.is_match(text) == *must)
    }
}

/// How Java and JavaScript write "all beyond the basic plane", and how the engine does.
const SURROGATES: [&str; 2] = [r"\uD800\uDBFF-\uDC00\uDFFF", r"\uD800\uDC00-\uDBFF\uDFFF"];
const BEYOND_BASIC_PLANE: &str = r"\u{10000}-\u{10FFFF}";

/// Sets of letters by name, as ranges: for AWS they are of ASCII, for the engine they would be of Unicode.
const SETS: [(&str, &str); 5] = [
    (r"\d", "0-9"),
    (r"\w", "0-9A-Za-z_"),
    (r"\p{Print}", r"\x20-\x7E"),
    (r"\p{Graph}", r"\x21-\x7E"),
    (r"\p{Alnum}", "0-9A-Za-z"),
];

/// `source` in the engine's syntax: escapes that it does not know said otherwise, and what it reads otherwise escaped.
fn translated(source: &str) -> String {
    let source = SURROGATES.iter().fold(source.to_owned(), |source, pair| source.replace(pair, BEYOND_BASIC_PLANE));
    let has_intersections = source.contains("&&");
    let mut out = String::with_capacity(source.len());
    let (mut rest, mut in_class, mut after_set) = (source.as_str(), false, false);
    while let Some(letter) = rest.chars().next() {
        let was_after_set = std::mem::take(&mut after_set);
        if letter == '\\' {
            after_set = in_class && escapes_set(rest);
            rest = escape(rest, in_class, &mut out);
            continue;
        }
        match letter {
            '[' if in_class && !has_intersections => out.push('\\'),
            '-' if in_class && was_after_set => out.push('\\'),
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        out.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    out
}

/// Whether the escape that `rest` starts with stands for many letters: a hyphen after it is no range.
fn escapes_set(rest: &str) -> bool {
    rest[1..].starts_with(['d', 'w', 's', 'p', 'D', 'W', 'S', 'P'])
}

/// Writes the escape that `rest` starts with, and says what comes after it.
fn escape<'a>(rest: &'a str, in_class: bool, out: &mut String) -> &'a str {
    if let Some((name, ranges)) = SETS.iter().find(|(name, _)| rest.starts_with(name)) {
        let (open, close) = if in_class { ("", "") } else { ("[", "]") };
        out.extend([open, ranges, close]);
        return &rest[name.len()..];
    }
    let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(digits) = rest.strip_prefix(r"\u").and_then(|rest| rest.get(..4)).filter(is_hex) {
        let _ = write!(out, "\\u{{{digits}}}");
        return &rest[6..];
    }
    let Some(escaped) = rest[1..].chars().next() else {
        out.push('\\');
        return "";
    };
    match escaped {
        '/' => out.push('/'),
        'Z' => out.push_str(r"\z"),
        _ => out.extend(['\\', escaped]),
    }
    &rest[1 + escaped.len_utf8()..]
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
    fn sets_are_of_ascii_and_odd_syntax_is_understood() {
        check(r"^\w{1,512}\d$", "name1", true);
        check(r"^\w+$", "größe", false);
        check(r"^[\w-.]+$", "a-b.c", true);
        check(r"^[@[\]]+$", "[@]", true);
        check(r"^[\p{Print}&&[^|:/]]+$", "a b", true);
        check(r"^[\p{Print}&&[^|:/]]+$", "a:b", false);
        check(r"^[\u0020-\uFFFD\uD800\uDBFF-\uDC00\uDFFF\t]*$", "text 🦀", true);
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
