//! What can be typed at the prompt besides queries. One table; help and completion are derived from it.

use std::io::Write;
use std::path::PathBuf;

use vizsla_engine::Stage;

use super::Session;
use crate::failure::Failure;
use crate::show::Format;

/// A command of the prompt.
pub(super) struct Command {
    /// With its dot.
    pub(super) name: &'static str,
    /// What may follow, for help.
    arguments: &'static str,
    summary: &'static str,
    /// What completion offers for the first argument.
    pub(super) offers: Offers,
    run: fn(&mut Session<'_>, &str, &mut dyn Write) -> Result<Flow, Failure>,
}

/// What the first argument of a command can be.
#[derive(Clone, Copy)]
pub(super) enum Offers {
    Nothing,
    Tables,
    Words(fn() -> Vec<&'static str>),
}

/// Whether the prompt comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Continue,
    Quit,
}

/// Every command.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: ".explain",
        arguments: "STAGE [QUERY]",
        summary: "show a stage of a query, of the last one if none is given",
        offers: Offers::Words(|| names(Stage::NAMES)),
        run: explain,
    },
    Command { name: ".help", arguments: "", summary: "show this", offers: Offers::Nothing, run: help },
    Command {
        name: ".mode",
        arguments: "MODE",
        summary: "print answers as table, vertical, json, ndjson or csv",
        offers: Offers::Words(|| names(Format::NAMES)),
        run: mode,
    },
    Command {
        name: ".output",
        arguments: "[FILE]",
        summary: "write each answer to a file, replacing the one before; without a name, show them here again",
        offers: Offers::Nothing,
        run: output,
    },
    Command { name: ".quit", arguments: "", summary: "leave", offers: Offers::Nothing, run: |_, _, _| Ok(Flow::Quit) },
    Command {
        name: ".schema",
        arguments: "TABLE",
        summary: "show the columns of a table",
        offers: Offers::Tables,
        run: schema,
    },
    Command {
        name: ".tables",
        arguments: "",
        summary: "show the tables that have data",
        offers: Offers::Nothing,
        run: tables,
    },
    Command {
        name: ".timer",
        arguments: "on|off",
        summary: "say how long each query took",
        offers: Offers::Words(|| vec!["on", "off"]),
        run: timer,
    },
];

/// Runs the command that a line names.
pub(super) fn run(line: &str, session: &mut Session<'_>, out: &mut dyn Write) -> Result<Flow, Failure> {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match COMMANDS.iter().find(|it| it.name == name) {
        Some(command) => (command.run)(session, rest.trim(), out),
        None => {
            let nearest = kql_parser::diagnostic::nearest(name, COMMANDS.iter().map(|it| it.name));
            let hint = nearest.map_or_else(|| "`.help` lists them".to_owned(), |it| format!("did you mean `{it}`?"));
            Err(Failure::Usage(format!("no command named `{name}`: {hint}")))
        }
    }
}

fn names<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|it| it.0).collect()
}

fn say(out: &mut dyn Write, text: &str) -> Result<Flow, Failure> {
    out.write_all(text.as_bytes()).map_err(Failure::file("standard output".as_ref()))?;
    Ok(Flow::Continue)
}

/// Refuses an argument that is none of `names`.
fn one_of(names: &[&str], given: &str) -> Failure {
    Failure::Usage(format!("`{given}` is none of {}", names.join(", ")))
}

fn help(_: &mut Session<'_>, _: &str, out: &mut dyn Write) -> Result<Flow, Failure> {
    let mut text = String::new();
    for it in COMMANDS {
        text.push_str(&format!("{:<24} {}\n", format!("{} {}", it.name, it.arguments), it.summary));
    }
    text.push_str(
        "\nAnything else is a query. It runs when a line completes it; Alt-Enter starts a new line, Tab completes,\n",
    );
    text.push_str("Ctrl-R searches what was typed before, Ctrl-C stops a query, Ctrl-D leaves.\n");
    say(out, &text)
}

fn tables(session: &mut Session<'_>, _: &str, out: &mut dyn Write) -> Result<Flow, Failure> {
    let names = session.runtime.block_on(session.engine.table_names()).map_err(Failure::engine(""))?;
    let width = names.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for name in &names {
        let summary = session.engine.catalog().table(name).map_or("", |it| it.summary.as_str());
        text.push_str(format!("{name:<width$}  {summary}").trim_end());
        text.push('\n');
    }
    if names.is_empty() {
        text.push_str("no table has data\n");
    }
    say(out, &text)
}

fn schema(session: &mut Session<'_>, name: &str, out: &mut dyn Write) -> Result<Flow, Failure> {
    let columns = session.runtime.block_on(session.engine.table_columns(name)).map_err(Failure::engine(""))?;
    let Some(columns) = columns else {
        let hint = session.engine.catalog().nearest(name).map(|it| format!(": did you mean `{it}`?"));
        return Err(Failure::Usage(format!("no table named `{name}`{}", hint.unwrap_or_default())));
    };
    let declared = session.engine.catalog().table(name);
    let width = columns.iter().map(|it| it.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for column in columns {
        let about = declared.and_then(|it| it.column(&column.name)).map_or("", |it| it.description.as_str());
        text.push_str(format!("{:<width$}  {:<8}  {about}", column.name, column.ty.name()).trim_end());
        text.push('\n');
    }
    say(out, &text)
}

fn explain(session: &mut Session<'_>, rest: &str, out: &mut dyn Write) -> Result<Flow, Failure> {
    let (stage, query) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let stage = Stage::parse(stage).ok_or_else(|| one_of(&names(Stage::NAMES), stage))?;
    let query = if query.trim().is_empty() { session.last.clone() } else { Some(query.to_owned()) };
    let query = query.ok_or_else(|| Failure::Usage("there is no query yet: write one after the stage".to_owned()))?;
    let explained = session.runtime.block_on(session.engine.explain(&query, stage, &session.options));
    let text = explained.map_err(Failure::engine(&query))?;
    say(out, &text)
}

fn mode(session: &mut Session<'_>, name: &str, _: &mut dyn Write) -> Result<Flow, Failure> {
    session.format = Format::parse(name).ok_or_else(|| one_of(&names(Format::NAMES), name))?;
    Ok(Flow::Continue)
}

fn output(session: &mut Session<'_>, path: &str, _: &mut dyn Write) -> Result<Flow, Failure> {
    session.output = (!path.is_empty()).then(|| PathBuf::from(path));
    Ok(Flow::Continue)
}

fn timer(session: &mut Session<'_>, value: &str, _: &mut dyn Write) -> Result<Flow, Failure> {
    session.timer = match value {
        "on" => true,
        "off" => false,
        _ => return Err(one_of(&["on", "off"], value)),
    };
    Ok(Flow::Continue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_sorted_and_have_a_dot() {
        assert!(COMMANDS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(COMMANDS.iter().all(|it| it.name.starts_with('.') && !it.summary.is_empty()));
    }
}
