//! What can be said of a text: its length, how often another is in it, which of two comes first.

use vizsla_schema::KqlType;

use super::position::{code_points, starts_of};
use super::{STRING, TEXT_ONLY, TO_BOOL, TO_LONG};
use crate::args::Args;
use crate::def::{BadArgument, Eval, KernelResult, Naming, Param, ScalarDef, ex, sig};
use crate::regex::{check_pattern, compiled};
use crate::value::Value;

pub(super) const STRLEN: ScalarDef = ScalarDef {
    name: "strlen",
    signatures: &[sig(&[STRING], TO_LONG)],
    summary: "Length of a text in Unicode code points, not bytes.",
    source: "strlen-function",
    examples: &[ex("strlen('hello')", "5"), ex("strlen('⒦⒰⒮⒯⒪')", "5"), ex("strlen('')", "0")],
    naming: Naming::Prefix("strlen_"),
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.longs(|row| Some(code_points(text.at(row)) as i64)))
    }),
    ..ScalarDef::BASE
};

pub(super) const STRING_SIZE: ScalarDef = ScalarDef {
    name: "string_size",
    signatures: &[sig(&[STRING], TO_LONG)],
    summary: "Length of a text in bytes of UTF-8.",
    source: "string-size-function",
    examples: &[ex("string_size('hello')", "5"), ex("string_size('⒦⒰⒮⒯⒪')", "15")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.longs(|row| Some(text.at(row).len() as i64)))
    }),
    ..ScalarDef::BASE
};

pub(super) const ISASCII: ScalarDef = ScalarDef {
    name: "isascii",
    signatures: &[sig(&[STRING], TO_BOOL)],
    summary: "Whether a text has no characters beyond ASCII.",
    source: "isascii-function",
    examples: &[ex("isascii('some string')", "True"), ex("isascii('naïve')", "False")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.bools(|row| Some(text.at(row).is_ascii())))
    }),
    ..ScalarDef::BASE
};

pub(super) const ISUTF8: ScalarDef = ScalarDef {
    name: "isutf8",
    signatures: &[sig(&[STRING], TO_BOOL)],
    summary: "Whether a text is valid UTF-8, which every text here is.",
    source: "isutf8-function",
    examples: &[ex("isutf8('some string')", "True")],
    eval: Eval::Kernel(|args| Ok(args.bools(|_| Some(true)))),
    ..ScalarDef::BASE
};

pub(super) const STRCMP: ScalarDef = ScalarDef {
    name: "strcmp",
    signatures: &[sig(&[STRING, STRING], TO_LONG)],
    summary: "-1, 0 or 1 as a text comes before, with or after another in the order of code points.",
    source: "strcmp-function",
    examples: &[ex("strcmp('ABC', 'ABC')", "0"), ex("strcmp('ABC', 'abc')", "-1"), ex("strcmp('b', 'a')", "1")],
    eval: Eval::Kernel(|args| {
        let (left, right) = (args.text(0), args.text(1));
        Ok(args.longs(|row| Some(left.at(row).cmp(right.at(row)) as i64)))
    }),
    ..ScalarDef::BASE
};

pub(super) const COUNTOF: ScalarDef = ScalarDef {
    name: "countof",
    signatures: &[sig(&[TEXT_ONLY, Param::Const(KqlType::String), Param::Const(KqlType::String)], TO_LONG).optional(1)],
    summary: "How often a text holds another, overlaps counted, or with `'regex'` a pattern, overlaps not counted.",
    source: "countof-function",
    examples: &[
        ex("countof('aaaa', 'aa')", "3"),
        ex("countof('aaaa', 'aa', 'regex')", "2"),
        ex("countof('abc', '')", "0"),
    ],
    check: Some(check_countof),
    eval: Eval::Kernel(countof),
    ..ScalarDef::BASE
};

fn check_countof(constants: &[Option<Value>]) -> Result<(), BadArgument> {
    match constants.get(2).and_then(Option::as_ref).and_then(Value::as_str) {
        Some("regex") => check_pattern(constants, 1).map(|_| ()),
        _ => Ok(()),
    }
}

fn countof(args: &Args<'_>) -> KernelResult {
    let (text, search) = (args.text(0), args.constant_text(1).unwrap_or(""));
    if search.is_empty() {
        return Ok(args.longs(|_| Some(0)));
    }
    if args.constant_text(2) == Some("regex") {
        let pattern = compiled(Some(search))?;
        return Ok(args.longs(|row| Some(pattern.find_iter(text.at(row)).count() as i64)));
    }
    Ok(args.longs(|row| Some(starts_of(text.at(row), search, 0).count() as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, show};

    #[test]
    fn lengths_in_code_points_and_bytes() {
        for (text, letters, bytes) in [("hello", "5", "5"), ("👨‍👩‍👧", "5", "18"), ("café", "4", "5"), ("", "0", "0")]
        {
            assert_eq!(show(&STRLEN, &[constant(text)]), letters, "{text}");
            assert_eq!(show(&STRING_SIZE, &[constant(text)]), bytes, "{text}");
        }
    }

    #[test]
    fn plain_matches_overlap_and_patterns_do_not() {
        for (text, search, kind, expected) in [
            ("aaaa", "aa", "normal", "3"),
            ("aaaa", "aa", "regex", "2"),
            ("hello world hello", "l+", "regex", "3"),
            ("a''b", "'", "normal", "2"),
            ("Abc", "a", "normal", "0"),
            ("abc", "", "normal", "0"),
        ] {
            let args = [constant(text), constant(search), constant(kind)];
            assert_eq!(show(&COUNTOF, &args), expected, "{search} in {text}");
        }
    }
}
