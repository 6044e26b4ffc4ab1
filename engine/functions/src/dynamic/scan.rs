//! Elements of arrays and entries of bags, as slices of the canonical text that holds them.

use super::string::string_end;

/// Where the value that starts at `start` ends.
pub(super) fn value_end(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start) {
        Some(b'"') => (string_end(bytes, start + 1) + 1).min(bytes.len()),
        Some(b'[' | b'{') => container_end(bytes, start + 1),
        _ => bytes[start.min(bytes.len())..]
            .iter()
            .position(|byte| matches!(byte, b',' | b']' | b'}'))
            .map_or(bytes.len(), |offset| start + offset),
    }
}

fn container_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at + 1),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(bytes.len())
}

/// The elements of an array as JSON texts, in order; `None` if this is not an array.
#[inline]
pub fn elements(json: &str) -> Option<Elements<'_>> {
    json.starts_with('[').then_some(Elements { json, at: 1 })
}

/// See [`elements`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.json.as_bytes();
        if matches!(bytes.get(self.at), None | Some(b']')) {
            return None;
        }
        let end = value_end(bytes, self.at);
        let element = self.json.get(self.at..end)?;
        self.at = if bytes.get(end) == Some(&b',') { end + 1 } else { bytes.len() };
        Some(element)
    }
}

/// The entries of a bag in order: the key as it stands between its quotes (see [`super::unescape`]) and the value as JSON
/// text; `None` if this is not a bag.
#[inline]
pub fn entries(json: &str) -> Option<Entries<'_>> {
    json.starts_with('{').then_some(Entries { json, at: 1 })
}

/// See [`entries`].
#[derive(Debug, Clone)]
pub struct Entries<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, &'a str);

    #[inline]
    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let bytes = self.json.as_bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let key_end = string_end(bytes, self.at + 1);
        let key = self.json.get(self.at + 1..key_end)?;
        let start = key_end + "\":".len();
        let end = value_end(bytes, start);
        let value = self.json.get(start..end)?;
        self.at = if bytes.get(end) == Some(&b',') { end + 1 } else { bytes.len() };
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamic::{Json, Step, get_path, scalar, text_of};
    use proptest::prelude::*;

    #[test]
    fn elements_are_slices() {
        for (json, expected) in [
            ("[]", &[][..]),
            ("[1]", &["1"]),
            (r#"[1,"a,]\"",[2,[3]],{"b":[4]},null]"#, &["1", r#""a,]\"""#, "[2,[3]]", r#"{"b":[4]}"#, "null"]),
        ] {
            assert_eq!(elements(json).expect("an array").collect::<Vec<_>>(), expected);
        }
        assert!(elements(r#"{"a":1}"#).is_none());
    }

    #[test]
    fn entries_are_slices() {
        for (json, expected) in [
            ("{}", &[][..]),
            (r#"{"a":1}"#, &[("a", "1")]),
            (r#"{"a\"}":{"b":[1,2]},"":"x"}"#, &[(r#"a\"}"#, r#"{"b":[1,2]}"#), ("", r#""x""#)]),
        ] {
            assert_eq!(entries(json).expect("a bag").collect::<Vec<_>>(), expected);
        }
        assert!(entries("[1]").is_none());
    }

    proptest! {
        /// Text that is not canonical has no meaning here, but the scan of it ends.
        #[test]
        fn broken_text_ends_the_scan(json in "[\\[{]?[\\[\\]{}\",:0-9\\\\ntré ]{0,16}") {
            let _ = elements(&json).map(Iterator::count);
            let _ = entries(&json).map(Iterator::count);
            let _ = get_path(&json, &[Step::Key("t"), Step::Index(-1)]);
            let _ = (scalar(&json), text_of(&json), Json::of(&json));
        }
    }
}
