//! How a `dynamic` is represented: as JSON text, and this is the one place that knows so.
//!
//! Plan arrays of dynamics are nullable `Utf8View` arrays of *canonical* text: no spaces, whole reals with `.0`
//! (so that `1` is a long and `1.0` a real), strings escaped no more than they must be. A dynamic null is an arrow null;
//! inside arrays and bags it is `null`. Text from outside becomes canonical in [`parse_json`]; everything else here trusts
//! that, and reads paths, elements and entries straight from the text:
//!
//! ```
//! use vizsla_functions::dynamic::{self, Step};
//!
//! let bag = r#"{"user":{"name":"sys\"tem"},"pids":[4,8.0]}"#;
//! let name = dynamic::get_path(bag, &[Step::Key("user"), Step::Key("name")]).unwrap();
//! assert_eq!(dynamic::text_of(name), "sys\"tem");
//! assert_eq!(dynamic::get_index(dynamic::get_key(bag, "pids").unwrap(), -1), Some("8.0"));
//! ```
//!
//! Where a whole value has to be taken apart and put together again there is a tree, [`Json`]. Numbers are `i64` or `f64`;
//! an integer beyond 64 bits keeps its digits, since it is more likely an identifier than an amount, and counts as a real.
//! A bag that repeats a key keeps both and answers with the first, which is our choice.

use std::fmt::Write;

mod access;
mod compact;
mod compare;
mod convert;
mod encode;
mod expand;
mod jsonpath;
mod path;
mod scalar;
mod scan;
mod string;
mod tree;

pub use self::access::{INDEX, PATH};
pub use self::compact::{compact, parse_column, parse_json};
pub use self::compare::{order, same, set_key};
pub use self::convert::{
    Reading, as_bool, as_datetime, as_decimal, as_guid, as_int, as_long, as_real, as_timespan, to_column,
};
pub use self::encode::{Encoder, encode};
pub use self::expand::{expand_column, keys_and_types, unpack};
pub use self::jsonpath::parse_jsonpath;
pub use self::path::{OwnedStep, Step, get_index, get_key, get_path, steps};
pub use self::scalar::{Kind, Scalar, kind, number, scalar, text_of};
pub use self::scan::{Elements, Entries, elements, entries};
pub use self::string::{unescape, write_string};
pub use self::tree::{Json, parse};

/// Appends a real as it is written inside a dynamic: the shortest digits that read back as the same number, with `.0` when
/// it is whole, and what JSON has no number for as text.
///
/// `tostring` of a real has its own digits (`format::write_real`): there the service writes `0.30000000000000007`, where a
/// dynamic holds `0.30000000000000004`.
pub fn write_real(value: f64, out: &mut String) {
    // Writing to a string cannot fail, so the results need no look.
    match value {
        _ if value.is_nan() => out.push_str("\"NaN\""),
        f64::INFINITY => out.push_str("\"Infinity\""),
        f64::NEG_INFINITY => out.push_str("\"-Infinity\""),
        _ if value == 0.0 || (1e-6..1e21).contains(&value.abs()) => {
            let _ = write!(out, "{value}");
            out.push_str(if value.fract() == 0.0 { ".0" } else { "" });
        }
        _ => {
            let _ = write!(out, "{value:e}");
        }
    }
}

/// The element, or `None` where it is JSON's `null`: what a cell of a dynamic column holds.
pub fn non_null(json: &str) -> Option<&str> {
    (json != "null").then_some(json)
}

/// Appends `items`, which are JSON texts, as an array.
pub fn write_array<'a>(items: impl IntoIterator<Item = &'a str>, out: &mut String) {
    out.push('[');
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(item);
    }
    out.push(']');
}

/// Appends a bag of keys as they stand between quotes in JSON text, and values, which are JSON texts.
pub fn write_bag<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut String) {
    out.push('{');
    for (place, (key, value)) in entries.into_iter().enumerate() {
        out.push_str(if place > 0 { ",\"" } else { "\"" });
        out.push_str(key);
        out.push_str("\":");
        out.push_str(value);
    }
    out.push('}');
}
