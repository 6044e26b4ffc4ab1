//! Texts compressed into base64 and back.
//!
//! What does not get smaller is stored, as the reference's examples show: level "fastest" of the service's library does
//! the same. For longer texts the compressed bytes may differ from the service's; they decompress to the same text.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::{DeflateEncoder, GzDecoder, ZlibDecoder};

use super::base64::decoded;
use super::{STRING, TO_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, ScalarDef, ex, sig};

pub(super) const GZIP_COMPRESS: ScalarDef = ScalarDef {
    name: "gzip_compress_to_base64_string",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "A text compressed by gzip, in base64.",
    source: "gzip-base64-compress",
    examples: &[ex(
        "gzip_compress_to_base64_string('1234567890qwertyuiop')",
        "H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==",
    )],
    eval: Eval::Kernel(|args| compress(args, gzip)),
    ..ScalarDef::BASE
};

pub(super) const ZLIB_COMPRESS: ScalarDef = ScalarDef {
    name: "zlib_compress_to_base64_string",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "A text compressed by zlib, in base64.",
    source: "zlib-base64-compress-function",
    examples: &[ex(
        "zlib_compress_to_base64_string('1234567890qwertyuiop')",
        "eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==",
    )],
    eval: Eval::Kernel(|args| compress(args, zlib)),
    ..ScalarDef::BASE
};

pub(super) const GZIP_DECOMPRESS: ScalarDef = ScalarDef {
    name: "gzip_decompress_from_base64_string",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "The text that was compressed by gzip and written in base64; empty if it was not.",
    source: "gzip-base64-decompress",
    examples: &[ex("gzip_decompress_from_base64_string('x0x0x0')", "")],
    eval: Eval::Kernel(|args| decompress(args, |bytes| Box::new(GzDecoder::new(bytes)))),
    ..ScalarDef::BASE
};

pub(super) const ZLIB_DECOMPRESS: ScalarDef = ScalarDef {
    name: "zlib_decompress_from_base64_string",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "The text that was compressed by zlib and written in base64; empty if it was not.",
    source: "zlib-base64-decompress-function",
    examples: &[ex("zlib_decompress_from_base64_string('eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=')", "Test string 123")],
    eval: Eval::Kernel(|args| decompress(args, |bytes| Box::new(ZlibDecoder::new(bytes)))),
    ..ScalarDef::BASE
};

/// The most that a few compressed bytes may unfold to.
const MOST_BYTES: u64 = 64 << 20;

fn compress(args: &Args<'_>, format: fn(&[u8]) -> Vec<u8>) -> KernelResult {
    let text = args.text(0);
    Ok(args.texts(|row, out| {
        STANDARD.encode_string(format(text.at(row).as_bytes()), out);
        true
    }))
}

fn decompress(args: &Args<'_>, reader: fn(&[u8]) -> Box<dyn Read + '_>) -> KernelResult {
    let text = args.text(0);
    Ok(args.texts(|row, out| {
        let Some(bytes) = decoded(text.at(row)) else { return false };
        reader(&bytes).take(MOST_BYTES).read_to_string(out).is_ok()
    }))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut checksum = flate2::Crc::new();
    checksum.update(bytes);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(deflated(bytes));
    out.extend(checksum.sum().to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    out.extend(deflated(bytes));
    out.extend(adler32(bytes).to_be_bytes());
    out
}

/// Compressed, or stored in blocks where that is no larger.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut smaller = Vec::new();
    let compressed = DeflateEncoder::new(bytes, Compression::fast()).read_to_end(&mut smaller);
    if compressed.is_ok() && smaller.len() < bytes.len() {
        return smaller;
    }
    let blocks = bytes.chunks(usize::from(u16::MAX));
    let last = blocks.len().saturating_sub(1);
    let mut out = Vec::with_capacity(bytes.len() + 8);
    for (place, block) in blocks.enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(place == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    if bytes.is_empty() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, show};

    #[test]
    fn what_is_compressed_comes_back() {
        for text in ["", "1234567890qwertyuiop", &"powershell ".repeat(9000)] {
            for (compress, decompress) in [(&GZIP_COMPRESS, &GZIP_DECOMPRESS), (&ZLIB_COMPRESS, &ZLIB_DECOMPRESS)] {
                let compressed = show(compress, &[constant(text)]);
                assert_eq!(show(decompress, &[constant(&compressed)]), text);
            }
        }
    }

    #[test]
    fn the_examples_of_the_reference_are_met() {
        for def in [&GZIP_COMPRESS, &ZLIB_COMPRESS] {
            assert_eq!(show(def, &[constant("1234567890qwertyuiop")]), def.examples[0].answer);
        }
        assert_eq!(show(&ZLIB_DECOMPRESS, &[constant("eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=")]), "Test string 123");
        assert_eq!(show(&GZIP_DECOMPRESS, &[constant("x0x0x0")]), "");
    }
}
