//! A dynamic as a tree, for functions that take a whole value apart.

use super::compact::compact;
use super::scan::{elements, entries};
use super::string::{unescape, write_string};
use super::{Kind, kind, write_real};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer that fits 64 bits.
    Long(i64),
    /// An integer that does not, by its digits.
    Wide(String),
    /// Any other number.
    Real(f64),
    /// Text.
    String(String),
    /// A list.
    Array(Vec<Json>),
    /// A dictionary, in the order in which keys were first seen.
    Object(Vec<(String, Json)>),
}

/// The tree of a JSON text from anywhere; `None` if it is not JSON.
pub fn parse(text: &str) -> Option<Json> {
    let mut buffer = String::new();
    Some(Json::of(compact(text, &mut buffer)?))
}

impl Json {
    /// The tree of a canonical text.
    pub fn of(json: &str) -> Json {
        match kind(json) {
            Kind::Null => Json::Null,
            Kind::Bool => Json::Bool(json == "true"),
            Kind::Long => json.parse().map_or(Json::Null, Json::Long),
            Kind::Real if json.contains(['.', 'e']) => json.parse().map_or(Json::Null, Json::Real),
            Kind::Real => Json::Wide(json.to_owned()),
            Kind::String => Json::String(super::text_of(json).into_owned()),
            Kind::Array => Json::Array(elements(json).into_iter().flatten().map(Json::of).collect()),
            Kind::Bag => Json::Object(
                entries(json)
                    .into_iter()
                    .flatten()
                    .map(|(key, value)| (unescape(key).into_owned(), Json::of(value)))
                    .collect(),
            ),
        }
    }

    /// Appends the canonical text.
    pub fn write(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Long(value) => crate::format::write_long(*value, out),
            Json::Wide(digits) => out.push_str(digits),
            Json::Real(value) => write_real(*value, out),
            Json::String(text) => write_string(text, out),
            Json::Array(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Json::Object(entries) => {
                out.push('{');
                for (place, (key, value)) in entries.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    write_string(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// The value of that key, if this is a bag that has it.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::dynamic::{Step, get_path, same};
    use proptest::prelude::*;

    /// Trees of all kinds, without repeated keys.
    pub(crate) fn trees() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            any::<i64>().prop_map(Json::Long),
            (-1e6..1e6f64).prop_map(Json::Real),
            any::<f64>().prop_filter("JSON has no such number", |it| it.is_finite()).prop_map(Json::Real),
            Just(Json::Wide("18446744073709551615".into())),
            "\\PC{0,6}|[\"\\\\\\x00-\\x1f,:\\[\\]{}]{0,6}".prop_map(Json::String),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
                prop::collection::btree_map("[ab\"\\\\é]{0,3}", inner, 0..5)
                    .prop_map(|bag| Json::Object(bag.into_iter().collect())),
            ]
        })
    }

    /// Every path of the tree with what it leads to.
    fn paths<'a>(tree: &'a Json, path: &mut Vec<Step<'a>>, found: &mut Vec<(Vec<Step<'a>>, &'a Json)>) {
        found.push((path.clone(), tree));
        let steps: Vec<(Step<'a>, &'a Json)> = match tree {
            Json::Array(items) => {
                let len = items.len() as i64;
                let forward = items.iter().enumerate().map(|(place, item)| (Step::Index(place as i64), item));
                let backward = items.iter().enumerate().map(|(place, item)| (Step::Index(place as i64 - len), item));
                forward.chain(backward).collect()
            }
            Json::Object(entries) => entries.iter().map(|(key, value)| (Step::Key(key), value)).collect(),
            _ => return,
        };
        for (step, value) in steps {
            path.push(step);
            paths(value, path, found);
            path.pop();
        }
    }

    proptest! {
        #[test]
        fn what_is_written_parses_to_the_same(tree in trees()) {
            let text = tree.to_text();
            prop_assert_eq!(parse(&text), Some(tree.clone()), "{}", text);
            prop_assert!(same(&text, &text));
            let foreign: serde_json::Value = serde_json::from_str(&text).expect("JSON to others, too");
            let pretty = serde_json::to_string_pretty(&foreign).expect("writable");
            prop_assert_eq!(parse(&pretty), Some(tree), "{}", pretty);
        }

        #[test]
        fn paths_over_text_agree_with_the_tree(tree in trees()) {
            let text = tree.to_text();
            let mut found = vec![];
            paths(&tree, &mut vec![], &mut found);
            for (path, value) in found {
                let expected = (*value != Json::Null || path.is_empty()).then(|| value.to_text());
                prop_assert_eq!(get_path(&text, &path), expected.as_deref(), "{:?} of {}", path, text);
            }
        }
    }
}
