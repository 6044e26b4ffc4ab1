//! Answers as JSON: a document, a record a line, and the cells of `vizsla batch`.
//!
//! | KQL type | cell |
//! |---|---|
//! | any null | `null`; a string is never null |
//! | bool | `true`, `false` |
//! | int, long | a number |
//! | real, decimal | a number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | string, guid | a string |
//! | datetime | `"2020-01-02T03:04:05.6000000Z"` |
//! | timespan | `"[-][d.]hh:mm:ss[.fffffff]"` |
//! | dynamic | the JSON value itself |

use std::io::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use vizsla_engine::{KqlType, Render, ResultColumn};
use vizsla_functions::format;

use super::{Show, ShowError};

/// Appends one cell.
pub(crate) fn cell(array: &dyn Array, row: usize, ty: KqlType, out: &mut String) {
    if array.is_null(row) {
        return out.push_str(if ty == KqlType::String { "\"\"" } else { "null" });
    }
    match ty {
        KqlType::Bool => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        KqlType::Int | KqlType::Long | KqlType::Decimal => format::text(array, row, ty, out),
        KqlType::Real => match array.as_primitive::<Float64Type>().value(row) {
            value if value.is_nan() => out.push_str("\"NaN\""),
            value if value.is_infinite() => out.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" }),
            value => format::write_real(value, out),
        },
        KqlType::String | KqlType::Guid => string(array.as_string_view().value(row), out),
        KqlType::DateTime | KqlType::TimeSpan => {
            out.push('"');
            format::text(array, row, ty, out);
            out.push('"');
        }
        // Dynamics are JSON text throughout the plan.
        KqlType::Dynamic => out.push_str(array.as_string_view().value(row)),
    }
}

/// Appends a string with quotes and escapes.
pub(crate) fn string(text: &str, out: &mut String) {
    // Most cells need no escape, and then no text of their own.
    if text.bytes().all(|it| it >= b' ' && it != b'"' && it != b'\\') {
        return out.extend(["\"", text, "\""]);
    }
    out.push_str(&serde_json::to_string(text).expect("a string is JSON"));
}

/// Appends `[{"name":…,"type":…},…]`.
pub(crate) fn columns(columns: &[ResultColumn], out: &mut String) {
    list('[', columns, ']', out, |column, out| {
        out.push_str("{\"name\":");
        string(&column.name, out);
        out.extend([",\"type\":\"", column.ty.name(), "\"}"]);
    });
}

/// Appends the cells of a row, `[…]`.
pub(crate) fn row(columns: &[ResultColumn], batch: &RecordBatch, row: usize, out: &mut String) {
    let cells: Vec<_> = columns.iter().zip(batch.columns()).collect();
    list('[', &cells, ']', out, |(column, array), out| cell(array.as_ref(), row, column.ty, out));
}

/// Appends items between brackets, with commas.
fn list<T>(open: char, items: &[T], close: char, out: &mut String, mut each: impl FnMut(&T, &mut String)) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        each(item, out);
    }
    out.push(close);
}

/// `{"tables":[{"columns":[…],"rows":[…]},…]}`, rows on lines of their own.
pub(super) struct Document<'w> {
    out: &'w mut (dyn Write + Send),
    columns: Vec<ResultColumn>,
    tables: usize,
    rows: usize,
}

impl<'w> Document<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send)) -> Self {
        Self { out, columns: Vec::new(), tables: 0, rows: 0 }
    }
}

impl Show for Document<'_> {
    fn begin(&mut self, table: &[ResultColumn], _: Option<&Render>) -> Result<(), ShowError> {
        let mut text = String::from(if self.tables == 0 { "{\"tables\":[" } else { "," });
        text.push_str("{\"columns\":");
        columns(table, &mut text);
        text.push_str(",\"rows\":[");
        self.columns = table.to_vec();
        self.tables += 1;
        self.rows = 0;
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ShowError> {
        let mut text = String::new();
        for at in 0..batch.num_rows() {
            text.push_str(if self.rows == 0 { "\n" } else { ",\n" });
            row(&self.columns, batch, at, &mut text);
            self.rows += 1;
        }
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn end(&mut self) -> Result<(), ShowError> {
        Ok(self.out.write_all(b"]}")?)
    }

    fn finish(&mut self) -> Result<(), ShowError> {
        let text = if self.tables == 0 { "{\"tables\":[]}\n" } else { "]}\n" };
        Ok(self.out.write_all(text.as_bytes())?)
    }
}

/// `{"Timestamp":…,"DeviceName":…}` on each line.
pub(super) struct Lines<'w> {
    out: &'w mut (dyn Write + Send),
    columns: Vec<ResultColumn>,
    /// `"name":` of each column.
    keys: Vec<String>,
}

impl<'w> Lines<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send)) -> Self {
        Self { out, columns: Vec::new(), keys: Vec::new() }
    }
}

impl Show for Lines<'_> {
    fn begin(&mut self, table: &[ResultColumn], _: Option<&Render>) -> Result<(), ShowError> {
        let key = |column: &ResultColumn| {
            let mut key = String::new();
            string(&column.name, &mut key);
            key.push(':');
            key
        };
        self.keys = table.iter().map(key).collect();
        self.columns = table.to_vec();
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ShowError> {
        let mut text = String::new();
        let cells: Vec<_> = self.keys.iter().zip(&self.columns).zip(batch.columns()).collect();
        for row in 0..batch.num_rows() {
            list('{', &cells, '}', &mut text, |((key, column), array), out| {
                out.push_str(key);
                cell(array.as_ref(), row, column.ty, out);
            });
            text.push('\n');
        }
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn end(&mut self) -> Result<(), ShowError> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ShowError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vizsla_engine::Value;

    use super::super::Format;
    use super::super::testing::{every_type, shown_text, table};
    use super::*;

    #[test]
    fn every_type_has_its_cell() {
        assert_eq!(
            shown_text(Format::Ndjson, &[every_type()]),
            concat!(
                r#"{"bool":true,"datetime":"2020-01-01T00:00:00.0000001Z","decimal":1.5,"dynamic":{"a":[1,"b"]},"#,
                r#""guid":"01234567-89ab-cdef-0123-456789abcdef","int":-1,"long":9223372036854775807,"real":0.25,"#,
                r#""string":"say \"hi\", you","timespan":"-01:00:00"}"#,
                "\n",
                r#"{"bool":null,"datetime":null,"decimal":null,"dynamic":null,"guid":null,"int":null,"long":null,"#,
                r#""real":null,"string":"","timespan":null}"#,
                "\n"
            )
        );
    }

    #[test]
    fn reals_that_json_lacks_are_named() {
        for (value, expected) in [
            (f64::NAN, r#""NaN""#),
            (f64::INFINITY, r#""Infinity""#),
            (f64::NEG_INFINITY, r#""-Infinity""#),
            (-0.0, "-0.0"),
            (1e300, "1e300"),
        ] {
            let mut text = String::new();
            cell(Value::Real(value).to_array().as_ref(), 0, KqlType::Real, &mut text);
            assert_eq!(text, expected);
            serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON");
        }
    }

    #[test]
    fn a_document_holds_every_table() {
        let one = table(&[("a", KqlType::Long)], &[vec![Value::Long(1)], vec![Value::Long(2)]]);
        let two = table(&[("b \"c\"", KqlType::String)], &[vec![Value::String("x".into())]]);
        let text = shown_text(Format::Json, &[one, two]);
        let expected = serde_json::json!({"tables": [
            {"columns": [{"name": "a", "type": "long"}], "rows": [[1], [2]]},
            {"columns": [{"name": "b \"c\"", "type": "string"}], "rows": [["x"]]},
        ]});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON"), expected);
        assert_eq!(shown_text(Format::Json, &[]), "{\"tables\":[]}\n");
    }
}
