//! Texts put together or changed letter by letter: `strcat`, `strrep`, `replace_string`, `toupper`, `translate`.

use std::borrow::Cow;

use memchr::memmem;
use vizsla_schema::KqlType;

use super::{LONG, STRING, TEXT_ONLY, TO_STRING, texts_of};
use crate::args::{Args, Text};
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic;

pub(super) const STRCAT: ScalarDef = ScalarDef {
    name: "strcat",
    signatures: &[sig(&[Param::Text], TO_STRING).rest(Param::Text)],
    summary: "The text forms of all arguments, one after the other; a null adds nothing.",
    source: "strcat-function",
    examples: &[ex("strcat('a', 1, 2h, true)", "a102:00:00True"), ex("strcat('a', int(null), 'b')", "ab")],
    eval: Eval::Kernel(|args| {
        let texts: Vec<Text<'_>> = (0..args.len()).map(|index| args.text(index)).collect();
        Ok(args.texts(|row, out| {
            texts.iter().for_each(|text| out.push_str(text.at(row)));
            true
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const STRCAT_DELIM: ScalarDef = ScalarDef {
    name: "strcat_delim",
    signatures: &[sig(&[Param::Text, Param::Text], TO_STRING).rest(Param::Text)],
    summary: "The text forms of all arguments but the first, with the first between them.",
    source: "strcat-delim-function",
    examples: &[ex("strcat_delim('-', 1, '2', 3)", "1-2-3"), ex("strcat_delim('-', 'a', int(null), 'b')", "a--b")],
    eval: Eval::Kernel(|args| {
        let texts: Vec<Text<'_>> = (0..args.len()).map(|index| args.text(index)).collect();
        Ok(args.texts(|row, out| {
            for (place, text) in texts[1..].iter().enumerate() {
                out.push_str(if place > 0 { texts[0].at(row) } else { "" });
                out.push_str(text.at(row));
            }
            true
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const STRCAT_ARRAY: ScalarDef = ScalarDef {
    name: "strcat_array",
    signatures: &[sig(&[Param::Is(KqlType::Dynamic), Param::Text], TO_STRING)],
    summary: "The text forms of an array's elements with a delimiter between them; a null is empty.",
    source: "strcat-array-function",
    examples: &[
        ex("strcat_array(dynamic([1, 2, 3]), '->')", "1->2->3"),
        ex("strcat_array(dynamic(['a', null, {'x': 1}]), '-')", "a--{\"x\":1}"),
    ],
    eval: Eval::Kernel(|args| {
        let (array, delimiter) = (args.text(0), args.text(1));
        Ok(args.texts(|row, out| {
            for (place, text) in texts_of(array.at(row)).iter().enumerate() {
                out.push_str(if place > 0 { delimiter.at(row) } else { "" });
                out.push_str(text);
            }
            true
        }))
    }),
    ..ScalarDef::BASE
};

/// The most often that `strrep` repeats.
const MOST_REPEATS: i64 = 1024;

pub(super) const STRREP: ScalarDef = ScalarDef {
    name: "strrep",
    signatures: &[sig(&[Param::Text, LONG, Param::Text], TO_STRING).optional(1)],
    summary: "A value's text form repeated, at most 1024 times, with an optional delimiter between.",
    source: "strrep-function",
    examples: &[ex("strrep('ABC', 2)", "ABCABC"), ex("strrep(1, 3, '-')", "1-1-1"), ex("strrep('A', 0)", "")],
    eval: Eval::Kernel(|args| {
        let (text, count) = (args.text(0), args.long(1));
        let delimiter = if args.len() > 2 { args.text(2) } else { Text::Constant(None) };
        Ok(args.texts(|row, out| {
            for place in 0..count.get(row).unwrap_or(0).min(MOST_REPEATS) {
                out.push_str(if place > 0 { delimiter.at(row) } else { "" });
                out.push_str(text.at(row));
            }
            true
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const TOLOWER: ScalarDef = ScalarDef {
    name: "tolower",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "A text in lower case.",
    source: "tolower-function",
    examples: &[ex("tolower('CAFÉ')", "café")],
    eval: Eval::Kernel(|args| cased(args, str::make_ascii_lowercase, str::to_lowercase)),
    ..ScalarDef::BASE
};

pub(super) const TOUPPER: ScalarDef = ScalarDef {
    name: "toupper",
    signatures: &[sig(&[STRING], TO_STRING)],
    summary: "A text in upper case.",
    source: "toupper-function",
    examples: &[ex("toupper('café')", "CAFÉ")],
    eval: Eval::Kernel(|args| cased(args, str::make_ascii_uppercase, str::to_uppercase)),
    ..ScalarDef::BASE
};

fn cased(args: &Args<'_>, ascii: fn(&mut str), any: fn(&str) -> String) -> KernelResult {
    let text = args.text(0);
    Ok(args.texts(|row, out| {
        let text = text.at(row);
        if text.is_ascii() {
            out.push_str(text);
            ascii(out);
        } else {
            out.push_str(&any(text));
        }
        true
    }))
}

pub(super) const REPLACE_STRING: ScalarDef = ScalarDef {
    name: "replace_string",
    signatures: &[sig(&[TEXT_ONLY, STRING, STRING], TO_STRING)],
    summary: "Replaces every occurrence of a text by another.",
    source: "replace-string-function",
    examples: &[
        ex("replace_string('A magic trick', 'trick', 'act')", "A magic act"),
        ex("replace_string('abc', '', '_')", "abc"),
    ],
    eval: Eval::Kernel(|args| {
        let (text, lookup, rewrite) = (args.text(0), args.text(1), args.text(2));
        Ok(args.texts(|row, out| {
            replace(text.at(row), lookup.at(row), rewrite.at(row), out);
            true
        }))
    }),
    ..ScalarDef::BASE
};

fn replace(text: &str, lookup: &str, rewrite: &str, out: &mut String) {
    let mut copied = 0;
    // An empty lookup is nowhere.
    if !lookup.is_empty() {
        for at in memmem::find_iter(text.as_bytes(), lookup) {
            out.push_str(&text[copied..at]);
            out.push_str(rewrite);
            copied = at + lookup.len();
        }
    }
    out.push_str(&text[copied..]);
}

const LIST: Param = Param::Is(KqlType::Dynamic);

pub(super) const REPLACE_STRINGS: ScalarDef = ScalarDef {
    name: "replace_strings",
    signatures: &[sig(&[STRING, LIST, LIST], TO_STRING)],
    summary: "Replaces each text of a list by its counterpart in another, pair after pair. What one pair has found is left \
              alone by those after it, also where its counterpart is no text and nothing is replaced.",
    source: "replace-strings-function",
    examples: &[ex(
        "replace_strings('cat and dog', dynamic(['cat', 'dog']), dynamic(['dog', 'pigeon']))",
        "dog and pigeon",
    )],
    eval: Eval::Kernel(|args| {
        let (text, lookups, rewrites) = (args.text(0), args.text(1), args.text(2));
        Ok(args.texts(|row, out| {
            let rewrites = dynamic::elements(rewrites.at(row)).into_iter().flatten();
            let rewrites = rewrites.map(|it| it.starts_with('"').then(|| dynamic::text_of(it)));
            let pairs: Vec<_> = texts_of(lookups.at(row)).into_iter().zip(rewrites).collect();
            replace_pairs(text.at(row), &pairs, out);
            true
        }))
    }),
    ..ScalarDef::BASE
};

/// Replaces by pairs in turn, each only in what no pair before it has found.
fn replace_pairs(text: &str, pairs: &[(Cow<'_, str>, Option<Cow<'_, str>>)], out: &mut String) {
    // Pieces in order, and whether later pairs still look into them.
    let mut pieces: Vec<(&str, bool)> = vec![(text, true)];
    // An empty lookup is nowhere.
    for (lookup, rewrite) in pairs.iter().filter(|(lookup, _)| !lookup.is_empty()) {
        let finder = memmem::Finder::new(lookup.as_bytes());
        let mut after = Vec::with_capacity(pieces.len());
        for (piece, open) in pieces {
            let mut copied = 0;
            for at in finder.find_iter(piece.as_bytes()).take(if open { usize::MAX } else { 0 }) {
                after.push((&piece[copied..at], true));
                after.push((rewrite.as_ref().unwrap_or(lookup), false));
                copied = at + lookup.len();
            }
            after.push((&piece[copied..], open));
        }
        pieces = after;
    }
    out.extend(pieces.into_iter().map(|(piece, _)| piece));
}

pub(super) const TRANSLATE: ScalarDef = ScalarDef {
    name: "translate",
    signatures: &[sig(&[STRING, STRING, STRING], TO_STRING)],
    summary: "Replaces each character of a list by its counterpart; the last counterpart serves all that have none.",
    source: "translate-function",
    examples: &[
        ex("translate('krasp', 'otsku', 'spark')", "kusto"),
        ex("translate('abc', 'x', 'abc')", "xxx"),
        ex("translate('abc', '', 'ab')", ""),
    ],
    eval: Eval::Kernel(|args| {
        let (from, to, text) = (args.text(0), args.text(1), args.text(2));
        Ok(args.texts(|row, out| {
            let (from, to): (Vec<char>, Vec<char>) = (from.at(row).chars().collect(), to.at(row).chars().collect());
            let translated = |letter| match from.iter().position(|it| *it == letter) {
                Some(at) => to.get(at).or(to.last()).copied(),
                None => Some(letter),
            };
            out.extend(text.at(row).chars().filter_map(translated));
            true
        }))
    }),
    ..ScalarDef::BASE
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, dynamic, long, show};

    #[test]
    fn texts_are_joined() {
        let array = dynamic(r#"["a",null,"",1,2.5,true,{"x":1},[1,2]]"#);
        assert_eq!(show(&STRCAT_ARRAY, &[array, constant("-")]), "a---1-2.5-true-{\"x\":1}-[1,2]");
        assert_eq!(show(&STRCAT_ARRAY, &[dynamic("[null,null]"), constant(",")]), ",");
        assert_eq!(show(&STRCAT, &[constant("a"), constant(""), constant("b")]), "ab");
        assert_eq!(show(&STRCAT_DELIM, &[constant("-"), constant("a"), constant(""), constant("b")]), "a--b");
        assert_eq!(show(&STRREP, &[constant("x"), long(5000)]).len(), 1024);
        assert_eq!(show(&STRREP, &[constant("x"), long(-1)]), "");
    }

    #[test]
    fn texts_are_replaced() {
        for (text, lookup, rewrite, expected) in
            [("aaaa", "a", "XY", "XYXYXYXY"), ("abcabc", "", "_", "abcabc"), ("abcabc", "abc", "", "")]
        {
            let args = [constant(text), constant(lookup), constant(rewrite)];
            assert_eq!(show(&REPLACE_STRING, &args), expected, "{lookup} in {text}");
        }
        let list = |lookups: &str, rewrites: &str| {
            show(&REPLACE_STRINGS, &[constant("This is"), dynamic(lookups), dynamic(rewrites)])
        };
        assert_eq!(list(r#"["is","This"]"#, r#"["was","This"]"#), "Thwas was");
        assert_eq!(list(r#"["This","is"]"#, r#"[12345,"was"]"#), "This was");
    }
}
