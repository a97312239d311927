//! How a snapshot and a journal are spelled in files. Every store of files or objects uses it; nothing here does IO.
//!
//! A snapshot is one JSON document whose first two keys are its format and the checksum of all that follows them. A
//! journal is a line an entry: the checksum, a space, the entry as JSON.

use std::fmt::Write as _;

use super::envelope::{Envelope, digest};
use crate::journal::{Line, Snapshot};

/// The format written here, and the newest that is read.
pub const FORMAT: u64 = 1;

const STATE: Envelope = Envelope { format: FORMAT, what: "state" };

/// How many hexadecimal digits of its SHA-256 guard a journal's line.
const LINE_CHECKSUM: usize = 16;

/// Why a document is not a snapshot of ours, or a journal not one.
#[derive(Debug, PartialEq, Eq)]
pub enum Misread {
    /// It has this newer format.
    Newer(u64),
    /// It is damaged: what is wrong.
    Damaged(String),
}

/// The document of `snapshot`: a resource a line, so that two of them can be compared by eye.
pub fn write_snapshot(snapshot: &Snapshot) -> Result<String, serde_json::Error> {
    let state = &snapshot.state;
    let mut body = String::new();
    let text = serde_json::to_string::<str>;
    let _ = writeln!(body, "\"sequence\":{},", snapshot.sequence);
    if let Some(saved) = &snapshot.saved {
        let _ = writeln!(body, "\"saved\":{},", serde_json::to_string(saved)?);
    }
    if let Some(serial) = &snapshot.rolling_back {
        let _ = writeln!(body, "\"rolling_back\":{serial},");
    }
    body.push_str("\"state\":{");
    for (key, value) in [("app", &state.app), ("stage", &state.stage), ("target", &state.target)] {
        let _ = write!(body, "\"{key}\":{},", text(value)?);
    }
    if let Some(account) = &state.account {
        let _ = write!(body, "\"account\":{},", text(account)?);
    }
    let _ = write!(body, "\"lineage\":{},\"serial\":{},\n\"resources\":{{", text(&state.lineage)?, state.serial);
    let mut separator = "\n";
    for (address, record) in &state.resources {
        let _ = write!(body, "{separator}{}:{}", text(address.as_str())?, serde_json::to_string(record)?);
        separator = ",\n";
    }
    let (deposed, outputs) = (serde_json::to_string(&state.deposed)?, serde_json::to_string(&state.outputs)?);
    let pending = serde_json::to_string(&snapshot.pending)?;
    let _ = write!(body, "}},\n\"deposed\":{deposed},\n\"outputs\":{outputs}");
    if let Some(keyring) = &state.keyring {
        let (keyring, secrets) = (serde_json::to_string(keyring)?, serde_json::to_string(&state.secrets)?);
        let _ = write!(body, ",\n\"keyring\":{keyring},\n\"secrets\":{secrets}");
    }
    let _ = write!(body, "}},\n\"pending\":{pending}}}\n");
    Ok(STATE.seal(&body))
}

/// The snapshot that `document` holds.
pub fn read_snapshot(document: &str) -> Result<Snapshot, Misread> {
    serde_json::from_str(&STATE.open(document)?).map_err(|error| STATE.misread(&error))
}

/// The snapshot that `document` holds, which a person may have changed: its checksum is not looked at.
pub fn read_edited(document: &str) -> Result<Snapshot, Misread> {
    STATE.check_format(document)?;
    serde_json::from_str(document).map_err(|error| STATE.misread(&error))
}

/// The lines of a journal, as they are appended.
pub fn write_lines(lines: &[Line]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for line in lines {
        let entry = serde_json::to_string(line)?;
        let _ = writeln!(text, "{} {entry}", &digest(&entry)[..LINE_CHECKSUM]);
    }
    Ok(text)
}

/// The lines of a journal. A last line that was cut off while it was written is left out: what it was about had not been
/// started. Anything else that is wrong is damage.
pub fn read_lines(journal: &[u8]) -> Result<Vec<Line>, Misread> {
    let mut lines = Vec::new();
    let mut rest = journal;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (text, after) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 1..]));
        match read_line(text) {
            Some(line) if end.is_some() => lines.push(line),
            _ if after.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) => break,
            _ => return Err(Misread::Damaged(format!("line {number} is not what was written"))),
        }
        rest = after;
    }
    Ok(lines)
}

fn read_line(text: &[u8]) -> Option<Line> {
    let text = std::str::from_utf8(text).ok()?;
    let (checksum, entry) = text.split_once(' ')?;
    (checksum == &digest(entry)[..LINE_CHECKSUM]).then(|| serde_json::from_str(entry).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Entry, Outcome, Saved};
    use crate::state::{OutputRecord, Record, State};
    use crate::token::Token;
    use crate::vault::Keyring;
    use serde_json::json;

    fn snapshot() -> Snapshot {
        let record = Record {
            address: "web/a".into(),
            type_name: "AWS::Test::Thing".to_owned(),
            region: "us-west-2".to_owned(),
            provider: "fake".to_owned(),
            physical_id: "t-1".to_owned(),
            properties: json!({"Size": 0.1, "Text": "é\n\"quoted\""}),
            model: json!({"Arn": "arn"}),
            dependencies: ["web/b".into()].into(),
            origins: crate::Origins::new(),
            recipes: crate::Recipes::new(),
            retain: true,
            snapshot: false,
            protect: true,
            imported: true,
            incomplete: false,
            accepted: None,
        };
        let output = OutputRecord { value: json!("x"), sensitive: false, origins: crate::Origins::new() };
        let state = State {
            app: "shop".to_owned(),
            lineage: "l".to_owned(),
            serial: 3,
            resources: [("web/a".into(), record.clone())].into(),
            deposed: vec![record],
            outputs: [("web".to_owned(), [("ip".to_owned(), output)].into())].into(),
            keyring: Some(Keyring {
                recipient: "age1state".to_owned(),
                sealed_identity: "sealed\n".to_owned(),
                recipients: vec!["age1me".to_owned()],
            }),
            secrets: [("digest".to_owned(), "sealed".to_owned())].into(),
            ..State::default()
        };
        let saved = Saved { at: 5, command: "apply".to_owned(), owner: "ann@desk".to_owned() };
        Snapshot { sequence: 9, state, pending: Vec::new(), rolling_back: Some(2), saved: Some(saved) }
    }

    fn line(sequence: u64) -> Line {
        Line { sequence, entry: Entry::End { token: Token::new(7), outcome: Outcome::Gone } }
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let document = write_snapshot(&snapshot()).expect("plain data");
        assert_eq!(read_snapshot(&document), Ok(snapshot()));
        assert!(serde_json::from_str::<serde_json::Value>(&document).is_ok(), "{document}");
    }

    #[test]
    fn a_changed_or_newer_snapshot_is_told_apart() {
        let document = write_snapshot(&snapshot()).expect("plain data");
        let check = |document: &str, expect: &str| {
            let found = format!("{:?}", read_snapshot(document).expect_err("misread"));
            assert!(found.contains(expect), "{found}");
        };
        check(&document.replace("t-1", "t-2"), "checksum");
        check(&document[..document.floor_char_boundary(document.len() / 2)], "no state");
        check("", "no state");
        check(r#"{"version": 2, "entirely": "new"}"#, "Newer(2)");
    }

    #[test]
    fn an_edited_document_is_read_whatever_its_checksum_says() {
        let document = write_snapshot(&snapshot()).expect("plain data");
        assert_eq!(read_edited(&document), Ok(snapshot()));
        let edited = read_edited(&document.replace("t-1", "t-2")).expect("readable");
        assert_eq!(edited.state.deposed[0].physical_id, "t-2");
        assert_eq!(read_edited(r#"{"version": 2}"#), Err(Misread::Newer(2)));
        assert!(matches!(read_edited(r#"{"version": 1}"#), Err(Misread::Damaged(_))));
    }

    #[test]
    fn a_torn_last_line_is_left_out_wherever_it_is_torn() {
        let text = write_lines(&[line(1), line(2)]).expect("plain data");
        let first = write_lines(&[line(1)]).expect("plain data").len();
        for cut in first..text.len() {
            assert_eq!(read_lines(&text.as_bytes()[..cut]), Ok(vec![line(1)]), "cut at {cut}");
        }
        assert_eq!(read_lines(text.as_bytes()), Ok(vec![line(1), line(2)]));
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_damage() {
        let text = write_lines(&[line(1), line(2)]).expect("plain data").replacen("gone", "gome", 1);
        assert_eq!(read_lines(text.as_bytes()), Err(Misread::Damaged("line 1 is not what was written".to_owned())));
    }
}
