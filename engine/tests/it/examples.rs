//! Every function's examples, run as queries: the definitions say what the functions answer, so they have to.

use vizsla_engine::{QueryOptions, aggregates, scalars, windows};
use vizsla_functions::def::Example;

use super::library::{Library, shown};

/// Examples whose answers differ, as lines.
fn wrong<'e>(
    library: &Library,
    name: &str,
    examples: impl IntoIterator<Item = &'e Example>,
    query: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut lines = Vec::new();
    for example in examples {
        let answer = match library.ask(&query(example.call), &QueryOptions::default()) {
            Ok(tables) => tables[0].values().map(|row| shown(&row[0])).collect::<Vec<_>>().join(", "),
            Err(error) => format!("error: {error}"),
        };
        if answer != example.answer {
            lines.push(format!("{name}: {} is {answer}, not {}", example.call, example.answer));
        }
    }
    lines
}

#[test]
fn scalar_functions_answer_as_their_examples_say() {
    let library = Library::new();
    let lines: Vec<String> =
        scalars().flat_map(|def| wrong(&library, def.name, def.examples, |call| format!("print x = {call}"))).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn aggregates_answer_as_their_examples_say() {
    let library = Library::new();
    let over = |call: &str| format!("datatable{} | summarize {call}", vizsla_engine::AGGREGATE_EXAMPLE_ROWS);
    let lines: Vec<String> = aggregates().flat_map(|def| wrong(&library, def.name, def.examples, over)).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn window_functions_answer_as_their_examples_say() {
    let library = Library::new();
    let over = |call: &str| {
        format!(
            "datatable{} | serialize x1 = {call} | summarize make_list_with_nulls(x1)",
            vizsla_engine::WINDOW_EXAMPLE_ROWS
        )
    };
    let lines: Vec<String> = windows().flat_map(|def| wrong(&library, def.name, def.examples, over)).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
