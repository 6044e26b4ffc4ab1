//! Strings of JSON: their escapes, and where they end.

use std::borrow::Cow;

/// Appends `text` as a JSON string, with its quotes.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    write_escaped(text, out);
    out.push('"');
}

/// Appends `text` with what JSON wants escaped: quotes, backslashes and control characters.
pub(super) fn write_escaped(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut written = 0;
    let mut at = plain_end(bytes, 0);
    while at < bytes.len() {
        out.push_str(&text[written..at]);
        match bytes[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(control >> 4)]));
                out.push(char::from(HEX[usize::from(control & 15)]));
            }
        }
        written = at + 1;
        at = plain_end(bytes, written);
    }
    out.push_str(&text[written..]);
}

/// The text of what stands between the quotes of a JSON string.
pub fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let mut out = String::with_capacity(raw.len());
    out.push_str(&raw[..first]);
    let mut rest = &raw[first..];
    while let Some(escape) = rest.strip_prefix('\\') {
        rest = push_escape(escape, &mut out);
        let plain = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
    }
    Cow::Owned(out)
}

/// Appends the character of an escape, given without its backslash; the answer is what follows.
fn push_escape<'a>(escape: &'a str, out: &mut String) -> &'a str {
    let mut chars = escape.chars();
    match chars.next() {
        Some('n') => out.push('\n'),
        Some('r') => out.push('\r'),
        Some('t') => out.push('\t'),
        Some('b') => out.push('\u{8}'),
        Some('f') => out.push('\u{c}'),
        Some('u') => return push_unicode(chars.as_str(), out),
        Some(other) => out.push(other),
        None => {}
    }
    chars.as_str()
}

/// Appends the character of the four hex digits, or of two such escapes that form a surrogate pair.
fn push_unicode<'a>(digits: &'a str, out: &mut String) -> &'a str {
    let unit = |text: &str| text.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let Some(first) = unit(digits) else { return digits };
    let rest = &digits[4..];
    let second = rest.strip_prefix("\\u").and_then(unit);
    match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Ok(character)) => {
            out.push(character);
            if character.len_utf16() == 2 { &rest[6..] } else { rest }
        }
        _ => {
            out.push(char::REPLACEMENT_CHARACTER);
            rest
        }
    }
}

/// Where the string whose first byte after the quote is at `from` ends: the place of its closing quote.
#[inline]
pub(super) fn string_end(bytes: &[u8], mut from: usize) -> usize {
    loop {
        from = find(
            bytes,
            from,
            |word| zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES),
            |byte| matches!(byte, b'"' | b'\\'),
        );
        match bytes.get(from) {
            Some(b'\\') => from += 2,
            _ => return from.min(bytes.len()),
        }
    }
}

/// The first place from `from` on that holds a quote, a backslash or a control character.
#[inline]
pub(super) fn plain_end(bytes: &[u8], from: usize) -> usize {
    let marks = |word: u64| {
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES) | controls
    };
    find(bytes, from, marks, |byte| matches!(byte, b'"' | b'\\' | 0..0x20))
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;

/// The high bit of each byte that is zero; bytes above the first such one may be marked wrongly, which is no harm.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// The first place from `from` on that `is_mark` accepts, or the end, eight bytes at a time: strings here are too short for
/// a call of `memchr` to pay. `marks` has the high bit of the first accepted byte of a word, and none below.
#[inline]
fn find(bytes: &[u8], mut from: usize, marks: impl Fn(u64) -> u64, is_mark: impl Fn(u8) -> bool) -> usize {
    while let Some(chunk) = bytes.get(from..from + 8) {
        let found = marks(u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
        if found != 0 {
            return from + (found.trailing_zeros() / 8) as usize;
        }
        from += 8;
    }
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(|byte| is_mark(*byte)).map_or(bytes.len(), |offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes() {
        for (text, expected) in [
            ("", r#""""#),
            ("plain ünïcode", r#""plain ünïcode""#),
            ("C:\\Temp\t\"x\"", r#""C:\\Temp\t\"x\"""#),
            ("\u{1}\u{1f}\r\n", r#""\u0001\u001F\r\n""#),
        ] {
            let mut out = String::new();
            write_string(text, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn unescapes_what_others_write() {
        for (raw, expected) in [
            (r"a\/b\u0041", "a/bA"),
            (r"\ud83d\ude00!", "😀!"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\ud83d\u0041", "\u{fffd}A"),
        ] {
            assert_eq!(unescape(raw), expected);
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone(text in "\\PC*|[\"\\\\\\x00-\\x30é]*") {
            let mut out = String::new();
            write_string(&text, &mut out);
            prop_assert_eq!(string_end(out.as_bytes(), 1), out.len() - 1);
            prop_assert_eq!(unescape(&out[1..out.len() - 1]), text.as_str());
        }

        #[test]
        fn plain_text_ends_at_the_first_special_byte(text in "[a-zé\"\\\\\\x00-\\x30]{0,40}") {
            let expected = text.bytes().position(|it| it < 0x20 || it == b'"' || it == b'\\').unwrap_or(text.len());
            prop_assert_eq!(plain_end(text.as_bytes(), 0), expected);
        }
    }
}
