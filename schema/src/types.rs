//! The ten scalar types of KQL and what they are elsewhere: arrow types, .NET names.

use std::fmt;

use arrow::datatypes::DataType;

/// A scalar type of KQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KqlType {
    /// True, false or null.
    Bool,
    /// 32 bits with a sign.
    Int,
    /// 64 bits with a sign.
    Long,
    /// A double.
    Real,
    /// Twenty digits before the point and eighteen behind it.
    Decimal,
    /// UTF-8 text, never null: what is missing is empty.
    String,
    /// 128 bits, in the plan as canonical lower-case text.
    Guid,
    /// A moment in UTC, as [`Ticks`](crate::Ticks).
    DateTime,
    /// A length of time of either sign, in ticks of 100 ns.
    TimeSpan,
    /// Any JSON value, in the plan as its text.
    Dynamic,
}

impl KqlType {
    /// Every type, in the order of the language reference's table.
    pub const ALL: [KqlType; 10] = [
        KqlType::Bool,
        KqlType::DateTime,
        KqlType::Decimal,
        KqlType::Dynamic,
        KqlType::Guid,
        KqlType::Int,
        KqlType::Long,
        KqlType::Real,
        KqlType::String,
        KqlType::TimeSpan,
    ];

    /// The name that `getschema` and column declarations use.
    pub const fn name(self) -> &'static str {
        match self {
            KqlType::Bool => "bool",
            KqlType::Int => "int",
            KqlType::Long => "long",
            KqlType::Real => "real",
            KqlType::Decimal => "decimal",
            KqlType::String => "string",
            KqlType::Guid => "guid",
            KqlType::DateTime => "datetime",
            KqlType::TimeSpan => "timespan",
            KqlType::Dynamic => "dynamic",
        }
    }

    /// The type of that name or alias, lower case as in the language.
    ///
    /// The narrow and unsigned integers are aliases too, as in the service: they name the type, not a range.
    pub fn parse(name: &str) -> Option<KqlType> {
        Some(match name {
            "bool" | "boolean" => KqlType::Bool,
            "int" | "int8" | "int16" | "int32" | "uint" | "uint8" | "uint16" | "uint32" => KqlType::Int,
            "long" | "int64" | "ulong" | "uint64" => KqlType::Long,
            "real" | "double" | "float" => KqlType::Real,
            "decimal" => KqlType::Decimal,
            "string" => KqlType::String,
            "guid" | "uuid" | "uniqueid" => KqlType::Guid,
            "datetime" | "date" => KqlType::DateTime,
            "timespan" | "time" => KqlType::TimeSpan,
            "dynamic" => KqlType::Dynamic,
            _ => return None,
        })
    }

    /// The .NET type that `getschema` shows as `DataType`.
    ///
    /// Source: kusto/query/getschema-operator; `bool` is an `SByte` there, which is no slip of ours.
    pub const fn dotnet_name(self) -> &'static str {
        match self {
            KqlType::Bool => "System.SByte",
            KqlType::Int => "System.Int32",
            KqlType::Long => "System.Int64",
            KqlType::Real => "System.Double",
            KqlType::Decimal => "System.Data.SqlTypes.SqlDecimal",
            KqlType::String => "System.String",
            KqlType::Guid => "System.Guid",
            KqlType::DateTime => "System.DateTime",
            KqlType::TimeSpan => "System.TimeSpan",
            KqlType::Dynamic => "System.Object",
        }
    }

    /// The arrow type of such a column between scan and output. Moments and lengths of time are ticks.
    pub const fn plan_type(self) -> DataType {
        match self {
            KqlType::Bool => DataType::Boolean,
            KqlType::Int => DataType::Int32,
            KqlType::Long | KqlType::DateTime | KqlType::TimeSpan => DataType::Int64,
            KqlType::Real => DataType::Float64,
            KqlType::Decimal => DataType::Decimal128(38, 18),
            KqlType::String | KqlType::Guid | KqlType::Dynamic => DataType::Utf8View,
        }
    }

    /// Whether a value can be null: a `string` cannot.
    pub const fn is_nullable(self) -> bool {
        !matches!(self, KqlType::String)
    }

    /// Whether arithmetic is defined on it: `int`, `long`, `real`, `decimal`.
    pub const fn is_numeric(self) -> bool {
        matches!(self, KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal)
    }
}

impl fmt::Display for KqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_to_their_type() {
        for ty in KqlType::ALL {
            assert_eq!(KqlType::parse(ty.name()), Some(ty));
        }
    }

    #[test]
    fn aliases_parse() {
        for (alias, expected) in [
            ("boolean", Some(KqlType::Bool)),
            ("date", Some(KqlType::DateTime)),
            ("time", Some(KqlType::TimeSpan)),
            ("double", Some(KqlType::Real)),
            ("uniqueid", Some(KqlType::Guid)),
            ("uint8", Some(KqlType::Int)),
            ("int64", Some(KqlType::Long)),
            ("String", None), // names of types are case-sensitive
            ("text", None),
        ] {
            assert_eq!(KqlType::parse(alias), expected, "{alias}");
        }
    }
}
