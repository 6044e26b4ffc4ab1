//! Parts of a text: `substring`, `split`, `parse_csv`, and its letters turned around.

use memchr::memmem;

use super::position::{byte_of, code_points};
use super::{LONG, STRING, TO_DYNAMIC, TO_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Naming, Param, ScalarDef, ex, sig};
use crate::dynamic;
use crate::regex::extract::write_texts;

pub(super) const SUBSTRING: ScalarDef = ScalarDef {
    name: "substring",
    signatures: &[sig(&[Param::Text, LONG, LONG], TO_STRING).optional(1)],
    summary: "The part of a text from a code point on, 0-based. A negative start counts from the end.",
    source: "substring-function",
    examples: &[
        ex("substring('123456', 2, 2)", "34"),
        ex("substring('abcdefg', -3, 2)", "ef"),
        ex("substring('abc', 9)", ""),
    ],
    eval: Eval::Kernel(substring),
    ..ScalarDef::BASE
};

fn substring(args: &Args<'_>) -> KernelResult {
    let (text, start) = (args.text(0), args.long(1));
    let length = (args.len() > 2).then(|| args.long(2));
    Ok(args.strs(|row| {
        let length = match length {
            None => i64::MAX,
            Some(length) => length.get(row)?,
        };
        part(text.at(row), start.get(row)?, length)
    }))
}

/// `None` for no text at all: a start outside of it, or a length below 1.
fn part(text: &str, start: i64, length: i64) -> Option<&str> {
    let start = match usize::try_from(start) {
        Ok(start) => start,
        // Further back than the text is long is nothing, not the beginning (fact 57).
        Err(_) => code_points(text).checked_sub(usize::try_from(start.unsigned_abs()).ok()?)?,
    };
    let rest = &text[byte_of(text, start)..];
    Some(&rest[..byte_of(rest, usize::try_from(length).ok()?)])
}

pub(super) const SPLIT: ScalarDef = ScalarDef {
    name: "split",
    signatures: &[sig(&[STRING, STRING, LONG], TO_DYNAMIC).optional(1)],
    summary: "The parts of a text between delimiters, as an array; with an index an array of that one part.",
    source: "split-function",
    examples: &[
        ex("split('aaa_bbb_ccc', '_')", r#"["aaa","bbb","ccc"]"#),
        ex("split('aaa_bbb_ccc', '_', 1)", r#"["bbb"]"#),
        ex("split('', '_')", r#"[""]"#),
        ex("split('a_b', '_', 7)", "null"),
    ],
    naming: Naming::PassThrough,
    eval: Eval::Kernel(split),
    ..ScalarDef::BASE
};

fn split(args: &Args<'_>) -> KernelResult {
    let (text, delimiter) = (args.text(0), args.text(1));
    let index = (args.len() > 2).then(|| args.long(2));
    Ok(args.texts(|row, out| {
        let (text, delimiter) = (text.at(row), delimiter.at(row));
        if delimiter.is_empty() {
            return false;
        }
        match index {
            None => write_texts(parts(text, delimiter), out),
            Some(index) => {
                let part = index.get(row).and_then(|index| parts(text, delimiter).nth(usize::try_from(index).ok()?));
                let Some(part) = part else { return false };
                write_texts(std::iter::once(part), out);
            }
        }
        true
    }))
}

fn parts<'t>(text: &'t str, delimiter: &'t str) -> impl Iterator<Item = &'t str> {
    let finder = memmem::Finder::new(delimiter);
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (part, after) = match finder.find(text.as_bytes()) {
            Some(at) => (&text[..at], Some(&text[at + finder.needle().len()..])),
            None => (text, None),
        };
        rest = after;
        Some(part)
    })
}

pub(super) const REVERSE: ScalarDef = ScalarDef {
    name: "reverse",
    signatures: &[sig(&[Param::Text], TO_STRING)],
    summary: "The code points of a value's text form in opposite order.",
    source: "reverse-function",
    examples: &[ex("reverse('ABC')", "CBA"), ex("reverse(3h)", "00:00:30"), ex("reverse(12345)", "54321")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            out.extend(text.at(row).chars().rev());
            true
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const PARSE_CSV: ScalarDef = ScalarDef {
    name: "parse_csv",
    signatures: &[sig(&[STRING], TO_DYNAMIC)],
    summary: "The fields of the first record of comma-separated text; a quoted field may hold commas and line ends.",
    source: "parse-csv-function",
    examples: &[
        ex("parse_csv('aa,\"b,b\",\"say \"\"hi\"\"\"')", r#"["aa","b,b","say \"hi\""]"#),
        ex("parse_csv('a,b\\nc,d')", r#"["a","b"]"#),
    ],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            write_fields(text.at(row), out);
            true
        }))
    }),
    ..ScalarDef::BASE
};

fn write_fields(text: &str, out: &mut String) {
    out.push('[');
    let mut rest = text;
    loop {
        let (field, end, after) = field(rest);
        dynamic::write_string(&field, out);
        if end != Some(',') {
            break;
        }
        out.push(',');
        rest = after;
    }
    out.push(']');
}

/// The first field, what ended it (a comma, a line end or nothing), and what follows that.
fn field(text: &str) -> (String, Option<char>, &str) {
    let mut out = String::new();
    let mut quoted = false;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if(|next| next.1 == '"').is_some() => out.push('"'),
            // A quote opens only at the start of a field; elsewhere it is itself.
            '"' if quoted || out.is_empty() => quoted = !quoted,
            ',' | '\n' | '\r' if !quoted => return (out, Some(letter), &text[at + 1..]),
            other => out.push(other),
        }
    }
    (out, None, "")
}

#[cfg(test)]
mod tests {
    use vizsla_schema::KqlType;

    use super::*;
    use crate::testing::{constant, long, show};
    use crate::value::Value;

    #[test]
    fn substrings_count_code_points() {
        for (text, start, length, expected) in [
            ("hello", 1, 3, "ell"),
            ("hello", -2, 2, "lo"),
            ("hello", -100, 3, ""),
            ("hello", 2, 100, "llo"),
            ("hello", 1, -1, ""),
            ("abc", 10, 5, ""),
            ("a😀b", 1, 1, "😀"),
            ("abcdefghij", -4, 2, "gh"),
            ("", -2, 5, ""),
            ("xyz", i64::MIN, 1, ""),
        ] {
            let args = [constant(text), long(start), long(length)];
            assert_eq!(show(&SUBSTRING, &args), expected, "{text:?} {start} {length}");
        }
        assert_eq!(show(&SUBSTRING, &[constant("abcdef"), long(3)]), "def");
        assert_eq!(show(&SUBSTRING, &[constant("abc"), Value::Null(KqlType::Long)]), "");
    }

    #[test]
    fn splits_keep_empty_parts() {
        for (text, delimiter, expected) in [
            ("a,,b", ",", r#"["a","","b"]"#),
            ("", ",", r#"[""]"#),
            (",", ",", r#"["",""]"#),
            ("a\r\nb", "\r\n", r#"["a","b"]"#),
            ("tab\tsep", "\n", r#"["tab\tsep"]"#),
            ("abc", "", "null"),
        ] {
            assert_eq!(show(&SPLIT, &[constant(text), constant(delimiter)]), expected, "{text:?}");
        }
        let at = |index| show(&SPLIT, &[constant("a,b"), constant(","), long(index)]);
        assert_eq!([at(1), at(2), at(-1)], [r#"["b"]"#, "null", "null"]);
    }

    #[test]
    fn csv_reads_one_record() {
        for (text, expected) in [
            (r#"aa,"b,b,b",cc,"say ""hi""""#, r#"["aa","b,b,b","cc","say \"hi\""]"#),
            ("record1,a\nrecord2,x", r#"["record1","a"]"#),
            ("\"line1\nline2\",x", r#"["line1\nline2","x"]"#),
            ("", r#"[""]"#),
            ("a,", r#"["a",""]"#),
        ] {
            assert_eq!(show(&PARSE_CSV, &[constant(text)]), expected, "{text:?}");
        }
    }
}
