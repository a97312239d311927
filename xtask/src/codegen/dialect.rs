//! Regular expressions as AWS writes them (the dialect of JSON Schema), in the dialect of Rust's engines.
//!
//! The two differ inside brackets: where JSON Schema takes `[`, `&&`, `--` and `~~` as plain characters, Rust sees a
//! class within a class or an operation on sets, so a pattern might compile and yet mean another thing.

/// The pattern with the plain characters of its classes escaped.
pub(crate) fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars().peekable();
    let mut class: Option<Class> = None;
    while let Some(c) = rest.next() {
        if c == '\\' {
            let escaped = rest.next();
            escape(escaped, &mut out);
            class = class
                .map(|_| Class { after_shorthand: escaped.is_some_and(|c| "wWdDsSpP".contains(c)), begins: false });
            continue;
        }
        class = match class {
            None => {
                out.push(c);
                (c == '[').then(|| opened(&mut rest, &mut out))
            }
            Some(_) if c == ']' => {
                out.push(c);
                None
            }
            Some(class) => {
                let is_set_operator = "&~-".contains(c) && rest.peek() == Some(&c);
                let is_stray_hyphen = c == '-' && class.after_shorthand && !class.begins;
                if c == '[' || is_set_operator || is_stray_hyphen {
                    out.push('\\');
                }
                out.push(c);
                Some(Class::default())
            }
        };
    }
    out
}

/// What matters of the character before, inside brackets.
#[derive(Clone, Copy, Default)]
struct Class {
    after_shorthand: bool,
    begins: bool,
}

/// Copies the `^` of a negated class.
fn opened(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Class {
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    Class { after_shorthand: false, begins: true }
}

/// An escape as Rust knows it: letters and digits keep their meaning, everything else stands for itself.
fn escape(escaped: Option<char>, out: &mut String) {
    match escaped {
        Some('/') => out.push('/'),
        Some(other) => {
            out.push('\\');
            out.push(other);
        }
        None => out.push_str("\\\\"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, takes: &[&str], refuses: &[&str]) {
        let engine = regex::Regex::new(&translated(pattern)).unwrap_or_else(|e| panic!("{pattern}: {e}"));
        for text in takes {
            assert!(engine.is_match(text), "{pattern} must take {text}");
        }
        for text in refuses {
            assert!(!engine.is_match(text), "{pattern} must refuse {text}");
        }
    }

    #[test]
    fn a_bracket_in_a_class_is_plain() {
        check(r"^([a-z,A-Z,0-9,. _\-:/()#,@[\]+=&;\{\}!$*])*$", &["web [a]", ""], &["a\nb", "é"]);
    }

    #[test]
    fn set_operators_are_plain() {
        check("^[a-z&&b]+$", &["a&b"], &["1"]);
    }

    #[test]
    fn a_hyphen_after_a_shorthand_is_plain() {
        check(r"^[\w-.~]+$", &["a-b.c~"], &["a b"]);
        check(r"^[a-z\d-]+$", &["a-1"], &["A"]);
    }

    #[test]
    fn ranges_and_negation_stay() {
        check("^[^a-c]$", &["d"], &["b"]);
        check(r"^[\s\S]*$", &["any\nthing"], &[]);
        check(r"^\/[a-z]+$", &["/a"], &["a"]);
    }
}
