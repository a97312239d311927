//! Values as a plan shows them: on one line where they fit, else as a block. Secrets and unknowns show as what they are.

use ironwright_core::Planned;
use ironwright_core::planned::redacted_digest;
use ironwright_core::secret::SecretText;
use serde_json::Value as Json;

use super::style::printable;

/// What stands for a value that is not known yet.
pub(crate) const UNKNOWN: &str = "(known after apply)";
/// What opens a document of several lines.
pub(crate) const DOCUMENT: &str = "<<-EOT";
/// What stands for a secret.
pub(crate) const SENSITIVE: &str = "(sensitive)";

/// One line of a block: how deep it stands, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) indent: usize,
    pub(crate) text: String,
}

impl Line {
    fn new(text: impl Into<String>) -> Self {
        Self { indent: 0, text: text.into() }
    }

    fn deeper(mut self) -> Self {
        self.indent += 4;
        self
    }
}

/// A document of the state as a value to show: digests of secrets become secrets again, so that none is printed.
pub(crate) fn from_state(json: &Json) -> Planned {
    if redacted_digest(json).is_some() {
        return Planned::Secret(SecretText::new(""));
    }
    match json {
        Json::Object(entries) if is_unknown(entries) => Planned::Unknown,
        Json::Array(items) => Planned::List(items.iter().map(from_state).collect()),
        Json::Object(entries) => {
            Planned::Map(entries.iter().map(|(key, value)| (key.clone(), from_state(value))).collect())
        }
        scalar => Planned::from(scalar.clone()),
    }
}

/// Whether it stands for what is not known yet: an output of what was not waited for.
fn is_unknown(entries: &serde_json::Map<String, Json>) -> bool {
    entries.len() == 1 && entries.get("$unknown") == Some(&Json::Bool(true))
}

/// The value on one line: `["sg-1", "sg-2"]`, `{ Key = "Name" }`.
pub(crate) fn inline(value: &Planned) -> String {
    match value {
        Planned::Null => "null".to_owned(),
        Planned::Boolean(flag) => flag.to_string(),
        Planned::Number(number) => number.to_string(),
        Planned::Text(text) => quoted(text),
        Planned::Secret(_) | Planned::Sealed(_) => SENSITIVE.to_owned(),
        Planned::Unknown => UNKNOWN.to_owned(),
        Planned::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Planned::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Planned::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, value)| format!("{} = {}", name(key), inline(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// The value as lines: one where it fits into `width` columns.
pub(crate) fn block(value: &Planned, width: usize) -> Vec<Line> {
    if let Planned::Text(text) = value
        && let Some(lines) = document(text)
    {
        return lines;
    }
    let one_line = inline(value);
    if one_line.chars().count() <= width && !holds_document(value) {
        return vec![Line::new(one_line)];
    }
    let inner = width.saturating_sub(4);
    match value {
        Planned::List(items) => {
            let items = items.iter().flat_map(|item| entry("", block(item, inner), ","));
            enclosed("[", items, "]")
        }
        Planned::Map(entries) => {
            let longest = entries.keys().map(|key| name(key).chars().count()).max().unwrap_or(0);
            let entries = entries.iter().flat_map(|(key, value)| {
                let prefix = format!("{:longest$} = ", name(key));
                entry(&prefix, block(value, inner.saturating_sub(prefix.len())), "")
            });
            enclosed("{", entries, "}")
        }
        _ => vec![Line::new(one_line)],
    }
}

fn enclosed(open: &str, lines: impl Iterator<Item = Line>, close: &str) -> Vec<Line> {
    std::iter::once(Line::new(open)).chain(lines.map(Line::deeper)).chain([Line::new(close)]).collect()
}

fn entry(prefix: &str, mut lines: Vec<Line>, suffix: &str) -> Vec<Line> {
    if let Some(first) = lines.first_mut() {
        first.text.insert_str(0, prefix);
    }
    if let Some(last) = lines.last_mut() {
        last.text.push_str(suffix);
    }
    lines
}

/// Text of several lines as lines, `None` for other text. Base 64 that holds such text, as user data does, is shown
/// decoded.
fn document(text: &str) -> Option<Vec<Line>> {
    let is_document = |text: &str| text.trim_end_matches('\n').contains('\n');
    if is_document(text) {
        return Some(heredoc(DOCUMENT, text, "EOT"));
    }
    let decoded = decode(text).filter(|decoded| is_document(decoded))?;
    Some(heredoc(&format!("base64({DOCUMENT}"), &decoded, "EOT)"))
}

fn heredoc(open: &str, text: &str, close: &str) -> Vec<Line> {
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n').map(|line| Line::new(printable(line)));
    enclosed(open, lines, close)
}

fn holds_document(value: &Planned) -> bool {
    match value {
        Planned::Text(text) => document(text).is_some(),
        Planned::List(items) => items.iter().any(holds_document),
        Planned::Map(entries) => entries.values().any(holds_document),
        _ => false,
    }
}

/// A key as it stands before `=`: bare where it is a plain word, else quoted.
pub(crate) fn name(key: &str) -> String {
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.[]:/".contains(c));
    if is_word { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            other if other.is_control() => quoted.extend(other.escape_default()),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The text that `encoded` is the base 64 of, by RFC 4648 section 4, if it is that of printable text.
fn decode(encoded: &str) -> Option<String> {
    if encoded.is_empty() || !encoded.len().is_multiple_of(4) {
        return None;
    }
    let padding = encoded.len() - encoded.trim_end_matches('=').len();
    let digits = &encoded[..encoded.len() - padding.min(2)];
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3);
    let (mut group, mut bits) = (0u32, 0);
    for digit in digits.bytes() {
        group = group << 6 | sextet(digit)?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((group >> bits & 0xff) as u8);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let is_printable = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r'));
    is_printable.then_some(text)
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use ironwright_core::evaluate::base64;
    use serde_json::json;

    use super::*;

    fn shown(value: &Planned, width: usize) -> String {
        let lines = block(value, width);
        let lines: Vec<_> = lines.iter().map(|line| format!("{}{}", " ".repeat(line.indent), line.text)).collect();
        lines.join("\n") + "\n"
    }

    #[test]
    fn what_fits_stands_on_one_line() {
        let value = Planned::from(json!([{ "Key": "Name", "Value": "web" }, true, 1.5, null]));
        insta::assert_snapshot!(shown(&value, 80), @r#"[{ Key = "Name", Value = "web" }, true, 1.5, null]"#);
    }

    #[test]
    fn what_does_not_fit_becomes_a_block() {
        let value =
            Planned::from(json!([{ "Key": "Name", "Value": "PythonAppInstance" }, { "Key": "Team", "Value": "x" }]));
        insta::assert_snapshot!(shown(&value, 40), @r#"
        [
            {
                Key   = "Name"
                Value = "PythonAppInstance"
            },
            { Key = "Team", Value = "x" },
        ]
        "#);
    }

    #[test]
    fn text_of_several_lines_is_shown_by_line() {
        let script = "#!/bin/bash\nset -e\n";
        insta::assert_snapshot!(shown(&Planned::Text(script.to_owned()), 80), @r"
        <<-EOT
            #!/bin/bash
            set -e
        EOT
        ");
        insta::assert_snapshot!(shown(&Planned::Text(base64(script.as_bytes())), 80), @r"
        base64(<<-EOT
            #!/bin/bash
            set -e
        EOT)
        ");
    }

    #[test]
    fn text_that_only_looks_like_base64_stays_as_it_is() {
        for text in ["abcd", "AKIAIOSFODNN7EXAMPLE", "YQ==", "====", "ami-12345678"] {
            assert_eq!(shown(&Planned::Text(text.to_owned()), 80), format!("\"{text}\"\n"));
        }
    }

    #[test]
    fn secrets_and_unknowns_show_as_what_they_are() {
        let stored = json!({ "Password": { "$secret": "0123abcd" }, "User": "me" });
        assert_eq!(inline(&from_state(&stored)), r#"{ Password = (sensitive), User = "me" }"#);
        assert_eq!(inline(&Planned::List(vec![Planned::Unknown])), "[(known after apply)]");
    }

    #[test]
    fn text_cannot_drive_the_terminal() {
        assert_eq!(inline(&Planned::Text("\u{1b}[31m".to_owned())), r#""\u{1b}[31m""#);
    }
}
