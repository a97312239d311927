//! Docker's ignore files: comments, `!`, `*`, `**`, `?`, classes, and the last line that matches decides.

use std::fmt;

use regex::Regex;

/// The lines of an ignore file.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// The line lets through what lines before it have left out.
    lets_through: bool,
    text: String,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// This path.
    Path(String),
    /// Paths that begin so: `logs/**`.
    Beginning(String),
    /// Paths that end so: `**/node_modules`.
    Ending(String),
    /// Paths of this form.
    Form(Box<Regex>),
}

/// A line of an ignore file that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreError {
    /// The line, from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
}

impl fmt::Display for IgnoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is no pattern: `{}`", self.line, self.text)
    }
}

impl std::error::Error for IgnoreError {}

impl Ignore {
    /// The rules that leave out nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The rules of an ignore file.
    pub fn parse(text: &str) -> Result<Self, IgnoreError> {
        let mut rules = Vec::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let rule = Rule::parse(line.trim());
            rules.push(rule.ok_or_else(|| IgnoreError { line: index + 1, text: line.trim().to_owned() })?);
        }
        Ok(Self { rules })
    }

    /// Whether `path`, relative and with `/` between its parts, is left out: by itself, or with a folder it is in.
    pub fn leaves_out(&self, path: &str) -> bool {
        let folders = || path.match_indices('/').map(|(at, _)| &path[..at]);
        let mut left_out = false;
        for rule in &self.rules {
            if rule.lets_through == left_out
                && (rule.matcher.is_match(path) || folders().any(|folder| rule.matcher.is_match(folder)))
            {
                left_out = !rule.lets_through;
            }
        }
        left_out
    }

    /// Whether something in `folder`, which is left out, may be let through nevertheless.
    pub(super) fn may_let_through_in(&self, folder: &str) -> bool {
        let inside = format!("{folder}/");
        self.rules.iter().filter(|rule| rule.lets_through).any(|rule| {
            let fixed = rule.text.trim_end_matches("/**").trim_end_matches("/*");
            fixed.contains(['*', '?', '[', '\\'])
                || format!("{fixed}/").starts_with(&inside)
                || inside.starts_with(&format!("{fixed}/"))
        })
    }
}

impl Rule {
    /// The rule of a line without white space around it.
    fn parse(line: &str) -> Option<Self> {
        let (lets_through, pattern) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        if pattern.is_empty() {
            return None;
        }
        let text = cleaned(pattern);
        let matcher = Matcher::of(&text)?;
        Some(Self { lets_through, text, matcher })
    }
}

/// The pattern without empty parts, `.` and `..`, and relative to the context.
fn cleaned(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if pattern.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

impl Matcher {
    /// Nothing where the pattern is malformed.
    fn of(pattern: &str) -> Option<Self> {
        if !is_special(pattern) {
            return Some(Self::Path(pattern.to_owned()));
        }
        if let Some(beginning) = pattern.strip_suffix("**").filter(|rest| !rest.is_empty() && !is_special(rest)) {
            return Some(Self::Beginning(beginning.to_owned()));
        }
        if let Some(ending) = pattern.strip_prefix("**").filter(|rest| !is_special(rest)) {
            return Some(Self::Ending(ending.to_owned()));
        }
        Regex::new(&expression(pattern)?).ok().map(|form| Self::Form(Box::new(form)))
    }

    fn is_match(&self, path: &str) -> bool {
        match self {
            Self::Path(this) => path == this,
            Self::Beginning(beginning) => path.starts_with(beginning),
            Self::Ending(ending) => path.ends_with(ending) || ending.strip_prefix('/') == Some(path),
            Self::Form(form) => form.is_match(path),
        }
    }
}

fn is_special(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', ']', '\\'])
}

/// A pattern as a regular expression over whole paths. Nothing where it is malformed.
fn expression(pattern: &str) -> Option<String> {
    let mut expression = "^".to_owned();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.next_if_eq(&'*').is_some() => {
                letters.next_if_eq(&'/');
                expression.push_str(if letters.peek().is_none() { ".*" } else { "(.*/)?" });
            }
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '[' => expression.push_str(&class(&mut letters)?),
            '\\' => expression.push_str(&regex::escape(&letters.next()?.to_string())),
            letter => expression.push_str(&regex::escape(&letter.to_string())),
        }
    }
    expression.push('$');
    Some(expression)
}

/// A class of letters, of which `[` is read.
fn class(letters: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut class = "[".to_owned();
    let mut length = 0;
    loop {
        match letters.next()? {
            '^' if length == 0 && class == "[" => class.push('^'),
            ']' if length > 0 => break,
            '\\' => class.extend(literally(letters.next()?)),
            '-' if length > 0 => class.push('-'),
            letter => class.extend(literally(letter)),
        }
        length += 1;
    }
    class.push(']');
    Some(class)
}

/// A letter that means itself in a class.
fn literally(letter: char) -> impl Iterator<Item = char> {
    letter.is_ascii_punctuation().then_some('\\').into_iter().chain([letter])
}
