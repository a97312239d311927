//! The envelope of a document: its format and a checksum before all else, so that a newer or a damaged one is told apart
//! before anything in it is believed. States and saved plans come in one.

use ironwright_core::secret::hex;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::codec::Misread;

/// An envelope for one kind of document.
pub(crate) struct Envelope {
    /// The format written, and the newest that is read.
    pub(crate) format: u64,
    /// What is in it, for messages: `state`.
    pub(crate) what: &'static str,
}

impl Envelope {
    /// The document that holds `body`: the rest of a JSON object, its closing brace included.
    pub(crate) fn seal(&self, body: &str) -> String {
        format!("{{\"version\":{},\n\"checksum\":\"{}\",\n{body}", self.format, digest(body))
    }

    /// What is in `document`, as a JSON object.
    pub(crate) fn open(&self, document: &str) -> Result<String, Misread> {
        if let Some(body) = self.checked_body(document) {
            return Ok(format!("{{{body}"));
        }
        self.check_format(document)?;
        Err(Misread::Damaged("its checksum does not match its content".to_owned()))
    }

    /// Whether `document` has a format that is read here.
    pub(crate) fn check_format(&self, document: &str) -> Result<(), Misread> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let versioned: Versioned = serde_json::from_str(document).map_err(|error| self.misread(&error))?;
        if versioned.version > self.format { Err(Misread::Newer(versioned.version)) } else { Ok(()) }
    }

    /// What is wrong with a document that cannot be read as what it should hold.
    pub(crate) fn misread(&self, error: &serde_json::Error) -> Misread {
        Misread::Damaged(format!("it is no {}: {error}", self.what))
    }

    fn checked_body<'a>(&self, document: &'a str) -> Option<&'a str> {
        let rest = document.strip_prefix(&format!("{{\"version\":{},\n\"checksum\":\"", self.format))?;
        let (checksum, body) = rest.split_once("\",\n")?;
        (checksum == digest(body)).then_some(body)
    }
}

/// The SHA-256 of `text`, in hexadecimal.
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
