//! The `vizsla` binary as its users meet it: arguments in, text and exit codes out.

mod batch;
mod cases;
mod check;
mod index;
mod optimize;
mod query;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the binary with `input` on its standard input.
fn vizsla(args: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vizsla"))
        .args(args)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A command that needs no input may have closed it.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    Ran::of(&child.wait_with_output().expect("it ends"))
}

/// How a run ended.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Asserts that it went well, and answers what it printed.
    #[track_caller]
    fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }

    /// Asserts an exit code and that standard error says why.
    #[track_caller]
    fn fails(&self, code: i32, why: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(why), "{why} is missing: {self:?}");
    }
}

/// The entries of a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|it| it.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary names are text")
}
