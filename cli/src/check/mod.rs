//! `vizsla check`: finds the mistakes in files of queries, at their place in the file.

mod report;
mod source;

use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use kql_parser::Diagnostic;
use vizsla_engine::{Engine, QueryOptions};

use crate::args::{CheckArgs, CheckFormat};
use crate::bugs;
use crate::failure::Failure;
use source::Kind;

/// What was found, by file.
#[derive(Debug, Default)]
struct Findings {
    files: Vec<Checked>,
    queries: usize,
}

/// A file with something to say about it.
#[derive(Debug)]
struct Checked {
    path: String,
    text: String,
    found: Vec<Finding>,
}

/// A diagnostic and its bytes in the file.
#[derive(Debug)]
struct Finding {
    diagnostic: Diagnostic,
    range: Range<usize>,
}

/// Runs `vizsla check`.
pub(crate) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let mut paths = Vec::new();
    for path in &args.files {
        gather(path, true, &mut paths)?;
    }
    let engine = Engine::without_data();
    let mut findings = Findings::default();
    let files = paths.len();
    for (path, kind) in paths {
        let bytes = fs::read(&path).map_err(Failure::file(&path))?;
        let not_text = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let text = String::from_utf8(bytes).map_err(not_text).map_err(Failure::file(&path))?;
        check(&engine, &path, kind, text, &mut findings)?;
    }
    let mut out = io::stdout().lock();
    let written = match args.format {
        CheckFormat::Text => report::text(&findings, files, &mut out),
        CheckFormat::Json => report::json(&findings, files, &mut out),
        CheckFormat::Sarif => report::sarif(&findings, &mut out),
    };
    written.and_then(|()| out.flush()).map_err(Failure::file("standard output".as_ref()))?;
    let has_errors = findings.files.iter().flat_map(|it| &it.found).any(|it| it.diagnostic.is_error());
    if has_errors { Err(Failure::Found) } else { Ok(()) }
}

/// Files of queries at or under `path`, in order of their names. A file that is `named` is one whatever its name.
fn gather(path: &Path, named: bool, into: &mut Vec<(PathBuf, Kind)>) -> Result<(), Failure> {
    let failed = Failure::file(path);
    if !fs::metadata(path).map_err(&failed)?.is_dir() {
        let kind = Kind::of_path(path).or(named.then_some(Kind::Kql));
        into.extend(kind.map(|kind| (path.to_owned(), kind)));
        return Ok(());
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(&failed)?;
    let mut entries: Vec<PathBuf> = entries.into_iter().map(|it| it.path()).collect();
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // A link in a folder may lead back to it.
        if !hidden && !entry.is_symlink() {
            gather(&entry, false, into)?;
        }
    }
    Ok(())
}

fn check(engine: &Engine, path: &Path, kind: Kind, text: String, findings: &mut Findings) -> Result<(), Failure> {
    let mut found = Vec::new();
    for query in source::queries(kind, &text) {
        findings.queries += 1;
        let checked = bugs::caught(|| engine.check(&query.text, &QueryOptions::default()));
        let checked = checked.map_err(|message| Failure::Engine {
            error: vizsla_engine::EngineError::Internal(format!("{}: {message}", path.display())),
            text: query.text.clone(),
        })?;
        let placed = checked.diagnostics.into_iter().map(|diagnostic| {
            let range = query.in_file(diagnostic.span.range());
            Finding { diagnostic, range }
        });
        found.extend(placed);
    }
    if !found.is_empty() {
        findings.files.push(Checked { path: path.display().to_string(), text, found });
    }
    Ok(())
}
