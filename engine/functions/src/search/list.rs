//! Many texts looked for at once: `has_any`, `has_all`, `in~`, `has_any_index`.
//!
//! The list is a dynamic array, most often a constant, and may hold thousands of indicators. It is compiled once for the
//! process: a few needles are looked for one by one, more by one automaton, and `in~` asks a set of folded texts.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use arrow::array::BooleanArray;
use vizsla_schema::KqlType;
use vizsla_schema::terms::{fold, fold_into, in_term};

use super::needle::{Edge, Needle, Shape, term_after, term_before};
use super::{BOOL, STRING, answer, matching};
use crate::args::{Args, Text};
use crate::cache::Cache;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};
use crate::dynamic;

const LIST: Param = Param::Is(KqlType::Dynamic);
const TEXT_AND_LIST: &[Signature] = &[sig(&[STRING, LIST], BOOL)];

pub(super) const HAS_ANY: ScalarDef = ScalarDef {
    name: "has_any",
    signatures: TEXT_AND_LIST,
    summary: "Whether a text holds at least one of the listed terms, in any case.",
    source: "has-any-operator",
    examples: &[ex("'The Quick fox' has_any ('quick', 'dog')", "True"), ex("'x' has_any (dynamic([]))", "False")],
    eval: Eval::Kernel(|args| Ok(answer(over_lists(args, Needles::any), false))),
    ..ScalarDef::BASE
};

pub(super) const HAS_ALL: ScalarDef = ScalarDef {
    name: "has_all",
    signatures: TEXT_AND_LIST,
    summary: "Whether a text holds every listed term, in any case.",
    source: "has-all-operator",
    examples: &[ex("'The Quick fox' has_all ('quick', 'dog')", "False"), ex("'x' has_all (dynamic([]))", "True")],
    eval: Eval::Kernel(|args| Ok(answer(over_lists(args, Needles::all), false))),
    ..ScalarDef::BASE
};

pub(super) const IN_FOLDED: ScalarDef = ScalarDef {
    name: "in~",
    signatures: TEXT_AND_LIST,
    summary: "Whether a text equals one of the listed texts, in any case.",
    source: "in-operator",
    examples: &[ex("'RED' in~ ('red', 'blue')", "True")],
    eval: Eval::Kernel(|args| in_folded(args, false)),
    ..ScalarDef::BASE
};

pub(super) const NOT_IN_FOLDED: ScalarDef = ScalarDef {
    name: "!in~",
    signatures: TEXT_AND_LIST,
    summary: "Whether a text equals none of the listed texts, in any case.",
    source: "not-in-operator",
    examples: &[ex("'RED' !in~ ('red', 'blue')", "False")],
    eval: Eval::Kernel(|args| in_folded(args, true)),
    ..ScalarDef::BASE
};

pub(super) const HAS_ANY_INDEX: ScalarDef = ScalarDef {
    name: "has_any_index",
    signatures: &[sig(&[STRING, LIST], Returns::Is(KqlType::Long))],
    summary: "Position in a list of the first term that a text holds, -1 if it holds none.",
    source: "has-any-index-function",
    examples: &[
        ex("has_any_index('this is an example', dynamic(['that', 'example']))", "1"),
        ex("has_any_index('this is an example', dynamic(['not', 'there']))", "-1"),
    ],
    eval: Eval::Kernel(has_any_index),
    ..ScalarDef::BASE
};

fn over_lists(args: &Args<'_>, holds: fn(&Needles, &str) -> bool) -> BooleanArray {
    let text = args.text(0);
    match args.text(1) {
        Text::Constant(list) => {
            let needles = Needles::compiled(list.unwrap_or(""));
            matching(text, args.rows(), |text| holds(&needles, text))
        }
        lists @ Text::Column(_) => {
            let mut last = Last::new(|list| Needles::new(&texts(list)));
            (0..args.rows()).map(|row| Some(holds(last.of(lists.at(row)), text.at(row)))).collect()
        }
    }
}

fn has_any_index(args: &Args<'_>) -> KernelResult {
    let (text, lists) = (args.text(0), args.text(1));
    let mut last = Last::new(|list| Needles::new(&texts(list)));
    Ok(args.longs(|row| {
        let mut each = last.of(lists.at(row)).each.iter();
        let position = each.position(|needle| needle.as_ref().is_none_or(|needle| needle.is_in(text.at(row))));
        Some(position.map_or(-1, |position| position as i64))
    }))
}

/// What the last list compiled to: where lists come from a column, neighbouring rows often have the same one, and the
/// process has no use for the others.
struct Last<'a, V> {
    compile: fn(&str) -> V,
    compiled: Option<(&'a str, V)>,
}

impl<'a, V> Last<'a, V> {
    fn new(compile: fn(&str) -> V) -> Self {
        Last { compile, compiled: None }
    }

    fn of(&mut self, list: &'a str) -> &V {
        if self.compiled.as_ref().is_some_and(|(last, _)| *last != list) {
            self.compiled = None;
        }
        &self.compiled.get_or_insert_with(|| (list, (self.compile)(list))).1
    }
}

const TERM_IN_ANY_CASE: Shape = Shape { start: Edge::Term, end: Edge::Term, folded: true };

/// Up to here needles are looked for one by one, at about 25 ns each in a command line; the automaton takes 250.
const FEW: usize = 6;

/// The texts of a JSON array, in order; a null is `None`. What is no array is one text.
fn texts(list: &str) -> Vec<Option<String>> {
    let text = |json: &str| dynamic::non_null(json).map(|json| dynamic::text_of(json).into_owned());
    match dynamic::elements(list) {
        Some(elements) => elements.map(text).collect(),
        None => vec![text(list)],
    }
}

/// Bytes of needles up to which their machine is a full table, about fifty times as large.
const MOST_TABLE_BYTES: usize = 64 << 10;

/// The terms of a `has_any` or `has_all`.
struct Needles {
    /// In order; a null is `None`.
    each: Vec<Option<Needle>>,
    automaton: Option<Automaton>,
}

impl Needles {
    /// The needles of a JSON array; text that is no array is one needle.
    fn compiled(list: &str) -> Arc<Needles> {
        static COMPILED: LazyLock<Cache<String, Needles>> = LazyLock::new(|| Cache::new(256));
        let compile = || Ok::<_, std::convert::Infallible>(Needles::new(&texts(list)));
        match COMPILED.get_or_try(list, compile) {
            Ok(needles) => needles,
            Err(never) => match never {},
        }
    }

    fn new(texts: &[Option<String>]) -> Self {
        let needle = |text: &Option<String>| text.as_deref().map(|text| Needle::new(TERM_IN_ANY_CASE, text));
        let automaton = if texts.len() > FEW { Automaton::new(texts) } else { None };
        Needles { each: texts.iter().map(needle).collect(), automaton }
    }

    /// A null matches everything here (fact 83).
    fn any(&self, text: &str) -> bool {
        match &self.automaton {
            Some(automaton) => automaton.any(text),
            None => self.each.iter().any(|needle| needle.as_ref().is_none_or(|needle| needle.is_in(text))),
        }
    }

    /// A null drops out here (fact 83).
    fn all(&self, text: &str) -> bool {
        self.each.iter().flatten().all(|needle| needle.is_in(text))
    }
}

/// All needles as one machine that reads the text once.
struct Automaton {
    machine: AhoCorasick,
    needles: Vec<Edges>,
    /// Whether a needle has letters beyond ASCII, so that a text with such letters is folded first.
    beyond_ascii: bool,
    /// Whether a needle is empty or null and hence everywhere.
    everywhere: bool,
}

/// Whether a match must not follow, or be followed by, a character of a term.
struct Edges {
    start: bool,
    end: bool,
}

impl Automaton {
    /// `None` if the list is too large for a machine.
    fn new(texts: &[Option<String>]) -> Option<Self> {
        let folded: Vec<String> =
            texts.iter().flatten().map(|text| fold(text)).filter(|text| !text.is_empty()).collect();
        let everywhere = folded.len() < texts.len();
        // Matches must overlap: the one that stands at the edges of a term may lie inside another.
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard);
        // Twice as fast for a thousand needles as what the library would take, at half a megabyte.
        if folded.iter().map(String::len).sum::<usize>() <= MOST_TABLE_BYTES {
            builder.kind(Some(AhoCorasickKind::DFA));
        }
        let machine = builder.build(&folded).ok()?;
        let needles = folded.iter().map(|text| Edges {
            start: text.chars().next().is_some_and(in_term),
            end: text.chars().next_back().is_some_and(in_term),
        });
        let needles = needles.collect();
        Some(Automaton { machine, needles, beyond_ascii: !folded.iter().all(|text| text.is_ascii()), everywhere })
    }

    fn any(&self, text: &str) -> bool {
        if self.everywhere {
            return true;
        }
        if self.beyond_ascii && !text.is_ascii() {
            return self.any_in(&fold(text));
        }
        self.any_in(text)
    }

    fn any_in(&self, text: &str) -> bool {
        self.machine.find_overlapping_iter(text).any(|found| {
            let edges = &self.needles[found.pattern().as_usize()];
            !(edges.start && term_before(text, found.start()) || edges.end && term_after(text, found.end()))
        })
    }
}

fn in_folded(args: &Args<'_>, negated: bool) -> KernelResult {
    let text = args.text(0);
    let matched = match args.text(1) {
        Text::Constant(list) => {
            let set = FoldedSet::compiled(list.unwrap_or(""));
            matching(text, args.rows(), |text| set.holds(text))
        }
        lists @ Text::Column(_) => {
            let mut last = Last::new(|list| FoldedSet::new(&texts(list)));
            (0..args.rows()).map(|row| Some(last.of(lists.at(row)).holds(text.at(row)))).collect()
        }
    };
    Ok(answer(matched, negated))
}

/// The texts of an `in~`, folded. A null in the list equals no text.
struct FoldedSet {
    texts: HashSet<String>,
    /// Lengths in bytes that occur, up to [`LENGTHS`]; folding keeps the length of ASCII text.
    lengths: Vec<bool>,
}

const LENGTHS: usize = 256;

impl FoldedSet {
    fn compiled(list: &str) -> Arc<FoldedSet> {
        static COMPILED: LazyLock<Cache<String, FoldedSet>> = LazyLock::new(|| Cache::new(256));
        match COMPILED.get_or_try(list, || Ok::<_, std::convert::Infallible>(FoldedSet::new(&texts(list)))) {
            Ok(set) => set,
            Err(never) => match never {},
        }
    }

    fn new(texts: &[Option<String>]) -> Self {
        let texts: HashSet<String> = texts.iter().flatten().map(|text| fold(text)).collect();
        let mut lengths = vec![false; LENGTHS];
        for length in texts.iter().map(String::len).filter(|length| *length < LENGTHS) {
            lengths[length] = true;
        }
        FoldedSet { texts, lengths }
    }

    fn holds(&self, text: &str) -> bool {
        if text.is_ascii() {
            return self.lengths.get(text.len()).copied().unwrap_or(true)
                && self.texts.contains(text.to_ascii_lowercase().as_str());
        }
        let mut folded = String::with_capacity(text.len());
        fold_into(text, &mut folded);
        self.texts.contains(&folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of one needle and many that are nowhere.
    fn long_list(needle: &str) -> Vec<Option<String>> {
        let nowhere = (0..20).map(|number| format!("nowhere{number}"));
        nowhere.chain([needle.to_owned()]).map(Some).collect()
    }

    #[test]
    fn a_long_list_matches_whole_terms_in_any_case() {
        for (text, needle, expected) in [
            ("a Mimikatz run", "mimikatz", true),
            ("a mimikatz2 run", "mimikatz", false),
            ("mimikatz2 mimikatz", "mimikatz", true),
            ("sekurlsa::logonpasswords", "sekurlsa::", true),
            ("CAFÉ", "café", true),
            ("café2", "CAFÉ", false),
            ("anything", "", true),
        ] {
            assert_eq!(Needles::new(&long_list(needle)).any(text), expected, "{text:?} has_any {needle:?}");
            assert_eq!(Needles::new(&[Some(needle.into())]).any(text), expected, "alone: {text:?} {needle:?}");
        }
    }

    #[test]
    fn empty_lists_and_nulls_follow_fact_83() {
        let list = |json: &str| Needles::new(&texts(json));
        assert!(!list("[]").any("x") && list("[]").all("x"));
        assert!(list("[null]").any("x") && list("[null,\"x\"]").all("x") && !list("[null,\"y\"]").all("x"));
    }

    #[test]
    fn in_folded_is_equality_in_any_case() {
        let set = FoldedSet::new(&texts(r#"["Müller","RED",7,null]"#));
        for (text, expected) in [("MÜLLER", true), ("red", true), ("redx", false), ("7", true), ("", false)] {
            assert_eq!(set.holds(text), expected, "{text:?}");
        }
    }
}
