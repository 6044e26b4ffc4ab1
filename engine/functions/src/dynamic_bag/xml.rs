//! `parse_xml`: XML text as a bag.
//!
//! A small reader, not a validating one: elements, attributes, text, CDATA and the predefined entities; declarations,
//! comments and processing instructions are skipped, and anything that is not well-formed makes the answer null.

use super::DYNAMIC;
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic::Json;
use vizsla_schema::KqlType as T;

/// Longer texts give null, as in the reference.
const MAX_LENGTH: usize = 1 << 20;
/// Deeper nesting gives null: the stack is finite. Our choice.
const MAX_DEPTH: usize = 128;

pub(super) const PARSE_XML: ScalarDef = ScalarDef {
    name: "parse_xml",
    signatures: &[sig(&[Param::Is(T::String)], DYNAMIC)],
    summary: "XML as a bag: attributes under `@name`, text beside elements under `#text`, repeated elements as an array.",
    source: "kusto/query/parse-xml-function",
    examples: &[
        ex(r#"parse_xml('<e name="value">text</e>')"#, r##"{"e":{"@name":"value","#text":"text"}}"##),
        ex("parse_xml('<e><a>1</a><a>2</a></e>')", r#"{"e":{"a":["1","2"]}}"#),
        ex("parse_xml('<e>')", "null"),
    ],
    eval: Eval::Kernel(parse_xml),
    ..ScalarDef::BASE
};

fn parse_xml(args: &Args<'_>) -> KernelResult {
    let texts = args.text(0);
    Ok(args.texts(|row, out| {
        let text = texts.at(row);
        let bag = if text.len() > MAX_LENGTH { None } else { Reader { rest: text }.document() };
        bag.map(|bag| bag.write(out)).is_some()
    }))
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Option<Json> {
        self.skip_misc()?;
        let (name, value) = self.element(0)?;
        self.skip_misc()?;
        self.rest.is_empty().then(|| Json::Object(vec![(name.to_owned(), value)]))
    }

    /// Skips space, declarations, comments and processing instructions.
    fn skip_misc(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.skip_markup()? {
                return Some(());
            }
        }
    }

    /// Skips one comment, declaration or instruction; false if there is none here.
    fn skip_markup(&mut self) -> Option<bool> {
        for (open, close) in [("<?", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">")] {
            if let Some(inner) = self.rest.strip_prefix(open) {
                self.rest = inner.split_once(close)?.1;
                return Some(true);
            }
        }
        Some(false)
    }

    fn element(&mut self, depth: usize) -> Option<(&'a str, Json)> {
        if depth == MAX_DEPTH {
            return None;
        }
        self.take("<")?;
        let name = self.name()?;
        let mut entries = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if self.take("/>").is_some() {
                return Some((name, finish(entries, String::new())));
            }
            if self.take(">").is_some() {
                break;
            }
            entries.push(self.attribute()?);
        }
        let text = self.content(&mut entries, depth)?;
        (self.name()? == name).then_some(())?;
        self.rest = self.rest.trim_start();
        self.take(">")?;
        Some((name, finish(entries, text)))
    }

    fn attribute(&mut self) -> Option<(String, Json)> {
        let name = self.name()?;
        self.rest = self.rest.trim_start();
        self.take("=")?;
        self.rest = self.rest.trim_start();
        let quote = self.rest.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        let (value, rest) = self.rest[1..].split_once(quote)?;
        self.rest = rest;
        Some((format!("@{name}"), Json::String(decode(value)?)))
    }

    /// Reads children into `entries` up to and with the `</` of the closing tag; the answer is the text between them.
    fn content(&mut self, entries: &mut Vec<(String, Json)>, depth: usize) -> Option<String> {
        let mut text = String::new();
        loop {
            let (piece, _) = self.rest.split_at(self.rest.find('<')?);
            text.push_str(&decode(piece)?);
            self.rest = &self.rest[piece.len()..];
            if self.take("</").is_some() {
                return Some(text.trim().to_owned());
            } else if let Some(inner) = self.rest.strip_prefix("<![CDATA[") {
                let (data, rest) = inner.split_once("]]>")?;
                text.push_str(data);
                self.rest = rest;
            } else if !self.skip_markup()? {
                let (name, value) = self.element(depth + 1)?;
                add(entries, name, value);
            }
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let end = self.rest.find(|it: char| it.is_whitespace() || matches!(it, '/' | '>' | '=' | '<' | '"' | '\''))?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn take(&mut self, prefix: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(prefix)?;
        Some(())
    }
}

/// Adds a child; a second one of its name makes an array.
fn add(entries: &mut Vec<(String, Json)>, name: &str, value: Json) {
    match entries.iter_mut().find(|(known, _)| known == name) {
        Some((_, Json::Array(items))) => items.push(value),
        Some((_, single)) => *single = Json::Array(vec![std::mem::replace(single, Json::Null), value]),
        None => entries.push((name.to_owned(), value)),
    }
}

/// The value of an element: null if it has nothing, its text if it has nothing else, otherwise a bag.
fn finish(mut entries: Vec<(String, Json)>, text: String) -> Json {
    match (entries.is_empty(), text.is_empty()) {
        (true, true) => Json::Null,
        (true, false) => Json::String(text),
        (false, true) => Json::Object(entries),
        (false, false) => {
            let attributes = entries.iter().take_while(|(name, _)| name.starts_with('@')).count();
            entries.insert(attributes, ("#text".to_owned(), Json::String(text)));
            Json::Object(entries)
        }
    }
}

/// Text with its entities replaced; `None` if there is one that XML does not know by itself.
fn decode(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('&');
    out.push_str(pieces.next()?);
    for piece in pieces {
        let (entity, rest) = piece.split_once(';')?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let code = entity.strip_prefix('#')?;
                let code = match code.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => code.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::call;
    use crate::value::Value;

    #[test]
    fn documents() {
        for (xml, expected) in [
            ("<e/>", r#"{"e":null}"#),
            ("<e>text</e>", r#"{"e":"text"}"#),
            (r#"<e name="value" />"#, r#"{"e":{"@name":"value"}}"#),
            (r#"<e name="value">text</e>"#, r##"{"e":{"@name":"value","#text":"text"}}"##),
            ("<e> <a>text</a> <b>text</b> </e>", r#"{"e":{"a":"text","b":"text"}}"#),
            ("<e> <a>text</a> <a>text</a> </e>", r#"{"e":{"a":["text","text"]}}"#),
            ("<e> text <a>text</a> </e>", r##"{"e":{"#text":"text","a":"text"}}"##),
            ("<?xml version=\"1.0\"?>\n<!-- c --><d>\n<v>118.0</v></d>", r#"{"d":{"v":"118.0"}}"#),
            ("<e a='x &lt; &#65;'><![CDATA[<&>]]></e>", r##"{"e":{"@a":"x < A","#text":"<&>"}}"##),
            ("<e>", "null"),
            ("<e></f>", "null"),
            ("<a/><b/>", "null"),
            ("<e>&nope;</e>", "null"),
            ("text", "null"),
            ("", "null"),
        ] {
            assert_eq!(call("parse_xml", &[Value::String(xml.into())]), expected, "{xml}");
        }
    }
}
