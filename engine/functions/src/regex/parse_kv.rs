//! The operator `parse-kv`: keys and values out of a text (page `parse-kv-operator`, fact 269).
//!
//! ```ignore
//! // parse-kv Line as (src: string, bytes: long) with (pair_delimiter=' ', kv_delimiter='=', quote='"')
//! let parser = KeyValues::new(
//!     vec![("src".into(), KqlType::String), ("bytes".into(), KqlType::Long)],
//!     Rules::Delimited(Delimiters { pair: " ".into(), key_value: "=".into(), greedy: false }),
//!     Quotes { pairs: vec![('"', '"')], escapes: vec![] },
//! );
//! let columns = parser.parse(&lines);
//! ```

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewArray};
use regex::Regex;
use vizsla_schema::KqlType;

use super::typed;

/// A compiled `parse-kv`.
#[derive(Debug)]
pub struct KeyValues {
    keys: Vec<(String, KqlType)>,
    rules: Rules,
    quotes: Quotes,
}

/// How keys and values are told apart.
#[derive(Debug, Clone)]
pub enum Rules {
    /// By the delimiters given.
    Delimited(Delimiters),
    /// Any run of characters that are neither letters, digits nor `_` ends a key or a value (our reading of
    /// "nonalphanumeric").
    AnyDelimiter,
    /// By a pattern whose first group is the key and whose second is the value.
    Regex(Arc<Regex>),
}

/// What stands between pairs, and between a key and its value.
#[derive(Debug, Clone)]
pub struct Delimiters {
    /// `pair_delimiter`.
    pub pair: String,
    /// `kv_delimiter`.
    pub key_value: String,
    /// `greedy`: a value goes on to the next listed key.
    pub greedy: bool,
}

/// What keys and values may be wrapped in.
#[derive(Debug, Clone, Default)]
pub struct Quotes {
    /// Opening and closing quote.
    pub pairs: Vec<(char, char)>,
    /// Characters that make the next one literal inside quotes.
    pub escapes: Vec<char>,
}

impl KeyValues {
    /// Takes texts apart into these keys. A pattern among the rules has two groups.
    pub fn new(keys: Vec<(String, KqlType)>, rules: Rules, quotes: Quotes) -> Self {
        KeyValues { keys, rules, quotes }
    }

    /// One array for each key, in plan types; what is missing is `""` or null.
    pub fn parse(&self, texts: &StringViewArray) -> Vec<ArrayRef> {
        let mut values: Vec<Vec<Option<String>>> = vec![Vec::with_capacity(texts.len()); self.keys.len()];
        for text in texts.iter().map(Option::unwrap_or_default) {
            let mut found: Vec<Option<String>> = vec![None; self.keys.len()];
            self.each_pair(text, |key, value| self.note(key, value, &mut found));
            values.iter_mut().zip(found).for_each(|(column, value)| column.push(value));
        }
        let arrays = values.into_iter().map(StringViewArray::from_iter);
        self.keys.iter().zip(arrays).map(|((_, ty), texts)| typed::column(*ty, &texts)).collect()
    }

    /// The first value of a key wins.
    fn note(&self, key: &str, value: &str, found: &mut [Option<String>]) {
        if let Some(index) = self.keys.iter().position(|(name, _)| name == key)
            && found[index].is_none()
        {
            found[index] = Some(value.to_owned());
        }
    }

    fn each_pair(&self, text: &str, mut note: impl FnMut(&str, &str)) {
        match &self.rules {
            Rules::Regex(pattern) => pattern.captures_iter(text).for_each(|groups| {
                let group = |index| groups.get(index).map_or("", |group| group.as_str().trim());
                note(group(1), group(2));
            }),
            Rules::Delimited(delimiters) if delimiters.greedy => self.greedy_pairs(text, delimiters, note),
            Rules::Delimited(delimiters) => self.delimited_pairs(text, delimiters, note),
            Rules::AnyDelimiter => self.loose_pairs(text, note),
        }
    }

    fn delimited_pairs(&self, text: &str, delimiters: &Delimiters, mut note: impl FnMut(&str, &str)) {
        let mut cursor = Cursor { rest: text, quotes: &self.quotes };
        while let Some(key) = cursor.key(delimiters) {
            note(&key, &cursor.value(delimiters));
        }
    }

    /// Splits where a listed key and the delimiter stand, at the start or after a pair delimiter.
    fn greedy_pairs(&self, text: &str, delimiters: &Delimiters, mut note: impl FnMut(&str, &str)) {
        let heads = self.keys.iter().filter_map(|(key, _)| head(text, key, delimiters).map(|at| (at, key)));
        let mut heads: Vec<(usize, &String)> = heads.collect();
        heads.sort_unstable();
        for (index, (start, key)) in heads.iter().enumerate() {
            let from = start + key.len() + delimiters.key_value.len();
            let to = heads.get(index + 1).map_or(text.len(), |(next, _)| *next);
            let value = text[from..to].trim().trim_end_matches(delimiters.pair.as_str()).trim();
            note(key, &self.quotes.unwrapped(value));
        }
    }

    /// A key is the last token before a value; tokens end at anything but letters, digits and `_`.
    fn loose_pairs(&self, text: &str, mut note: impl FnMut(&str, &str)) {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (token, after) = match self.quotes.closing(first) {
                Some(close) => self.quotes.quoted(&rest[first.len_utf8()..], close),
                None => {
                    let end = rest.find(|letter: char| !in_token(letter)).unwrap_or(rest.len());
                    (Cow::Borrowed(&rest[..end]), &rest[end..])
                }
            };
            rest = if after.len() == rest.len() { &rest[first.len_utf8()..] } else { after };
            if !token.is_empty() {
                tokens.push(token);
            }
        }
        tokens.windows(2).for_each(|pair| note(&pair[0], &pair[1]));
    }
}

fn in_token(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Where a key with its delimiter first stands as the start of a pair.
fn head(text: &str, key: &str, delimiters: &Delimiters) -> Option<usize> {
    let key = format!("{key}{}", delimiters.key_value);
    let starts_pair = |at: usize| text[..at].trim().is_empty() || text[..at].ends_with(&delimiters.pair);
    text.match_indices(&key).map(|(at, _)| at).find(|at| starts_pair(*at))
}

impl Quotes {
    fn closing(&self, open: char) -> Option<char> {
        self.pairs.iter().find(|pair| pair.0 == open).map(|pair| pair.1)
    }

    /// The text up to a closing quote with its escapes undone, and what follows the quote.
    fn quoted<'t>(&self, text: &'t str, close: char) -> (Cow<'t, str>, &'t str) {
        let mut out = String::new();
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            if self.escapes.contains(&letter) {
                out.extend(letters.next().map(|(_, escaped)| escaped));
            } else if letter == close {
                return (Cow::Owned(out), &text[at + letter.len_utf8()..]);
            } else {
                out.push(letter);
            }
        }
        (Cow::Owned(out), "")
    }

    fn unwrapped<'t>(&self, value: &'t str) -> Cow<'t, str> {
        match value.chars().next().and_then(|first| Some((first, self.closing(first)?))) {
            Some((open, close)) => self.quoted(&value[open.len_utf8()..], close).0,
            None => Cow::Borrowed(value),
        }
    }
}

/// What is left of a text, read token by token.
struct Cursor<'t> {
    rest: &'t str,
    quotes: &'t Quotes,
}

impl<'t> Cursor<'t> {
    /// The key before the next delimiter of a key, which is stepped over: what is quoted, or what follows the last
    /// delimiter of pairs there.
    fn key(&mut self, delimiters: &Delimiters) -> Option<Cow<'t, str>> {
        let quoted = self.quoted();
        let (before, after) = self.rest.split_once(delimiters.key_value.as_str())?;
        self.rest = after;
        let before = before.trim();
        match quoted.filter(|_| before.is_empty()) {
            Some(quoted) => Some(quoted),
            None => before.rsplit(delimiters.pair.as_str()).next().map(|key| Cow::Borrowed(key.trim())),
        }
    }

    /// The value up to the next delimiter of pairs, which is stepped over. It may be indented even where spaces delimit.
    fn value(&mut self, delimiters: &Delimiters) -> Cow<'t, str> {
        let quoted = self.quoted();
        if quoted.is_none() {
            self.rest = self.rest.trim_start();
        }
        let (value, after) = self.rest.split_once(delimiters.pair.as_str()).unwrap_or((self.rest, ""));
        self.rest = after;
        quoted.unwrap_or(Cow::Borrowed(value.trim()))
    }

    /// A quoted token at the start, stepped over.
    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        let start = self.rest.trim_start();
        let open = start.chars().next()?;
        let (token, after) = self.quotes.quoted(&start[open.len_utf8()..], self.quotes.closing(open)?);
        self.rest = after;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rules: Rules, quotes: Quotes, keys: &[&str], text: &str) -> String {
        let keys: Vec<_> = keys.iter().map(|key| ((*key).to_owned(), KqlType::String)).collect();
        let columns = KeyValues::new(keys, rules, quotes).parse(&StringViewArray::from(vec![text]));
        let cells: Vec<_> = columns.iter().map(|it| arrow::array::AsArray::as_string_view(it).value(0)).collect();
        cells.join("|")
    }

    fn quotes(open: char, close: char, escapes: &[char]) -> Quotes {
        Quotes { pairs: vec![(open, close)], escapes: escapes.into() }
    }

    #[test]
    fn pairs_are_delimited() {
        for (pair, key_value, greedy, quotes, keys, text, expected) in [
            (";", "=", false, Quotes::default(), &["k1", "k2"][..], "k1=v1;k2=v2", "v1|v2"),
            (",", "=", false, Quotes::default(), &["a", "b"], "a=1, b=2, c=3", "1|2"),
            (" ", "=", false, Quotes::default(), &["key", "x"], "  key  =  value  ", "value|"),
            (";", "=", false, quotes('"', '"', &[]), &["name", "city"], "name=\"J S\";city=\"N;Y\"", "J S|N;Y"),
            (" ", "=", false, Quotes::default(), &["key"], "key=value=extra", "value=extra"),
            (";", "=", false, Quotes::default(), &["a"], "a=1;a=2", "1"),
            (";", "=", false, Quotes::default(), &["e", "f"], "e=;f=yes", "|yes"),
            (" ", "=", false, Quotes::default(), &["name", "phone", "city"], "name=J D phone=5 5 city=N Y", "J|5|N"),
            (
                " ",
                "=",
                true,
                Quotes::default(),
                &["name", "phone", "city"],
                "name=J D phone=5 5 city=N Y",
                "J D|5 5|N Y",
            ),
            (" ", "=", false, quotes('(', ')', &[]), &["event time", "b"], "(event time)=(1 2) b=3", "1 2|3"),
            (" ", "=", false, quotes('"', '"', &['\\']), &["f", "t"], "f=\"sent \\\"bye!\\\"\" t=1", "sent \"bye!\"|1"),
        ] {
            let delimiters = Delimiters { pair: pair.into(), key_value: key_value.into(), greedy };
            assert_eq!(parse(Rules::Delimited(delimiters), quotes, keys, text), expected, "{text}");
        }
    }

    #[test]
    fn without_delimiters_anything_else_ends_a_token() {
        let text = "2021-01-01T10:00:34 [INFO] ThreadId:458745723, Machine:Node001, Text: 'The service \\' is up'";
        let keys = ["Text", "ThreadId", "Machine"];
        let found = parse(Rules::AnyDelimiter, quotes('\'', '\'', &['\\']), &keys, text);
        assert_eq!(found, "The service ' is up|458745723|Node001");
    }

    #[test]
    fn a_pattern_gives_key_and_value() {
        let pattern = super::super::pattern(r#""([\w ]+)\s*:\s*([^"]*)""#).unwrap();
        let text = r#"["request url: https://h/?h=1", "id: 24"]"#;
        assert_eq!(parse(Rules::Regex(pattern), Quotes::default(), &["request url", "id"], text), "https://h/?h=1|24");
    }
}
