//! JSON text from outside, checked and brought into canonical form.
//!
//! Text that is canonical already, which is what Defender writes, is only looked at, not copied.

use std::borrow::Cow;

use arrow::array::{Array, AsArray, BooleanArray, BooleanBufferBuilder, StringViewArray, StringViewBuilder};
use arrow::compute::nullif;

use super::string::{plain_end, unescape, write_escaped, write_string};
use super::write_real;

/// Deeper nesting counts as invalid: real events stay below twenty, and the stack is finite.
const MAX_DEPTH: usize = 256;

/// The canonical form of `text`; `None` if that is not JSON. Text in canonical form comes back as it is, other text is
/// written into `buffer`, which is cleared first.
pub fn compact<'a>(text: &'a str, buffer: &'a mut String) -> Option<&'a str> {
    let text = text.trim_matches(is_space);
    match check(text)? {
        Form::Canonical => Some(text),
        Form::Foreign => Some(rewrite(text, buffer)),
    }
}

/// The dynamic that `parse_json` makes of a text: its canonical form, `None` for blank text and `null`, and a string of
/// the text itself where it is not JSON (fact 104).
pub fn parse_json<'a>(text: &'a str, buffer: &'a mut String) -> Option<&'a str> {
    let trimmed = text.trim_matches(is_space);
    if trimmed.is_empty() {
        return None;
    }
    match check(trimmed) {
        Some(Form::Canonical) => super::non_null(trimmed),
        Some(Form::Foreign) => Some(rewrite(trimmed, buffer)),
        None => {
            buffer.clear();
            write_string(text, buffer);
            Some(buffer)
        }
    }
}

/// [`parse_json`] of a whole column. Texts that are canonical already are shared with the column, not copied.
pub fn parse_column(column: &StringViewArray) -> StringViewArray {
    let mut nulls = BooleanBufferBuilder::new(column.len());
    let mut any_null = false;
    for row in 0..column.len() {
        let text = if column.is_valid(row) { column.value(row) } else { "" };
        let is_null = match check(text) {
            Some(Form::Canonical) => text == "null",
            _ if text.trim_matches(is_space).is_empty() => true,
            Some(Form::Foreign) | None => return rewrite_column(column),
        };
        nulls.append(is_null);
        any_null |= is_null;
    }
    if !any_null {
        return column.clone();
    }
    let shared = nullif(column, &BooleanArray::new(nulls.finish(), None)).expect("both have as many rows");
    shared.as_string_view().clone()
}

fn rewrite_column(column: &StringViewArray) -> StringViewArray {
    let mut out = StringViewBuilder::with_capacity(column.len());
    let mut buffer = String::new();
    for text in column {
        out.append_option(text.and_then(|text| parse_json(text, &mut buffer)));
    }
    out.finish()
}

/// Whether JSON text is as we write it.
enum Form {
    Canonical,
    Foreign,
}

/// The form of a text without space around it; `None` if it is not JSON.
fn check(text: &str) -> Option<Form> {
    let mut walk = Walk { text, at: 0, out: None, canonical: true };
    walk.document()?;
    Some(if walk.canonical { Form::Canonical } else { Form::Foreign })
}

/// The canonical form of a text that [`check`] found to be JSON.
fn rewrite<'a>(text: &str, buffer: &'a mut String) -> &'a str {
    buffer.clear();
    let written = Walk { text, at: 0, out: Some(buffer), canonical: true }.document();
    debug_assert!(written.is_some(), "checked before: {text}");
    buffer
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// A walk over JSON text that checks it and, with `out`, writes its canonical form.
struct Walk<'a, 'o> {
    text: &'a str,
    at: usize,
    out: Option<&'o mut String>,
    /// Whether the text so far is canonical.
    canonical: bool,
}

impl<'a> Walk<'a, '_> {
    fn document(&mut self) -> Option<()> {
        self.value(0)?;
        (self.at == self.text.len()).then_some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.container(depth, b'}'),
            b'[' => self.container(depth, b']'),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => None,
        }
    }

    /// An array or a bag: the two differ in the closing bracket and in the keys.
    fn container(&mut self, depth: usize, close: u8) -> Option<()> {
        if depth == MAX_DEPTH {
            return None;
        }
        self.punctuation();
        self.skip_space();
        if self.peek()? == close {
            self.punctuation();
            return Some(());
        }
        loop {
            if close == b'}' {
                (self.peek()? == b'"').then_some(())?;
                self.string()?;
                self.skip_space();
                (self.peek()? == b':').then_some(())?;
                self.punctuation();
                self.skip_space();
            }
            self.value(depth + 1)?;
            self.skip_space();
            match self.peek()? {
                b',' => self.punctuation(),
                byte if byte == close => {
                    self.punctuation();
                    return Some(());
                }
                _ => return None,
            }
            self.skip_space();
        }
    }

    fn string(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut end = plain_end(bytes, start);
        let mut escapes = false;
        let mut foreign = false;
        while *bytes.get(end)? != b'"' {
            if bytes[end] != b'\\' {
                return None; // a bare control character
            }
            escapes = true;
            match bytes.get(end + 1)? {
                b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'/' => foreign = true,
                b'u' => {
                    foreign = true;
                    bytes.get(end + 2..end + 6)?.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                }
                _ => return None,
            }
            end = plain_end(bytes, end + 2);
        }
        self.at = end + 1;
        self.canonical &= !foreign;
        if let Some(out) = &mut self.out {
            let raw = &self.text[start..end];
            out.push('"');
            match escapes.then(|| unescape(raw)) {
                Some(Cow::Owned(text)) if foreign => write_escaped(&text, out),
                _ => out.push_str(raw),
            }
            out.push('"');
        }
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        let number = Number::read(&self.text.as_bytes()[start..])?;
        self.at += number.len;
        let text = &self.text[start..self.at];
        self.canonical &= number.canonical;
        if let Some(out) = &mut self.out {
            match (number.canonical, number.is_integer) {
                (true, _) => out.push_str(text),
                (false, true) => out.push('0'), // `-0`
                (false, false) => write_real(text.parse().ok()?, out),
            }
        }
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text[self.at..].starts_with(word).then_some(())?;
        self.at += word.len();
        if let Some(out) = &mut self.out {
            out.push_str(word);
        }
        Some(())
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn punctuation(&mut self) {
        if let Some(out) = &mut self.out {
            out.push(char::from(self.text.as_bytes()[self.at]));
        }
        self.at += 1;
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
            self.canonical = false;
        }
    }
}

/// The shape of a JSON number.
struct Number {
    len: usize,
    is_integer: bool,
    canonical: bool,
}

impl Number {
    fn read(bytes: &[u8]) -> Option<Number> {
        let digits_from = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let start = usize::from(bytes.first() == Some(&b'-'));
        let whole = digits_from(start);
        if whole == 0 || (whole > 1 && bytes[start] == b'0') {
            return None;
        }
        let mut len = start + whole;
        if !matches!(bytes.get(len), Some(b'.' | b'e' | b'E')) {
            let minus_zero = start == 1 && bytes[start] == b'0';
            return Some(Number { len, is_integer: true, canonical: !minus_zero });
        }
        let mut canonical = false;
        if bytes[len] == b'.' {
            let fraction = digits_from(len + 1);
            if fraction == 0 {
                return None;
            }
            canonical = is_shortest(&bytes[start..len], &bytes[len + 1..len + 1 + fraction]);
            len += 1 + fraction;
        }
        if let Some(b'e' | b'E') = bytes.get(len) {
            canonical = false;
            len += 1 + usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
            let exponent = if len <= bytes.len() { digits_from(len) } else { 0 };
            if exponent == 0 {
                return None;
            }
            len += exponent;
        }
        Some(Number { len, is_integer: false, canonical })
    }
}

/// Whether a real would be written with just these digits: up to fifteen are always kept, and there is no zero too many.
fn is_shortest(whole: &[u8], fraction: &[u8]) -> bool {
    let no_idle_zero = fraction == b"0" || fraction.last() != Some(&b'0');
    let tiny = whole == b"0" && fraction.starts_with(b"00000");
    whole.len() + fraction.len() <= 15 && no_idle_zero && !tiny
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamic::Json;
    use proptest::prelude::*;

    #[test]
    fn foreign_text_becomes_compact() {
        for (text, expected) in [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (" { \"a\" : [ 1 , 2.50 ] ,\n\t\"b\":{ } } ", r#"{"a":[1,2.5],"b":{}}"#),
            ("1e3", "1000.0"),
            ("-2.5E-2", "-0.025"),
            ("0.0000001", "1e-7"),
            ("-0", "0"),
            ("2.0", "2.0"),
            ("[1.0 ,2.00]", "[1.0,2.0]"),
            ("18446744073709551615", "18446744073709551615"),
            (r#""a\/b\u00e9\n""#, r#""a/bé\n""#),
        ] {
            assert_eq!(compact(text, &mut String::new()), Some(expected));
        }
    }

    #[test]
    fn what_is_not_json_is_a_string() {
        for text in [
            "hello",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "\"a",
            "\"\t\"",
            "\"\\x\"",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "tru",
            "nullx",
            "{} {}",
            "\"\\u12g4\"",
            "'a'",
            "{a:1}",
            "[1]]",
        ] {
            assert_eq!(compact(text, &mut String::new()), None, "{text}");
            let mut quoted = String::new();
            write_string(text, &mut quoted);
            assert_eq!(parse_json(text, &mut String::new()), Some(quoted.as_str()));
        }
        let deep = "[".repeat(100_000);
        assert_eq!(compact(&deep, &mut String::new()), None);
    }

    #[test]
    fn blank_text_and_null_are_null() {
        for text in ["", "  ", "null", " null\n"] {
            assert_eq!(parse_json(text, &mut String::new()), None);
        }
    }

    #[test]
    fn columns() {
        let long = r#"{"a text that does not fit":"into a view"}"#;
        let column = StringViewArray::from(vec![long, "", "null", "7"]);
        let expected = StringViewArray::from(vec![Some(long), None, None, Some("7")]);
        assert_eq!(parse_column(&column), expected);
        let column = StringViewArray::from(vec![long, "[ 1 ]", "x", ""]);
        let expected = StringViewArray::from(vec![Some(long), Some("[1]"), Some(r#""x""#), None]);
        assert_eq!(parse_column(&column), expected);
    }

    proptest! {
        #[test]
        fn canonical_text_is_not_copied(tree in crate::dynamic::tree::tests::trees()) {
            let text = tree.to_text();
            let mut buffer = String::new();
            let again = compact(&text, &mut buffer).map(str::to_owned);
            prop_assert_eq!(again.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn agrees_with_serde_on_what_is_json(text in "[\\[\\]{}\",:0-9.eE+\\- \\\\ntrufalsé]{0,12}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            prop_assert_eq!(compact(&text, &mut String::new()).is_some(), theirs, "{}", text);
            if let Some(json) = compact(&text, &mut String::new()) {
                prop_assert_eq!(Json::of(json).to_text(), json);
            }
        }
    }
}
