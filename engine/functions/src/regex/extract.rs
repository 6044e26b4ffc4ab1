//! What a pattern captures: `extract`, `extract_all`.

use regex::Regex;
use vizsla_schema::KqlType;

use super::{check_pattern, compiled};
use crate::args::Args;
use crate::def::{BadArgument, Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic;
use crate::value::Value;

const STRING: Param = Param::Is(KqlType::String);
/// The emulator refuses a dynamic here (fact 76).
const TEXT_ONLY: Param = Param::Exactly(KqlType::String);
const PATTERN: Param = Param::Const(KqlType::String);

/// `extract(pattern, group, text, typeof(long))` has the name of the type, such as `"long"`, as its fourth argument.
/// The kernel answers the captured text whatever it says, and the binder converts that, as `tolong` would.
pub(super) const EXTRACT: ScalarDef = ScalarDef {
    name: "extract",
    signatures: &[sig(
        &[PATTERN, Param::Is(KqlType::Long), TEXT_ONLY, Param::Const(KqlType::String)],
        Returns::Is(KqlType::String),
    )
    .optional(1)],
    summary: "The text that a group of a pattern captures in its first match; group 0 is the whole match.",
    source: "extract-function",
    examples: &[
        ex("extract(@'(\\d+)-(\\d+)', 2, '2020-12-31')", "12"),
        ex("extract('-([a-z]+)-', 1, 'nodash')", ""),
        ex("extract(@'-(\\d{2})-', 1, '21-07-2023', typeof(int))", "7"),
    ],
    check: Some(|constants| check_pattern(constants, 0).map(|_| ())),
    eval: Eval::Kernel(extract),
    ..ScalarDef::BASE
};

fn extract(args: &Args<'_>) -> KernelResult {
    let (pattern, group, text) = (compiled(args.constant_text(0))?, args.long(1), args.text(2));
    let mut places = pattern.capture_locations();
    Ok(args.strs(|row| {
        let (text, group) = (text.at(row), usize::try_from(group.get(row)?).ok()?);
        if group == 0 {
            return pattern.find(text).map(|found| found.as_str());
        }
        pattern.captures_read(&mut places, text)?;
        places.get(group).map(|(start, end)| &text[start..end])
    }))
}

/// The most groups that `extract_all` takes.
const MOST_GROUPS: usize = 16;

pub(super) const EXTRACT_ALL: ScalarDef = ScalarDef {
    name: "extract_all",
    aliases: &["extractall"],
    signatures: &[
        sig(&[PATTERN, Param::Const(KqlType::Dynamic), STRING], Returns::Is(KqlType::Dynamic)),
        sig(&[PATTERN, STRING], Returns::Is(KqlType::Dynamic)),
    ],
    summary: "What the groups of a pattern capture in every match: texts for one group, arrays of texts for several.",
    source: "extract-all-function",
    examples: &[
        ex("extract_all(@'(\\d+)', 'numbers: 123, 567 and 789')", r#"["123","567","789"]"#),
        ex("extract_all(@'(\\w)(\\w+)(\\w)', dynamic([1, 3]), 'abcd ef12')", r#"[["a","d"],["e","2"]]"#),
        ex("extract_all(@'(\\d+)', 'none')", "null"),
    ],
    check: Some(check_extract_all),
    eval: Eval::Kernel(extract_all),
    ..ScalarDef::BASE
};

fn check_extract_all(constants: &[Option<Value>]) -> Result<(), BadArgument> {
    let Some(pattern) = check_pattern(constants, 0)? else { return Ok(()) };
    let groups = pattern.captures_len() - 1;
    if !(1..=MOST_GROUPS).contains(&groups) {
        let message = format!("the pattern must have 1 to {MOST_GROUPS} capture groups, not {groups}");
        return Err(BadArgument { index: 0, service_code: "SEM0213", message });
    }
    let Some(Some(Value::Dynamic(list))) = constants.get(1) else { return Ok(()) };
    match dynamic::elements(list).into_iter().flatten().find_map(|name| unknown_name(&pattern, name)) {
        Some(name) => {
            let message = format!("the pattern has no group named `{name}`");
            Err(BadArgument { index: 1, service_code: "SEM0214", message })
        }
        None => Ok(()),
    }
}

fn unknown_name(pattern: &Regex, element: &str) -> Option<String> {
    let name = element.starts_with('"').then(|| dynamic::text_of(element))?;
    let known = pattern.capture_names().flatten().any(|known| known == name);
    (!known).then(|| name.into_owned())
}

fn extract_all(args: &Args<'_>) -> KernelResult {
    let pattern = compiled(args.constant_text(0))?;
    let (groups, text) = match args.len() {
        2 => (chosen_groups(&pattern, ""), args.text(1)),
        _ => (chosen_groups(&pattern, args.constant_text(1).unwrap_or("")), args.text(2)),
    };
    Ok(args.texts(|row, out| write_matches(&pattern, &groups, text.at(row), out)))
}

/// Numbers of the groups that a list asks for; numbers out of range drop out, and nothing left means all (fact 96).
fn chosen_groups(pattern: &Regex, list: &str) -> Vec<usize> {
    let known = 1..pattern.captures_len();
    let number = |element: &str| match element.starts_with('"') {
        true => pattern.capture_names().position(|name| name == Some(&dynamic::text_of(element))),
        false => element.parse().ok(),
    };
    let asked = dynamic::elements(list).into_iter().flatten().filter_map(number);
    let chosen: Vec<usize> = asked.filter(|number| known.contains(number)).collect();
    if chosen.is_empty() { known.collect() } else { chosen }
}

/// Writes the array of all matches; `false` if there are none.
fn write_matches(pattern: &Regex, groups: &[usize], text: &str, out: &mut String) -> bool {
    for found in pattern.captures_iter(text) {
        out.push(if out.is_empty() { '[' } else { ',' });
        let captured = |group: &usize| found.get(*group).map_or("", |group| group.as_str());
        match groups {
            [only] => dynamic::write_string(captured(only), out),
            several => write_texts(several.iter().map(captured), out),
        }
    }
    if out.is_empty() {
        return false;
    }
    out.push(']');
    true
}

/// Appends texts as a JSON array.
pub(crate) fn write_texts<'t>(texts: impl Iterator<Item = &'t str>, out: &mut String) {
    out.push('[');
    for (place, text) in texts.enumerate() {
        if place > 0 {
            out.push(',');
        }
        dynamic::write_string(text, out);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, dynamic, long, show};

    #[test]
    fn groups_of_the_first_match() {
        for (pattern, group, text, expected) in [
            (r"(\d+)-(\d+)", 2, "2020-12-31T10", "12"),
            (r"(\d+)", 0, "42-and-7", "42"),
            (r"(\d+)", 7, "42", ""),
            (r"(a)|(b)", 1, "b", ""),
            ("x", 0, "no", ""),
        ] {
            assert_eq!(show(&EXTRACT, &[constant(pattern), long(group), constant(text)]), expected, "{pattern}");
        }
    }

    #[test]
    fn groups_of_all_matches() {
        for (pattern, groups, text, expected) in [
            (r"(\d)", "", "a1b2", r#"["1","2"]"#),
            (r"(\w)(\w)", "", "ab cd", r#"[["a","b"],["c","d"]]"#),
            (r"(\w)(\w)", "[2]", "ab cd", r#"["b","d"]"#),
            (r"(?P<first>\w)(?P<last>\w)", r#"["last",1,9]"#, "ab", r#"[["b","a"]]"#),
            (r"(\w)(\w)", "[9]", "ab", r#"[["a","b"]]"#),
            (r"(b*)", "", "ab", r#"["","b"]"#),
            (r"(\d)", "", "none", "null"),
        ] {
            let args = match groups {
                "" => vec![constant(pattern), constant(text)],
                list => vec![constant(pattern), dynamic(list), constant(text)],
            };
            assert_eq!(show(&EXTRACT_ALL, &args), expected, "{pattern} {groups}");
        }
    }

    #[test]
    fn extract_all_wants_groups_that_exist() {
        let check = |pattern: &str, list: &str| {
            let list = (!list.is_empty()).then(|| Value::Dynamic(list.into()));
            check_extract_all(&[Some(Value::String(pattern.into())), list]).map_err(|bad| bad.service_code)
        };
        assert_eq!(check("abc", ""), Err("SEM0213"));
        assert_eq!(check("(?<a>.)", r#"["b"]"#), Err("SEM0214"));
        assert_eq!(check("(?<a>.)", r#"["a", 7]"#), Ok(()));
        assert_eq!(check("(", ""), Err("SEM0420"));
    }
}
