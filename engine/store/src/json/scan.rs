//! A validating walk over one JSON text that yields places, not values.
//!
//! `Scanner` is pulled by its caller: `begin_object`, then `key` and `value` until `key` says that the object has ended.
//! Containers are checked without recursion, so deep nesting costs no stack; beyond [`MAX_DEPTH`] it is refused, because
//! those who read the value later may recurse.

use std::borrow::Cow;
use std::ops::Range;

/// Deepest nesting that is accepted.
pub(crate) const MAX_DEPTH: usize = 512;

/// What a JSON value is, as far as its first byte and a look for backslashes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    True,
    False,
    Number,
    /// A string; `escaped` if it holds a backslash.
    Text {
        escaped: bool,
    },
    Object,
    Array,
}

/// A value and its place in the scanned text; a string's place includes its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
}

impl<'a> Raw<'a> {
    /// The one value that `text` holds, or none if it is not JSON.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        let (kind, place) = scanner.value().ok()?;
        scanner.end().ok()?;
        Some(Self { kind, text: &text[place] })
    }

    /// The characters of a string, without quotes and escapes; of another value its JSON text.
    pub(crate) fn characters(self) -> Cow<'a, str> {
        match self.kind {
            Kind::Text { escaped: false } => Cow::Borrowed(&self.text[1..self.text.len() - 1]),
            Kind::Text { escaped: true } => Cow::Owned(unescape(&self.text[1..self.text.len() - 1])),
            Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::Object | Kind::Array => {
                Cow::Borrowed(self.text)
            }
        }
    }
}

/// Why a text is not JSON, at a byte of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not JSON at column {}: {}", self.at + 1, self.what)
    }
}

type Scan<T> = Result<T, Malformed>;

/// A place in a text that moves forward, value by value.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    first: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self::at(text, 0)
    }

    /// A scanner of the value that begins at byte `at` of `text`.
    pub(crate) fn at(text: &'a str, at: usize) -> Self {
        Self { text, bytes: text.as_bytes(), at, first: true }
    }

    /// The byte that is read next.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The byte that the next value begins with.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.blanks();
        self.bytes.get(self.at).copied()
    }

    /// Steps into an object.
    pub(crate) fn begin_object(&mut self) -> Scan<()> {
        self.blanks();
        self.expect(b'{', "a record has to be an object")?;
        self.first = true;
        Ok(())
    }

    /// Steps into an array.
    pub(crate) fn begin_array(&mut self) -> Scan<()> {
        self.blanks();
        self.expect(b'[', "expected an array")?;
        self.first = true;
        Ok(())
    }

    /// The next key of the object stepped into (its value is next), or none at its end.
    pub(crate) fn key(&mut self) -> Scan<Option<Raw<'a>>> {
        Ok(self.key_and_place()?.map(|(key, _)| key))
    }

    /// [`Self::key`] with its place.
    pub(crate) fn key_and_place(&mut self) -> Scan<Option<(Raw<'a>, Range<usize>)>> {
        if !self.more(b'}')? {
            return Ok(None);
        }
        let start = self.at;
        let kind = self.string()?;
        let place = start..self.at;
        self.blanks();
        self.expect(b':', "expected `:` after a name")?;
        Ok(Some((Raw { kind, text: &self.text[place.clone()] }, place)))
    }

    /// Whether the array stepped into has another element, which is next.
    pub(crate) fn element(&mut self) -> Scan<bool> {
        self.more(b']')
    }

    /// Passes over a value and gives its kind and place.
    pub(crate) fn value(&mut self) -> Scan<(Kind, Range<usize>)> {
        self.blanks();
        let start = self.at;
        let kind = match self.bytes.get(self.at) {
            Some(b'"') => self.string()?,
            Some(b'{') => self.container(Kind::Object)?,
            Some(b'[') => self.container(Kind::Array)?,
            _ => self.atom()?,
        };
        Ok((kind, start..self.at))
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self) -> Scan<()> {
        self.value().map(|_| ())
    }

    /// [`Self::value`] with its text.
    pub(crate) fn raw_value(&mut self) -> Scan<Raw<'a>> {
        let (kind, place) = self.value()?;
        Ok(Raw { kind, text: &self.text[place] })
    }

    /// Says that nothing but blanks may follow.
    pub(crate) fn end(&mut self) -> Scan<()> {
        self.blanks();
        match self.at == self.bytes.len() {
            true => Ok(()),
            false => self.fail("something follows the value"),
        }
    }

    fn more(&mut self, close: u8) -> Scan<bool> {
        self.blanks();
        if self.bytes.get(self.at) == Some(&close) {
            self.at += 1;
            self.first = false; // back in the container around, which now has a member
            return Ok(false);
        }
        if !self.first {
            self.expect(b',', "expected `,` or the end of the object or array")?;
            self.blanks();
        }
        self.first = false;
        Ok(true)
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Scan<()> {
        if self.bytes.get(self.at) != Some(&byte) {
            return self.fail(what);
        }
        self.at += 1;
        Ok(())
    }

    fn fail<T>(&self, what: &'static str) -> Scan<T> {
        let what = if self.at >= self.bytes.len() { "the text ends too early" } else { what };
        Err(Malformed { at: self.at, what })
    }

    /// Walks over an object or array without recursion; `open` remembers which kind each level is.
    fn container(&mut self, kind: Kind) -> Scan<Kind> {
        let mut open = vec![kind];
        self.at += 1;
        self.first = true;
        while let Some(innermost) = open.last() {
            let more = match innermost {
                Kind::Object => self.key()?.is_some(),
                _ => self.element()?,
            };
            if !more {
                open.pop();
                continue;
            }
            let inner = match self.peek() {
                Some(b'{') => Kind::Object,
                Some(b'[') => Kind::Array,
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                _ => {
                    self.atom()?;
                    continue;
                }
            };
            if open.len() == MAX_DEPTH {
                return self.fail("nested too deeply");
            }
            open.push(inner);
            self.at += 1;
            self.first = true;
        }
        Ok(kind)
    }

    /// A number, `true`, `false` or `null`.
    fn atom(&mut self) -> Scan<Kind> {
        let rest = &self.bytes[self.at..];
        let word = |word: &[u8]| rest.starts_with(word);
        let (kind, length) = match rest.first() {
            Some(b't') if word(b"true") => (Kind::True, 4),
            Some(b'f') if word(b"false") => (Kind::False, 5),
            Some(b'n') if word(b"null") => (Kind::Null, 4),
            Some(b'-' | b'0'..=b'9') => (Kind::Number, number_length(rest)),
            _ => return self.fail("expected a value"),
        };
        let ends = !rest.get(length).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'));
        if length == 0 || !ends {
            return self.fail("not a number");
        }
        self.at += length;
        Ok(kind)
    }

    /// A string, from its opening quote on.
    fn string(&mut self) -> Scan<Kind> {
        self.expect(b'"', "expected `\"`")?;
        let mut escaped = false;
        loop {
            self.at += plain_length(&self.bytes[self.at..]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Kind::Text { escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return self.fail("a control character in a string"),
            }
        }
    }

    fn escape(&mut self) -> Scan<()> {
        let length = match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') if self.bytes[self.at + 2..].iter().take(4).filter(|b| b.is_ascii_hexdigit()).count() == 4 => 6,
            _ => return self.fail("an unknown escape in a string"),
        };
        self.at += length;
        Ok(())
    }
}

/// How many bytes at the front are neither a quote, a backslash nor a control character.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut n = 0;
    // Eight bytes at a time: a high bit stays where a byte is below 0x20 or equals one of the two.
    while let Some(word) = bytes[n..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let stops = control | has_zero(word ^ (ONES * 0x22)) | has_zero(word ^ (ONES * 0x5c));
        let stops = stops & HIGHS;
        if stops != 0 {
            return n + stops.trailing_zeros() as usize / 8;
        }
        n += 8;
    }
    let stop = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
    n + bytes[n..].iter().position(stop).unwrap_or(bytes.len() - n)
}

/// The length of the JSON number at the front, 0 if there is none.
fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut n = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(n);
    if whole == 0 || (whole > 1 && bytes[n] == b'0') {
        return 0;
    }
    n += whole;
    if bytes.get(n) == Some(&b'.') {
        let fraction = digits(n + 1);
        if fraction == 0 {
            return 0;
        }
        n += 1 + fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(n) {
        let sign = usize::from(matches!(bytes.get(n + 1), Some(b'+' | b'-')));
        let exponent = digits(n + 1 + sign);
        if exponent == 0 {
            return 0;
        }
        n += 1 + sign + exponent;
    }
    n
}

/// Undoes the escapes of a scanned string. A surrogate without its other half becomes U+FFFD.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        plain.push_str(&rest[..at]);
        let (character, length) = escaped_char(&rest[at..]);
        plain.push(character);
        rest = &rest[at + length..];
    }
    plain.push_str(rest);
    plain
}

/// The character of the escape at the front and the escape's length.
fn escaped_char(text: &str) -> (char, usize) {
    let unit = |at: usize| text.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    match text.as_bytes().get(1) {
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => {
            let first = unit(2).unwrap_or(0xfffd);
            let second = if text[6..].starts_with("\\u") { unit(8) } else { None };
            if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (first, second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
            }
            (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
        }
        Some(other) => (char::from(*other), 2),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

/// `text` as a JSON string, quotes included.
pub(crate) fn quote(text: &str) -> String {
    use std::fmt::Write;
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c)); // a String takes every write
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_serde_on_what_is_json() {
        for text in [
            "null",
            "true",
            "tru",
            "truex",
            "0",
            "-0",
            "01",
            "1.",
            "1.5e+3",
            "1e",
            "-",
            "+1",
            "12345678901234567890123",
            "\"\"",
            "\"a\\n\\u00e9\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"tab\there\"",
            "\"open",
            "[]",
            "[1,2]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{}",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":{\"b\":[1,{}]},\"c\":2}",
            "[[],[]]",
            "[[]{}]",
            "[}",
            "{]",
            "1 2",
            "  1  ",
            "",
        ] {
            let ours = Raw::parse(text).is_some();
            assert_eq!(ours, serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn too_deep_is_refused() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Raw::parse(&nested(MAX_DEPTH)).is_some());
        assert!(Raw::parse(&nested(MAX_DEPTH + 1)).is_none());
    }

    #[test]
    fn walks_an_object() {
        let text = r#" {"a": [1, {"x": 2}], "b": "say \"hi\" \ud83d\ude00", "c": {}} "#;
        let mut scanner = Scanner::new(text);
        let mut seen = Vec::new();
        scanner.begin_object().expect("an object");
        while let Some(key) = scanner.key().expect("a key") {
            let (kind, place) = scanner.value().expect("a value");
            seen.push(format!("{}={}", key.characters(), Raw { kind, text: &text[place] }.characters()));
        }
        scanner.end().expect("the end");
        assert_eq!(seen, ["a=[1, {\"x\": 2}]", "b=say \"hi\" 😀", "c={}"]);
    }

    proptest! {
        #[test]
        fn quoting_and_reading_give_the_text_back(text in any::<String>()) {
            let quoted = quote(&text);
            prop_assert_eq!(Raw::parse(&quoted).map(|raw| raw.characters().into_owned()), Some(text.clone()));
            let theirs = serde_json::to_string(&text).expect("strings serialise");
            prop_assert_eq!(Raw::parse(&theirs).map(|raw| raw.characters().into_owned()), Some(text));
        }

        #[test]
        fn plain_length_agrees_with_its_naive_twin(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let naive = bytes.iter().take_while(|b| **b >= 0x20 && **b != b'"' && **b != b'\\').count();
            prop_assert_eq!(plain_length(&bytes), naive);
        }
    }
}
