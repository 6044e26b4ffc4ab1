//! Base64 of texts, bytes and guids.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use vizsla_schema::KqlType;

use super::{STRING, TO_DYNAMIC, TO_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::{convert, dynamic, format};

pub(super) const ENCODE_TOSTRING: ScalarDef = ScalarDef {
    name: "base64_encode_tostring",
    aliases: &["base64_encodestring"],
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "A text's bytes in base64.",
    source: "base64-encode-tostring-function",
    examples: &[ex("base64_encode_tostring('Kusto')", "S3VzdG8=")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            STANDARD.encode_string(text.at(row), out);
            true
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const DECODE_TOSTRING: ScalarDef = ScalarDef {
    name: "base64_decode_tostring",
    aliases: &["base64_decodestring"],
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "The text whose bytes are written in base64; empty if they are not UTF-8.",
    source: "base64-decode-tostring-function",
    examples: &[ex("base64_decode_tostring('S3VzdG8=')", "Kusto"), ex("base64_decode_tostring('!')", "")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| match decoded(text.at(row)).and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(decoded) => {
                out.push_str(&decoded);
                true
            }
            None => false,
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const DECODE_TOARRAY: ScalarDef = ScalarDef {
    name: "base64_decode_toarray",
    signatures: &[sig(&[STRING], TO_DYNAMIC)],
    summary: "The bytes written in base64, as an array of numbers; null if it is not base64.",
    source: "base64-decode-toarray-function",
    examples: &[ex("base64_decode_toarray('S3VzdG8=')", "[75,117,115,116,111]")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| match decoded(text.at(row)) {
            Some(bytes) => {
                let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
                dynamic::write_array(numbers.iter().map(String::as_str), out);
                true
            }
            None => false,
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const ENCODE_FROMARRAY: ScalarDef = ScalarDef {
    name: "base64_encode_fromarray",
    signatures: &[sig(&[Param::Is(KqlType::Dynamic)], TO_STRING)],
    summary: "An array of bytes in base64; empty if an element is not a byte.",
    source: "base64-encode-fromarray-function",
    examples: &[ex("base64_encode_fromarray(dynamic([75, 117, 115, 116, 111]))", "S3VzdG8=")],
    eval: Eval::Kernel(|args| {
        let array = args.text(0);
        Ok(args.texts(|row, out| match bytes(array.at(row)) {
            Some(bytes) => {
                STANDARD.encode_string(bytes, out);
                true
            }
            None => false,
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const ENCODE_FROMGUID: ScalarDef = ScalarDef {
    name: "base64_encode_fromguid",
    signatures: &[sig(&[Param::Is(KqlType::Guid)], TO_STRING)],
    summary: "A guid's sixteen bytes in base64, the first three groups with their lowest byte first.",
    source: "base64-encode-fromguid-function",
    examples: &[ex(
        "base64_encode_fromguid(toguid('ae3133f2-6e22-49ae-b06a-16e6a9b212eb'))",
        "8jMxriJurkmwahbmqbIS6w==",
    )],
    eval: Eval::Kernel(|args| {
        let guid = args.text(0);
        Ok(args.texts(|row, out| match guid.get(row).and_then(convert::parse_guid) {
            Some(guid) => {
                STANDARD.encode_string(mixed(guid.to_be_bytes()), out);
                true
            }
            None => false,
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const DECODE_TOGUID: ScalarDef = ScalarDef {
    name: "base64_decode_toguid",
    signatures: &[sig(&[STRING], Returns::Is(KqlType::Guid))],
    summary: "The guid whose sixteen bytes are written in base64; null for anything else.",
    source: "base64-decode-toguid-function",
    examples: &[
        ex("base64_decode_toguid('8jMxriJurkmwahbmqbIS6w==')", "ae3133f2-6e22-49ae-b06a-16e6a9b212eb"),
        ex("base64_decode_toguid('abcd1231')", "null"),
    ],
    eval: Eval::Kernel(decode_toguid),
    ..ScalarDef::BASE
};

fn decode_toguid(args: &Args<'_>) -> KernelResult {
    let text = args.text(0);
    Ok(args.texts(|row, out| match decoded(text.at(row)).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) {
        Some(bytes) => {
            format::write_guid(u128::from_be_bytes(mixed(bytes)), out);
            true
        }
        None => false,
    }))
}

/// The bytes written in base64, padding included.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn bytes(array: &str) -> Option<Vec<u8>> {
    dynamic::elements(array)?.map(|element| element.parse().ok()).collect()
}

/// Between a guid's bytes in reading order and those in memory on Windows; its own inverse.
fn mixed(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, dynamic, show};

    #[test]
    fn what_is_not_base64_of_text_is_empty() {
        assert_eq!(show(&DECODE_TOSTRING, &[constant("S3VzdG8=")]), "Kusto");
        assert_eq!(show(&DECODE_TOSTRING, &[constant("U3RyaW5n0KHR0tGA0L7Rh9C60LA=")]), "");
        assert_eq!(show(&DECODE_TOARRAY, &[constant("U3RyaW5n0KHR0tGA0L7Rh9C60LA")]), "null");
        assert_eq!(show(&ENCODE_FROMARRAY, &[dynamic("[75,117,300]")]), "");
    }

    #[test]
    fn guids_go_there_and_back() {
        let guid = show(&DECODE_TOGUID, &[constant("8jMxriJurkmwahbmqbIS6w==")]);
        assert_eq!(guid, "ae3133f2-6e22-49ae-b06a-16e6a9b212eb");
        let back = show(&ENCODE_FROMGUID, &[crate::value::Value::Guid(guid.into())]);
        assert_eq!(back, "8jMxriJurkmwahbmqbIS6w==");
    }
}
