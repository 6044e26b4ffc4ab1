//! `geo_from_wkt`: shapes as well-known text.

use vizsla_schema::KqlType as T;

use super::geojson::{write_pair, write_shape};
use crate::def::{Eval, Param, Returns, ScalarDef, ex, sig};

/// How deep collections may be nested. Our choice; it keeps hostile text from the end of the stack.
const MAX_DEPTH: usize = 32;

pub(super) const GEO_FROM_WKT: ScalarDef = ScalarDef {
    name: "geo_from_wkt",
    signatures: &[sig(&[Param::Is(T::String)], Returns::Is(T::Dynamic))],
    summary: "A shape given as well-known text, as GeoJSON. Null for other text, and for shapes that are empty or have more \
              than two dimensions.",
    source: "kusto/query/geo-from-wkt-function",
    examples: &[
        ex("geo_from_wkt('POINT (1 2)')", r#"{"type":"Point","coordinates":[1.0,2.0]}"#),
        ex("geo_from_wkt('LINESTRING (1 2, 3 4)')", r#"{"type":"LineString","coordinates":[[1.0,2.0],[3.0,4.0]]}"#),
        ex("geo_from_wkt('LINESTRING')", "null"),
    ],
    eval: Eval::Kernel(|args| {
        let texts = args.text(0);
        Ok(args.texts(|row, out| {
            let mut text = Text(texts.at(row));
            text.shape(MAX_DEPTH, out).is_some() && text.skip_space().is_empty()
        }))
    }),
    ..ScalarDef::BASE
};

/// What is left of the text. Each method reads something and appends it as JSON, or fails.
struct Text<'a>(&'a str);

/// How the coordinates of a kind of shape are read.
type Read<'a> = fn(&mut Text<'a>, &mut String) -> Option<()>;

impl<'a> Text<'a> {
    fn shape(&mut self, depth: usize, out: &mut String) -> Option<()> {
        let (name, read): (_, Read<'a>) = match self.word().to_ascii_uppercase().as_str() {
            "POINT" => ("Point", Text::between_brackets),
            "LINESTRING" => ("LineString", Text::line),
            "POLYGON" => ("Polygon", Text::lines),
            "MULTIPOINT" => ("MultiPoint", |text, out| text.list(out, Text::pair_or_bracket)),
            "MULTILINESTRING" => ("MultiLineString", Text::lines),
            "MULTIPOLYGON" => ("MultiPolygon", |text, out| text.list(out, Text::lines)),
            "GEOMETRYCOLLECTION" => return self.collection(depth.checked_sub(1)?, out),
            _ => return None,
        };
        let mut read_all = Some(());
        write_shape(name, out, |out| read_all = read(self, out));
        read_all
    }

    fn line(&mut self, out: &mut String) -> Option<()> {
        self.list(out, Text::pair)
    }

    fn lines(&mut self, out: &mut String) -> Option<()> {
        self.list(out, Text::line)
    }

    fn collection(&mut self, depth: usize, out: &mut String) -> Option<()> {
        out.push_str(r#"{"type":"GeometryCollection","geometries":"#);
        self.list(out, |text, out| text.shape(depth, out))?;
        out.push('}');
        Some(())
    }

    /// Items between brackets, with commas.
    fn list(&mut self, out: &mut String, item: impl Fn(&mut Text<'a>, &mut String) -> Option<()>) -> Option<()> {
        self.sign('(')?;
        out.push('[');
        loop {
            item(self, out)?;
            if self.sign(',').is_none() {
                break;
            }
            out.push(',');
        }
        out.push(']');
        self.sign(')')
    }

    fn pair_or_bracket(&mut self, out: &mut String) -> Option<()> {
        if self.skip_space().starts_with('(') { self.between_brackets(out) } else { self.pair(out) }
    }

    fn between_brackets(&mut self, out: &mut String) -> Option<()> {
        self.sign('(')?;
        self.pair(out)?;
        self.sign(')')
    }

    fn pair(&mut self, out: &mut String) -> Option<()> {
        write_pair(self.number()?, self.number()?, out);
        Some(())
    }

    fn number(&mut self) -> Option<f64> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        self.take(is_part).parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn word(&mut self) -> &'a str {
        self.take(|c| c.is_ascii_alphabetic())
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let text = self.skip_space();
        let (taken, rest) = text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()));
        self.0 = rest;
        taken
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.0 = self.skip_space().strip_prefix(sign)?;
        Some(())
    }

    fn skip_space(&self) -> &'a str {
        self.0.trim_ascii_start()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, constant};

    #[test]
    fn shapes() {
        for (text, expected) in [
            ("Point(-1.5e1 2)", r#"{"type":"Point","coordinates":[-15.0,2.0]}"#),
            (
                "POLYGON ((0 0, 2 0, 2 2, 0 0))",
                r#"{"type":"Polygon","coordinates":[[[0.0,0.0],[2.0,0.0],[2.0,2.0],[0.0,0.0]]]}"#,
            ),
            ("MULTIPOINT (1 1, 2 2)", r#"{"type":"MultiPoint","coordinates":[[1.0,1.0],[2.0,2.0]]}"#),
            ("MULTIPOINT ((1 1), (2 2))", r#"{"type":"MultiPoint","coordinates":[[1.0,1.0],[2.0,2.0]]}"#),
            (
                "MULTILINESTRING ((1 1, 2 2), (4 4, 5 5))",
                r#"{"type":"MultiLineString","coordinates":[[[1.0,1.0],[2.0,2.0]],[[4.0,4.0],[5.0,5.0]]]}"#,
            ),
            (
                "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 0)))",
                r#"{"type":"MultiPolygon","coordinates":[[[[0.0,0.0],[2.0,0.0],[2.0,2.0],[0.0,0.0]]]]}"#,
            ),
            (
                "GEOMETRYCOLLECTION (POINT (1 1),LINESTRING (2 2, 3 3))",
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.0,1.0]},{"type":"LineString","coordinates":[[2.0,2.0],[3.0,3.0]]}]}"#,
            ),
            ("", "null"),
            ("POINT EMPTY", "null"),
            ("POINT (1 2", "null"),
            ("POINT (1 2) 3", "null"),
            ("POINT (1 2 3)", "null"),
            ("POINT (1 nan)", "null"),
            ("CIRCLE (1 2)", "null"),
        ] {
            assert_eq!(call("geo_from_wkt", &[constant(text)]), expected, "{text}");
        }
    }

    #[test]
    fn deep_collections_are_refused() {
        assert_eq!(call("geo_from_wkt", &[constant(&"GEOMETRYCOLLECTION (".repeat(100_000))]), "null");
    }
}
