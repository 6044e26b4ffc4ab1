//! What `vizsla check` found, for people, programs and code hosts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use kql_parser::{Code, LineColumn};
use serde_json::{Value as Json, json};

use super::{Checked, Finding, Findings};
use crate::diagnostics::{self, Place};

/// Every finding over its line, then a line that sums up.
pub(super) fn text(findings: &Findings, files: usize, out: &mut impl Write) -> io::Result<()> {
    let renderer = diagnostics::renderer_for_stdout();
    for (file, finding) in all(findings) {
        let place = Place { text: &file.text, file: Some(&file.path), range: finding.range.clone() };
        out.write_all(diagnostics::render(&finding.diagnostic, &place, &renderer).as_bytes())?;
    }
    let errors = all(findings).filter(|it| it.1.diagnostic.is_error()).count();
    let warnings = all(findings).count() - errors;
    let counted = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    writeln!(
        out,
        "{} in {}: {}, {}",
        counted(findings.queries, "query", "queries"),
        counted(files, "file", "files"),
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
    )
}

/// One document; bytes count from 0, lines and columns (in characters) from 1.
pub(super) fn json(findings: &Findings, files: usize, out: &mut impl Write) -> io::Result<()> {
    let found: Vec<Json> = all(findings).map(|(file, finding)| as_json(file, finding)).collect();
    let document = json!({"files": files, "queries": findings.queries, "diagnostics": found});
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn as_json(file: &Checked, Finding { diagnostic, range }: &Finding) -> Json {
    let (start, end) = (place(file, range.start), place(file, range.end));
    json!({
        "file": file.path,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "span": [range.start, range.end],
        "severity": severity(diagnostic.is_error()),
        "code": diagnostic.code.id,
        "service_code": diagnostic.code.service,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    })
}

/// SARIF 2.1.0 (OASIS), as code hosts take it.
pub(super) fn sarif(findings: &Findings, out: &mut impl Write) -> io::Result<()> {
    let codes: BTreeMap<&str, Code> =
        all(findings).map(|(_, it)| (it.diagnostic.code.id, it.diagnostic.code)).collect();
    let rule = |code: &Code| json!({"id": code.id, "shortDescription": {"text": code.summary}});
    let results: Vec<Json> = all(findings).map(|(file, finding)| as_result(file, finding)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "vizsla",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.values().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn as_result(file: &Checked, Finding { diagnostic, range }: &Finding) -> Json {
    let (start, end) = (place(file, range.start), place(file, range.end));
    let hint = diagnostic.hint.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
    json!({
        "ruleId": diagnostic.code.id,
        "level": severity(diagnostic.is_error()),
        "message": {"text": format!("{}{hint}", diagnostic.message)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&file.path)},
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        }}],
    })
}

fn all(findings: &Findings) -> impl Iterator<Item = (&Checked, &Finding)> {
    findings.files.iter().flat_map(|file| file.found.iter().map(move |finding| (file, finding)))
}

fn place(file: &Checked, byte: usize) -> LineColumn {
    LineColumn::of(&file.text, u32::try_from(byte).unwrap_or(u32::MAX))
}

fn severity(is_error: bool) -> &'static str {
    if is_error { "error" } else { "warning" }
}

/// A path as a relative URI reference: slashes, and what URIs reserve in per cent.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Findings {
        let text = "é\n| wehre x".to_owned();
        let found = kql_parser::parse(&text).diagnostics.into_iter();
        let found = found.map(|diagnostic| Finding { range: diagnostic.span.range(), diagnostic }).collect();
        Findings { files: vec![Checked { path: "a b.kql".to_owned(), text, found }], queries: 1 }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn json_says_where() {
        let document: Json = serde_json::from_str(&written(|out| json(&findings(), 1, out))).expect("it is JSON");
        let first = &document["diagnostics"][0];
        assert_eq!((&first["line"], &first["column"], &first["end_column"]), (&json!(2), &json!(3), &json!(8)));
        assert_eq!(first["span"], json!([5, 10]));
        assert_eq!(first["code"], "KQL0002");
    }

    #[test]
    fn sarif_names_rules_and_regions() {
        let document: Json = serde_json::from_str(&written(|out| sarif(&findings(), out))).expect("it is JSON");
        let run = &document["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "KQL0002");
        let location = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "a%20b.kql");
        assert_eq!(location["region"], json!({"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 8}));
    }

    #[test]
    fn text_sums_up() {
        let shown = written(|out| text(&findings(), 1, out));
        assert!(
            shown.contains("a b.kql:2:3") && shown.ends_with("1 query in 1 file: 1 error, 0 warnings\n"),
            "{shown}"
        );
    }
}
