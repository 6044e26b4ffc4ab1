//! Mistakes that the binder finds, by code, and failures while a query runs.

use kql_parser::diagnostic::{Code, Diagnostic};

const fn code(id: &'static str, service: Option<&'static str>, summary: &'static str) -> Code {
    Code { id, service, summary }
}

/// A name that is no column, table, variable or function here.
pub const UNKNOWN_NAME: Code = code("KQL0201", Some("SEM0100"), "the name is not known here");
/// A name that is no column here.
pub const UNKNOWN_COLUMN: Code = code("KQL0210", Some("SEM0100"), "no column has this name here");
/// A name that is no table.
pub const UNKNOWN_TABLE: Code = code("KQL0211", Some("SEM0100"), "no table has this name");
/// A name that is no function.
pub const UNKNOWN_FUNCTION: Code = code("KQL0212", Some("SEM0260"), "no function has this name");
/// A call with too few or too many arguments.
pub const ARITY: Code = code("KQL0220", Some("SEM0219"), "the number of arguments does not fit");
/// Operands or arguments of types that do not go together.
pub const TYPE_MISMATCH: Code = code("KQL0221", Some("SEM0064"), "the types do not fit");
/// An argument that has to be a constant.
pub const CONSTANT_REQUIRED: Code = code("KQL0222", Some("SEM0040"), "a constant is required");
/// A constant whose value cannot be right.
pub const BAD_ARGUMENT: Code = code("KQL0223", Some("SEM0420"), "the argument's value is not valid");
/// Two columns of one clause with the same name.
pub const DUPLICATE_COLUMN: Code = code("KQL0230", Some("SEM0034"), "a column name is used twice");
/// A name bound twice by `let`.
pub const DUPLICATE_LET: Code = code("KQL0231", Some("SEM0079"), "a name is bound twice");
/// An aggregate where none can stand, or a bare column where only aggregates can.
pub const AGGREGATE_MISPLACED: Code = code("KQL0240", Some("SEM0237"), "an aggregate cannot stand here");
/// A function over ordered rows on rows without an order.
pub const NOT_SERIALIZED: Code = code("KQL0241", None, "the rows have no order");
/// A table where a scalar is needed, or the other way round.
pub const NOT_A_SCALAR: Code = code("KQL0242", None, "a table cannot stand here");
/// A scalar where a table is needed.
pub const NOT_A_TABLE: Code = code("KQL0243", None, "a table is needed here");
/// A parameter or hint that the operator does not know.
pub const BAD_PARAMETER: Code = code("KQL0250", Some("SEM0249"), "the operator has no such parameter or value");
/// A join whose condition is not an equality of one column of each side.
pub const BAD_JOIN: Code = code("KQL0251", None, "the join condition does not fit");
/// A query without anything to answer.
pub const NO_RESULT: Code = code("KQL0260", None, "the query has no tabular statement");
/// A query parameter without a value.
pub const MISSING_PARAMETER: Code = code("KQL0261", None, "a query parameter has no value");
/// Part of the language that is not built.
pub const UNSUPPORTED: Code = code("KQL0290", None, "not supported");
/// A query that grows beyond what can be planned.
pub const TOO_LARGE: Code = code("KQL0291", None, "the query is too large once its functions are expanded");
/// Something that runs but may not mean what the writer expects.
pub const SURPRISE: Code = code("KQL0299", None, "the answer may not be what is expected");

/// Every code of the binder.
pub const CODES: &[Code] = &[
    UNKNOWN_NAME,
    UNKNOWN_COLUMN,
    UNKNOWN_TABLE,
    UNKNOWN_FUNCTION,
    ARITY,
    TYPE_MISMATCH,
    CONSTANT_REQUIRED,
    BAD_ARGUMENT,
    DUPLICATE_COLUMN,
    DUPLICATE_LET,
    AGGREGATE_MISPLACED,
    NOT_SERIALIZED,
    NOT_A_SCALAR,
    NOT_A_TABLE,
    BAD_PARAMETER,
    BAD_JOIN,
    NO_RESULT,
    MISSING_PARAMETER,
    UNSUPPORTED,
    TOO_LARGE,
    SURPRISE,
];

/// The code with the service's own for this case.
pub(crate) fn with_service(code: Code, service: &'static str) -> Code {
    Code { service: Some(service), ..code }
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The query is not right; at least one diagnostic is an error.
    #[error("{}", first_error(.0))]
    Query(Vec<Diagnostic>),
    /// A limit was reached: rows, bytes, time or memory.
    #[error("{0}")]
    Limit(LimitError),
    /// The caller cancelled.
    #[error("the query was cancelled")]
    Cancelled,
    /// A file or folder cannot be read.
    #[error(transparent)]
    Storage(#[from] vizsla_store::StoreError),
    /// The query stopped while it ran, such as by a failed `assert`.
    #[error("{0}")]
    Execution(String),
    /// A bug of ours.
    #[error("internal error (please report it): {0}")]
    Internal(String),
}

fn first_error(diagnostics: &[Diagnostic]) -> String {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    error.map_or_else(|| "the query is not right".to_owned(), |diagnostic| diagnostic.message.clone())
}

/// Which limit was reached, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// More rows than [`crate::Limits::rows`].
    #[error("the result has more than {0} rows: add `take`, `summarize` or a narrower `where`, or raise the limit")]
    Rows(u64),
    /// More bytes than [`crate::Limits::bytes`].
    #[error("the result is larger than {0} bytes: project fewer columns or rows, or raise the limit")]
    Bytes(u64),
    /// Longer than [`crate::Limits::time`].
    #[error("the query ran longer than {} s: narrow its time window, or raise the limit", .0.as_secs_f64())]
    Time(std::time::Duration),
    /// More memory than [`crate::Limits::memory`].
    #[error("the query needs more than {0} bytes of memory: group or join by fewer values, or raise the limit")]
    Memory(usize),
}

/// `unsupported: …` at its own span.
pub(crate) fn unsupported(what: impl std::fmt::Display, span: kql_parser::span::Span) -> Diagnostic {
    Diagnostic::error(UNSUPPORTED, span).message(format!("unsupported: {what}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(super::CODES.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
