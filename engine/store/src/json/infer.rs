//! Types of fields that no schema declares, from the values they have.

use vizsla_schema::KqlType;

use super::scan::{Kind, Raw};
use crate::{text, ticks};

/// The narrowest description of the values that a field had so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(crate) enum Seen {
    /// Only null.
    #[default]
    Nothing,
    Bool,
    Long,
    Decimal,
    Real,
    /// Strings, all of them full ISO 8601 instants.
    Datetime,
    String,
    /// Objects or arrays, perhaps beside anything else.
    Dynamic,
}

impl Seen {
    /// What one value tells.
    pub(crate) fn of(raw: Raw<'_>) -> Self {
        match raw.kind {
            Kind::Null => Self::Nothing,
            Kind::True | Kind::False => Self::Bool,
            Kind::Number => number(raw.text),
            Kind::Text { escaped: false } if is_instant(&raw.characters()) => Self::Datetime,
            Kind::Text { .. } => Self::String,
            Kind::Object | Kind::Array => Self::Dynamic,
        }
    }

    /// What both together tell: the wider of two kinds of number, dynamic beside objects, else a string.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, it) | (it, Self::Nothing) => it,
            (a, b) if a == b => a,
            (Self::Dynamic, _) | (_, Self::Dynamic) => Self::Dynamic,
            (Self::Long | Self::Decimal, Self::Long | Self::Decimal) => Self::Decimal,
            (Self::Long | Self::Decimal | Self::Real, Self::Long | Self::Decimal | Self::Real) => Self::Real,
            _ => Self::String,
        }
    }

    /// The column type for such values. A field that was always null is a string, like most columns.
    pub(crate) fn ty(self) -> KqlType {
        match self {
            Self::Nothing | Self::String => KqlType::String,
            Self::Bool => KqlType::Bool,
            Self::Long => KqlType::Long,
            Self::Decimal => KqlType::Decimal,
            Self::Real => KqlType::Real,
            Self::Datetime => KqlType::DateTime,
            Self::Dynamic => KqlType::Dynamic,
        }
    }
}

fn number(digits: &str) -> Seen {
    if digits.parse::<i64>().is_ok() {
        Seen::Long
    } else if digits.contains(['.', 'e', 'E']) || text::parse_decimal(digits).is_none() {
        Seen::Real
    } else {
        Seen::Decimal
    }
}

/// Date, `T`, time and `Z`: less could be a version or a file name that looks like a date.
fn is_instant(text: &str) -> bool {
    text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z') && ticks::parse_datetime(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_mixed_values() {
        use KqlType as T;
        for (values, expected) in [
            (&["1", "null", "2"][..], T::Long),
            (&["1", "2.5"], T::Real),
            (&["1", "18446744073709551615"], T::Decimal),
            (&["1", "\"x\""], T::String),
            (&["true", "1"], T::String),
            (&["true", "false"], T::Bool),
            (&["{}", "\"x\""], T::Dynamic),
            (&["[1]", "1"], T::Dynamic),
            (&["\"2019-03-19T17:04:44Z\""], T::DateTime),
            (&["\"2019-03-19T17:04:44Z\"", "\"never\""], T::String),
            (&["\"2019-03-19\""], T::String),
            (&["null"], T::String),
        ] {
            let seen = values.iter().map(|v| Seen::of(Raw::parse(v).expect("JSON")));
            assert_eq!(seen.fold(Seen::Nothing, Seen::and).ty(), expected, "{values:?}");
        }
    }
}
