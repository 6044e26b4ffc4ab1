//! `vizsla batch`: a query on each line of standard input, its answer on a line of standard output.
//!
//! ```text
//! → {"id":1,"query":"print n = 1"}
//! ← {"id":1,"columns":[{"name":"n","type":"long"}],"rows":[[1]],"error":null}
//! → {"id":2,"query":"print m"}
//! ← {"id":2,"columns":[],"rows":[],"error":{"code":"KQL0201","service_code":"SEM0100","message":"…","span":[6,7],"hint":null}}
//! ```
//! Result tables after the first stand under `"tables"`. Cells are those of [`crate::show::json`]. Each answer is flushed
//! before the next line is read, so a caller may converse. No query stops the batch: not one that fails, nor one that hits
//! a bug of ours. Failures that are no diagnostics have the codes `limit`, `storage`, `execution`, `cancelled` and
//! `internal`; a line that is no request is answered with the id null and the code `request`.

use std::io::{self, BufRead, Write};

use kql_parser::Diagnostic;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use vizsla_engine::{Engine, EngineError, QueryOptions, ResultColumn};

use crate::args::BatchArgs;
use crate::bugs;
use crate::failure::Failure;
use crate::running::{Event, Running};
use crate::show::json;

/// A line of input.
#[derive(Debug, Deserialize)]
struct Request {
    #[serde(default)]
    id: Json,
    query: String,
}

/// A result table as JSON text.
#[derive(Debug, Default)]
struct Table {
    columns: String,
    rows: String,
}

/// What is known of a query once it has run or been checked.
#[derive(Debug, Default)]
struct Answer {
    tables: Vec<Table>,
    error: Json,
    /// With `--check-only`, whether a result has further columns that only the data knows.
    open: bool,
}

/// Runs `vizsla batch` until its input ends.
pub(crate) fn run(args: &BatchArgs, runtime: &Runtime) -> Result<(), Failure> {
    let engine = args.run.engine().map_err(Failure::engine(""))?;
    let options = args.run.options();
    let mut input = io::stdin().lock();
    let mut out = io::stdout().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line).map_err(Failure::file("standard input".as_ref()))?;
        if read == 0 {
            return Ok(());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answered = match serde_json::from_slice::<Request>(&line) {
            Ok(Request { id, query }) if args.check_only => encode(&id, &check(&engine, &query, &options)),
            Ok(Request { id, query }) => encode(&id, &runtime.block_on(answer(&engine, &query, &options))),
            Err(error) => encode(&Json::Null, &failed(other("request", &error.to_string()))),
        };
        let written = out.write_all(answered.as_bytes()).and_then(|()| out.flush());
        written.map_err(Failure::file("standard output".as_ref()))?;
    }
}

/// Runs a query to its end. Rows of a query that fails on the way are dropped: half an answer is none.
async fn answer(engine: &Engine, text: &str, options: &QueryOptions) -> Answer {
    let mut running = Running::start(engine, text, options.clone());
    let mut answer = Answer::default();
    let mut columns: Vec<ResultColumn> = Vec::new();
    loop {
        match running.next().await {
            Ok(Some(Event::Started { .. } | Event::Noticed(_))) => {}
            Ok(Some(Event::Table { columns: of_table, .. })) => {
                columns = of_table;
                answer.tables.push(table(&columns));
            }
            Ok(Some(Event::Batch(batch))) => {
                let Some(table) = answer.tables.last_mut() else { continue };
                for row in 0..batch.num_rows() {
                    if !table.rows.is_empty() {
                        table.rows.push(',');
                    }
                    json::row(&columns, &batch, row, &mut table.rows);
                }
            }
            Ok(None) => return answer,
            Err(error) => return failed(describe(&error)),
        }
    }
}

fn check(engine: &Engine, text: &str, options: &QueryOptions) -> Answer {
    match bugs::caught(|| engine.check(text, options)) {
        Ok(checked) => match checked.diagnostics.iter().find(|it| it.is_error()) {
            Some(error) => failed(diagnostic(error)),
            None => Answer {
                tables: checked.results.iter().map(|columns| table(columns)).collect(),
                open: checked.open,
                error: Json::Null,
            },
        },
        Err(message) => failed(other("internal", &message)),
    }
}

fn table(columns: &[ResultColumn]) -> Table {
    let mut table = Table::default();
    json::columns(columns, &mut table.columns);
    table
}

fn failed(error: Json) -> Answer {
    Answer { error, ..Answer::default() }
}

fn describe(error: &EngineError) -> Json {
    let code = match error {
        EngineError::Query(found) => match found.iter().find(|it| it.is_error()) {
            Some(found) => return diagnostic(found),
            None => "internal",
        },
        EngineError::Limit(_) => "limit",
        EngineError::Cancelled => "cancelled",
        EngineError::Storage(_) => "storage",
        EngineError::Execution(_) => "execution",
        _ => "internal",
    };
    other(code, &error.to_string())
}

fn diagnostic(found: &Diagnostic) -> Json {
    json!({
        "code": found.code.id,
        "service_code": found.code.service,
        "message": found.message,
        "span": [found.span.start, found.span.end],
        "hint": found.hint,
    })
}

fn other(code: &str, message: &str) -> Json {
    json!({"code": code, "service_code": null, "message": message, "span": null, "hint": null})
}

/// The line that answers a request.
fn encode(id: &Json, answer: &Answer) -> String {
    let table = |table: &Table| format!("\"columns\":{},\"rows\":[{}]", table.columns, table.rows);
    let first = answer.tables.first().map_or_else(|| "\"columns\":[],\"rows\":[]".to_owned(), table);
    let mut line = format!("{{\"id\":{id},{first},\"error\":{}", answer.error);
    if let Some(further) = answer.tables.get(1..).filter(|it| !it.is_empty()) {
        let further: Vec<String> = further.iter().map(|it| format!("{{{}}}", table(it))).collect();
        line.extend([",\"tables\":[", &further.join(","), "]"]);
    }
    if answer.open {
        line.push_str(",\"open\":true");
    }
    line.push_str("}\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_json_whatever_they_hold() {
        let table = |columns: &str, rows: &str| Table { columns: columns.to_owned(), rows: rows.to_owned() };
        for (answer, expected) in [
            (Answer::default(), json!({"id": "a\"b", "columns": [], "rows": [], "error": null})),
            (
                failed(other("limit", "a \"quote\"\n")),
                json!({"id": "a\"b", "columns": [], "rows": [], "error":
                    {"code": "limit", "service_code": null, "message": "a \"quote\"\n", "span": null, "hint": null}}),
            ),
            (
                Answer { tables: vec![table("[]", "[1],[2]"), table("[]", "")], open: true, error: Json::Null },
                json!({"id": "a\"b", "columns": [], "rows": [[1], [2]], "error": null,
                    "tables": [{"columns": [], "rows": []}], "open": true}),
            ),
        ] {
            let line = encode(&json!("a\"b"), &answer);
            assert_eq!(serde_json::from_str::<Json>(&line).expect("it is JSON"), expected);
            assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line:?}");
        }
    }

    #[test]
    fn an_id_is_any_json() {
        for (line, expected) in [
            (r#"{"id":7,"query":"print 1"}"#, json!(7)),
            (r#"{"query":"print 1"}"#, Json::Null),
            (r#"{"id":{"a":1},"query":"print 1","more":true}"#, json!({"a": 1})),
        ] {
            assert_eq!(serde_json::from_str::<Request>(line).expect("a request").id, expected);
        }
    }
}
