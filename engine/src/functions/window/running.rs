//! What accumulates from row to row: numbers, sums, ranks and sessions.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Int64Array, PrimitiveArray};
use arrow::compute::cast;
use arrow::compute::kernels::cmp::distinct;
use arrow::datatypes::{ArrowNativeTypeOp, Decimal128Type, Float64Type, Int64Type};
use datafusion::error::Result;
use vizsla_functions::def::{Naming, Param, Returns, ex, sig};
use vizsla_schema::KqlType as T;

use super::{WindowDef, window_udf};

const RESTART: Param = Param::Is(T::Bool);

const ROW_NUMBER: WindowDef = WindowDef {
    name: "row_number",
    signatures: &[sig(&[Param::Const(T::Long), RESTART], Returns::Is(T::Long)).optional(2)],
    summary: "The number of the row, counted from 1 or a given start, to which each restart returns.",
    source: "row-number-function",
    examples: &[ex("row_number()", "[1,2,3,4]"), ex("row_number(1, g != prev(g))", "[1,2,1,2]")],
    naming: Naming::Column,
    udwf: |types, returns| window_udf("row_number", types, returns, row_number),
};

const ROW_CUMSUM: WindowDef = WindowDef {
    name: "row_cumsum",
    signatures: &[
        sig(&[Param::Number, RESTART], Returns::By(summed)).optional(1),
        sig(&[Param::Exactly(T::TimeSpan), RESTART], Returns::Is(T::TimeSpan)).optional(1),
    ],
    summary: "The sum of the values so far, nulls aside; it begins anew on each restart.",
    source: "row-cumsum-function",
    examples: &[ex("row_cumsum(x)", "[1,3,5,10]"), ex("row_cumsum(x, g != prev(g))", "[1,3,2,7]")],
    naming: Naming::Column,
    udwf: |types, returns| window_udf("row_cumsum", types, returns, row_cumsum),
};

const ROW_RANK_DENSE: WindowDef = WindowDef {
    name: "row_rank_dense",
    signatures: &[sig(&[Param::Any, RESTART], Returns::Is(T::Long)).optional(1)],
    summary: "From 1, one more on each row whose value differs from the row before.",
    source: "row-rank-dense-function",
    examples: &[ex("row_rank_dense(x)", "[1,2,2,3]"), ex("row_rank_dense(x, g != prev(g))", "[1,2,1,2]")],
    naming: Naming::Column,
    udwf: |types, returns| {
        window_udf("row_rank_dense", types, returns, |values, rows, _| row_rank(values, rows, Rank::Dense))
    },
};

const ROW_RANK_MIN: WindowDef = WindowDef {
    name: "row_rank_min",
    signatures: &[sig(&[Param::Any, RESTART], Returns::Is(T::Long)).optional(1)],
    summary: "The number of the first of the rows in a row that have this value.",
    source: "row-rank-min-function",
    examples: &[ex("row_rank_min(x)", "[1,2,2,4]")],
    naming: Naming::Column,
    udwf: |types, returns| {
        window_udf("row_rank_min", types, returns, |values, rows, _| row_rank(values, rows, Rank::Min))
    },
};

const ROW_WINDOW_SESSION: WindowDef = WindowDef {
    name: "row_window_session",
    signatures: &[sig(&[Param::Is(T::DateTime), LENGTH, LENGTH, RESTART], Returns::Is(T::DateTime)).optional(1)],
    summary: "When the session of the row began: it ends too far from its first time, too far from the time before, or on a restart.",
    source: "row-window-session-function",
    examples: &[ex(
        "row_window_session(t, 1h, 10m)",
        r#"["2024-01-01T10:00:00.0000000Z","2024-01-01T10:00:00.0000000Z","2024-01-01T12:00:00.0000000Z","2024-01-01T12:30:00.0000000Z"]"#,
    )],
    naming: Naming::Column,
    udwf: |types, returns| window_udf("row_window_session", types, returns, row_window_session),
};

pub(super) const ALL: &[WindowDef] = &[ROW_NUMBER, ROW_CUMSUM, ROW_RANK_DENSE, ROW_RANK_MIN, ROW_WINDOW_SESSION];

const LENGTH: Param = Param::Is(T::TimeSpan);

/// Integers sum to `long`.
fn summed(types: &[T]) -> T {
    match types.first() {
        Some(T::Int) | None => T::Long,
        Some(ty) => *ty,
    }
}

/// The argument that restarts, if it was given; null is no restart.
fn restarts(values: &[ArrayRef], argument: usize) -> impl Fn(usize) -> bool {
    let restart: Option<BooleanArray> = values.get(argument).map(|restart| restart.as_boolean().clone());
    move |row| restart.as_ref().is_some_and(|restart| restart.is_valid(row) && restart.value(row))
}

fn row_number(values: &[ArrayRef], rows: usize, _: T) -> Result<ArrayRef> {
    let given = values.first().filter(|start| !start.is_empty() && start.is_valid(0));
    let start = given.map_or(1, |start| start.as_primitive::<Int64Type>().value(0));
    let restarts = restarts(values, 1);
    let mut next = start;
    let numbers = (0..rows).map(|row| {
        if restarts(row) {
            next = start;
        }
        let number = next;
        next = next.wrapping_add(1);
        number
    });
    Ok(Arc::new(Int64Array::from_iter_values(numbers)))
}

fn row_cumsum(values: &[ArrayRef], _: usize, returns: T) -> Result<ArrayRef> {
    let terms = cast(&values[0], &returns.plan_type())?;
    let restarts = restarts(values, 1);
    Ok(match returns {
        T::Real => Arc::new(sums(terms.as_primitive::<Float64Type>(), restarts)),
        T::Decimal => {
            Arc::new(sums(terms.as_primitive::<Decimal128Type>(), restarts).with_data_type(returns.plan_type()))
        }
        _ => Arc::new(sums(terms.as_primitive::<Int64Type>(), restarts)),
    })
}

fn sums<P: ArrowPrimitiveType>(terms: &PrimitiveArray<P>, restarts: impl Fn(usize) -> bool) -> PrimitiveArray<P> {
    let mut sum = P::Native::ZERO;
    PrimitiveArray::from_iter_values(terms.iter().enumerate().map(|(row, term)| {
        if restarts(row) {
            sum = P::Native::ZERO;
        }
        sum = sum.add_wrapping(term.unwrap_or(P::Native::ZERO));
        sum
    }))
}

#[derive(Clone, Copy)]
enum Rank {
    Dense,
    Min,
}

fn row_rank(values: &[ArrayRef], rows: usize, rank: Rank) -> Result<ArrayRef> {
    let last = rows.saturating_sub(1);
    let terms = &values[0];
    // Null equals null here, and NaN NaN.
    let changes = distinct(&terms.slice(rows - last, last), &terms.slice(0, last))?;
    let restarts = restarts(values, 1);
    let (mut number, mut current) = (0, 0);
    let ranks = (0..rows).map(|row| {
        if restarts(row) {
            (number, current) = (0, 0);
        }
        number += 1;
        if number == 1 || changes.value(row - 1) {
            current = match rank {
                Rank::Dense => current + 1,
                Rank::Min => number,
            };
        }
        current
    });
    Ok(Arc::new(Int64Array::from_iter_values(ranks)))
}

fn row_window_session(values: &[ArrayRef], rows: usize, _: T) -> Result<ArrayRef> {
    let [times, from_first, between] = [0, 1, 2].map(|argument| values[argument].as_primitive::<Int64Type>());
    let restarts = restarts(values, 3);
    let reaches = |time: i64, since: i64, lengths: &Int64Array, row: usize| {
        lengths.is_valid(row) && time >= since.saturating_add(lengths.value(row))
    };
    // When the session began, and the time before this one.
    let mut session: Option<(i64, i64)> = None;
    let begins = (0..rows).map(|row| {
        session = times.is_valid(row).then(|| times.value(row)).map(|time| match session {
            Some((first, before))
                if !restarts(row) && !reaches(time, first, from_first, row) && !reaches(time, before, between, row) =>
            {
                (first, time)
            }
            _ => (time, time),
        });
        session.map(|(first, _)| first)
    });
    Ok(Arc::new(begins.collect::<Int64Array>()))
}

#[cfg(test)]
mod tests {
    use vizsla_functions::Value;

    use super::super::testing::{answers, bools, longs, strings};
    use super::*;

    #[test]
    fn rows_are_numbered() {
        let restart = || bools([true, false, false, true, false]);
        for (columns, expected) in [
            (vec![], "[1,2,3,4,5]"),
            (vec![longs([7; 5])], "[7,8,9,10,11]"),
            (vec![longs([7; 5]), restart()], "[7,8,9,7,8]"),
        ] {
            assert_eq!(answers("row_number", &columns, 5, T::Long), expected);
        }
    }

    #[test]
    fn sums_run_until_a_restart() {
        let restart = || bools([false, false, true, false]);
        let ints = (T::Int, vec![Value::Int(i32::MAX), Value::Int(1), Value::Null(T::Int), Value::Int(3)]);
        assert_eq!(
            answers("row_cumsum", std::slice::from_ref(&ints), 4, T::Long),
            "[2147483647,2147483648,2147483648,2147483651]"
        );
        assert_eq!(answers("row_cumsum", &[ints, restart()], 4, T::Long), "[2147483647,2147483648,0,3]");
        let reals = (T::Real, [5.5, 3.25, 8.0, 1.0].map(Value::Real).to_vec());
        assert_eq!(answers("row_cumsum", &[reals], 4, T::Real), "[5.5,8.75,16.75,17.75]");
        let decimals = (T::Decimal, [1, 2].map(|it| Value::Decimal(it * 10_i128.pow(18))).to_vec());
        assert_eq!(answers("row_cumsum", &[decimals], 2, T::Decimal), r#"["1","3"]"#);
    }

    #[test]
    fn equal_neighbors_share_a_rank() {
        let x = || longs([2, 3, 3, 3, 100, 100]);
        assert_eq!(answers("row_rank_dense", &[x()], 6, T::Long), "[1,2,2,2,3,3]");
        assert_eq!(answers("row_rank_min", &[x()], 6, T::Long), "[1,2,2,2,5,5]");
        let restart = || bools([false, false, true, false, false, false]);
        assert_eq!(answers("row_rank_dense", &[x(), restart()], 6, T::Long), "[1,2,1,1,2,2]");
        assert_eq!(answers("row_rank_min", &[x(), restart()], 6, T::Long), "[1,2,1,1,3,3]");
        assert_eq!(answers("row_rank_min", &[strings(["a", "a", "b"])], 3, T::Long), "[1,1,3]");
        assert_eq!(answers("row_rank_min", &[longs([])], 0, T::Long), "[]");
    }

    #[test]
    fn sessions_end_too_far_away() {
        let times = |values: &[i64]| (T::DateTime, values.iter().map(|it| Value::DateTime(*it)).collect::<Vec<_>>());
        let spans = |value: i64| (T::TimeSpan, vec![Value::TimeSpan(value); 6]);
        let session = |values: &[i64], restart: [bool; 6]| {
            let columns = [times(values), spans(10), spans(5), bools(restart)];
            answers("row_window_session", &columns, 6, T::DateTime)
        };
        let text = |values: &[i64]| {
            let mut out = String::new();
            let values: Vec<String> = values.iter().map(|it| format!("\"0001-01-01T00:00:00.{it:07}Z\"")).collect();
            out.push_str(&format!("[{}]", values.join(",")));
            out
        };
        assert_eq!(session(&[0, 4, 8, 10, 14, 19], [false; 6]), text(&[0, 0, 0, 10, 10, 19]));
        assert_eq!(session(&[0, 1, 2, 3, 4, 5], [false, false, true, false, false, false]), text(&[0, 0, 2, 2, 2, 2]));
    }

    #[test]
    fn a_null_time_ends_the_session() {
        let times = (T::DateTime, vec![Value::DateTime(1), Value::Null(T::DateTime), Value::DateTime(2)]);
        let spans = || (T::TimeSpan, vec![Value::TimeSpan(100); 3]);
        let answer = answers("row_window_session", &[times, spans(), spans()], 3, T::DateTime);
        assert_eq!(answer, r#"["0001-01-01T00:00:00.0000001Z",null,"0001-01-01T00:00:00.0000002Z"]"#);
    }
}
