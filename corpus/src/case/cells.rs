//! Tables as text: `Name:type | Name:type`, then a line for each row.

use serde_json::Value;

use crate::compare::time::{parse_datetime, parse_timespan};
use crate::{Cell, Table};

const TYPES: [&str; 10] =
    ["bool", "int", "long", "real", "decimal", "string", "guid", "datetime", "timespan", "dynamic"];

/// Columns wider than this do not push the others to the right.
const MAX_PADDING: usize = 40;

/// Reads a table; an error says which of the lines (from 0) is wrong and why.
pub(super) fn parse_table<'a>(mut lines: impl Iterator<Item = &'a str>) -> Result<Table, (usize, String)> {
    let header = lines.next().ok_or((0, "a table starts with a header, `Name:type | Name:type`".to_owned()))?;
    let columns: Vec<(String, String)> = parse_header(header).map_err(|message| (0, message))?;
    let rows = lines.enumerate().map(|(at, line)| parse_row(line, &columns).map_err(|message| (at + 1, message)));
    Ok(Table { rows: rows.collect::<Result<_, _>>()?, columns })
}

fn parse_header(line: &str) -> Result<Vec<(String, String)>, String> {
    let mut columns = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (cell, tail) = cut_cell(rest, true);
        let (name, kind) = cell.rsplit_once(':').ok_or_else(|| format!("`{cell}` is not `Name:type`"))?;
        if !TYPES.contains(&kind) {
            return Err(format!("`{kind}` is not a type"));
        }
        columns.push((parse_text(name)?, kind.to_owned()));
        rest = tail;
    }
    Ok(columns)
}

fn parse_row(line: &str, columns: &[(String, String)]) -> Result<Vec<Cell>, String> {
    let mut cells = Vec::new();
    let mut rest = line.trim();
    for (name, kind) in columns {
        let (text, tail) = cut_cell(rest, kind == "dynamic");
        cells.push(parse_cell(text, kind).map_err(|message| format!("column `{name}`: {message}"))?);
        rest = tail;
    }
    if rest.is_empty() { Ok(cells) } else { Err(format!("more cells than columns: `{rest}`")) }
}

/// The first cell and what follows its pipe; pipes inside JSON strings do not count.
fn cut_cell(text: &str, is_json: bool) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let may_quote = is_json || text.starts_with('"');
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if may_quote => quoted = !quoted,
            '|' if !quoted => return (text[..at].trim(), text[at + 1..].trim_start()),
            _ => {}
        }
    }
    (text.trim(), "")
}

fn parse_cell(text: &str, kind: &str) -> Result<Cell, String> {
    if text.is_empty() {
        return Err("an empty cell could mean much: write \"\" or null".to_owned());
    }
    if text == "null" {
        return Ok(Cell::Null);
    }
    match kind {
        "string" | "guid" => parse_text(text).map(Cell::String),
        "datetime" if parse_datetime(text).is_some() => Ok(Cell::String(text.to_owned())),
        "timespan" if parse_timespan(text).is_some() => Ok(Cell::String(text.to_owned())),
        "real" if is_special(text) => Ok(Cell::String(text.to_owned())),
        "dynamic" => serde_json::from_str(text).map_err(|e| format!("`{text}` is not JSON: {e}")),
        "bool" => text.parse().map(Cell::Bool).map_err(|_| format!("`{text}` is neither true nor false")),
        "int" | "long" | "real" | "decimal" => match serde_json::from_str(text) {
            Ok(Value::Number(number)) => Ok(Cell::Number(number)),
            _ => Err(format!("`{text}` is not a number")),
        },
        _ => Err(format!("`{text}` is not a {kind}")),
    }
}

/// Names of the reals that JSON numbers cannot hold.
pub(super) fn is_special(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
}

fn parse_text(text: &str) -> Result<String, String> {
    if text.starts_with('"') {
        return serde_json::from_str(text).map_err(|e| format!("{text} is not a JSON string: {e}"));
    }
    Ok(text.to_owned())
}

/// The table as [`parse_table`] reads it, columns aligned.
pub(super) fn print_table(table: &Table) -> Vec<String> {
    let mut lines: Vec<Vec<String>> =
        vec![table.columns.iter().map(|(name, kind)| format!("{}:{kind}", print_text(name))).collect()];
    for row in &table.rows {
        lines.push(row.iter().zip(&table.columns).map(|(cell, (_, kind))| print_cell(cell, kind)).collect());
    }
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|at| lines.iter().map(|it| it[at].chars().count()).filter(|it| *it <= MAX_PADDING).max().unwrap_or(0))
        .collect();
    lines.iter().map(|line| print_line(line, &widths)).collect()
}

fn print_line(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    padded.join(" | ").trim_end().to_owned()
}

fn print_cell(cell: &Cell, kind: &str) -> String {
    match cell {
        Cell::String(text) if kind != "dynamic" => print_text(text),
        other => other.to_string(),
    }
}

fn print_text(text: &str) -> String {
    let special = |c: char| matches!(c, '|' | '"') || c.is_control();
    let plain = !text.is_empty() && text != "null" && text.trim() == text && !text.contains(special);
    if plain { text.to_owned() } else { Cell::String(text.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_survive_being_printed() {
        let text = [
            "Name:string | Size:long | Ratio:real | Seen:datetime | \"odd|name\":dynamic",
            "\"\" | 1 | NaN | 2024-01-01T00:00:00Z | {\"a|b\":[1,2.0]}",
            "\"a|b\\nc\" | null | 0.5 | null | \"text\"",
            "C:\\Windows\\cmd.exe | -3 | Infinity | 2024-01-01 | null",
        ];
        let table = parse_table(text.into_iter()).expect("the table reads");
        assert_eq!(table.rows[1][0], Cell::from("a|b\nc"));
        assert_eq!(table.rows[2][0], Cell::from("C:\\Windows\\cmd.exe"));
        let printed = print_table(&table);
        assert_eq!(parse_table(printed.iter().map(String::as_str)), Ok(table));
    }

    #[test]
    fn a_bad_cell_says_where_and_why() {
        for (lines, line, part) in [
            (vec!["x:long", "abc"], 1, "not a number"),
            (vec!["x:longish"], 0, "not a type"),
            (vec!["x:string", "a | b"], 1, "more cells"),
            (vec!["x:string | y:string", "a |"], 1, "empty cell"),
            (vec!["x:dynamic", "[1"], 1, "not JSON"),
        ] {
            let (at, message) = parse_table(lines.iter().copied()).expect_err("the table is wrong");
            assert!(at == line && message.contains(part), "{lines:?}: {at} {message}");
        }
    }
}
