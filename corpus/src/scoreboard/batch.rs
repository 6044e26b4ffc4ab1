//! A source that talks to `vizsla batch`: one JSON line per question, one per answer.
//!
//! Out: `{"id", "query"}`. Back: `{"id", "columns": [{"name", "type"}], "rows": [[…]], "error": null | {"code",
//! "service_code", "message", …}}`. Questions go one at a time, so that a process that dies or hangs over one loses
//! only that one; the next question starts another process.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::sets::{Mode, Set};
use super::{Answer, Refusal, Source};
use crate::Table;

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

    fn arguments(&self, set: &Set) -> Vec<String> {
        let mut arguments = self.command.get(1..).unwrap_or_default().to_vec();
        arguments.extend(["--timeout".to_owned(), self.timeout.as_secs().to_string()]);
        if set.mode == Mode::Check {
            arguments.push("--check-only".to_owned());
        }
        if let Some(data) = set.data {
            arguments.extend(["--data".to_owned(), self.shared.join(data).display().to_string()]);
        }
        arguments
    }

    /// The conversation for this set, begun if need be.
    fn converse(&mut self, set: &Set) -> io::Result<&mut Conversation> {
        let arguments = self.arguments(set);
        let fits = self.conversation.take().filter(|it| it.arguments == arguments);
        let conversation = match fits {
            Some(running) => running,
            None => Conversation::begin(self.command.first().map_or("", String::as_str), arguments)?,
        };
        Ok(self.conversation.insert(conversation))
    }
}

impl Source for Batch {
    fn answer(&mut self, set: &Set, id: &str, query: &str) -> Option<Answer> {
        // The program has its own limit; it gets a little longer to say so.
        let patience = self.timeout + Duration::from_secs(10);
        let question = json!({"id": id, "query": query}).to_string();
        let reply = match self.converse(set) {
            Ok(conversation) => conversation.ask(&question, patience),
            Err(error) => {
                let message = format!("`{}` does not start: {error}", self.command.join(" "));
                return Some(Answer { error: Some(Refusal { message, ..Refusal::default() }), ..Answer::default() });
            }
        };
        let reply = reply.and_then(|line| serde_json::from_str::<Reply>(&line).ok()).filter(|it| it.id == id);
        if reply.is_none() {
            self.conversation = None;
        }
        reply.map(Reply::into_answer)
    }
}

struct Conversation {
    arguments: Vec<String>,
    program: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Conversation {
    fn begin(program: &str, arguments: Vec<String>) -> io::Result<Self> {
        let mut program =
            Command::new(program).args(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
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
    #[serde(default)]
    columns: Option<Vec<Column>>,
    #[serde(default)]
    rows: Option<Vec<Vec<Value>>>,
    #[serde(default)]
    error: Value,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
}

impl Reply {
    fn into_answer(self) -> Answer {
        let columns = self.columns.unwrap_or_default().into_iter().map(|it| (it.name, it.kind)).collect();
        let table = Table { columns, rows: self.rows.unwrap_or_default() };
        let text = |key: &str| self.error.get(key).and_then(Value::as_str).map(str::to_owned);
        let error = match &self.error {
            Value::Null => None,
            Value::String(message) => Some(Refusal { message: message.clone(), ..Refusal::default() }),
            Value::Object(_) => Some(Refusal {
                code: text("code").unwrap_or_default(),
                service_code: text("service_code"),
                message: text("message").unwrap_or_default(),
            }),
            other => Some(Refusal { message: other.to_string(), ..Refusal::default() }),
        };
        Answer { table, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_a_table_or_a_refusal() {
        let table = r#"{"id":"a","columns":[{"name":"x","type":"long"}],"rows":[[1]],"error":null}"#;
        let answer = serde_json::from_str::<Reply>(table).map(Reply::into_answer);
        assert_eq!(answer.map(|it| (it.table.columns.len(), it.table.rows.len(), it.error)).ok(), Some((1, 1, None)));

        let refusal = r#"{"id":"a","error":{"code":"KQL0210","service_code":"SEM0100","message":"no column"}}"#;
        let answer = serde_json::from_str::<Reply>(refusal).map(Reply::into_answer);
        assert_eq!(answer.ok().and_then(|it| it.error).map(|it| it.code).as_deref(), Some("KQL0210"));
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
