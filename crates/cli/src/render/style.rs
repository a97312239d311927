//! Colours, and the small text helpers every renderer shares. Renderers write colours always; the terminal takes them out
//! where they are not wanted.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use ironwright_engine::Action;

pub(crate) const BOLD: Style = Style::new().bold();
/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(crate) const BLUE: Style = AnsiColor::Blue.on_default();

/// `text` in `style`.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The symbol of `action`, right-aligned to three columns, in its colours.
pub(crate) fn symbol(action: Action) -> String {
    let colored = match action {
        Action::Create => paint(GREEN, "+"),
        Action::Delete => paint(RED, "-"),
        Action::Update => paint(YELLOW, "~"),
        Action::DestroyThenCreate => format!("{}/{}", paint(RED, "-"), paint(GREEN, "+")),
        Action::CreateThenDestroy => format!("{}/{}", paint(GREEN, "+"), paint(RED, "-")),
        Action::Read => paint(CYAN, "<="),
        Action::Import => paint(BLUE, "="),
        other => paint(DIM, other.symbol()),
    };
    format!("{}{colored}", " ".repeat(3usize.saturating_sub(action.symbol().len())))
}

/// `count` and the word for it: `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// `text` in lines of at most `width` columns, broken between words. A word that is longer stands on a line of its own;
/// a line that is indented, such as a command to type, stays whole.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(line: &str, width: usize) -> Vec<String> {
    if line.starts_with("  ") {
        return vec![line.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.len() - 1;
        let current = &mut lines[last];
        if current.is_empty() {
            current.push_str(word);
        } else if current.chars().count() + 1 + word.chars().count() <= width {
            current.push(' ');
            current.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// `text` in at most `width` columns, with `…` where it was cut.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// `text` without what a terminal would obey: control characters other than line feed and tab are shown as escapes, so
/// that a value read from a cloud cannot move the cursor or fake a line.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && !matches!(character, '\n' | '\t') {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A time as people say it: `3s`, `1m05s`.
pub(crate) fn elapsed(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{:02}s", seconds / 60, seconds % 60) }
}

/// `text` without colours.
#[cfg(test)]
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable x", 4), ["unbreakable", "x"]);
        assert_eq!(wrap("a\nb", 10), ["a", "b"]);
        assert_eq!(wrap("type:\n  cargo run", 6), ["type:", "  cargo run"]);
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdefg", 6), "abcde…");
    }

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\n");
    }

    #[test]
    fn times_are_short() {
        assert_eq!(elapsed(Duration::from_millis(3900)), "3s");
        assert_eq!(elapsed(Duration::from_secs(65)), "1m05s");
    }

    #[test]
    fn symbols_fill_three_columns() {
        let width = |action| plain(&symbol(action)).chars().count();
        assert!(
            [Action::Create, Action::DestroyThenCreate, Action::Read, Action::NoOp].map(width).iter().all(|w| *w == 3)
        );
    }
}
