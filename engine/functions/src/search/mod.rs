//! The string operators as functions: `has`, `contains`, `startswith`, `in~`, `matches regex` … and their opposites.
//!
//! The binder finds them by their spelling through [`operator`]; they are not in the table of named functions. Each is
//! `(string, string) -> bool`, the list operators `(string, dynamic) -> bool`.
//!
//! What counts as a match: [`vizsla_schema::terms`] says which letters are the same in another case, [`needle`]
//! finds one text at the edges that an operator asks for, [`list`] finds any or all of many. [`values`] runs a predicate
//! over a column, once for each distinct value where values repeat.
//!
//! ```ignore
//! let has = search::operator("has").expect("an operator");
//! // "powershell.exe -enc SQBF" has "PowerShell" is true: a whole term, in any case.
//! ```

mod list;
mod needle;
mod values;

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use vizsla_schema::KqlType;

use crate::args::{Args, Text};
use crate::def::{Eval, Example, KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};
use crate::regex::operator::{MATCHES_REGEX, NOT_MATCHES_REGEX};
use needle::{Edge, Needle, Shape};

pub(crate) use values::matching;

/// Functions with ordinary names.
pub(crate) const ALL: &[ScalarDef] = &[list::HAS_ANY_INDEX];

/// The operators, by their spelling.
pub const OPERATORS: &[ScalarDef] = &[
    HAS,
    NOT_HAS,
    HAS_CS,
    NOT_HAS_CS,
    HASPREFIX,
    NOT_HASPREFIX,
    HASPREFIX_CS,
    NOT_HASPREFIX_CS,
    HASSUFFIX,
    NOT_HASSUFFIX,
    HASSUFFIX_CS,
    NOT_HASSUFFIX_CS,
    CONTAINS,
    NOT_CONTAINS,
    CONTAINS_CS,
    NOT_CONTAINS_CS,
    STARTSWITH,
    NOT_STARTSWITH,
    STARTSWITH_CS,
    NOT_STARTSWITH_CS,
    ENDSWITH,
    NOT_ENDSWITH,
    ENDSWITH_CS,
    NOT_ENDSWITH_CS,
    EQUALS_FOLDED,
    NOT_EQUALS_FOLDED,
    list::HAS_ANY,
    list::HAS_ALL,
    list::IN_FOLDED,
    list::NOT_IN_FOLDED,
    MATCHES_REGEX,
    NOT_MATCHES_REGEX,
];

/// The operator of this spelling, such as `!has_cs`.
pub fn operator(name: &str) -> Option<&'static ScalarDef> {
    OPERATORS.iter().find(|def| def.name == name)
}

const STRING: Param = Param::Is(KqlType::String);
const BOOL: Returns = Returns::Is(KqlType::Bool);
const TEXTS: &[Signature] = &[sig(&[STRING, STRING], BOOL)];

/// Wherever the text stands.
const ANY: u8 = 0;
/// Where a term begins or ends.
const TERM: u8 = 1;
/// Where the whole text begins or ends.
const TEXT: u8 = 2;

/// Ignoring case.
const FOLD: bool = true;
/// Minding case.
const CASE: bool = false;

const HAS: ScalarDef =
    is::<TERM, TERM, FOLD>("has", &[ex("'a powershell.exe' has 'PowerShell'", "True"), ex("'a_b' has 'a'", "True")]);
const HAS_CS: ScalarDef = is::<TERM, TERM, CASE>("has_cs", &[ex("'The.Quick' has_cs 'Quick'", "True")]);
const HASPREFIX: ScalarDef = is::<TERM, ANY, FOLD>("hasprefix", &[ex("'x-error' hasprefix 'err'", "True")]);
const HASPREFIX_CS: ScalarDef = is::<TERM, ANY, CASE>("hasprefix_cs", &[ex("'x-error' hasprefix_cs 'Err'", "False")]);
const HASSUFFIX: ScalarDef = is::<ANY, TERM, FOLD>("hassuffix", &[ex("'x-error' hassuffix 'err'", "False")]);
const HASSUFFIX_CS: ScalarDef = is::<ANY, TERM, CASE>("hassuffix_cs", &[ex("'a.exe b' hassuffix_cs 'xe'", "True")]);
const CONTAINS: ScalarDef = is::<ANY, ANY, FOLD>("contains", &[ex("'category' contains 'CAT'", "True")]);
const CONTAINS_CS: ScalarDef = is::<ANY, ANY, CASE>("contains_cs", &[ex("'category' contains_cs 'CAT'", "False")]);
const STARTSWITH: ScalarDef = is::<TEXT, ANY, FOLD>("startswith", &[ex("'Kusto' startswith 'ku'", "True")]);
const STARTSWITH_CS: ScalarDef = is::<TEXT, ANY, CASE>("startswith_cs", &[ex("'Kusto' startswith_cs 'ku'", "False")]);
const ENDSWITH: ScalarDef = is::<ANY, TEXT, FOLD>("endswith", &[ex("'Kusto' endswith 'STO'", "True")]);
const ENDSWITH_CS: ScalarDef = is::<ANY, TEXT, CASE>("endswith_cs", &[ex("'Kusto' endswith_cs 'STO'", "False")]);
const EQUALS_FOLDED: ScalarDef =
    is::<TEXT, TEXT, FOLD>("=~", &[ex("'CAFÉ' =~ 'café'", "True"), ex("'STRASSE' =~ 'straße'", "False")]);

const NOT_HAS: ScalarDef = is_not::<TERM, TERM, FOLD>("!has", &[ex("'helloworld' !has 'hello'", "True")]);
const NOT_HAS_CS: ScalarDef = is_not::<TERM, TERM, CASE>("!has_cs", &[ex("'Hello' !has_cs 'hello'", "True")]);
const NOT_HASPREFIX: ScalarDef = is_not::<TERM, ANY, FOLD>("!hasprefix", &[ex("'err or' !hasprefix 'r o'", "True")]);
const NOT_HASPREFIX_CS: ScalarDef = is_not::<TERM, ANY, CASE>("!hasprefix_cs", &[ex("'Ab' !hasprefix_cs 'a'", "True")]);
const NOT_HASSUFFIX: ScalarDef = is_not::<ANY, TERM, FOLD>("!hassuffix", &[ex("'x-error' !hassuffix 'or'", "False")]);
const NOT_HASSUFFIX_CS: ScalarDef = is_not::<ANY, TERM, CASE>("!hassuffix_cs", &[ex("'aB' !hassuffix_cs 'b'", "True")]);
const NOT_CONTAINS: ScalarDef = is_not::<ANY, ANY, FOLD>("!contains", &[ex("'' !contains 'x'", "True")]);
const NOT_CONTAINS_CS: ScalarDef = is_not::<ANY, ANY, CASE>("!contains_cs", &[ex("'abc' !contains_cs 'B'", "True")]);
const NOT_STARTSWITH: ScalarDef = is_not::<TEXT, ANY, FOLD>("!startswith", &[ex("'abc' !startswith 'A'", "False")]);
const NOT_STARTSWITH_CS: ScalarDef =
    is_not::<TEXT, ANY, CASE>("!startswith_cs", &[ex("'abc' !startswith_cs 'A'", "True")]);
const NOT_ENDSWITH: ScalarDef = is_not::<ANY, TEXT, FOLD>("!endswith", &[ex("'abc' !endswith 'C'", "False")]);
const NOT_ENDSWITH_CS: ScalarDef = is_not::<ANY, TEXT, CASE>("!endswith_cs", &[ex("'abc' !endswith_cs 'C'", "True")]);
const NOT_EQUALS_FOLDED: ScalarDef = is_not::<TEXT, TEXT, FOLD>("!~", &[ex("'a' !~ 'A'", "False")]);

const fn is<const START: u8, const END: u8, const FOLDED: bool>(
    name: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    ScalarDef {
        name,
        signatures: TEXTS,
        summary: "Whether a text holds another, at the edges and in the case that the operator's name says.",
        source: "datatypes-string-operators",
        examples,
        eval: Eval::Kernel(find::<START, END, FOLDED, false>),
        ..ScalarDef::BASE
    }
}

const fn is_not<const START: u8, const END: u8, const FOLDED: bool>(
    name: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    ScalarDef {
        summary: "Whether a text does not hold another, at the edges and in the case that the operator's name says.",
        eval: Eval::Kernel(find::<START, END, FOLDED, true>),
        ..is::<START, END, FOLDED>(name, examples)
    }
}

fn find<const START: u8, const END: u8, const FOLDED: bool, const NEGATED: bool>(args: &Args<'_>) -> KernelResult {
    let shape = Shape { start: edge(START), end: edge(END), folded: FOLDED };
    Ok(answer(find_in(shape, args.text(0), args.text(1), args.rows()), NEGATED))
}

fn edge(code: u8) -> Edge {
    match code {
        TERM => Edge::Term,
        TEXT => Edge::Text,
        _ => Edge::Any,
    }
}

fn find_in(shape: Shape, text: Text<'_>, needle: Text<'_>, rows: usize) -> BooleanArray {
    match needle {
        Text::Constant(needle) => {
            let needle = Needle::new(shape, needle.unwrap_or(""));
            matching(text, rows, |text| needle.is_in(text))
        }
        Text::Column(_) => {
            // Neighbouring rows often look for the same text, so the last needle is kept.
            let mut last = Needle::new(shape, "");
            (0..rows).map(|row| Some(last.renewed(needle.at(row)).is_in(text.at(row)))).collect()
        }
    }
}

/// The answer of an operator, or of its `!` form.
pub(crate) fn answer(matched: BooleanArray, negated: bool) -> ArrayRef {
    if negated {
        return Arc::new(BooleanArray::from(!matched.values()));
    }
    Arc::new(matched)
}
