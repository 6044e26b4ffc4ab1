//! Bytes to blocks of whole lines, in bounded memory.

use std::io::{self, Read};

use crate::error::{Result, StoreError};

/// Lines longer than this are not event data; reading stops with an error rather than filling the memory.
pub(crate) const MAX_LINE: usize = 64 << 20;
/// How much is read at once.
const BLOCK: usize = 1 << 20;

/// Whole lines and the number (from 1) of the first of them.
pub(crate) struct Block {
    pub(crate) first_line: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Cuts what a reader yields into [`Block`]s of about a megabyte.
pub(crate) struct Blocks<R> {
    reader: R,
    file: String,
    rest: Vec<u8>,
    line: u64,
    ended: bool,
    block: usize,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R, file: impl Into<String>) -> Self {
        Self::with_size(reader, file, BLOCK)
    }

    /// Blocks of about `block` bytes.
    pub(crate) fn with_size(reader: R, file: impl Into<String>, block: usize) -> Self {
        Self { reader, file: file.into(), rest: Vec::new(), line: 1, ended: false, block }
    }

    /// The next block, or none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut wanted = self.block;
        while !self.ended {
            let searched = bytes.len();
            self.fill(&mut bytes, wanted)?;
            if self.ended {
                break;
            }
            if let Some(cut) = memchr::memrchr(b'\n', &bytes[searched..]) {
                self.rest = bytes.split_off(searched + cut + 1);
                break;
            }
            if bytes.len() > MAX_LINE {
                return Err(self.broken(format!("a line of more than {} MiB", MAX_LINE >> 20)));
            }
            wanted = bytes.len();
        }
        if self.line == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3); // a byte order mark
        }
        let first_line = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Ok((!bytes.is_empty()).then_some(Block { first_line, bytes }))
    }

    fn fill(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> Result<()> {
        let read = self.reader.by_ref().take(wanted as u64).read_to_end(bytes);
        match read {
            Ok(n) => self.ended = n < wanted,
            Err(e) if is_bad_data(&e) => return Err(self.broken(format!("cannot be decompressed ({e})"))),
            Err(e) => return Err(StoreError::io(&self.file, e)),
        }
        Ok(())
    }

    fn broken(&self, reason: String) -> StoreError {
        StoreError::broken(&self.file, format!("{reason} after line {}", self.line - 1))
    }
}

/// Cuts a block into at most `n` parts of whole lines that are about equally long.
pub(crate) fn split(block: &Block, n: usize) -> Vec<(u64, &[u8])> {
    let mut parts = Vec::with_capacity(n);
    let (mut line, mut rest) = (block.first_line, &block.bytes[..]);
    for left in (1..=n).rev() {
        let aim = rest.len() / left;
        let cut = memchr::memchr(b'\n', &rest[aim.min(rest.len())..]).map_or(rest.len(), |at| aim + at + 1);
        let cut = if left == 1 { rest.len() } else { cut };
        let (part, tail) = rest.split_at(cut);
        if !part.is_empty() {
            parts.push((line, part));
            line += memchr::memchr_iter(b'\n', part).count() as u64;
        }
        rest = tail;
    }
    parts
}

/// Whether a decompressor complains about its input. zstd reports "other" for all its complaints.
fn is_bad_data(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    error.raw_os_error().is_none()
        && matches!(error.kind(), K::InvalidInput | K::InvalidData | K::UnexpectedEof | K::Other)
}

/// The lines of a block that are not blank, with their numbers, without their ends.
pub(crate) fn lines(block: &[u8], first_line: u64) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = block;
    let mut number = first_line;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            rest = &rest[end.map_or(rest.len(), |end| end + 1)..];
            number += 1;
            let line = line.trim_ascii();
            if !line.is_empty() {
                return Some((number - 1, line));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, String)> {
        let mut blocks = Blocks::new(text, "x");
        let mut seen = Vec::new();
        while let Some(block) = blocks.next().expect("readable") {
            let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
            seen.extend(lines(&block.bytes, block.first_line).map(|(n, line)| (n, text(line))));
        }
        seen
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_skipped() {
        let owned = |n: u64, s: &str| (n, s.to_owned());
        for (text, expected) in [
            (&b""[..], vec![]),
            (b"a", vec![owned(1, "a")]),
            (b"\xef\xbb\xbfa\r\n\r\n b\n", vec![owned(1, "a"), owned(3, "b")]),
            (b"\n\na\n\nb", vec![owned(3, "a"), owned(5, "b")]),
        ] {
            assert_eq!(all(text), expected);
        }
    }

    #[test]
    fn parts_of_a_block_are_its_lines() {
        let text = "a\nbb\n\nccc\nd";
        for n in 1..8 {
            let block = Block { first_line: 1, bytes: text.into() };
            let whole: Vec<_> = lines(text.as_bytes(), 1).collect();
            let parts: Vec<_> = split(&block, n).into_iter().flat_map(|(first, part)| lines(part, first)).collect();
            assert_eq!(parts, whole, "{n} parts");
        }
    }

    #[test]
    fn long_lines_cross_blocks() {
        let long = "x".repeat(3 * BLOCK + 17);
        let text = format!("{long}\nshort\n{long}{long}\nend");
        let lengths: Vec<_> = all(text.as_bytes()).into_iter().map(|(n, line)| (n, line.len())).collect();
        assert_eq!(lengths, [(1, long.len()), (2, 5), (3, 2 * long.len()), (4, 3)]);
    }
}
