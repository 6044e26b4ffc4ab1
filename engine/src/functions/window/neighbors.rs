//! `prev` and `next`: a value of another row, so many places away.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
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

/// Whether a row is at most so many rows before or after one that meets a condition: `rows_near(condition, before, after)`.
/// The plugin of that name is made of it; queries cannot call it, so it is not listed.
pub(crate) const NEAR: WindowDef = WindowDef {
    name: "near",
    signatures: &[sig(&[Param::Is(T::Bool), OFFSET, OFFSET], Returns::Is(T::Bool))],
    summary: "Whether a row is near one that meets a condition.",
    source: "rows-near-plugin",
    examples: &[],
    naming: Naming::Column,
    udwf: |types, returns| window_udf("near", types, returns, |values, rows, _| near(values, rows)),
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

fn near(values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let condition = values[0].as_boolean();
    let count = |index: usize| {
        let counts = values[index].as_primitive::<Int64Type>();
        if rows > 0 { usize::try_from(counts.value(0)).unwrap_or(0) } else { 0 }
    };
    let (before, after) = (count(1), count(2));
    let mut near = vec![false; rows];
    // Rows up to here are marked already, so each is looked at once however many conditions are met.
    let mut marked = 0;
    for row in (0..rows).filter(|row| condition.is_valid(*row) && condition.value(*row)) {
        let end = row.saturating_add(after).saturating_add(1).min(rows);
        let start = row.saturating_sub(before).max(marked).min(end);
        near[start..end].fill(true);
        marked = end;
    }
    Ok(Arc::new(BooleanArray::from(near)))
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

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
    fn rows_are_near_each_condition() {
        for (met, before, after, expected) in [
            ([0, 0, 1, 0, 0], 1, 1, [0, 1, 1, 1, 0]),
            ([1, 0, 0, 0, 1], 1, 0, [1, 0, 0, 1, 1]),
            ([1, 0, 1, 0, 0], 2, 1, [1, 1, 1, 1, 0]),
            ([0, 1, 0, 0, 0], i64::MAX, i64::MAX, [1; 5]),
            ([0, 0, 0, 0, 0], 5, 5, [0; 5]),
        ] {
            let counts = |count: i64| Arc::new(Int64Array::from(vec![count; 5])) as ArrayRef;
            let met: BooleanArray = met.iter().map(|met| Some(*met == 1)).collect();
            let expected: BooleanArray = expected.iter().map(|near| Some(*near == 1)).collect();
            let answer = near(&[Arc::new(met), counts(before), counts(after)], 5).expect("no error");
            assert_eq!(answer.as_boolean(), &expected);
        }
    }

    #[test]
    fn a_missing_string_is_empty() {
        assert_eq!(answers("prev", &[strings(["a", "b"])], 2, T::String), r#"["","a"]"#);
    }
}
