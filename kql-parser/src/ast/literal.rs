//! Literals and the types they have.

use std::sync::Arc;

use crate::span::Span;

/// A constant written in the query, already decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// Its value.
    pub value: Value,
    /// As written, all parts of a string that was written in several.
    pub span: Span,
}

/// A decoded constant.
#[derive(Clone, Debug)]
pub enum Value {
    /// A typed null, `long(null)`.
    Null(ScalarType),
    /// `true`
    Bool(bool),
    /// `int(5)`
    Int(i32),
    /// `5`, `0x1F`, `long(5)`
    Long(i64),
    /// `1.5`, `1e3`, `real(nan)`
    Real(f64),
    /// `decimal(1.5)`: its digits as written, trimmed.
    Decimal(Arc<str>),
    /// Any of the string forms, escapes resolved and neighbours joined.
    String(Arc<str>),
    /// `datetime(2024-01-01)`: ticks of 100 ns since 0001-01-01.
    Datetime(i64),
    /// `1d`, `time(01:30)`: ticks of 100 ns.
    Timespan(i64),
    /// `guid(…)`: canonical, lower case with hyphens.
    Guid(Arc<str>),
    /// `dynamic(…)`, other than `dynamic(null)`, which is [`Value::Null`].
    Dynamic(Arc<Dynamic>),
}

impl Value {
    /// The type a query sees.
    #[must_use]
    pub fn ty(&self) -> ScalarType {
        match self {
            Self::Null(ty) => *ty,
            Self::Bool(_) => ScalarType::Bool,
            Self::Int(_) => ScalarType::Int,
            Self::Long(_) => ScalarType::Long,
            Self::Real(_) => ScalarType::Real,
            Self::Decimal(_) => ScalarType::Decimal,
            Self::String(_) => ScalarType::String,
            Self::Datetime(_) => ScalarType::Datetime,
            Self::Timespan(_) => ScalarType::Timespan,
            Self::Guid(_) => ScalarType::Guid,
            Self::Dynamic(_) => ScalarType::Dynamic,
        }
    }
}

impl PartialEq for Value {
    /// Equal as text: unlike numbers, `real(nan)` equals itself and `-0.0` differs from `0.0`.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null(a), Self::Null(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Long(a), Self::Long(b))
            | (Self::Datetime(a), Self::Datetime(b))
            | (Self::Timespan(a), Self::Timespan(b)) => a == b,
            (Self::Real(a), Self::Real(b)) => a.to_bits() == b.to_bits(),
            (Self::Decimal(a), Self::Decimal(b))
            | (Self::String(a), Self::String(b))
            | (Self::Guid(a), Self::Guid(b)) => a == b,
            (Self::Dynamic(a), Self::Dynamic(b)) => a == b,
            _ => false,
        }
    }
}

/// What stands inside `dynamic(…)`: JSON in which KQL literals are allowed too.
#[derive(Clone, Debug, PartialEq)]
pub enum Dynamic {
    /// A number, string, bool, null (of type dynamic) or other KQL literal.
    Scalar(Value),
    /// `[a, b]`
    Array(Vec<Dynamic>),
    /// `{"a": 1}`, keys in the order written.
    Bag(Vec<(Arc<str>, Dynamic)>),
}

/// A type a column or value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarType {
    /// `bool`, `boolean`
    Bool,
    /// `int`, `int32`
    Int,
    /// `long`, `int64`
    Long,
    /// `real`, `double`
    Real,
    /// `decimal`
    Decimal,
    /// `string`
    String,
    /// `datetime`, `date`
    Datetime,
    /// `timespan`, `time`
    Timespan,
    /// `guid`, `uuid`, `uniqueid`
    Guid,
    /// `dynamic`
    Dynamic,
}

impl ScalarType {
    /// Every spelling; the first of each type is its own name.
    pub const SPELLINGS: &[(&'static str, Self)] = &[
        ("bool", Self::Bool),
        ("boolean", Self::Bool),
        ("int", Self::Int),
        ("int8", Self::Int),
        ("uint8", Self::Int),
        ("int16", Self::Int),
        ("uint16", Self::Int),
        ("int32", Self::Int),
        ("uint", Self::Int),
        ("uint32", Self::Int),
        ("long", Self::Long),
        ("int64", Self::Long),
        ("ulong", Self::Long),
        ("uint64", Self::Long),
        ("real", Self::Real),
        ("double", Self::Real),
        ("float", Self::Real),
        ("decimal", Self::Decimal),
        ("string", Self::String),
        ("datetime", Self::Datetime),
        ("date", Self::Datetime),
        ("timespan", Self::Timespan),
        ("time", Self::Timespan),
        ("guid", Self::Guid),
        ("uuid", Self::Guid),
        ("uniqueid", Self::Guid),
        ("dynamic", Self::Dynamic),
    ];

    /// The type with this spelling; case does not matter (`typeof(DateTime)` is in wide use).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::SPELLINGS.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(name)).map(|(_, ty)| *ty)
    }

    /// Its own name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::String => "string",
            Self::Datetime => "datetime",
            Self::Timespan => "timespan",
            Self::Guid => "guid",
            Self::Dynamic => "dynamic",
        }
    }
}
