//! What an answer looks like to this crate: tables of JSON cells, or a failure.

use std::ops::Range;

/// One value of an answer, in the encoding of `shared/conformance/compare.py`:
///
/// | KQL type | cell |
/// |---|---|
/// | any null | `null` |
/// | bool | `true`, `false` |
/// | int, long | a number |
/// | real, decimal | a number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
/// | string, guid | a string |
/// | datetime | `"2020-01-02T03:04:05.6000000Z"` |
/// | timespan | `"[-][d.]hh:mm:ss[.fffffff]"` |
/// | dynamic | the JSON value itself |
///
/// Numbers keep their text (`serde_json`'s `arbitrary_precision`), so a decimal loses no digit.
pub type Cell = serde_json::Value;

/// A result table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Name and KQL type (`long`, `string`, …) of each column, in order.
    pub columns: Vec<(String, String)>,
    /// Rows in the order of the answer; each is as wide as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

/// Why a query has no answer: the first diagnostic, or the error that ended the run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// Our code, `KQL0210`.
    pub code: String,
    /// The service's code where there is one, `SEM0100`.
    pub service_code: Option<String>,
    /// The message without code, place or hint.
    pub message: String,
    /// Bytes of the query that the message is about.
    pub span: Option<Range<usize>>,
}

impl Failure {
    /// What is not built yet, when the message is "unsupported: `name` …".
    #[must_use]
    pub fn unsupported(&self) -> Option<&str> {
        let rest = self.message.strip_prefix("unsupported:")?.trim_start();
        let quoted = rest.strip_prefix('`').and_then(|it| it.split('`').next());
        Some(quoted.unwrap_or(rest))
    }

    /// Whether the text could not be parsed, as opposed to bound or run.
    #[must_use]
    pub fn is_syntax(&self) -> bool {
        ["KQL00", "KQL01", "SYN"].iter().any(|it| self.code.starts_with(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsupported_feature_has_a_name() {
        for (message, name) in [
            ("unsupported: `scan` with `output=last`", Some("scan")),
            ("unsupported: graphs", Some("graphs")),
            ("no column named `x` here", None),
        ] {
            let failure = Failure { message: message.to_owned(), ..Failure::default() };
            assert_eq!(failure.unsupported(), name);
        }
    }
}
