//! What a machine is, as images say it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An operating system and a processor: `linux/amd64`, `linux/arm/v7`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`.
    pub architecture: String,
    /// `v7`, where the processor has variants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// Whether an image for `image` runs where this is asked for.
    pub fn accepts(&self, image: &Self) -> bool {
        self.os == image.os && self.architecture == image.architecture && self.variant() == image.variant()
    }

    /// Whether it says nothing: what hangs on an image without being one, such as an attestation, is marked in this way.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" || self.architecture == "unknown"
    }

    /// The variant, where it is not the usual one.
    fn variant(&self) -> Option<&str> {
        let usual = match self.architecture.as_str() {
            "arm64" => "v8",
            "arm" => "v7",
            "amd64" => "v1",
            _ => "",
        };
        self.variant.as_deref().filter(|variant| !variant.is_empty() && *variant != usual)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().filter(|variant| !variant.is_empty()).try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = InvalidPlatform;

    fn from_str(text: &str) -> Result<Self, InvalidPlatform> {
        let invalid = || InvalidPlatform(text.to_owned());
        let mut parts = text.split('/').map(str::to_owned);
        let platform = Self {
            os: parts.next().ok_or_else(invalid)?,
            architecture: parts.next().ok_or_else(invalid)?,
            variant: parts.next(),
        };
        let said = [Some(&platform.os), Some(&platform.architecture), platform.variant.as_ref()];
        let valid = parts.next().is_none() && said.into_iter().flatten().all(|part| is_word(part));
        if valid { Ok(platform) } else { Err(invalid()) }
    }
}

fn is_word(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Text that is no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform: one is `linux/amd64` or `linux/arm/v7`")]
pub struct InvalidPlatform(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().expect("a platform")
    }

    #[test]
    fn the_usual_variant_need_not_be_said() {
        assert!(platform("linux/arm64").accepts(&platform("linux/arm64/v8")));
        assert!(platform("linux/arm/v7").accepts(&platform("linux/arm")));
        assert!(!platform("linux/arm/v6").accepts(&platform("linux/arm/v7")));
        assert!(!platform("linux/amd64").accepts(&platform("linux/arm64")));
        assert!(!platform("linux/amd64").accepts(&platform("windows/amd64")));
    }

    #[test]
    fn said_and_read() {
        for text in ["linux/amd64", "linux/arm/v7"] {
            assert_eq!(platform(text).to_string(), text);
        }
        for wrong in ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/am d64"] {
            assert!(wrong.parse::<Platform>().is_err(), "{wrong}");
        }
    }
}
