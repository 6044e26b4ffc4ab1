//! `vizsla query`, and the one way in which a query is run and shown to a person.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use futures::FutureExt;
use indicatif::ProgressBar;
use tokio::runtime::Runtime;
use vizsla_engine::{Engine, EngineError, QueryOptions};

use crate::args::QueryArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::running::{Event, Running};
use crate::show::{self, Format, Layout, Show};
use crate::{diagnostics, output, terminal};

/// How often the clock of a slow query moves.
const TICK: Duration = Duration::from_millis(250);

/// Runs `vizsla query`.
pub(crate) fn run(args: &QueryArgs, runtime: &Runtime) -> Result<(), Failure> {
    let text = text(args)?;
    let engine = args.run.engine().map_err(Failure::engine(&text))?;
    let interrupts = Interrupts::listen()?;
    let options = QueryOptions { cancel: Some(interrupts.next()), ..args.run.options() };
    let format = args.format.or_else(|| Format::of_path(args.output.as_deref()?)).unwrap_or(Format::Table);
    to(args.output.as_deref(), format, &mut |show| {
        runtime.block_on(answer(&engine, &text, options.clone(), show)).map(drop)
    })
}

/// Runs `fill` with a format that writes to a file or to standard output.
pub(crate) fn to(
    path: Option<&Path>,
    format: Format,
    fill: &mut dyn FnMut(&mut dyn Show) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut write = |out: &mut (dyn Write + Send), layout| fill(show::writer(format, out, layout).as_mut());
    let Some(path) = path else {
        let screen = terminal::screen();
        if format == Format::Parquet && screen.is_some() {
            return Err(Failure::Usage("a terminal cannot show Parquet: name a file with -o".to_owned()));
        }
        let layout = screen.map(|it| Layout { width: Some(it.width), colour: it.colour }).unwrap_or_default();
        return output::to_stdout(|out| write(out, layout));
    };
    output::to_file(path, |out| write(out, Layout::default()))
}

/// The query, from wherever the arguments say.
fn text(args: &QueryArgs) -> Result<String, Failure> {
    if let Some(text) = &args.text {
        return Ok(text.clone());
    }
    if let Some(path) = args.file.as_deref().filter(|it| *it != Path::new("-")) {
        return fs::read_to_string(path).map_err(Failure::file(path));
    }
    if io::stdin().is_terminal() {
        let _ = writeln!(io::stderr(), "type a query and end it with Ctrl-D");
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(Failure::file("standard input".as_ref()))?;
    Ok(text)
}

/// What was shown of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Result tables.
    pub(crate) tables: u64,
    /// Rows of all of them.
    pub(crate) rows: u64,
}

/// Runs a query and shows its tables as their rows come; what is to be known about it goes to standard error.
///
/// While it runs, a terminal on standard error shows for how long.
pub(crate) async fn answer(
    engine: &Engine,
    text: &str,
    options: QueryOptions,
    show: &mut dyn Show,
) -> Result<Shown, Failure> {
    let mut running = Running::start(engine, text, options);
    let mut clock = Clock::default();
    let mut shown = Shown::default();
    let mut open = false;
    let mut later = Vec::new();
    while let Some(event) = clock.wait(running.next()).await.map_err(Failure::engine(text))? {
        match event {
            Event::Started { warnings, notes } => {
                let _ = io::stderr().write_all(diagnostics::render_all(text, &warnings).as_bytes());
                tell(&notes);
            }
            Event::Table { columns, render } => {
                if std::mem::replace(&mut open, true) {
                    show.end()?;
                }
                show.begin(&columns, render.as_deref())?;
                shown.tables += 1;
            }
            Event::Batch(batch) => {
                show.batch(&batch)?;
                shown.rows += batch.num_rows() as u64;
            }
            Event::Noticed(notes) => later = notes,
        }
    }
    if open {
        show.end()?;
    }
    show.finish()?;
    tell(&later);
    Ok(shown)
}

fn tell(notes: &[String]) {
    let told: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
    let _ = io::stderr().write_all(told.as_bytes());
}

/// Says how long a query has been running, once that is long.
struct Clock {
    started: Instant,
    bar: ProgressBar,
}

impl Default for Clock {
    fn default() -> Self {
        Self { started: Instant::now(), bar: ProgressBar::hidden() }
    }
}

impl Clock {
    /// Waits, and takes the clock away before anything else is printed.
    async fn wait<T>(&mut self, work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
        let mut work = std::pin::pin!(work);
        // Rows that are there already leave no time to draw.
        if let Some(done) = work.as_mut().now_or_never() {
            return done;
        }
        let done = loop {
            tokio::select! {
                biased;
                done = &mut work => break done,
                () = tokio::time::sleep(TICK) => self.tick(),
            }
        };
        if !self.bar.is_hidden() {
            self.bar.finish_and_clear();
            self.bar = ProgressBar::hidden();
        }
        done
    }

    fn tick(&mut self) {
        if self.bar.is_hidden() && io::stderr().is_terminal() {
            self.bar = ProgressBar::new_spinner();
        }
        self.bar.set_message(format!("{:.0} s, Ctrl-C stops it", self.started.elapsed().as_secs_f64()));
        self.bar.tick();
    }
}
