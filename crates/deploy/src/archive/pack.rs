//! Packing by gzip: the same bytes out for the same bytes in, on all processors.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::thread;

use flate2::read::MultiGzDecoder;
use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::content::Digest;
use crate::hash::Hasher;

/// How much is packed at once, apart from what stands before and after it.
const BLOCK: usize = 1024 * 1024;

/// The most processors that are used.
const MOST: usize = 8;

/// The most that one archive is unpacked to.
const LARGEST: u64 = 256 * 1024 * 1024 * 1024;

/// How a file begins that was packed by gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How one begins that is packed here: no time, no name, no system. Nothing but the content decides.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The block, of nothing, that is the last.
const LAST: [u8; 2] = [3, 0];

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

/// Packs all that `plain` gives into `packed`, and returns the digest of what was read.
pub(super) fn pack(plain: &mut dyn Read, packed: &mut dyn Write) -> io::Result<Digest> {
    let at_once = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let (mut hasher, mut crc) = (Hasher::new(), Crc::new());
    packed.write_all(&HEAD)?;
    let mut is_last = false;
    while !is_last {
        let mut blocks = Vec::new();
        while blocks.len() < at_once && !is_last {
            let block = block(plain)?;
            is_last = block.len() < BLOCK;
            hasher.update(&block);
            blocks.push(block);
        }
        for block in deflated(&blocks) {
            let (deflated, sum) = block?;
            packed.write_all(&deflated)?;
            crc.combine(&sum);
        }
    }
    packed.write_all(&LAST)?;
    packed.write_all(&crc.sum().to_le_bytes())?;
    packed.write_all(&crc.amount().to_le_bytes())?;
    Ok(hasher.finish().into())
}

/// The next block of `plain`; a short one is the last.
fn block(plain: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    plain.take(u64::try_from(BLOCK).unwrap_or(u64::MAX)).read_to_end(&mut block)?;
    Ok(block)
}

/// Each of `blocks`, packed, and its sum, in their order.
fn deflated(blocks: &[Vec<u8>]) -> Vec<io::Result<(Vec<u8>, Crc)>> {
    let failed = || Err(io::Error::other("a thread that packs has ended"));
    thread::scope(|scope| {
        let workers: Vec<_> = blocks.iter().map(|block| scope.spawn(|| summed(block))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| failed())).collect()
    })
}

fn summed(block: &[u8]) -> io::Result<(Vec<u8>, Crc)> {
    let mut crc = Crc::new();
    crc.update(block);
    Ok((deflate(block)?, crc))
}

/// `block`, packed up to a whole byte, so that another can follow it.
fn deflate(block: &[u8]) -> io::Result<Vec<u8>> {
    let mut deflater = Compress::new(Compression::new(6), false);
    let mut out = Vec::with_capacity(block.len() / 2 + 1024);
    loop {
        let taken = usize::try_from(deflater.total_in()).unwrap_or(usize::MAX);
        deflater.compress_vec(&block[taken..], &mut out, FlushCompress::Sync).map_err(io::Error::other)?;
        // All is out when there is room left.
        if out.len() < out.capacity() {
            return Ok(out);
        }
        out.reserve(block.len() / 4 + 1024);
    }
}

/// The digest of what `packed` holds.
pub(super) fn digest_of_unpacked(packed: &mut dyn Read) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    io::copy(&mut MultiGzDecoder::new(packed), &mut hasher)?;
    Ok(hasher.finish().into())
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let digest = pack(&mut &bytes[..], &mut packed).expect("it is packed");
        assert_eq!(digest, Digest::of(bytes));
        packed
    }

    #[test]
    fn what_is_packed_is_unpacked_and_always_the_same() {
        for (length, step) in [(0, 1), (1, 1), (BLOCK, 0), (BLOCK + 1, 1), (BLOCK * 5 / 2, 2_654_435_761_usize)] {
            let bytes: Vec<u8> = (0..length).map(|n| (n.wrapping_mul(step) >> 24 ^ n).to_le_bytes()[0]).collect();
            let first = packed(&bytes);
            // One stream, as every tool reads it, with its length at its end.
            let mut plain = Vec::new();
            GzDecoder::new(&first[..]).read_to_end(&mut plain).expect("it is unpacked");
            assert!(plain == bytes, "{length}");
            assert!(first == packed(&bytes), "{length}");
            assert_eq!(first[first.len() - 4..], u32::try_from(length).expect("it is short").to_le_bytes());
            assert_eq!(packed_as(&first), Some(Format::Gzip));
            let digest = digest_of_unpacked(&mut &first[..]).expect("it is unpacked");
            assert_eq!(digest, Digest::of(&bytes));
        }
    }
}
