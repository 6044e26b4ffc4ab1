//! JSON as the documentation writes it, which is often not quite JSON.
//!
//! `serde_json` is too strict here: documented cells hold `NaN`, single quotes, Python's `True` and trailing commas,
//! and the reference comparer reads them with Python's `json`.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::number::Number;

/// A JSON value; numbers keep their text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// Keys are unique and in the order of their first appearance.
    Bag(Vec<(String, Json)>),
}

impl Json {
    pub(super) fn as_number(&self) -> Option<Number> {
        match self {
            Self::Bool(it) => Some(Number::Int(i32::from(*it).to_string())),
            Self::Number(text) => Some(Number::from_json(text)),
            Self::Text(text) => super::number::parse_number(text).0,
            Self::Null | Self::List(_) | Self::Bag(_) => None,
        }
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(it) => Self::Bool(*it),
            Value::Number(it) => Self::Number(it.to_string()),
            Value::String(it) => Self::Text(it.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Bag(map.iter().map(|(k, v)| (k.clone(), Self::from(v))).collect()),
        }
    }
}

/// Compact, as Python's `json.dumps(…, ensure_ascii=False, separators=(",", ":"))` prints it.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(it) => write!(f, "{it}"),
            Self::Number(text) => f.write_str(&Number::from_json(text).python_text()),
            Self::Text(text) => write_quoted(f, text),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Bag(entries) => {
                f.write_str("{")?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { "," })?;
                    write_quoted(f, key)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            c if c < ' ' => write!(f, "\\u{:04x}", c as u32)?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

/// Reads JSON and, failing that, what the docs write for it: trailing commas, single quotes, Python's constants and
/// raw line breaks inside strings.
pub(super) fn parse_loose(text: &str) -> Option<Json> {
    static TRAILING_COMMA: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r",\s*([\]}])").ok());
    if let Some(value) = parse(text) {
        return Some(value);
    }
    let text = match &*TRAILING_COMMA {
        Some(pattern) => pattern.replace_all(text, "$1").into_owned(),
        None => text.to_owned(),
    };
    if let Some(value) = parse(&text) {
        return Some(value);
    }
    let text = python_constants(&double_quoted(&text));
    parse(&text).or_else(|| parse(&text.replace('\n', "\\n")))
}

/// Single-quoted strings as double-quoted ones.
fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' && chars.peek().is_some() => {
                out.push(c);
                out.extend(chars.next());
            }
            Some(open) if c == open => {
                out.push('"');
                quote = None;
            }
            Some(_) if c == '"' => out.push_str("\\\""),
            None if matches!(c, '"' | '\'') => {
                quote = Some(c);
                out.push('"');
            }
            _ => out.push(c),
        }
    }
    out
}

fn python_constants(text: &str) -> String {
    static CONSTANTS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\b(?:(True|TRUE)|(False|FALSE)|(None|NULL))\b").ok());
    let Some(pattern) = &*CONSTANTS else { return text.to_owned() };
    let constant = |found: &regex::Captures<'_>| match (found.get(1), found.get(2)) {
        (Some(_), _) => "true",
        (_, Some(_)) => "false",
        _ => "null",
    };
    pattern.replace_all(text, constant).into_owned()
}

/// Reads JSON in Python's dialect: `NaN`, `Infinity` and `-Infinity` are numbers, the last of equal keys wins.
pub(super) fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

/// Deeper than any documented value, and far from the end of the stack.
const MAX_DEPTH: usize = 200;

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest.strip_prefix(word);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        const CONSTANTS: [(&str, Option<bool>); 3] = [("null", None), ("true", Some(true)), ("false", Some(false))];
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        for (word, constant) in CONSTANTS {
            if self.eat(word) {
                return Some(constant.map_or(Json::Null, Json::Bool));
            }
        }
        match self.rest.chars().next()? {
            '"' => self.text().map(Json::Text),
            '[' => self.list(depth),
            '{' => self.bag(depth),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Option<Json> {
        static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"\A(?:NaN|-?Infinity|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)").ok()
        });
        let found = NUMBER.as_ref()?.find(self.rest)?;
        self.rest = &self.rest[found.end()..];
        Some(Json::Number(found.as_str().to_owned()))
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        let mut items = Vec::new();
        self.eat("[");
        self.space();
        if self.eat("]") {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat("]") {
                return Some(Json::List(items));
            }
            self.eat(",").then_some(())?;
        }
    }

    fn bag(&mut self, depth: usize) -> Option<Json> {
        let mut entries: Vec<(String, Json)> = Vec::new();
        self.eat("{");
        self.space();
        if self.eat("}") {
            return Some(Json::Bag(entries));
        }
        loop {
            self.space();
            let key = self.text()?;
            self.space();
            self.eat(":").then_some(())?;
            let value = self.value(depth + 1)?;
            match entries.iter_mut().find(|(known, _)| *known == key) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
            self.space();
            if self.eat("}") {
                return Some(Json::Bag(entries));
            }
            self.eat(",").then_some(())?;
        }
    }

    fn text(&mut self) -> Option<String> {
        self.eat("\"").then_some(())?;
        let mut out = String::new();
        loop {
            let mut chars = self.rest.chars();
            let c = chars.next()?;
            self.rest = chars.as_str();
            match c {
                '"' => return Some(out),
                '\\' => out.push(self.escape()?),
                c if c < ' ' => return None,
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        match c {
            '"' | '\\' | '/' => Some(c),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => self.code_point(),
            _ => None,
        }
    }

    fn code_point(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.eat("\\u").then_some(())?;
        let second = self.hex()?.checked_sub(0xDC00)?;
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + second)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_json_is_read_generously() {
        for (text, printed) in [
            (r#"{"a": [1, 2.50, "x"]}"#, Some(r#"{"a":[1,2.5,"x"]}"#)),
            ("[1, 2,]", Some("[1,2]")),
            ("{'a': True, 'b': None}", Some(r#"{"a":true,"b":null}"#)),
            ("['say \"hi\"']", Some(r#"["say \"hi\""]"#)),
            ("[NaN, -Infinity]", Some("[NaN,-Infinity]")),
            (r#"{"a":1,"b":2,"a":3}"#, Some(r#"{"a":3,"b":2}"#)),
            (r#""\ud83d\ude00""#, Some("\"😀\"")),
            ("plain words", None),
            ("[01]", None),
        ] {
            assert_eq!(parse_loose(text).map(|it| it.to_string()).as_deref(), printed, "{text}");
        }
    }
}
