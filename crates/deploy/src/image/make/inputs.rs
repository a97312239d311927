//! What decides whether an image is built anew: a digest of all that goes into it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::hash::sha256_hex;
use crate::spec::ImageSpec;

/// The label of an image that is built here.
pub(super) const LABEL: &str = "ironwright.inputs";

/// Goes up where the same inputs make another image.
const FORMAT: u32 = 1;

/// How many of a digest's digits are a tag.
pub(super) const TAG: usize = 16;

/// The digest of what an image is built of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inputs(String);

/// Secrets are in it by their names alone: they leave nothing in the image, BuildKit's cache does not know them either, and
/// a digest over a short one would tell it.
#[derive(Serialize)]
struct Parts<'a> {
    format: u32,
    context: Option<&'a str>,
    dockerfile: Option<&'a str>,
    dockerfile_text: Option<&'a str>,
    arguments: &'a BTreeMap<String, String>,
    secrets: Vec<&'a str>,
    platform: Option<&'a str>,
    target: Option<&'a str>,
}

impl Inputs {
    /// Of what `spec` says.
    pub(super) fn of(spec: &ImageSpec) -> Self {
        let parts = Parts {
            format: FORMAT,
            context: spec.context_digest.as_deref(),
            dockerfile: spec.dockerfile.as_deref(),
            dockerfile_text: spec.dockerfile_text.as_deref(),
            arguments: &spec.build_arguments,
            secrets: spec.build_secrets.keys().map(String::as_str).collect(),
            platform: spec.platform.as_deref(),
            target: spec.target.as_deref(),
        };
        let json = serde_json::to_vec(&parts).expect("text and numbers are JSON");
        Self(sha256_hex(json))
    }

    /// `sha256:…`.
    pub(super) fn digest(&self) -> String {
        format!("sha256:{}", self.0)
    }

    /// The tag of the image.
    pub(super) fn tag(&self) -> &str {
        &self.0[..TAG]
    }
}

#[cfg(test)]
mod tests {
    use ironwright_core::secret::SecretText;

    use super::*;

    #[test]
    fn all_that_makes_another_image_counts() {
        let text = |text: &str| Some(text.to_owned());
        let plain = ImageSpec { context_digest: text("sha256:1"), ..ImageSpec::default() };
        let with = |change: fn(&mut ImageSpec)| {
            let mut spec = plain.clone();
            change(&mut spec);
            Inputs::of(&spec)
        };
        let all = [
            Inputs::of(&plain),
            with(|spec| spec.context_digest = Some("sha256:2".into())),
            with(|spec| spec.dockerfile = Some("a".into())),
            with(|spec| spec.dockerfile_text = Some("a".into())),
            with(|spec| drop(spec.build_arguments.insert("a".into(), "b".into()))),
            with(|spec| drop(spec.build_arguments.insert("ab".into(), String::new()))),
            with(|spec| drop(spec.build_secrets.insert("a".into(), SecretText::new("b")))),
            with(|spec| spec.platform = Some("a".into())),
            with(|spec| spec.target = Some("a".into())),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| other != one), "{index}");
            assert!(one.digest().len() == 71 && one.digest().contains(one.tag()));
        }
        let where_it_goes = with(|spec| spec.registry = Some("a".into()));
        let another_secret = with(|spec| drop(spec.build_secrets.insert("a".into(), SecretText::new("c"))));
        assert_eq!((where_it_goes, another_secret), (all[0].clone(), all[6].clone()));
    }
}
