//! Whether an answer agrees with a documented one, by the rules of `shared/conformance/compare.py`.
//!
//! The documentation is evidence printed for people: cells lose quotes and white space, doubles are cut, times are
//! shown to the second. The rules say what still counts as the same. A test runs this module and the Python script
//! over the same mutated answers and requires the same verdicts, so a rule is changed in both or in neither.
//!
//! Case files (`crate::case`) do not use these rules: their answers are written by us and compared strictly.
//!
//! ```
//! use vizsla_corpus::{Table, compare::{Expected, Options, Status, compare}};
//!
//! let documented: Expected = serde_json::from_str(
//!     r#"{"columns": ["third"], "types": ["real"], "rows": [["0.333"]]}"#).unwrap();
//! let answer = Table { columns: vec![("third".into(), "real".into())], rows: vec![vec![(1.0 / 3.0).into()]] };
//! assert_eq!(compare(&documented, &answer, Options::default()).status, Status::Pass);
//! ```

mod answer;
mod cell;
mod dynamic;
mod json;
mod number;
mod outcome;
mod text;
pub(crate) mod time;

pub use answer::{Expected, compare};
pub use outcome::{Note, Outcome, Status};

/// How an answer is compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// What still counts as the same text.
    pub leniency: Leniency,
    /// A column of another type fails instead of being noted.
    pub strict_types: bool,
}

/// What still counts as the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leniency {
    /// Also equal after Markdown marks and outer quotes are dropped.
    #[default]
    Lenient,
    /// Equal as it stands.
    Strict,
}

/// A type name of KQL, .NET or SQL as the KQL name: `System.Int64`, `int64` and `long` are `long`.
#[must_use]
pub fn canonical_type(name: &str) -> String {
    let name = name.to_lowercase();
    let canonical = match name.as_str() {
        "boolean" | "sbyte" | "system.sbyte" | "system.boolean" => "bool",
        "double" | "float" | "system.double" => "real",
        "int64" | "system.int64" => "long",
        "int32" | "system.int32" => "int",
        "date" | "system.datetime" => "datetime",
        "time" | "system.timespan" => "timespan",
        "uuid" | "uniqueid" | "system.guid" => "guid",
        "object" | "system.object" => "dynamic",
        "sqldecimal" | "system.data.sqltypes.sqldecimal" => "decimal",
        "system.string" => "string",
        "" => "unknown",
        it => it,
    };
    canonical.to_owned()
}
