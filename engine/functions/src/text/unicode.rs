//! Texts as lists of code points.

use vizsla_schema::KqlType;

use super::{STRING, TO_DYNAMIC, TO_STRING as RETURNS_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef, ex, sig};
use crate::dynamic;

pub(super) const FROM_STRING: ScalarDef = ScalarDef {
    name: "unicode_codepoints_from_string",
    aliases: &["to_utf8"],
    signatures: &[sig(&[STRING], TO_DYNAMIC)],
    summary: "The code points of a text as an array of numbers.",
    source: "unicode-codepoints-from-string-function",
    examples: &[ex("unicode_codepoints_from_string('Kusto')", "[75,117,115,116,111]")],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.texts(|row, out| {
            let numbers: Vec<String> = text.at(row).chars().map(|letter| u32::from(letter).to_string()).collect();
            dynamic::write_array(numbers.iter().map(String::as_str), out);
            true
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const TO_STRING: ScalarDef = ScalarDef {
    name: "unicode_codepoints_to_string",
    aliases: &["make_string"],
    signatures: &[sig(&[Param::Any], RETURNS_STRING).rest(Param::Any)],
    summary: "The text of code points, given as numbers or arrays of numbers; what is no code point is left out.",
    source: "unicode-codepoints-to-string-function",
    examples: &[
        ex("unicode_codepoints_to_string(75, 117, 115, 116, 111)", "Kusto"),
        ex("unicode_codepoints_to_string(dynamic([75, 117, 115]), 116, 111)", "Kusto"),
    ],
    eval: Eval::Kernel(to_string),
    ..ScalarDef::BASE
};

fn to_string(args: &Args<'_>) -> KernelResult {
    Ok(args.texts(|row, out| {
        for index in 0..args.len() {
            match args.ty(index) {
                KqlType::Dynamic => out.extend(letters(args.text(index).at(row))),
                KqlType::Int | KqlType::Long => out.extend(args.long(index).get(row).and_then(letter)),
                _ => {}
            }
        }
        true
    }))
}

fn letter(code_point: i64) -> Option<char> {
    char::from_u32(u32::try_from(code_point).ok()?)
}

/// The letters of a dynamic: an array of code points, or one.
fn letters(json: &str) -> Vec<char> {
    let code_point = |json: &str| json.parse().ok().and_then(letter);
    match dynamic::elements(json) {
        Some(elements) => elements.filter_map(code_point).collect(),
        None => code_point(json).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, dynamic, long, show};

    #[test]
    fn code_points_go_there_and_back() {
        assert_eq!(show(&FROM_STRING, &[constant("K😀")]), "[75,128512]");
        assert_eq!(show(&TO_STRING, &[dynamic("[75,128512]"), long(33), long(-1)]), "K😀!");
    }
}
