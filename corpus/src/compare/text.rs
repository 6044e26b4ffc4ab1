//! Text as the documentation shows it: HTML loses white space, Markdown adds marks, long cells are cut with dots.

use std::sync::LazyLock;

use regex::Regex;

use super::json::Json;

/// A pattern that must match the whole text.
#[expect(clippy::expect_used, reason = "the patterns of this module are constants, compiled by its tests")]
pub(super) fn anchored(pattern: &str) -> Regex {
    Regex::new(&format!(r"\A(?:{pattern})\z")).expect("a constant pattern compiles")
}

/// White space in Python's sense, which has four separators more than Rust's.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The text without white space around it.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The text with every run of white space as one blank, and none around it.
pub(super) fn squeeze(text: &str) -> String {
    text.split(is_space).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The text without any white space.
pub(super) fn without_space(text: &str) -> String {
    text.chars().filter(|c| !is_space(*c)).collect()
}

/// The text without Markdown marks, white space and outer quotes.
pub(super) fn bare(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !is_space(*c) && !matches!(c, '\\' | '*' | '_' | '`'))
        .map(|c| match c {
            '“' | '”' => '"',
            '’' | '‘' => '\'',
            c => c,
        })
        .collect();
    for quote in ['"', '\''] {
        if let Some(inner) = kept.strip_prefix(quote).and_then(|it| it.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    kept
}

/// The text without quotes, backslashes and white space: for documented JSON whose inner quotes were lost.
pub(super) fn unquoted(text: &str) -> String {
    text.chars().filter(|c| !is_space(*c) && !matches!(c, '"' | '\'' | '\\')).collect()
}

static ELLIPSIS: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "constant pattern")]
    Regex::new(r"\.{3,}|…").expect("a constant pattern compiles")
});

/// Whether `answered` fits `shown`, where dots or an ellipsis in `shown` stand for anything.
pub(super) fn elided(shown: &str, answered: &str) -> bool {
    let shown = without_space(shown);
    let mut parts = ELLIPSIS.split(&shown).map(|part| {
        let part = part.strip_prefix(',').unwrap_or(part);
        part.strip_suffix(',').unwrap_or(part)
    });
    let answered = without_space(answered);
    let Some(mut rest) = parts.next().and_then(|first| answered.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return false }; // no dots at all
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// What a value looks like as text: strings as they are, everything else as compact JSON.
pub(super) fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::Text(text) => text.clone(),
        Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Bag(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stand_for_anything() {
        for (shown, answered, fits) in [
            ("[1, ..., 9]", "[1,2,3,9]", true),
            ("[1, ..., 9]", "[1,2,3]", false),
            ("{ \"a\": … }", "{\"a\":[1]}", true),
            ("a...b...c", "aXbYc", true),
            ("a...b...c", "aXcYb", false),
            ("plain", "plain", false), // nothing is elided here
        ] {
            assert_eq!(elided(shown, answered), fits, "{shown} against {answered}");
        }
    }

    #[test]
    fn marks_and_quotes_are_not_text() {
        assert_eq!(bare("`\"a\\_b\"`"), "ab");
        assert_eq!(squeeze("  a \n b "), "a b");
        assert_eq!(unquoted(r#"{"a": \"b\"}"#), "{a:b}");
    }
}
