//! Strings: plain with escapes, verbatim (`@`), obfuscated (`h`), fenced; and back to text for the printer.

use std::fmt::Write;

/// A string token's value, and the byte ranges within the token of escapes that mean nothing.
///
/// A missing closing quote is tolerated, since the lexer has marked it. JSON's `\/` is an escape only where `json`.
pub(crate) fn decode(token: &str, json: bool) -> (String, Vec<std::ops::Range<usize>>) {
    let body = token.trim_start_matches(['h', 'H']);
    for fence in ["```", "~~~"] {
        if let Some(inner) = body.strip_prefix(fence) {
            return (inner.strip_suffix(fence).unwrap_or(inner).to_owned(), Vec::new());
        }
    }
    let verbatim = body.starts_with('@');
    let body = body.trim_start_matches('@');
    let quote = &body[..1];
    let inner = &body[1..];
    if verbatim {
        let inner = inner.strip_suffix(quote).unwrap_or(inner);
        return (inner.replace(&quote.repeat(2), quote), Vec::new());
    }
    unescape(inner, quote, token.len() - inner.len(), json)
}

/// Resolves escapes up to `quote` or the end; `offset` is where `text` begins in its token.
fn unescape(text: &str, quote: &str, offset: usize, json: bool) -> (String, Vec<std::ops::Range<usize>>) {
    let (mut value, mut bad) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '"', '\'']) {
        value.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(quote) {
            return (value, bad);
        }
        let Some(escape) = rest.strip_prefix('\\') else {
            value.push_str(&rest[..1]);
            rest = &rest[1..];
            continue;
        };
        let used = match escape_value(escape, json) {
            Some((it, used)) => {
                value.push(it);
                used
            }
            None => {
                let used = escape.chars().next().map_or(0, char::len_utf8);
                let start = offset + text.len() - rest.len();
                bad.push(start..start + 1 + used);
                value.push_str(&rest[..=used]);
                used
            }
        };
        rest = &escape[used..];
    }
    value.push_str(rest);
    (value, bad)
}

/// What an escape stands for and its length after the backslash.
fn escape_value(escape: &str, json: bool) -> Option<(char, usize)> {
    let simple = match escape.as_bytes().first()? {
        it @ (b'\\' | b'"' | b'\'') => char::from(*it),
        b'/' if json => '/',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\u{b}',
        b'u' => return utf16(escape),
        b'U' => return hex(escape, 8),
        b'x' => return hex(escape, 2),
        b'0'..=b'7' => return octal(escape),
        _ => return None,
    };
    Some((simple, 1))
}

fn hex(escape: &str, digits: usize) -> Option<(char, usize)> {
    let code = u32::from_str_radix(escape.get(1..=digits)?, 16).ok()?;
    Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), digits + 1))
}

/// `\uXXXX`, or two of them that form a surrogate pair.
fn utf16(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(escape.get(at..at + 4)?, 16).ok();
    let high = unit(1)?;
    if let (0xD800..=0xDBFF, Some("\\u"), Some(low @ 0xDC00..=0xDFFF)) = (high, escape.get(5..7), unit(7)) {
        return Some((char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 11));
    }
    Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 5))
}

fn octal(escape: &str) -> Option<(char, usize)> {
    let longest = if escape.starts_with(['0', '1', '2', '3']) { 3 } else { 2 };
    let used = escape.bytes().take(longest).take_while(|it| matches!(it, b'0'..=b'7')).count();
    let code = u32::from_str_radix(&escape[..used], 8).ok()?;
    Some((char::from_u32(code)?, used))
}

/// `value` as a double-quoted literal that decodes to it.
pub(crate) fn encode(value: &str, out: &mut String) {
    out.push('"');
    for it in value.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // The line separators would end the literal for some readers.
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(it));
            }
            _ => out.push(it),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_decodes() {
        for (token, expected) in [
            (r#""a\"b\\c""#, r#"a"b\c"#),
            (r"'it\'s'", "it's"),
            (r#"'say "x"'"#, r#"say "x""#),
            (r#"@"c:\dir ""x""""#, r#"c:\dir "x""#),
            ("@'it''s'", "it's"),
            ("h'secret'", "secret"),
            (r#"H@"a\b""#, r"a\b"),
            ("```two\nlines \\n```", "two\nlines \\n"),
            ("~~~x~~~", "x"),
            (r#""\u0041\x42\103\t""#, "ABC\t"),
            (r#""\ud83d\ude00""#, "😀"),
            ("'open", "open"),
        ] {
            assert_eq!(decode(token, false), (expected.to_owned(), Vec::new()), "{token}");
        }
    }

    #[test]
    fn unknown_escapes_are_placed() {
        assert_eq!(decode(r#"h"a\d""#, false), ("a\\d".to_owned(), std::iter::once(3..5).collect()));
        assert_eq!(decode(r#""a\/b""#, true), ("a/b".to_owned(), Vec::new()));
    }

    #[test]
    fn encoding_is_undone_by_decoding() {
        for value in ["", "plain", "\"\\\n\r\t\0\u{7}", "é😀\u{2028}"] {
            let mut token = String::new();
            encode(value, &mut token);
            assert_eq!(decode(&token, false).0, value);
        }
    }
}
