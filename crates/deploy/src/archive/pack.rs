//! Packing by gzip: the same bytes out for the same bytes in, on all processors.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::thread;

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

/// How much is packed at once, as a member of its own. Whoever unpacks sees one stream.
const BLOCK: usize = 1024 * 1024;

/// The most processors that are used.
const MOST: usize = 8;

/// The most that one archive is unpacked to.
const LARGEST: u64 = 256 * 1024 * 1024 * 1024;

/// How a file begins that was packed by gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How one begins that was packed by Zstandard.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether `file` was packed by gzip.
pub(super) fn is_gzip(file: &mut File) -> io::Result<bool> {
    let mut head = [0; 2];
    Ok(file.read_at(&mut head, 0)? == head.len() && head == GZIP)
}

/// How what begins with `head` is packed: by gzip, or by something that is not understood.
pub(super) fn packed_as(head: &[u8]) -> Option<Format> {
    if head.starts_with(&GZIP) {
        Some(Format::Gzip)
    } else if head.starts_with(&ZSTD) {
        Some(Format::Zstd)
    } else {
        None
    }
}

/// A format that layers are packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// Writes what `packed` holds into `plain`.
pub(super) fn unpack(packed: &File, plain: &mut File) -> io::Result<()> {
    let mut reader = MultiGzDecoder::new(packed).take(LARGEST);
    if io::copy(&mut reader, plain)? == LARGEST {
        return Err(io::Error::other(format!("unpacked, it has more than {LARGEST} bytes")));
    }
    Ok(())
}

/// Packs all that `plain` gives into `packed`, and returns the hash of what was read.
pub(super) fn pack(plain: &mut dyn Read, packed: &mut dyn Write) -> io::Result<Sha256> {
    let at_once = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let mut hasher = Sha256::new();
    let mut is_first = true;
    loop {
        let mut blocks = Vec::new();
        while blocks.len() < at_once {
            let block = block(plain)?;
            hasher.update(&block);
            let is_last = block.len() < BLOCK;
            // Nothing at all is packed too: to a member that is empty.
            if !block.is_empty() || (is_first && blocks.is_empty()) {
                blocks.push(block);
            }
            if is_last {
                break;
            }
        }
        is_first = false;
        for member in members(&blocks) {
            packed.write_all(&member?)?;
        }
        if blocks.len() < at_once || blocks.last().is_some_and(|block| block.len() < BLOCK) {
            return Ok(hasher);
        }
    }
}

/// The next block of `plain`; a short one is the last.
fn block(plain: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    plain.take(u64::try_from(BLOCK).unwrap_or(u64::MAX)).read_to_end(&mut block)?;
    Ok(block)
}

/// Each block, packed, in their order.
fn members(blocks: &[Vec<u8>]) -> Vec<io::Result<Vec<u8>>> {
    let failed = || Err(io::Error::other("a thread that packs has ended"));
    thread::scope(|scope| {
        let workers: Vec<_> = blocks.iter().map(|block| scope.spawn(|| member(block))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| failed())).collect()
    })
}

fn member(block: &[u8]) -> io::Result<Vec<u8>> {
    // No time, no name, no system: nothing but the content decides.
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::new(6));
    encoder.write_all(block)?;
    encoder.finish()
}

/// The hash of what `packed` holds.
pub(super) fn hash_of_unpacked(packed: &mut dyn Read) -> io::Result<Sha256> {
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; 256 * 1024]);
    let mut reader = MultiGzDecoder::new(packed);
    loop {
        match reader.read(&mut chunk)? {
            0 => return Ok(hasher),
            length => hasher.update(&chunk[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let hasher = pack(&mut &bytes[..], &mut packed).expect("it is packed");
        assert_eq!(hasher.finalize(), Sha256::digest(bytes));
        packed
    }

    #[test]
    fn what_is_packed_is_unpacked_and_always_the_same() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK * 3 + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| (n * n % 251).to_le_bytes()[0]).collect();
            let first = packed(&bytes);
            let mut plain = Vec::new();
            MultiGzDecoder::new(&first[..]).read_to_end(&mut plain).expect("it is unpacked");
            assert!(plain == bytes, "{length}");
            assert!(first == packed(&bytes), "{length}");
            assert_eq!(packed_as(&first), Some(Format::Gzip));
            let hash = hash_of_unpacked(&mut &first[..]).expect("it is unpacked");
            assert_eq!(hash.finalize(), Sha256::digest(&bytes));
        }
    }
}
