//! `prev` and `next`: a value of another row, so many places away.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::interleave;
use arrow::datatypes::Int64Type;
use datafusion::error::Result;
use vizsla_functions::Value;
use vizsla_functions::def::{Naming, Param, Returns, Signature, ex, sig};
use vizsla_schema::KqlType as T;

use super::{WindowDef, window_udf};

const PREV: WindowDef = WindowDef {
    name: "prev",
    signatures: &ANY,
    summary: "The value of an earlier row, one before if no offset is given; the default, or null, where there is none.",
    source: "prev-function",
    examples: &[
        ex("prev(x)", "[null,1,2,2]"),
        ex("prev(g, 2)", r#"["","","a","a"]"#),
        ex("prev(x, 1, -1)", "[-1,1,2,2]"),
    ],
    naming: Naming::Column,
    udwf: |types, returns| {
        window_udf("prev", types, returns, |values, rows, ty| neighbors(values, rows, ty, Away::Back))
    },
};

const NEXT: WindowDef = WindowDef {
    name: "next",
    signatures: &ANY,
    summary: "The value of a later row, one after if no offset is given; the default, or null, where there is none.",
    source: "next-function",
    examples: &[ex("next(x)", "[2,2,5,null]"), ex("next(x, 2, 0)", "[2,5,0,0]")],
    naming: Naming::Column,
    udwf: |types, returns| {
        window_udf("next", types, returns, |values, rows, ty| neighbors(values, rows, ty, Away::Ahead))
    },
};

pub(super) const ALL: &[WindowDef] = &[PREV, NEXT];

const OFFSET: Param = Param::Const(T::Long);

/// The default is of the column's type.
const ANY: [Signature; 10] = [
    sig(&[Param::Exactly(T::Long), OFFSET, Param::Is(T::Long)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::String), OFFSET, Param::Is(T::String)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::DateTime), OFFSET, Param::Is(T::DateTime)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::TimeSpan), OFFSET, Param::Is(T::TimeSpan)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::Int), OFFSET, Param::Is(T::Int)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::Real), OFFSET, Param::Is(T::Real)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::Decimal), OFFSET, Param::Is(T::Decimal)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::Bool), OFFSET, Param::Is(T::Bool)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::Guid), OFFSET, Param::Is(T::Guid)], Returns::Arg(0)).optional(2),
    sig(&[Param::Exactly(T::Dynamic), OFFSET, Param::Is(T::Dynamic)], Returns::Arg(0)).optional(2),
];

#[derive(Clone, Copy)]
enum Away {
    Back,
    Ahead,
}

fn neighbors(values: &[ArrayRef], rows: usize, ty: T, away: Away) -> Result<ArrayRef> {
    let constant = |offsets: &ArrayRef| {
        (!offsets.is_empty() && offsets.is_valid(0)).then(|| offsets.as_primitive::<Int64Type>().value(0))
    };
    let offset = values.get(1).and_then(constant).unwrap_or(1);
    let offset = match away {
        Away::Back => offset.saturating_neg(),
        Away::Ahead => offset,
    };
    let (default, of_row) = match values.get(2) {
        Some(default) => (Arc::clone(default), true),
        None => (Value::absent(ty).to_array(), false),
    };
    let place = |row: usize| {
        let neighbor = usize::try_from((row as i64).saturating_add(offset)).ok().filter(|neighbor| *neighbor < rows);
        neighbor.map_or((1, if of_row { row } else { 0 }), |neighbor| (0, neighbor))
    };
    let places: Vec<(usize, usize)> = (0..rows).map(place).collect();
    Ok(interleave(&[values[0].as_ref(), default.as_ref()], &places)?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answers, longs, strings};
    use super::*;

    #[test]
    fn neighbors_are_so_many_rows_away() {
        let x = || longs([1, 2, 3, 4]);
        let constant = |value: i64| longs([value; 4]);
        for (name, columns, expected) in [
            ("prev", vec![x()], "[null,1,2,3]"),
            ("next", vec![x()], "[2,3,4,null]"),
            ("prev", vec![x(), constant(2)], "[null,null,1,2]"),
            ("next", vec![x(), constant(2), constant(-9)], "[3,4,-9,-9]"),
            ("prev", vec![x(), constant(9), constant(0)], "[0,0,0,0]"),
            ("prev", vec![x(), constant(0)], "[1,2,3,4]"),
            ("prev", vec![x(), constant(-1)], "[2,3,4,null]"), // our choice: a negative offset looks the other way
            ("prev", vec![x(), constant(i64::MIN)], "[null,null,null,null]"),
        ] {
            assert_eq!(answers(name, &columns, 4, T::Long), expected, "{name} {columns:?}");
        }
        assert_eq!(answers("prev", &[longs([])], 0, T::Long), "[]");
    }

    #[test]
    fn a_missing_string_is_empty() {
        assert_eq!(answers("prev", &[strings(["a", "b"])], 2, T::String), r#"["","a"]"#);
    }
}
