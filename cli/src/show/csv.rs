//! Answers as comma-separated values (RFC 4180): the text of each cell, nulls empty.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use vizsla_engine::{Render, ResultColumn};
use vizsla_functions::format;

use super::{Show, ShowError};

/// A header and rows; tables after the first follow an empty line.
pub(super) struct Csv<'w> {
    out: &'w mut (dyn Write + Send),
    columns: Vec<ResultColumn>,
    tables: usize,
}

impl<'w> Csv<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send)) -> Self {
        Self { out, columns: Vec::new(), tables: 0 }
    }

    /// Encodes records with `fill`, then writes them at once.
    fn write(&mut self, fill: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<(), ShowError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        fill(&mut writer).map_err(io::Error::from)?;
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(self.out.write_all(&bytes)?)
    }
}

impl Show for Csv<'_> {
    fn begin(&mut self, columns: &[ResultColumn], _: Option<&Render>) -> Result<(), ShowError> {
        if self.tables > 0 {
            self.out.write_all(b"\n")?;
        }
        self.tables += 1;
        self.columns = columns.to_vec();
        self.write(|it| it.write_record(columns.iter().map(|column| column.name.as_bytes())))
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ShowError> {
        let types: Vec<_> = self.columns.iter().map(|column| column.ty).collect();
        self.write(|it| {
            let mut text = String::new();
            for row in 0..batch.num_rows() {
                for (array, ty) in batch.columns().iter().zip(&types) {
                    text.clear();
                    format::text(array.as_ref(), row, *ty, &mut text);
                    it.write_field(&text)?;
                }
                it.write_record(None::<&[u8]>)?;
            }
            Ok(())
        })
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
    use vizsla_engine::{KqlType, Value};

    use super::super::Format;
    use super::super::testing::{every_type, shown_text, table};

    #[test]
    fn every_type_has_its_text() {
        assert_eq!(
            shown_text(Format::Csv, &[every_type()]),
            concat!(
                "bool,datetime,decimal,dynamic,guid,int,long,real,string,timespan\n",
                "True,2020-01-01T00:00:00.0000001Z,1.5,\"{\"\"a\"\":[1,\"\"b\"\"]}\",",
                "01234567-89ab-cdef-0123-456789abcdef,-1,9223372036854775807,0.25,\"say \"\"hi\"\", you\",-01:00:00\n",
                ",,,,,,,,,\n"
            )
        );
    }

    #[test]
    fn tables_are_apart_and_a_lone_empty_cell_is_a_record() {
        let one = table(&[("a", KqlType::String)], &[vec![Value::String("".into())], vec![Value::String("x".into())]]);
        let two = table(&[("b", KqlType::Long)], &[vec![Value::Long(2)]]);
        assert_eq!(shown_text(Format::Csv, &[one, two]), "a\n\"\"\nx\n\nb\n2\n");
    }
}
