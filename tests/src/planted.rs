//! Secrets that are planted in a program, and the search for them: in what it prints, in the files it writes, and in what
//! the system tells of its processes. Plain, and in the forms in which text travels.

use std::fmt::Write as _;
use std::path::Path;

/// The secrets, each named after the way by which it comes into the program.
pub const PLANTED: [(&str, &str); 6] = [
    ("a literal", LITERAL),
    ("a variable", VARIABLE),
    ("a parameter", PARAMETER),
    ("what the cloud refuses", REFUSED),
    ("what breaks a rule", UNRULY),
    ("what the cloud made", MADE),
];

/// Stands in the program itself.
pub const LITERAL: &str = "mulberry-literal-7f3a9c2e";
/// Is given with `--var`, and read as a secret.
pub const VARIABLE: &str = "mulberry-variable-51d0be66";
/// Is given to a parameter that is marked secret.
pub const PARAMETER: &str = "mulberry-parameter-e88c0417";
/// Is given to a resource that the cloud refuses.
pub const REFUSED: &str = "mulberry-refused-0b6d7c";
/// Stands in every private key that the simulated cloud makes, and is planted by no program.
pub const MADE: &str = "simulated+";
/// Breaks a rule of the property it is given to.
pub const UNRULY: &str = "Mulberry_Unruly_93ab";

/// Which of the secrets stand in `bytes`, each with its form: plain, base 64 at any offset, hexadecimal, escaped.
pub fn found_in(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, secret) in PLANTED {
        let forms = forms(secret).into_iter().filter(|(_, form)| holds(bytes, form.as_bytes()));
        found.extend(forms.map(|(form, _)| format!("{name}, {form}")));
    }
    found
}

/// The same of every file below `folder`, `except` for one of that name.
pub fn found_below(folder: &Path, except: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name() == except {
            continue;
        }
        if path.is_dir() {
            found.extend(found_below(&path, except));
        } else {
            let bytes = std::fs::read(&path).expect("the file is ours");
            found.extend(found_in(&bytes).into_iter().map(|what| format!("{}: {what}", path.display())));
        }
    }
    found
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn forms(secret: &str) -> Vec<(String, String)> {
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let mut forms = vec![
        ("plain".to_owned(), secret.to_owned()),
        ("upper case".to_owned(), secret.to_uppercase()),
        ("backwards".to_owned(), secret.chars().rev().collect()),
        ("hexadecimal".to_owned(), hex.clone()),
        ("upper hexadecimal".to_owned(), hex.to_uppercase()),
        ("as numbers".to_owned(), format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned()),
    ];
    for offset in 0..3 {
        forms.push((format!("base 64 at offset {offset}"), base64_at(secret, offset)));
    }
    forms
}

/// What stands of `secret` in base 64, whatever comes before and after, where its offset is `offset` modulo 3.
fn base64_at(secret: &str, offset: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let skipped = (3 - offset) % 3;
    let whole = &secret.as_bytes()[skipped..];
    let digits = whole.chunks_exact(3).flat_map(|group| {
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))
    });
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        assert_eq!(found_in(text.as_bytes()), expect, "{text}");
    }

    #[test]
    fn a_leak_is_found_in_any_form() {
        check("nothing to see", &[]);
        check("mulberry-literal", &[]);
        check(&format!("{{\"Password\":\"{LITERAL}\"}}"), &["a literal, plain"]);
        check(&format!("{VARIABLE}{PARAMETER}"), &["a variable, plain", "a parameter, plain"]);
        check("6d756c62657272792d6c69746572616c2d3766336139633265", &["a literal, hexadecimal"]);
        check(&format!("{:?}", LITERAL.as_bytes()), &["a literal, as numbers"]);
        for before in ["", "x", "xy"] {
            let encoded = ironwright::core::evaluate::base64(format!("{before}{LITERAL}!").as_bytes());
            assert_eq!(found_in(encoded.as_bytes()).len(), 1, "{encoded}");
        }
    }

    #[test]
    fn a_leak_is_found_in_any_file() {
        let folder = std::env::temp_dir().join(format!("ironwright-planted-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("deep/cloud")).expect("a folder");
        std::fs::write(folder.join("deep/state"), b"clean").expect("written");
        std::fs::write(folder.join("deep/cloud/file"), LITERAL).expect("written");
        assert_eq!(found_below(&folder, "cloud"), Vec::<String>::new());
        std::fs::write(folder.join("deep/state"), [b"\xff\0", LITERAL.as_bytes()].concat()).expect("written");
        assert_eq!(found_below(&folder, "cloud").len(), 1);
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
