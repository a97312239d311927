//! Names for what the program did not name: the address and some letters, `web-server-1j5x0qk2m9za`.

use ironwright_core::facts::Shape;
use ironwright_core::facts::check::Pattern;

use crate::draft::Draft;

use super::pattern;

const SUFFIX: usize = 12;

/// A name of at most `longest` characters: lower-case letters, digits and hyphens, from the draft's address.
pub(crate) fn named(draft: &mut Draft, longest: usize) -> String {
    let suffix = draft.dice.letters("abcdefghijklmnopqrstuvwxyz0123456789", SUFFIX);
    let is_plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let address: String = draft.address.chars().map(is_plain).collect();
    let room = longest.saturating_sub(SUFFIX + 1);
    let address: String = address.chars().take(room).collect();
    let address = address.trim_matches('-');
    if address.is_empty() {
        return suffix.chars().take(longest).collect();
    }
    format!("{address}-{suffix}")
}

/// A name that `shape` allows: the usual one, or one of its plainer forms, or whatever matches the pattern.
pub(super) fn fitting(draft: &mut Draft, shape: &Shape) -> String {
    let longest = shape.longest.and_then(|longest| usize::try_from(longest).ok()).unwrap_or(63).clamp(1, 63);
    let usual = named(draft, longest);
    let flat: String = usual.chars().filter(char::is_ascii_alphanumeric).collect();
    let under = usual.replace('-', "_");
    let candidates = [usual.clone(), format!("n{flat}"), under, format!("/{usual}"), format!("{usual}.fifo")];
    match candidates.into_iter().find(|name| fits(shape, name)) {
        Some(name) => name,
        None => pattern::sample(shape, &mut draft.dice).unwrap_or(usual),
    }
}

/// Whether `shape` allows `text`, its format aside.
pub(crate) fn fits(shape: &Shape, text: &str) -> bool {
    let length = text.chars().count() as u64;
    let is_long_enough = shape.shortest.is_none_or(|least| length >= least);
    let is_short_enough = shape.longest.is_none_or(|most| length <= most);
    let compiled = shape.pattern.as_deref().and_then(Pattern::cached);
    let is_allowed = shape.allowed.is_empty() || shape.allowed.iter().any(|allowed| allowed == text);
    is_long_enough && is_short_enough && is_allowed && compiled.is_none_or(|pattern| pattern.matches(text))
}
