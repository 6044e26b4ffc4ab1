//! A source that talks to `vizsla batch`: one JSON line per question, one per answer.
//!
//! Out: `{"id", "query"}`. Back: `{"id", "columns": [{"name", "type"}], "rows": [[…]], "error": null | {"code",
//! "service_code", "message", …}}`. Questions go one at a time, so that a process that dies or hangs over one loses
//! only that one; the next question starts another process.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::sets::{Mode, Set};
use super::{Answer, Source};
use crate::{CaseOptions, Driver, Failure, Table};

/// Answers questions by running `vizsla batch`.
pub struct Batch {
    command: Vec<String>,
    shared: PathBuf,
    timeout: Duration,
    conversation: Option<Conversation>,
}

impl Batch {
    /// `command` is the program and its first arguments, separated by blanks: `target/release/vizsla batch`.
    #[must_use]
    pub fn new(command: &str, shared: PathBuf, timeout: Duration) -> Self {
        let command = command.split_whitespace().map(str::to_owned).collect();
        Self { command, shared, timeout, conversation: None }
    }

    /// Asks the program that runs with these arguments; `None` when it died or took too long.
    fn ask(&mut self, arguments: Vec<String>, id: &str, query: &str) -> Option<Result<Vec<Table>, Failure>> {
        // The program has its own limit; it gets a little longer to say so.
        let patience = self.timeout + Duration::from_secs(10);
        let question = json!({"id": id, "query": query}).to_string();
        let reply = match self.converse(arguments) {
            Ok(conversation) => conversation.ask(&question, patience),
            Err(error) => {
                let message = format!("`{}` does not start: {error}", self.command.join(" "));
                return Some(Err(Failure { message, ..Failure::default() }));
            }
        };
        let reply = reply.and_then(|line| serde_json::from_str::<Reply>(&line).ok()).filter(|it| it.id == id);
        if reply.is_none() {
            self.conversation = None;
        }
        reply.map(Reply::into_tables)
    }

    /// The conversation with the program that runs with these arguments, begun if need be.
    fn converse(&mut self, arguments: Vec<String>) -> io::Result<&mut Conversation> {
        let fits = self.conversation.take().filter(|it| it.arguments == arguments);
        let conversation = match fits {
            Some(running) => running,
            None => {
                let mut command = Command::new(self.command.first().map_or("", String::as_str));
                command.args(self.command.iter().skip(1)).arg("--timeout").arg(self.timeout.as_secs().to_string());
                Conversation::begin(command.args(&arguments), arguments.clone())?
            }
        };
        Ok(self.conversation.insert(conversation))
    }
}

impl Source for Batch {
    fn answer(&mut self, set: &Set, id: &str, query: &str) -> Option<Answer> {
        let mut arguments = Vec::new();
        if set.mode == Mode::Check {
            arguments.push("--check-only".to_owned());
        }
        if let Some(data) = set.data {
            arguments.extend(["--data".to_owned(), self.shared.join(data).display().to_string()]);
        }
        let tables = self.ask(arguments, id, query)?;
        // The sets know one table for each question.
        Some(tables.map(|tables| tables.into_iter().next().unwrap_or_default()))
    }
}

impl Driver for Batch {
    fn name(&self) -> &'static str {
        "batch"
    }

    fn run(&mut self, query: &str, options: &CaseOptions) -> Result<Vec<Table>, Failure> {
        let failure = |message: String| Failure { message, ..Failure::default() };
        let mut arguments = Vec::new();
        if let Some(now) = &options.now {
            arguments.extend(["--now".to_owned(), now.clone()]);
        }
        let folder = std::env::temp_dir().join(format!("vizsla-cases-{}", std::process::id()));
        if !options.tables.is_empty() {
            write_tables(&folder, &options.tables).map_err(|e| failure(format!("{}: {e}", folder.display())))?;
            arguments.extend(["--data".to_owned(), folder.display().to_string()]);
        }
        let answer = self.ask(arguments, "case", query);
        if !options.tables.is_empty() {
            _ = fs::remove_dir_all(&folder);
        }
        answer.unwrap_or_else(|| Err(failure("no answer: the program died or ran out of time".to_owned())))
    }
}

/// Writes each table as `<name>.ndjson`.
fn write_tables(folder: &Path, tables: &[(String, Table)]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, table) in tables {
        let names = || table.columns.iter().map(|(name, _)| name.clone());
        let line = |row: &Vec<Value>| format!("{}\n", Value::Object(Map::from_iter(names().zip(row.clone()))));
        fs::write(folder.join(format!("{name}.ndjson")), table.rows.iter().map(line).collect::<String>())?;
    }
    Ok(())
}

struct Conversation {
    arguments: Vec<String>,
    program: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Conversation {
    fn begin(command: &mut Command, arguments: Vec<String>) -> io::Result<Self> {
        let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(questions), Some(output)) = (program.stdin.take(), program.stdout.take()) else {
            return Err(io::Error::other("the program has no standard input or output"));
        };
        let (sender, answers) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { arguments, program, questions, answers })
    }

    /// Sends a line and waits for the next one; `None` when the program ended or took longer.
    fn ask(&mut self, line: &str, patience: Duration) -> Option<String> {
        writeln!(self.questions, "{line}").and_then(|()| self.questions.flush()).ok()?;
        self.answers.recv_timeout(patience).ok()
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It may be in the middle of a long query that nobody waits for.
        _ = self.program.kill();
        _ = self.program.wait();
    }
}

#[derive(Deserialize)]
struct Reply {
    id: String,
    #[serde(flatten)]
    first: ReplyTable,
    /// The results after the first.
    #[serde(default)]
    tables: Vec<ReplyTable>,
    #[serde(default)]
    error: Value,
}

#[derive(Deserialize)]
struct ReplyTable {
    #[serde(default)]
    columns: Option<Vec<Column>>,
    #[serde(default)]
    rows: Option<Vec<Vec<Value>>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
}

impl Reply {
    fn into_tables(self) -> Result<Vec<Table>, Failure> {
        let failure = match self.error {
            Value::Null => return Ok(std::iter::once(self.first).chain(self.tables).map(Table::from).collect()),
            Value::Object(error) => failure(&error),
            Value::String(message) => Failure { message, ..Failure::default() },
            other => Failure { message: other.to_string(), ..Failure::default() },
        };
        Err(failure)
    }
}

impl From<ReplyTable> for Table {
    fn from(it: ReplyTable) -> Table {
        let columns = it.columns.unwrap_or_default().into_iter().map(|it| (it.name, it.kind)).collect();
        Table { columns, rows: it.rows.unwrap_or_default() }
    }
}

fn failure(error: &Map<String, Value>) -> Failure {
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    Failure {
        code: text("code").unwrap_or_default(),
        service_code: text("service_code"),
        message: text("message").unwrap_or_default(),
        span: error.get("span").and_then(span),
    }
}

/// Reads `[start, end]` or `{"start": …, "end": …}`.
fn span(value: &Value) -> Option<Range<usize>> {
    let place = |at: usize, key: &str| {
        let value = value.get(at).or_else(|| value.get(key))?;
        usize::try_from(value.as_u64()?).ok()
    };
    Some(place(0, "start")?..place(1, "end")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_a_table_or_a_failure() {
        let tables = r#"{"id":"a","columns":[{"name":"x","type":"long"}],"rows":[[1]],"error":null,
            "tables":[{"columns":[{"name":"y","type":"long"}],"rows":[[1],[2]]}]}"#;
        let answer = serde_json::from_str::<Reply>(tables).expect("the line reads").into_tables();
        let sizes = answer.map(|it| it.iter().map(|it| (it.columns.len(), it.rows.len())).collect::<Vec<_>>());
        assert_eq!(sizes, Ok(vec![(1, 1), (1, 2)]));

        let failure = r#"{"id":"a","error":{"code":"KQL0210","service_code":"SEM0100","message":"m","span":[3,5]}}"#;
        let answer = serde_json::from_str::<Reply>(failure).expect("the line reads").into_tables();
        let known = Failure {
            code: "KQL0210".to_owned(),
            service_code: Some("SEM0100".to_owned()),
            message: "m".to_owned(),
            span: Some(3..5),
        };
        assert_eq!(answer, Err(known));
    }

    #[test]
    fn a_program_that_dies_loses_one_question() {
        // Answers the first line and ends over the second.
        let script = r#"read line; echo '{"id":"1","columns":[],"rows":[],"error":null}'; read line; exit 1"#;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("batch.sh");
        std::fs::write(&path, script).expect("the script is written");
        let mut batch = Batch::new(&format!("sh {}", path.display()), PathBuf::new(), Duration::from_secs(5));
        let set = &super::super::SETS[0];
        assert!(batch.answer(set, "1", "print 1").is_some());
        assert!(batch.answer(set, "2", "print 2").is_none());
        assert!(batch.answer(set, "1", "print 1").is_some());
    }
}
