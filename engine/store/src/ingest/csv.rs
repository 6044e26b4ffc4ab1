//! CSV as NDJSON, so that one set of rules turns text into values.

use std::io::{self, Read};

use crate::error::{Result, StoreError};
use crate::json::scan::quote;

/// One JSON object a record, with the header's names; empty cells are left out. The header becomes an empty line, so that
/// line numbers are those of the file as long as no cell spreads over several lines. A record that does not fit the
/// header becomes a line that is no object, and is rejected with its text.
pub(super) fn as_ndjson<'a>(reader: impl Read + Send + 'a, name: &str) -> Result<impl Read + Send + 'a> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
    let header = reader.headers().map_err(|e| broken(name, e))?.clone();
    let keys = header.iter().map(|key| quote(key.trim_start_matches('\u{feff}').trim())).collect();
    Ok(Lines { reader, keys, record: csv::StringRecord::new(), line: vec![b'\n'], at: 0 })
}

fn broken(name: &str, error: csv::Error) -> StoreError {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => StoreError::io(name, e),
        other => StoreError::broken(name, format!("its header is not CSV ({other:?})")),
    }
}

struct Lines<R> {
    reader: csv::Reader<R>,
    keys: Vec<String>,
    record: csv::StringRecord,
    line: Vec<u8>,
    at: usize,
}

impl<R: Read> Lines<R> {
    /// Makes the line of the next record; false at the end.
    fn next_line(&mut self) -> io::Result<bool> {
        let more = match self.reader.read_record(&mut self.record) {
            Ok(more) => more,
            Err(e) => match e.into_kind() {
                csv::ErrorKind::Io(e) => return Err(e),
                other => {
                    self.put(&quote(&format!("{other:?}")));
                    return Ok(true);
                }
            },
        };
        if !more {
            return Ok(false);
        }
        let line = match self.record.len() == self.keys.len() {
            true => self.object(),
            false => {
                let cells: Vec<_> = self.record.iter().map(quote).collect();
                quote(&format!("{} cells, the header has {}: {}", cells.len(), self.keys.len(), cells.join(",")))
            }
        };
        self.put(&line);
        Ok(true)
    }

    fn object(&self) -> String {
        let cells = self.keys.iter().zip(&self.record).filter(|(_, cell)| !cell.is_empty());
        let members: Vec<_> = cells.map(|(key, cell)| format!("{key}:{}", quote(cell))).collect();
        format!("{{{}}}", members.join(","))
    }

    fn put(&mut self, line: &str) {
        self.line.clear();
        self.at = 0;
        self.line.extend_from_slice(line.as_bytes());
        self.line.push(b'\n');
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() && !self.next_line()? {
            return Ok(0);
        }
        let n = buffer.len().min(self.line.len() - self.at);
        buffer[..n].copy_from_slice(&self.line[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_objects() {
        let text = "\u{feff}Name,Count\n\"a \"\"b\"\"\nc\",1\nx,\ny\n";
        let mut json = String::new();
        as_ndjson(text.as_bytes(), "x.csv")
            .and_then(|mut it| it.read_to_string(&mut json).map_err(|e| StoreError::io("x.csv", e)))
            .expect("CSV");
        let expected =
            ["", r#"{"Name":"a \"b\"\nc","Count":"1"}"#, r#"{"Name":"x"}"#, r#""1 cells, the header has 2: \"y\"""#];
        assert_eq!(json.lines().collect::<Vec<_>>(), expected);
    }
}
