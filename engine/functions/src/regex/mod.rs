//! Patterns: `extract`, `replace_regex`, `matches regex` …, and what `parse` and `parse-kv` run on.
//!
//! The language's dialect is the syntax of Rust's `regex` (page `regex`): no lookaround, no backreferences, Unicode
//! throughout. A pattern is compiled once for the process, by [`pattern`].

pub(crate) mod extract;
mod literal;
pub(crate) mod operator;
pub mod parse;
pub mod parse_kv;
mod replace;
mod typed;

use std::sync::{Arc, LazyLock};

use regex::{Regex, RegexBuilder};

use crate::cache::Cache;
use crate::def::{BadArgument, ScalarDef};
use crate::value::Value;

pub(crate) const ALL: &[ScalarDef] = &[
    extract::EXTRACT,
    extract::EXTRACT_ALL,
    replace::INDEXOF_REGEX,
    replace::REGEX_QUOTE,
    replace::REPLACE,
    replace::REPLACE_REGEX,
    replace::TRIM,
    replace::TRIM_END,
    replace::TRIM_START,
];

/// Bytes that one compiled pattern may take; long alternations of indicators need more than the library's default.
const SIZE_LIMIT: usize = 64 << 20;

/// The compiled form of a pattern, from a bounded cache for the whole process.
///
/// # Errors
/// If the pattern is not well formed or too large.
pub fn pattern(text: &str) -> Result<Arc<Regex>, regex::Error> {
    static COMPILED: LazyLock<Cache<String, Regex>> = LazyLock::new(|| Cache::new(512));
    COMPILED.get_or_try(text, || RegexBuilder::new(text).size_limit(SIZE_LIMIT).build())
}

/// The pattern that a kernel got as a constant; the binder's check has seen it before.
pub(crate) fn compiled(text: Option<&str>) -> Result<Arc<Regex>, arrow::error::ArrowError> {
    pattern(text.unwrap_or("")).map_err(|error| arrow::error::ArrowError::InvalidArgumentError(error.to_string()))
}

/// Refuses a constant pattern at `index` that is not well formed (SEM0420).
pub(crate) fn check_pattern(constants: &[Option<Value>], index: usize) -> Result<Option<Arc<Regex>>, BadArgument> {
    let Some(text) = constants.get(index).and_then(Option::as_ref).and_then(Value::as_str) else {
        return Ok(None);
    };
    let bad = |error: regex::Error| BadArgument { index, service_code: "SEM0420", message: complaint(&error) };
    pattern(text).map(Some).map_err(bad)
}

/// The last line of the library's message, which says what is wrong; the lines before it draw the pattern.
fn complaint(error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
    format!("the pattern is not a regular expression: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_pattern_is_refused_with_the_reason() {
        for (text, reason) in [("(", "unclosed group"), ("(?=a)", "look-around"), (r"(a)\1", "backreferences")] {
            let bad = check_pattern(&[Some(Value::String(text.into()))], 0).unwrap_err();
            assert_eq!(bad.service_code, "SEM0420");
            assert!(bad.message.contains(reason), "{}", bad.message);
        }
    }
}
