//! Text made to match a pattern, for ids and names whose form only the facts know.

use ironwright_core::facts::Shape;
use ironwright_core::facts::check::Pattern;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::name::fits;
use crate::dice::Dice;

/// How many repetitions beyond the least are tried first, in this order; then every number up to [`MOST_EXTRA`].
const EXTRA: [u32; 6] = [8, 4, 12, 1, 0, 2];

const MOST_EXTRA: u32 = 130;

/// How often each is tried, since alternatives are chosen by chance.
const TRIES: usize = 8;

/// Text that `shape` allows, if some is found.
pub(crate) fn sample(shape: &Shape, dice: &mut Dice) -> Option<String> {
    let listed = if shape.allowed.is_empty() { &shape.known } else { &shape.allowed };
    if !listed.is_empty() {
        return Some(listed[dice.below(listed.len())].clone());
    }
    let source = Pattern::without_lookaheads(shape.pattern.as_deref().unwrap_or("^[a-z0-9]*$"));
    let hir = regex_syntax::parse(&source).ok()?;
    let tries = EXTRA.into_iter().chain(3..MOST_EXTRA).flat_map(|extra| std::iter::repeat_n(extra, TRIES));
    tries.map(|extra| text(&hir, extra, dice)).find(|text| fits(shape, text))
}

fn text(hir: &Hir, extra: u32, dice: &mut Dice) -> String {
    let mut text = String::new();
    write(hir, extra, dice, &mut text);
    text
}

fn write(hir: &Hir, extra: u32, dice: &mut Dice, out: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => out.extend(letter(class, dice)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let count = repetition.min.saturating_add(extra).min(most).min(512.max(repetition.min));
            (0..count).for_each(|_| write(&repetition.sub, extra, dice, out));
        }
        HirKind::Capture(capture) => write(&capture.sub, extra, dice, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, extra, dice, out)),
        HirKind::Alternation(parts) => write(&parts[dice.below(parts.len())], extra, dice, out),
    }
}

/// A letter of the class: a plain one if there is one.
fn letter(class: &Class, dice: &mut Dice) -> Option<char> {
    const PLAIN: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    const OTHER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./:+=,@# ";
    let is_in = |letter: char| match class {
        Class::Unicode(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&letter)),
        Class::Bytes(class) => u8::try_from(letter)
            .is_ok_and(|byte| class.iter().any(|range| (range.start()..=range.end()).contains(&byte))),
    };
    let plain: Vec<char> = PLAIN.chars().filter(|letter| is_in(*letter)).collect();
    let some: Vec<char> =
        if plain.is_empty() { OTHER.chars().filter(|letter| is_in(*letter)).collect() } else { plain };
    let first = || match class {
        Class::Unicode(class) => class.iter().next().map(regex_syntax::hir::ClassUnicodeRange::start),
        Class::Bytes(class) => class.iter().next().map(|range| char::from(range.start())),
    };
    if some.is_empty() { first() } else { Some(some[dice.below(some.len())]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::facts::Form;

    #[test]
    fn samples_match_their_patterns_and_lengths() {
        let patterns =
            ["^[a-z0-9]{10}$", "^(?!aws)[A-Z][a-z-]+$", "^arn:aws[^:]*:x:.+$", r"^\d{12}$", "^(a|b){3,}$", ""];
        for pattern in patterns {
            let shape =
                Shape { form: Form::Text, pattern: Some(pattern.to_owned()), longest: Some(40), ..Shape::default() };
            let sampled = sample(&shape, &mut Dice::new(1, &[pattern]));
            assert!(sampled.is_some_and(|text| fits(&shape, &text)), "{pattern}");
        }
    }
}
