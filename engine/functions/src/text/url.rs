//! Texts in and out of the form that URLs want.

use super::{STRING, TEXT_ONLY, TO_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, ScalarDef, ex, sig};

pub(super) const ENCODE: ScalarDef = ScalarDef {
    name: "url_encode",
    signatures: &[sig(&[TEXT_ONLY], TO_STRING)],
    summary: "A text with what has a meaning in URLs as `%` and lower-case hexadecimal; a space is `+`.",
    source: "url-encode-function",
    examples: &[ex("url_encode('https://www.bing.com/hello world')", "https%3a%2f%2fwww.bing.com%2fhello+world")],
    eval: Eval::Kernel(|args| encode(args, "+")),
    ..ScalarDef::BASE
};

pub(super) const ENCODE_COMPONENT: ScalarDef = ScalarDef {
    name: "url_encode_component",
    summary: "As `url_encode`, but a space is `%20`.",
    source: "url-encode-component-function",
    examples: &[ex("url_encode_component('hello world/')", "hello%20world%2f")],
    eval: Eval::Kernel(|args| encode(args, "%20")),
    ..ENCODE
};

pub(super) const DECODE: ScalarDef = ScalarDef {
    name: "url_decode",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "The text that a URL spells with `%` and `+`.",
    source: "url-decode-function",
    examples: &[
        ex("url_decode('https%3a%2f%2fwww.bing.com%2f')", "https://www.bing.com/"),
        ex("url_decode('a+b')", "a b"),
    ],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            out.push_str(&decoded(text.at(row)));
            true
        }))
    }),
    ..ScalarDef::BASE
};

fn encode(args: &Args<'_>, space: &str) -> KernelResult {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let text = args.text(0);
    Ok(args.texts(|row, out| {
        for byte in text.at(row).bytes() {
            match byte {
                b' ' => out.push_str(space),
                b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => out.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                _ => out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]].map(char::from)),
            }
        }
        true
    }))
}

/// `%` and two digits is a byte, `+` a space, anything else itself; bytes that are no text become `�`.
pub(crate) fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.first_chunk().and_then(hex)).flatten();
        out.push(match escaped {
            Some(byte) => byte,
            None if *first == b'+' => b' ',
            None => *first,
        });
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(out).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

fn hex(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    Some((high? * 16 + low?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, show};

    #[test]
    fn urls_are_encoded_and_decoded() {
        for (text, encoded) in [("a b/é", "a+b%2f%c3%a9"), ("", ""), ("-_.!*()~", "-_.!*()%7e")] {
            assert_eq!(show(&ENCODE, &[constant(text)]), encoded);
            assert_eq!(show(&DECODE, &[constant(encoded)]), text);
        }
        assert_eq!(show(&DECODE, &[constant("100%, %zz %41%")]), "100%, %zz A%");
        assert_eq!(show(&DECODE, &[constant("%ff")]), "\u{fffd}");
    }
}
