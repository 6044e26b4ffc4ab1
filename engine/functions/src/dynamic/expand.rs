//! Columns of dynamics turned into rows (`mv-expand`) and into columns (`bag_unpack`).

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, StringViewArray, StringViewBuilder};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use vizsla_schema::KqlType;

use super::convert::{Reading, to_column};
use super::path::get_key;
use super::{Kind, elements, entries, kind, non_null, unescape, write_array, write_bag};
use crate::convert::parse_datetime;

/// The elements that `mv-expand` makes of each row, as dynamics (facts 250–256).
///
/// A null or a scalar is one element, itself; an empty array or bag is none. A bag becomes one-entry bags, or
/// `[key, value]` arrays with `bag_as_pairs`.
pub fn expand_column(column: &StringViewArray, bag_as_pairs: bool) -> ListArray {
    let mut values = StringViewBuilder::new();
    let mut lengths = Vec::with_capacity(column.len());
    let mut buffer = String::new();
    for row in 0..column.len() {
        let json = if column.is_valid(row) { column.value(row) } else { "null" };
        let mut count = 0;
        if let Some(elements) = elements(json) {
            for element in elements {
                values.append_option(non_null(element));
                count += 1;
            }
        } else if let Some(entries) = entries(json) {
            for (key, value) in entries {
                buffer.clear();
                write_entry(key, value, bag_as_pairs, &mut buffer);
                values.append_value(&buffer);
                count += 1;
            }
        } else {
            values.append_option(non_null(json));
            count = 1;
        }
        lengths.push(count);
    }
    let field = Arc::new(Field::new_list_field(DataType::Utf8View, true));
    ListArray::new(field, OffsetBuffer::from_lengths(lengths), Arc::new(values.finish()), None)
}

fn write_entry(key: &str, value: &str, as_pair: bool, out: &mut String) {
    if as_pair {
        let quoted = format!("\"{key}\"");
        write_array([quoted.as_str(), value], out);
    } else {
        write_bag([(key, value)], out);
    }
}

/// The keys of all bags in a column, sorted, each with the type that its values share (fact 304); see [`unpack`].
///
/// Nulls fit any type, and a key with nulls only is dynamic. Longs and reals share `real`; a text that is an ISO datetime
/// counts as one. Values that share no type, arrays and bags stay dynamic.
pub fn keys_and_types(column: &StringViewArray) -> BTreeMap<String, KqlType> {
    let mut found: BTreeMap<String, Option<KqlType>> = BTreeMap::new();
    for (key, value) in column.iter().flatten().filter_map(entries).flatten() {
        let key = unescape(key);
        let ty = type_of(value);
        match found.get_mut(key.as_ref()) {
            Some(known) => *known = common(*known, ty),
            None => {
                found.insert(key.into_owned(), ty);
            }
        }
    }
    found.into_iter().map(|(key, ty)| (key, ty.unwrap_or(KqlType::Dynamic))).collect()
}

fn type_of(json: &str) -> Option<KqlType> {
    Some(match kind(json) {
        Kind::Null => return None,
        Kind::Bool => KqlType::Bool,
        Kind::Long => KqlType::Long,
        Kind::Real => KqlType::Real,
        Kind::String if is_iso_datetime(json) => KqlType::DateTime,
        Kind::String => KqlType::String,
        Kind::Array | Kind::Bag => KqlType::Dynamic,
    })
}

/// Whether a JSON string is what a datetime is written as inside a dynamic: ISO 8601 with date and time.
fn is_iso_datetime(json: &str) -> bool {
    let text = &json[1..json.len() - 1];
    matches!(text.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _, b'T', .., b'Z']) && parse_datetime(text).is_some()
}

fn common(left: Option<KqlType>, right: Option<KqlType>) -> Option<KqlType> {
    match (left, right) {
        (None, ty) | (ty, None) => ty,
        (Some(left), Some(right)) if left == right => Some(left),
        (Some(KqlType::Long | KqlType::Real), Some(KqlType::Long | KqlType::Real)) => Some(KqlType::Real),
        (Some(KqlType::DateTime | KqlType::String), Some(KqlType::DateTime | KqlType::String)) => Some(KqlType::String),
        _ => Some(KqlType::Dynamic),
    }
}

/// The values of one key, as a column of that type; null where a row's bag has no such key.
pub fn unpack(column: &StringViewArray, key: &str, ty: KqlType) -> ArrayRef {
    let values: StringViewArray = column.iter().map(|cell| get_key(cell?, key)).collect();
    to_column(&values, ty, Reading::Strict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Int64Array};

    fn dynamics(cells: &[Option<&str>]) -> StringViewArray {
        StringViewArray::from(cells.to_vec())
    }

    fn expanded(json: Option<&str>, bag_as_pairs: bool) -> Vec<Option<String>> {
        let list = expand_column(&dynamics(&[json]), bag_as_pairs);
        list.value(0).as_string_view().iter().map(|it| it.map(str::to_owned)).collect()
    }

    #[test]
    fn rows_of_arrays_bags_and_nulls() {
        let some = |items: &[&str]| items.iter().map(|it| Some((*it).to_owned())).collect::<Vec<_>>();
        assert_eq!(expanded(Some(r#"[1,"a",[2]]"#), false), some(&["1", r#""a""#, "[2]"]));
        assert_eq!(expanded(Some("[1,null]"), false), [Some("1".to_owned()), None]);
        assert_eq!(expanded(Some(r#"{"a":1,"b":[2]}"#), false), some(&[r#"{"a":1}"#, r#"{"b":[2]}"#]));
        assert_eq!(expanded(Some(r#"{"a":1}"#), true), some(&[r#"["a",1]"#]));
        assert_eq!(expanded(Some("7"), false), some(&["7"]));
        assert_eq!(expanded(Some("[]"), false), []);
        assert_eq!(expanded(Some("{}"), false), []);
        assert_eq!(expanded(None, false), [None]);
    }

    #[test]
    fn bags_unpack_to_columns() {
        let column = dynamics(&[
            Some(r#"{"b":1,"a":"x","c":1,"d":[1],"e":null}"#),
            None,
            Some(r#"{"a":"y","b":2,"c":1.5,"d":2,"f":"2020-01-01T00:00:00Z"}"#),
        ]);
        let types: Vec<_> = keys_and_types(&column).into_iter().collect();
        let expected = [
            ("a", KqlType::String),
            ("b", KqlType::Long),
            ("c", KqlType::Real),
            ("d", KqlType::Dynamic),
            ("e", KqlType::Dynamic),
            ("f", KqlType::DateTime),
        ];
        assert_eq!(types, expected.map(|(key, ty)| (key.to_owned(), ty)));
        let longs = unpack(&column, "b", KqlType::Long);
        assert_eq!(longs.as_ref(), &Int64Array::from(vec![Some(1), None, Some(2)]) as &dyn Array);
    }
}
