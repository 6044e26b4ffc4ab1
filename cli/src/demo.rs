//! `vizsla demo`: a small company under the cache folder, and three hunts in it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::{Date, date};
use tokio::runtime::Runtime;
use vizsla_corpus::generate::{Plan, demo, generate};
use vizsla_engine::{Engine, QueryOptions};
use vizsla_schema::Ticks;
use vizsla_store::DataRoot;

use crate::args::DemoArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::repl::{self, highlight};
use crate::show::Format;
use crate::{query, terminal};

/// The first day of the events. Fixed, so that everyone sees the same answers.
const START: Date = date(2026, 3, 2);

/// Runs `vizsla demo`.
pub(crate) fn run(args: &DemoArgs, runtime: &Runtime) -> Result<(), Failure> {
    let plan = Plan::demo(START);
    let interrupts = Interrupts::listen()?;
    let folder = events(&plan)?;
    let root = DataRoot::open(&folder.to_string_lossy())?;
    let engine = Engine::builder().root(root).build();
    let options = QueryOptions { now: Some(end_of(&plan)), ..QueryOptions::default() };
    let answer = |text: &str, format| {
        let options = QueryOptions { cancel: Some(interrupts.next()), ..options.clone() };
        query::to(None, format, &mut |show| {
            runtime.block_on(query::answer(&engine, text, options.clone(), show)).map(drop)
        })
    };
    if let Some(text) = &args.text {
        return answer(text, args.format);
    }
    for hunt in demo::QUERIES {
        introduce(hunt).map_err(Failure::file("standard output".as_ref()))?;
        answer(hunt.text, Format::Table)?;
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return repl::run(engine, options, interrupts, runtime);
    }
    Ok(())
}

/// The title, purpose and text of a hunt.
fn introduce(hunt: &demo::DemoQuery) -> io::Result<()> {
    let coloured = terminal::screen().is_some_and(|it| it.colour);
    let text = if coloured { highlight::ansi(hunt.text) } else { hunt.text.to_owned() };
    writeln!(io::stdout(), "\n# {}\n{}\n\n{text}\n", hunt.title, hunt.about)
}

/// Midnight after the last day: what `now()` answers, so that `ago(7d)` is the whole of it.
fn end_of(plan: &Plan) -> i64 {
    let days = i64::from(plan.days);
    let since_epoch = plan.start.to_zoned(jiff::tz::TimeZone::UTC).map(|it| it.timestamp().as_second());
    let start = since_epoch.ok().and_then(Ticks::from_unix_seconds).expect("the demo starts in 2026");
    start.0 + days * Ticks::PER_DAY
}

/// The folder of the generated events, made at the first call of each version.
fn events(plan: &Plan) -> Result<PathBuf, Failure> {
    let cache = cache_folder()?;
    let folder = cache.join(concat!("demo-", env!("CARGO_PKG_VERSION")));
    if folder.is_dir() {
        return Ok(folder);
    }
    fs::create_dir_all(&cache).map_err(Failure::file(&cache))?;
    let unfinished = tempfile::Builder::new().prefix(".demo-").tempdir_in(&cache).map_err(Failure::file(&cache))?;
    let bar = if io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("generating a small company {bar:30} {pos}/{len} files");
    bar.set_style(style.expect("a sound template"));
    generate(plan, unfinished.path(), |now| {
        bar.set_length(now.files_in_all as u64);
        bar.set_position(now.files as u64);
    })?;
    bar.finish_and_clear();
    put(unfinished, &folder)?;
    let _ = writeln!(io::stderr(), "generated a week of a small company in {}", folder.display());
    Ok(folder)
}

/// Gives a finished folder its name, unless another process was faster.
fn put(unfinished: tempfile::TempDir, folder: &Path) -> Result<(), Failure> {
    match fs::rename(unfinished.path(), folder) {
        Ok(()) => {
            // Nothing is left to be removed under the old name.
            let _ = unfinished.keep();
            Ok(())
        }
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(Failure::file(folder)(error)),
    }
}

fn cache_folder() -> Result<PathBuf, Failure> {
    let chosen = std::env::var_os("VIZSLA_CACHE").filter(|it| !it.is_empty()).map(PathBuf::from);
    let usual = || dirs::cache_dir().map(|it| it.join("vizsla"));
    chosen.or_else(usual).ok_or_else(|| Failure::Usage("there is no cache folder: name one in VIZSLA_CACHE".to_owned()))
}

#[cfg(test)]
mod tests {
    use vizsla_functions::convert::parse_datetime;

    use super::*;

    #[test]
    fn now_is_the_end_of_the_week() {
        assert_eq!(Some(end_of(&Plan::demo(START))), parse_datetime("2026-03-09"));
    }

    #[test]
    fn the_slower_of_two_processes_uses_what_is_there() {
        let cache = tempfile::tempdir().expect("a folder");
        let folder = cache.path().join("demo");
        for _ in 0..2 {
            let unfinished = tempfile::tempdir_in(cache.path()).expect("a folder");
            fs::write(unfinished.path().join("a"), "events").expect("writable");
            put(unfinished, &folder).expect("it gets there");
        }
        assert_eq!(fs::read_dir(cache.path()).expect("readable").count(), 1);
    }
}
