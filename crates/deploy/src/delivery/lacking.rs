//! What a host has not of an image, and how much room that takes there.

use std::io::{Read as _, Seek as _, SeekFrom};

use serde::Deserialize;

use crate::content::{ContentError, ContentStore, Descriptor, Manifest, Packing, Platform};

/// How much larger a layer gets that does not say it, at a guess.
const GUESS: u64 = 3;

/// The configuration of an image, as far as it speaks of layers and of where it runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configuration {
    #[serde(flatten)]
    platform: Platform,
    rootfs: RootFs,
}

impl Configuration {
    /// What the image is for, where that is something else than a host of `platform`.
    pub(super) fn foreign_to(&self, platform: &str) -> Option<&Platform> {
        let host: Platform = platform.parse().ok()?;
        Some(&self.platform).filter(|image| !image.os.is_empty() && !host.accepts(image))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// What a host has not of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lacking {
    /// So many layers.
    pub(super) layers: usize,
    /// Of so many.
    pub(super) of_layers: usize,
    /// How many bytes have to cross the wire, at most.
    pub(super) bytes: u64,
    /// How many bytes it takes on the host, packed and unpacked, since it needs both at once.
    pub(super) room: u64,
}

impl Lacking {
    /// What of the image is not among the images of the host, whose layers are `host`.
    pub(super) fn of(
        store: &ContentStore,
        manifest: &Manifest,
        configuration: &Configuration,
        host: &[Vec<String>],
    ) -> Result<Self, ContentError> {
        let contents = &configuration.rootfs.diff_ids;
        let known = if contents.len() == manifest.layers.len() { known(contents, host) } else { 0 };
        let layers = &manifest.layers[known..];
        let packed: u64 = layers.iter().map(|layer| layer.size).sum();
        let mut room = packed;
        for layer in layers {
            room = room.saturating_add(unpacked(store, layer)?);
        }
        let bytes = packed.saturating_add(manifest.config.size);
        Ok(Self { layers: layers.len(), of_layers: manifest.layers.len(), bytes, room })
    }
}

/// How many of the layers with these `contents` one of the images on the host begins with. A layer is of use only on those
/// below it.
fn known(contents: &[String], host: &[Vec<String>]) -> usize {
    let shared = |image: &Vec<String>| contents.iter().zip(image).take_while(|(own, there)| own == there).count();
    host.iter().map(shared).max().unwrap_or(0)
}

/// The layers of images, of lines with a JSON list each.
pub(super) fn lines(text: &str) -> Vec<Vec<String>> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// How large a layer is when it is unpacked. What gzip has packed says so at its end, up to 4 GB.
fn unpacked(store: &ContentStore, layer: &Descriptor) -> Result<u64, ContentError> {
    let guess = layer.size.saturating_mul(GUESS);
    match layer.packing() {
        Some(Packing::Plain) => Ok(layer.size),
        Some(Packing::Gzip) => {
            let Some((mut file, _)) = store.file(&layer.digest)? else { return Ok(guess) };
            let mut end = [0; 4];
            let read = file.seek(SeekFrom::End(-4)).and_then(|_| file.read_exact(&mut end));
            Ok(read.map_or(guess, |()| u64::from(u32::from_le_bytes(end)).max(layer.size)))
        }
        Some(Packing::Zstd) | None => Ok(guess),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(contents: &[&str]) -> Vec<String> {
        contents.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn layers_are_known_from_below() {
        let host = [texts(&["a", "b", "x"]), texts(&["c"]), texts(&[])];
        let check =
            |contents: &[&str], expect: usize| assert_eq!(known(&texts(contents), &host), expect, "{contents:?}");
        check(&["a", "b", "c"], 2);
        check(&["a", "b", "x"], 3);
        check(&["b", "a"], 0);
        check(&["c", "d"], 1);
        check(&[], 0);
        assert_eq!(known(&texts(&["a"]), &[]), 0);
    }

    #[test]
    fn an_image_for_another_machine_is_noticed() {
        let read = |json: &str| serde_json::from_str::<Configuration>(json).expect("a configuration");
        let arm = read(r#"{"os":"linux","architecture":"arm64","variant":"v8","rootfs":{"diff_ids":["a"]}}"#);
        assert_eq!(arm.rootfs.diff_ids, ["a"]);
        assert_eq!(arm.foreign_to("linux/amd64").map(ToString::to_string).as_deref(), Some("linux/arm64/v8"));
        assert_eq!((arm.foreign_to("linux/arm64"), read("{}").foreign_to("linux/amd64")), (None, None));
    }

    #[test]
    fn lines_of_the_host() {
        assert_eq!(lines("[\"a\",\"b\"]\nnull\nError: no such image\n[]\n"), [texts(&["a", "b"]), texts(&[])]);
    }
}
