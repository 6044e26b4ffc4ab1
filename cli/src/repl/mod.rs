//! The prompt: queries and commands, one after the other, until Ctrl-D.

mod commands;
mod completion;
pub(crate) mod highlight;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use reedline::{
    DefaultHinter, EditCommand, Emacs, FileBackedHistory, IdeMenu, KeyCode, KeyModifiers, MenuBuilder, Prompt,
    PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal, ValidationResult, Validator,
    default_emacs_keybindings,
};
use tokio::runtime::Runtime;
use vizsla_engine::{Engine, QueryOptions};

use crate::args::RunArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::query::{self, Shown};
use crate::show::Format;
use crate::terminal;
use commands::Flow;
use completion::{Completion, command_length};

/// Entries that are remembered.
const HISTORY: usize = 5_000;
const MENU: &str = "completion";

/// What commands can change.
struct Session<'r> {
    engine: Engine,
    options: QueryOptions,
    interrupts: Interrupts,
    runtime: &'r Runtime,
    format: Format,
    output: Option<PathBuf>,
    timer: bool,
    /// The last query, for `.explain`.
    last: Option<String>,
}

/// Runs the prompt of `vizsla --data …`.
pub(crate) fn open(args: &RunArgs, runtime: &Runtime) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let message = "the prompt needs a terminal: `vizsla query` reads a query from standard input";
        return Err(Failure::Usage(message.to_owned()));
    }
    let engine = args.engine().map_err(Failure::engine(""))?;
    if args.data.is_none() {
        let _ = writeln!(io::stderr(), "no data: name a folder with --data, or try `vizsla demo`");
    }
    run(engine, args.options(), Interrupts::listen()?, runtime)
}

/// Runs the prompt until the user leaves. What fails is told, and the prompt comes back.
pub(crate) fn run(
    engine: Engine,
    options: QueryOptions,
    interrupts: Interrupts,
    runtime: &Runtime,
) -> Result<(), Failure> {
    let mut editor = editor(&engine, &options, runtime)?;
    let mut session =
        Session { engine, options, interrupts, runtime, format: Format::Table, output: None, timer: true, last: None };
    say("`.help` shows what can be done here.\n");
    loop {
        let line = match editor.read_line(&Marks) {
            Ok(Signal::Success(line)) => line,
            Ok(Signal::CtrlC) => continue,
            Ok(Signal::CtrlD) => return Ok(()),
            Err(error) => return Err(Failure::Usage(format!("the terminal cannot be read: {error}"))),
        };
        match enter(line.trim(), &mut session) {
            Ok(Flow::Continue) => {}
            Ok(Flow::Quit) => return Ok(()),
            Err(failure) => failure.report(),
        }
    }
}

/// Runs what was entered.
fn enter(line: &str, session: &mut Session<'_>) -> Result<Flow, Failure> {
    if line.is_empty() {
        return Ok(Flow::Continue);
    }
    if line.starts_with('.') {
        return commands::run(line, session, &mut io::stdout());
    }
    session.last = Some(line.to_owned());
    let options = QueryOptions { cancel: Some(session.interrupts.next()), ..session.options.clone() };
    let started = Instant::now();
    let mut shown = Shown::default();
    let by_name = session.output.as_deref().and_then(Format::of_path);
    query::to(session.output.as_deref(), by_name.unwrap_or(session.format), &mut |show| {
        shown = session.runtime.block_on(query::answer(&session.engine, line, options.clone(), show))?;
        Ok(())
    })?;
    let rows = if shown.rows == 1 { "row" } else { "rows" };
    let place = session.output.as_ref().map(|it| format!(" into {}", it.display())).unwrap_or_default();
    let time = if session.timer { format!(", {:.3} s", started.elapsed().as_secs_f64()) } else { String::new() };
    say(&format!("{} {rows}{place}{time}\n", shown.rows));
    Ok(Flow::Continue)
}

/// Tells the user something that is no answer.
fn say(text: &str) {
    // A terminal that is gone ends the prompt at its next line.
    let _ = io::stdout().write_all(text.as_bytes());
}

fn editor(engine: &Engine, options: &QueryOptions, runtime: &Runtime) -> Result<Reedline, Failure> {
    let mut keys = default_emacs_keybindings();
    let complete = vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext];
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(complete));
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let new_line = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
    keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, new_line);
    let completion = Completion::new(engine.clone(), options.clone(), undeclared(engine, runtime));
    let menu = IdeMenu::default().with_name(MENU).with_max_completion_height(12);
    let mut editor = Reedline::create()
        .with_ansi_colors(terminal::screen().is_some_and(|it| it.colour))
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_completer(Box::new(completion))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_highlighter(Box::new(highlight::Colours))
        .with_hinter(Box::new(DefaultHinter::default().with_style(nu_ansi_term::Color::DarkGray.normal())))
        .with_validator(Box::new(Lines))
        .use_bracketed_paste(true);
    if let Some(history) = history() {
        editor = editor.with_history(history);
    }
    Ok(editor)
}

/// Tables that only the data knows. Without them, completion has less to offer and all else works.
fn undeclared(engine: &Engine, runtime: &Runtime) -> BTreeMap<String, Vec<vizsla_engine::ResultColumn>> {
    runtime.block_on(async {
        let mut found = BTreeMap::new();
        let names = engine.table_names().await.unwrap_or_default();
        for name in names.into_iter().filter(|it| engine.catalog().table(it).is_none()) {
            if let Ok(Some(columns)) = engine.table_columns(&name).await {
                found.insert(name, columns);
            }
        }
        found
    })
}

/// What was entered in earlier sessions; none if there is no place for it.
fn history() -> Option<Box<FileBackedHistory>> {
    let folder = dirs::data_local_dir()?.join("vizsla");
    FileBackedHistory::with_file(HISTORY, folder.join("history.txt")).ok().map(Box::new)
}

/// Decides whether a line is run or goes on.
struct Lines;

impl Validator for Lines {
    fn validate(&self, line: &str) -> ValidationResult {
        let query = line[command_length(line)..].trim_start_matches(' ');
        if kql_parser::editor::is_complete(query) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

/// What stands before each line.
struct Marks;

impl Prompt for Marks {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("vizsla")
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("      · ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!(" (search: {}) ", search.term))
    }
}
