//! Lines that were not taken, written aside.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use crate::error::Result;
use crate::journal::{Move, Staging, at};
use crate::json::scan::quote;

const NAME: &str = "rejected.ndjson";

/// A line, its number, and why it was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reject {
    pub(super) line: u64,
    pub(super) reason: String,
    pub(super) text: String,
}

/// The file that rejected lines go to; it is made for the first of them.
pub(super) struct Rejects {
    staging: Staging,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    pub(super) fn new(staging: &Staging) -> Self {
        Self { staging: staging.clone(), file: None, count: 0 }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn add(&mut self, rejects: Vec<Reject>) -> Result<()> {
        let path = self.staging.path(NAME);
        for Reject { line, reason, text } in rejects {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(BufWriter::new(at(&path, File::create(&path))?)),
            };
            let (reason, text) = (quote(&reason), quote(&text));
            at(&path, writeln!(file, "{{\"line\":{line},\"reason\":{reason},\"text\":{text}}}"))?;
            self.count += 1;
        }
        Ok(())
    }

    /// Where the file is to go, if there is one.
    pub(super) fn finish(self, name: &str, id: &str) -> Result<Option<Move>> {
        let Some(file) = self.file else { return Ok(None) };
        let path = self.staging.path(NAME);
        at(&path, file.into_inner().map_err(std::io::IntoInnerError::into_error))?;
        let to = PathBuf::from(format!("_rejected/{}-{id}.ndjson", file_name(name)));
        Ok(Some(self.staging.moved(NAME, to)))
    }
}

/// The last part of an input's name, safe as the name of a file.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    last.chars().take(100).map(safe).collect()
}
