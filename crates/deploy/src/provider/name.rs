//! What a container is called on its hosts, where the program does not say.

use serde_json::Value as Json;

use crate::hash::sha256_hex;

/// The longest name that is made. Names of releases begin with it, and are names in the host's DNS, which take 63 letters.
const LONGEST: usize = 50;

/// How many digits tell names apart that had to be cut.
const DIGITS: usize = 8;

/// The name that the properties of a container choose; else one of app, stage and address.
pub(super) fn of_container(app: &str, stage: &str, address: &str, properties: &Json) -> String {
    match properties["Name"].as_str() {
        Some(name) => name.to_owned(),
        None => made([app, stage, address]),
    }
}

fn made(parts: [&str; 3]) -> String {
    let whole = parts.join("-").to_lowercase();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "_.".contains(letter) { letter } else { '-' };
    let name: String = whole.chars().map(plain).collect();
    let name = name.trim_start_matches(['-', '_', '.']);
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let tail = &sha256_hex(whole)[..DIGITS];
    format!("{}-{tail}", name[..LONGEST - DIGITS - 1].trim_end_matches(['-', '_', '.']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_app_stage_and_address_or_as_it_is_chosen() {
        let name = |address, properties| of_container("Shop", "dev", address, &properties);
        assert_eq!(name("web/api/app", json!({})), "shop-dev-web-api-app");
        assert_eq!(name("web/app", json!({"Name": "front"})), "front");
        assert_eq!(name("web/größe", json!({})), "shop-dev-web-gr--e");
    }

    #[test]
    fn long_ones_are_cut_and_stay_different() {
        let name = |end| of_container("shop", "dev", &format!("web/{}/{end}", "a".repeat(60)), &json!({}));
        assert!(name("x") != name("y") && name("x").len() == LONGEST, "{}", name("x"));
    }
}
