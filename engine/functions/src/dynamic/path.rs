//! Paths such as `d.a[0]['b']`, followed over the text without building a tree.

use std::cmp::Ordering;

use super::scan::{elements, entries};
use super::string::unescape;
use super::{Kind, kind, non_null, text_of};

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// `.key` or `['key']`.
    Key(&'a str),
    /// `[0]`; negative counts from the end.
    Index(i64),
}

/// A [`Step`] that owns its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnedStep {
    /// `.key` or `['key']`.
    Key(String),
    /// `[0]`; negative counts from the end.
    Index(i64),
}

impl OwnedStep {
    /// The same step, borrowed.
    pub fn as_step(&self) -> Step<'_> {
        match self {
            OwnedStep::Key(key) => Step::Key(key),
            OwnedStep::Index(index) => Step::Index(*index),
        }
    }
}

/// The steps that a dynamic array such as `["a",0,"b"]` spells; `None` if it spells none.
pub fn steps(json: &str) -> Option<Vec<OwnedStep>> {
    elements(json)?
        .map(|step| match kind(step) {
            Kind::String => Some(OwnedStep::Key(text_of(step).into_owned())),
            Kind::Long => step.parse().ok().map(OwnedStep::Index),
            Kind::Null | Kind::Bool | Kind::Real | Kind::Array | Kind::Bag => None,
        })
        .collect()
}

/// The value at the end of the path; `None` where a step leads nowhere or to null, never an error (fact 121).
#[inline]
pub fn get_path<'a>(json: &'a str, path: &[Step<'_>]) -> Option<&'a str> {
    path.iter().try_fold(json, |value, step| match *step {
        Step::Key(key) => get_key(value, key),
        Step::Index(index) => get_index(value, index),
    })
}

/// The value of that key of a bag, case-sensitive; `None` where there is none, it is null, or this is no bag.
#[inline]
pub fn get_key<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    entries(json)?.find(|(raw, _)| is_key(raw, key)).and_then(|(_, value)| non_null(value))
}

/// Whether a key as it stands between its quotes is `key`. An escape only ever makes it longer.
#[inline]
pub(super) fn is_key(raw: &str, key: &str) -> bool {
    match raw.len().cmp(&key.len()) {
        Ordering::Less => false,
        Ordering::Equal => raw == key && !raw.contains('\\'),
        Ordering::Greater => raw.contains('\\') && unescape(raw) == key,
    }
}

/// The element at that place of an array, negative from the end; `None` where there is none, it is null, or this is no
/// array.
#[inline]
pub fn get_index(json: &str, index: i64) -> Option<&str> {
    let mut elements = elements(json)?;
    let place = match usize::try_from(index) {
        Ok(place) => place,
        Err(_) => elements.clone().count().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    elements.nth(place).and_then(non_null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_values_or_nowhere() {
        let json = r#"{"a":{"b":[1,"x",null,{"c":2.5}]},"say \"hi\"":true,"n":null,"a":0}"#;
        for (path, expected) in [
            (r#"["a","b",0]"#, Some("1")),
            (r#"["a","b",1]"#, Some(r#""x""#)),
            (r#"["a","b",2]"#, None),
            (r#"["a","b",-1,"c"]"#, Some("2.5")),
            (r#"["a","b",-4]"#, Some("1")),
            (r#"["a","b",-5]"#, None),
            (r#"["a","b",4]"#, None),
            (r#"["say \"hi\""]"#, Some("true")),
            (r#"["n"]"#, None),
            (r#"["n","m"]"#, None),
            (r#"["A"]"#, None),
            (r#"[0]"#, None),
            (r#"[]"#, Some(json)),
        ] {
            let steps = steps(path).expect("a path");
            let steps: Vec<_> = steps.iter().map(OwnedStep::as_step).collect();
            assert_eq!(get_path(json, &steps), expected, "{path}");
        }
        assert_eq!(steps(r#"[1.5]"#), None);
    }
}
