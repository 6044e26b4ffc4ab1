//! Patterns that change a text or find a place in it: `replace_regex`, `trim`, `indexof_regex`, `regex_quote`.

use std::ops::Range;

use regex::{Captures, Regex};
use vizsla_schema::KqlType;

use super::{check_pattern, compiled};
use crate::args::Args;
use crate::def::{BadArgument, Eval, KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};
use crate::text::position;
use crate::value::Value;

const STRING: Param = Param::Is(KqlType::String);
/// The emulator refuses a dynamic here (fact 76).
const TEXT_ONLY: Param = Param::Exactly(KqlType::String);
const PATTERN: Param = Param::Const(KqlType::String);
const LONG: Param = Param::Is(KqlType::Long);
const TO_STRING: Returns = Returns::Is(KqlType::String);

pub(super) const REPLACE_REGEX: ScalarDef = ScalarDef {
    name: "replace_regex",
    signatures: &[sig(&[STRING, PATTERN, STRING], TO_STRING)],
    summary: "Replaces every match of a pattern; `\\1` in the replacement is the first group, `\\0` the match.",
    source: "replace-regex-function",
    examples: &[ex("replace_regex('Number is 1', @'is (\\d+)', @'was: \\1')", "Number was: 1")],
    check: Some(|constants| check_pattern(constants, 1).map(|_| ())),
    eval: Eval::Kernel(|args| replace(args, 0, 1, 2)),
    ..ScalarDef::BASE
};

pub(super) const REPLACE: ScalarDef = ScalarDef {
    name: "replace",
    signatures: &[sig(&[PATTERN, STRING, STRING], TO_STRING)],
    summary: "The old spelling of `replace_regex`, with the pattern first and the text last.",
    examples: &[ex("replace(@'is (\\d+)', @'was: \\1', 'Number is 1')", "Number was: 1")],
    check: Some(|constants| check_pattern(constants, 0).map(|_| ())),
    eval: Eval::Kernel(|args| replace(args, 2, 0, 1)),
    ..REPLACE_REGEX
};

fn replace(args: &Args<'_>, text: usize, pattern: usize, rewrite: usize) -> KernelResult {
    let (text, pattern, rewrite) = (args.text(text), compiled(args.constant_text(pattern))?, args.text(rewrite));
    Ok(args.texts(|row, out| {
        replace_all(&pattern, text.at(row), rewrite.at(row), out);
        true
    }))
}

fn replace_all(pattern: &Regex, text: &str, rewrite: &str, out: &mut String) {
    let mut copied = 0;
    for groups in pattern.captures_iter(text) {
        let found = groups.get_match();
        out.push_str(&text[copied..found.start()]);
        write_rewrite(&groups, rewrite, out);
        copied = found.end();
    }
    out.push_str(&text[copied..]);
}

/// A `\` and a digit is a group, two backslashes are one; `$` is itself.
fn write_rewrite(groups: &Captures<'_>, rewrite: &str, out: &mut String) {
    let mut rest = rewrite;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let next = rest[at + 1..].chars().next();
        match next {
            Some(digit @ '0'..='9') => {
                let group = digit as usize - '0' as usize;
                out.push_str(groups.get(group).map_or("", |group| group.as_str()));
            }
            Some('\\') | None => out.push('\\'),
            Some(other) => out.extend(['\\', other]),
        }
        rest = &rest[at + 1 + next.map_or(0, char::len_utf8)..];
    }
    out.push_str(rest);
}

const TRIMS: &[Signature] = &[sig(&[PATTERN, TEXT_ONLY], TO_STRING)];

pub(super) const TRIM: ScalarDef = ScalarDef {
    name: "trim",
    signatures: TRIMS,
    summary: "Removes one match of a pattern from each end of a text.",
    source: "trim-function",
    examples: &[ex("trim('--', '--https://bing.com--')", "https://bing.com"), ex("trim('x', 'xxabcxx')", "xabcx")],
    check: Some(check_trim),
    eval: Eval::Kernel(|args| trimmed(args, true, true)),
    ..ScalarDef::BASE
};

pub(super) const TRIM_START: ScalarDef = ScalarDef {
    name: "trim_start",
    summary: "Removes one match of a pattern from the start of a text.",
    source: "trim-start-function",
    examples: &[ex("trim_start('https://', 'https://bing.com')", "bing.com")],
    eval: Eval::Kernel(|args| trimmed(args, true, false)),
    ..TRIM
};

pub(super) const TRIM_END: ScalarDef = ScalarDef {
    name: "trim_end",
    summary: "Removes one match of a pattern from the end of a text.",
    source: "trim-end-function",
    examples: &[ex("trim_end('.com', 'bing.com')", "bing"), ex("trim_end('[0-9]+', 'a12')", "a")],
    eval: Eval::Kernel(|args| trimmed(args, false, true)),
    ..TRIM
};

fn check_trim(constants: &[Option<Value>]) -> Result<(), BadArgument> {
    match constants.first().and_then(Option::as_ref).and_then(Value::as_str) {
        Some("") => {
            let message = "the pattern to trim is empty".to_owned();
            Err(BadArgument { index: 0, service_code: "SEM0217", message })
        }
        _ => check_pattern(constants, 0).map(|_| ()),
    }
}

fn trimmed(args: &Args<'_>, start: bool, end: bool) -> KernelResult {
    let (written, text) = (args.constant_text(0).unwrap_or(""), args.text(1));
    let at_start = compiled(Some(&format!(r"\A(?:{written})")))?;
    // `$` would do as well: it is the end of the text here, never a line's (fact 68).
    let at_end = compiled(Some(&format!(r"(?:{written})\z")))?;
    Ok(args.strs(|row| {
        let text = text.at(row);
        let from = if start { at_start.find(text).map_or(0, |found| found.end()) } else { 0 };
        let to = if end { at_end.find_at(text, from).map_or(text.len(), |found| found.start()) } else { text.len() };
        Some(&text[from..to])
    }))
}

pub(super) const INDEXOF_REGEX: ScalarDef = ScalarDef {
    name: "indexof_regex",
    signatures: &[sig(&[Param::Text, PATTERN, LONG, LONG, LONG], Returns::Is(KqlType::Long)).optional(3)],
    summary: "Position of a pattern's match, in code points from 0, or -1. Matches do not overlap.",
    source: "indexof-regex-function",
    examples: &[
        ex("indexof_regex('abcabc', 'a.c')", "0"),
        ex("indexof_regex('abcabcdefg', 'a.c', 0, 9, 2)", "3"),
        ex("indexof_regex('ababaa', 'a.a', 0, -1, 2)", "-1"),
        ex("indexof_regex('abcabc', 'a|ab', -1)", "null"),
    ],
    check: Some(|constants| check_pattern(constants, 1).map(|_| ())),
    eval: Eval::Kernel(indexof_regex),
    ..ScalarDef::BASE
};

fn indexof_regex(args: &Args<'_>) -> KernelResult {
    let (text, pattern) = (args.text(0), compiled(args.constant_text(1))?);
    Ok(args.longs(|row| {
        let place = position::Place::of(args, row)?;
        // Unlike `indexof`, a negative start does not count from the end (fact 59).
        if place.start < 0 {
            return None;
        }
        let starts = |range: Range<usize>| matches_from(&pattern, text.at(row), range.start);
        place.find(text.at(row), starts)
    }))
}

fn matches_from<'t>(pattern: &'t Regex, text: &'t str, start: usize) -> impl Iterator<Item = usize> + 't {
    let mut from = start;
    std::iter::from_fn(move || {
        let found = pattern.find_at(text, from)?;
        from = if found.is_empty() { found.end() + 1 } else { found.end() };
        from = text.ceil_char_boundary(from);
        Some(found.start())
    })
    .take(text.len() + 1)
}

pub(super) const REGEX_QUOTE: ScalarDef = ScalarDef {
    name: "regex_quote",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "The pattern that matches exactly this text.",
    source: "regex-quote-function",
    examples: &[ex("regex_quote('(so$me.Te^xt)')", r"\(so\$me\.Te\^xt\)")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            out.push_str(&regex::escape(text.at(row)));
            true
        }))
    }),
    ..ScalarDef::BASE
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, long, show};

    #[test]
    fn replacements_name_groups_with_a_backslash() {
        for (text, pattern, rewrite, expected) in [
            ("one two", r"(\w+)", r"[\1]", "[one] [two]"),
            ("word", r"(\w)(\w)", r"\2\1", "owdr"),
            ("abcABCabc", "(?i)abc", "#", "###"),
            ("ab", "b", "$$1", "a$$1"),
            ("ab", "(b)", r"<\0\\\7\q", r"a<b\\q"),
        ] {
            let args = [constant(text), constant(pattern), constant(rewrite)];
            assert_eq!(show(&REPLACE_REGEX, &args), expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn trims_remove_one_match_at_each_end() {
        for (def, pattern, text, expected) in [
            (&TRIM, "x", "xxabcxx", "xabcx"),
            (&TRIM, "x", "xxx", "x"),
            (&TRIM, r"[^\w]+", "-  Te st1// $", "Te st1"),
            (&TRIM, "a", "aaab", "aab"),
            (&TRIM_START, "https://", "https://bing.com", "bing.com"),
            (&TRIM_END, " ", "both  ", "both "),
            (&TRIM, "x", "", ""),
        ] {
            assert_eq!(show(def, &[constant(pattern), constant(text)]), expected, "{} {pattern} {text}", def.name);
        }
        assert_eq!(check_trim(&[Some(Value::String("".into())), None]).unwrap_err().service_code, "SEM0217");
    }

    #[test]
    fn positions_of_matches() {
        for (text, pattern, place, expected) in [
            ("abcabc", "a.c", [0, -1, 1], "0"),
            ("abcabcdefg", "a.c", [0, 9, 2], "3"),
            ("abcabc", "a.c", [1, -1, 2], "-1"),
            ("ababaa", "a.a", [0, -1, 2], "-1"),
            ("éabc", "a", [0, -1, 1], "1"),
            ("abc", "a", [-1, -1, 1], "null"),
        ] {
            let place = place.map(long);
            let args = [constant(text), constant(pattern), place[0].clone(), place[1].clone(), place[2].clone()];
            assert_eq!(show(&INDEXOF_REGEX, &args), expected, "{pattern} in {text}");
        }
    }
}
