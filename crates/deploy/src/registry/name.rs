//! Names of repositories, as Docker takes them.

use crate::content::Digest;

/// The longest name. Docker takes 255 characters with the registry and what else stands before.
const LONGEST: usize = 128;

/// How many digits tell names apart that had to be changed.
const DIGITS: usize = 8;

/// A repository's name of `parts`: lower case, of letters, digits and single `.`, `_` and `-` between them. A part that is
/// not so is changed and gets a tail, so that two that differ stay different.
pub fn repository<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<String> = parts.into_iter().map(part).collect();
    let name = parts.join("/");
    if name.len() <= LONGEST {
        return name;
    }
    let cut = name[..LONGEST - DIGITS - 1].trim_end_matches(['/', '.', '_', '-']);
    format!("{cut}-{}", tail(&name))
}

fn part(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        match character.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9') => name.push(letter),
            separator @ ('.' | '_' | '-') if name.ends_with(is_letter) => name.push(separator),
            _ if name.ends_with(is_letter) => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_end_matches(['.', '_', '-']);
    match name {
        "" => format!("x-{}", tail(text)),
        same if same == text => text.to_owned(),
        changed => format!("{changed}-{}", tail(text)),
    }
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

fn tail(text: &str) -> String {
    Digest::of(text.as_bytes()).hex()[..DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn what_is_a_name_stays_and_what_is_none_becomes_one() {
        assert_eq!(repository(["shop", "web", "api.v2_x"]), "shop/web/api.v2_x");
        let names = ["Web", "web", "WEB", "w-eb", "w--eb", "-web", "", "ü", "日本", "."].map(|name| repository([name]));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        assert!(names[0].starts_with("web-"), "{}", names[0]);
    }

    proptest! {
        #[test]
        fn docker_takes_it(parts in prop::collection::vec(".{0,60}", 1..6)) {
            let name = repository(parts.iter().map(String::as_str));
            let part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
            let valid = Regex::new(&format!("^{part}(?:/{part})*$")).expect("a pattern");
            prop_assert!(valid.is_match(&name) && name.len() <= LONGEST, "{name}");
        }
    }
}
