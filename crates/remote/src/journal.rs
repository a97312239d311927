//! The journal as objects: `journal/<number of the first line>.ndjson`, each with the lines of one group commit.
//!
//! Numbers are dense: the object after one whose last line is `n` is `n + 1`. So two runs that both believe to hold the
//! lock want the same next object, and one of them finds it taken.

use futures_util::{StreamExt as _, TryStreamExt as _};
use ironwright_engine::StoreError;
use ironwright_engine::journal::Line;
use ironwright_engine::store::codec;

use crate::keys::{number_in, numbered};
use crate::misread;
use crate::objects::{Made, Objects};

const FOLDER: &str = "journal";

/// How many objects are read at once.
const READS: usize = 16;

/// Writes `lines`, which follow each other, as one object. Another's object in its place is given back as its lines.
pub(crate) async fn append(objects: &Objects, lines: &[Line]) -> Result<Option<Vec<Line>>, StoreError> {
    let Some(first) = lines.first() else {
        return Ok(None);
    };
    let path = path(first.sequence);
    let text = codec::write_lines(lines)
        .map_err(|error| StoreError::NotWritable { place: objects.place(&path), problem: error.to_string() })?;
    match objects.create(&path, text.as_bytes()).await? {
        Made::Ours => Ok(None),
        Made::Taken(found) => Ok(Some(codec::read_lines(&found).unwrap_or_default())),
    }
}

/// The numbers of the journal's objects, in order.
pub(crate) async fn numbers(objects: &Objects) -> Result<Vec<u64>, StoreError> {
    let names = objects.list(FOLDER).await?;
    Ok(names.iter().filter_map(|name| number_in(name.strip_suffix(".ndjson")?)).collect())
}

/// The lines of the objects `numbers`; nothing where one of them is gone, or they do not follow `after` without a gap:
/// then somebody is at work there.
pub(crate) async fn lines(objects: &Objects, numbers: &[u64], after: u64) -> Result<Option<Vec<Line>>, StoreError> {
    let read = |number: u64| async move {
        let path = path(number);
        let Some(bytes) = objects.read(&path).await? else {
            return Ok(None);
        };
        codec::read_lines(&bytes).map(Some).map_err(|found| misread(objects.place(&path), found))
    };
    let reads = futures_util::stream::iter(numbers.iter().copied().map(read)).buffered(READS);
    let found: Vec<Option<Vec<Line>>> = reads.try_collect().await?;
    let mut lines = Vec::new();
    for found in found {
        match found {
            Some(found) => lines.extend(found),
            None => return Ok(None),
        }
    }
    let is_dense = lines.iter().zip(after + 1..).all(|(line, number)| line.sequence == number);
    Ok(is_dense.then_some(lines))
}

/// Deletes the objects `numbers`.
pub(crate) async fn delete(objects: &Objects, numbers: &[u64]) -> Result<(), StoreError> {
    let names: Vec<String> = numbers.iter().map(|number| name(*number)).collect();
    objects.delete(FOLDER, &names).await
}

/// Where the object lies whose first line is `number`.
pub(crate) fn path(number: u64) -> String {
    format!("{FOLDER}/{}", name(number))
}

fn name(number: u64) -> String {
    format!("{}.ndjson", numbered(number))
}
