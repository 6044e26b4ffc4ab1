//! The `vizsla` command: a prompt, single queries, checks, batches, ingestion and a demo over the engine.
//!
//! ```text
//! main → args → one file per command → running (a query at work) → show (a format) → output (a place)
//! ```
//! Commands answer a [`failure::Failure`], which knows its exit code. Answers go to standard output, everything
//! else to standard error.

mod args;
mod batch;
mod bugs;
mod check;
mod demo;
mod diagnostics;
mod failure;
mod index;
mod ingest;
mod interrupt;
mod optimize;
mod output;
mod query;
mod repl;
mod running;
mod show;
mod terminal;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::args::{Cli, Command};
use crate::failure::{Failure, code};

/// Planning makes many small objects and ingestion many large ones; glibc keeps the latter for long after.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Queries nest as deep as the parser allows, and so do the calls that walk them.
const STACK: usize = 16 << 20;

fn main() -> ExitCode {
    let cli = Cli::parse();
    bugs::silence();
    match bugs::caught(|| run(&cli)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            failure.report();
            ExitCode::from(failure.exit_code())
        }
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "internal error (please report it): {message}");
            ExitCode::from(code::BUG)
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().enable_time().thread_stack_size(STACK).build();
    let runtime = runtime.map_err(|source| Failure::File { what: "cannot start threads".to_owned(), source })?;
    let done = dispatch(cli, &runtime);
    // A query that was given up may still be computing, and nobody waits for it.
    runtime.shutdown_background();
    done
}

fn dispatch(cli: &Cli, runtime: &Runtime) -> Result<(), Failure> {
    match &cli.command {
        None => repl::open(&cli.run, runtime),
        Some(Command::Query(args)) => query::run(args, runtime),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Batch(args)) => batch::run(args, runtime),
        Some(Command::Ingest(args)) => ingest::run(args),
        Some(Command::Index(args)) => index::run(args, runtime),
        Some(Command::Optimize(args)) => optimize::run(args),
        Some(Command::Demo(args)) => demo::run(args, runtime),
    }
}
