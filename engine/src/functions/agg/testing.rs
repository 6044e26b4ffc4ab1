//! Aggregates over small tables for tests, and the promise that all of them keep: split and merge equals the whole.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array, new_empty_array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::Column;
use proptest::prelude::*;
use vizsla_functions::Value;
use vizsla_functions::def::{Param, Signature};
use vizsla_schema::KqlType as T;

use super::{AggCall, AggregateDef, Outputs, aggregate, aggregates, is_constant};

/// An array of these values in the plan type of `ty`.
pub(super) fn column(ty: T, values: &[Value]) -> ArrayRef {
    let arrays: Vec<ArrayRef> = values.iter().map(Value::to_array).collect();
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    if arrays.is_empty() { new_empty_array(&ty.plan_type()) } else { concat(&arrays).expect("one type") }
}

/// A bound call, ready to run.
pub(super) struct Bound {
    expr: AggregateFunctionExpr,
    columns: Vec<T>,
}

impl Bound {
    /// The call of `name` with arguments of these types; a constant argument is given.
    pub(super) fn new(name: &str, arguments: &[(T, Option<Value>)], returns: T) -> Self {
        let def = aggregate(name).expect("a known aggregate");
        Self::of(def, arguments, returns)
    }

    fn of(def: &AggregateDef, arguments: &[(T, Option<Value>)], returns: T) -> Self {
        let (types, constants) = arguments.iter().cloned().unzip();
        let mut columns: Vec<T> =
            arguments.iter().filter(|(_, constant)| constant.is_none()).map(|(ty, _)| *ty).collect();
        if def.counts_rows {
            columns = vec![T::Long];
        }
        let udaf = (def.udaf)(&AggCall { types, constants, returns });
        let field = |(at, ty): (usize, &T)| Field::new(format!("c{at}"), ty.plan_type(), ty.is_nullable());
        let schema = Arc::new(Schema::new(columns.iter().enumerate().map(field).collect::<Vec<_>>()));
        let column = |at: usize| Arc::new(Column::new(&format!("c{at}"), at)) as Arc<dyn PhysicalExpr>;
        let arguments = (0..columns.len()).map(column).collect();
        let expr = AggregateExprBuilder::new(udaf, arguments).schema(schema).alias("answer").build().expect("it binds");
        Self { expr, columns }
    }

    fn groups(&self) -> Box<dyn GroupsAccumulator> {
        self.expr.create_groups_accumulator().expect("a groups accumulator")
    }

    /// The answer over all rows as one group, each row one value for each column.
    pub(super) fn over(&self, rows: &[&[Value]]) -> String {
        let columns: Vec<ArrayRef> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, ty)| column(*ty, &rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>()))
            .collect();
        let mut accumulator = self.expr.create_accumulator().expect("an accumulator");
        accumulator.update_batch(&columns).expect("rows are added");
        let answer = accumulator.evaluate().expect("an answer").to_array().expect("an array");
        assert_eq!(answer.data_type(), self.expr.field().data_type());
        texts(&answer).remove(0)
    }
}

/// Each row as text, null as `null`.
fn texts(array: &ArrayRef) -> Vec<String> {
    let options = FormatOptions::default().with_null("null");
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).expect("any type is shown");
    (0..array.len()).map(|row| formatter.value(row).to_string()).collect()
}

/// Whether two answers are the same, reals up to what the order of additions does to them.
fn alike(left: &ArrayRef, right: &ArrayRef) -> bool {
    let (Some(lefts), Some(rights)) = (left.as_primitive_opt::<Float64Type>(), right.as_primitive_opt::<Float64Type>())
    else {
        return texts(left) == texts(right);
    };
    lefts.iter().zip(rights).all(|pair| match pair {
        (Some(left), Some(right)) => {
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan() || (left - right).abs() < 1e-6
        }
        (left, right) => left == right,
    })
}

/// Rows of all types, the group of each, and whether a FILTER keeps it.
#[derive(Debug, Clone)]
struct Table {
    groups: Vec<usize>,
    // A predicate can be null, which is not true.
    keep: BooleanArray,
    columns: Vec<(T, ArrayRef)>,
}

const GROUPS: usize = 4;

impl Table {
    fn column(&self, ty: T) -> ArrayRef {
        let (_, column) = self.columns.iter().find(|(it, _)| *it == ty).expect("a column of each type");
        Arc::clone(column)
    }

    fn part(&self, rows: std::ops::Range<usize>) -> Table {
        let indices = UInt32Array::from_iter_values(rows.clone().map(|row| row as u32));
        let part = |column: &ArrayRef| take(column, &indices, None).expect("rows of the table");
        Table {
            groups: self.groups[rows.clone()].to_vec(),
            keep: self.keep.slice(rows.start, rows.len()),
            columns: self.columns.iter().map(|(ty, column)| (*ty, part(column))).collect(),
        }
    }

    fn values(&self, bound: &Bound) -> Vec<ArrayRef> {
        // The second column of a type differs from the first: it is the first backwards.
        let backwards = Int64Array::from_iter_values((0..self.groups.len() as i64).rev());
        let column = |(at, ty): (usize, &T)| match at {
            0 => self.column(*ty),
            _ => take(&self.column(*ty), &backwards, None).expect("rows of the table"),
        };
        bound.columns.iter().enumerate().map(column).collect()
    }
}

type Row = (usize, Option<bool>, Option<i8>, Option<i8>, &'static str, usize);

fn table(rows: &[Row]) -> Table {
    let dynamics = ["1", "\"a\"", "[1,2]", r#"{"k":1}"#, r#"{"k":2,"l":[3]}"#, "[]", "2.5"];
    let value = |ty: T, row: &Row| {
        let (_, _, long, real, text, dynamic) = *row;
        let long = long.map(i64::from);
        let value = match ty {
            T::Bool => long.map(|long| Value::Bool(long % 2 == 0)),
            T::Int => long.map(|long| Value::Int(long as i32)),
            T::Long => long.map(Value::Long),
            T::DateTime => long.map(|long| Value::DateTime(630_000_000_000_000_000 + long)),
            T::TimeSpan => long.map(|long| Value::TimeSpan(long * 10_000_000)),
            T::Real => real.map(|real| Value::Real(if real == 100 { f64::NAN } else { f64::from(real) / 4.0 })),
            T::Decimal => real.map(|real| Value::Decimal(i128::from(real) * 10_i128.pow(18))),
            T::String => Some(Value::String(text.into())),
            T::Guid => long.map(|long| Value::Guid(format!("{:032x}", long.unsigned_abs()).into())),
            T::Dynamic => dynamics.get(dynamic).map(|json| Value::Dynamic((*json).into())),
        };
        value.unwrap_or(Value::absent(ty))
    };
    let columns = T::ALL.map(|ty| (ty, column(ty, &rows.iter().map(|row| value(ty, row)).collect::<Vec<_>>())));
    Table {
        groups: rows.iter().map(|row| row.0).collect(),
        keep: rows.iter().map(|row| row.1).collect(),
        columns: columns.into(),
    }
}

/// Ways to call an aggregate by one of its signatures.
fn calls(def: &AggregateDef, signature: &Signature) -> Vec<Bound> {
    let choices = |param: &Param| match param {
        Param::Is(ty) | Param::Exactly(ty) | Param::Const(ty) => vec![*ty],
        Param::Number => vec![T::Long, T::Int, T::Real, T::Decimal],
        Param::Integer => vec![T::Long, T::Int],
        Param::Text => vec![T::String],
        Param::Any => T::ALL.to_vec(),
    };
    let constant = |ty: T| match ty {
        T::Real => Value::Real(50.0),
        T::Dynamic => Value::Dynamic("[25,75]".into()),
        _ => Value::Long(3),
    };
    let params: Vec<(usize, &Param)> = signature.params.iter().chain(&signature.rest).enumerate().collect();
    let first = params.first().map_or(vec![T::Long], |(_, param)| choices(param));
    let call = |first: T| {
        let argument = |(at, param): &(usize, &Param)| match is_constant(signature, *at) {
            true => (choices(param)[0], Some(constant(choices(param)[0]))),
            false if *at == 0 => (first, None),
            false => (choices(param)[0], None),
        };
        let given = params.iter().filter(|(at, _)| Some(*at) != def.predicate);
        let arguments: Vec<(T, Option<Value>)> = given.map(argument).collect();
        let types: Vec<T> = arguments.iter().map(|(ty, _)| *ty).collect();
        Bound::of(def, &arguments, signature.returns.of(&types))
    };
    first.into_iter().map(call).collect()
}

fn every_call() -> impl Iterator<Item = (String, Bound)> {
    let named = |def: &'static AggregateDef, signature| {
        calls(def, signature).into_iter().map(|bound| (format!("{}{:?}", def.name, bound.columns), bound))
    };
    aggregates().flat_map(move |def| def.signatures.iter().flat_map(move |signature| named(def, signature)))
}

fn whole(bound: &Bound, table: &Table) -> ArrayRef {
    let mut groups = bound.groups();
    groups.update_batch(&table.values(bound), &table.groups, Some(&table.keep), GROUPS).expect("rows are added");
    groups.evaluate(EmitTo::All).expect("answers")
}

/// Partial states of `parts`, merged.
fn merged(bound: &Bound, table: &Table, cuts: &[usize]) -> Box<dyn GroupsAccumulator> {
    let mut merged = bound.groups();
    // Arguments pair up rows of the whole table, so they are taken before it is cut.
    let values = table.values(bound);
    let mut start = 0;
    for (at, end) in cuts.iter().copied().chain([table.groups.len()]).enumerate() {
        let end = end.clamp(start, table.groups.len());
        let part = table.part(start..end);
        let values: Vec<ArrayRef> = values.iter().map(|column| column.slice(start, end - start)).collect();
        let (states, of) = if at % 2 == 0 {
            let mut partial = bound.groups();
            partial.update_batch(&values, &part.groups, Some(&part.keep), GROUPS).expect("rows are added");
            // Emitting some groups first has to leave the others as they are.
            let first = partial.state(EmitTo::First(1)).expect("states");
            let rest = partial.state(EmitTo::All).expect("states");
            let both = first.iter().zip(&rest).map(|(first, rest)| concat(&[first, rest]).expect("one type"));
            (both.collect::<Vec<_>>(), (0..GROUPS).collect::<Vec<_>>())
        } else {
            (bound.groups().convert_to_state(&values, Some(&part.keep)).expect("states"), part.groups)
        };
        let fields = bound.expr.state_fields().expect("state fields");
        for (field, state) in fields.iter().zip(&states) {
            assert_eq!(field.data_type(), state.data_type());
            assert!(field.is_nullable() || state.null_count() == 0, "a null in {field}");
        }
        merged.merge_batch(&states, &of, GROUPS).expect("states are merged");
        start = end;
    }
    assert!(merged.size() > 0);
    merged
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn split_and_merge_equals_the_whole(
        rows in prop::collection::vec(
            (
                0..GROUPS,
                any::<Option<bool>>(),
                any::<Option<i8>>(),
                prop::option::of(-8..=100_i8),
                prop::sample::select(vec!["", "a", "b", "a longer text than twelve"]),
                0..8_usize,
            ),
            0..60,
        ),
        mut cuts in prop::collection::vec(0..60_usize, 0..4),
    ) {
        cuts.sort_unstable();
        let table = table(&rows);
        for (name, bound) in every_call().filter(|(_, bound)| bound.expr.groups_accumulator_supported()) {
            let whole = whole(&bound, &table);
            let merged = merged(&bound, &table, &cuts).evaluate(EmitTo::All).expect("answers");
            let field = bound.expr.field();
            prop_assert_eq!(merged.data_type(), field.data_type());
            prop_assert!(alike(&whole, &merged), "{}: {:?} but {:?}", name, texts(&whole), texts(&merged));
        }
    }
}

#[test]
fn no_rows_have_answers_too() {
    let count = |name: &str, ty: T, returns: T| Bound::new(name, &[(ty, None)], returns).over(&[]);
    for (name, ty, returns, expected) in [
        ("count", T::Long, T::Long, "0"),
        ("countif", T::Long, T::Long, "0"),
        ("sum", T::Int, T::Long, "0"),
        ("sum", T::Real, T::Real, "0.0"),
        ("sum", T::TimeSpan, T::TimeSpan, "0"),
        ("avg", T::Long, T::Real, "NaN"),
        ("avg", T::DateTime, T::DateTime, "null"),
        ("min", T::Long, T::Long, "null"),
        ("max", T::Real, T::Real, "null"),
        ("max", T::String, T::String, ""),
        ("min", T::Bool, T::Bool, "null"),
        ("dcount", T::String, T::Long, "0"),
        ("count_distinct", T::String, T::Long, "0"),
        ("stdev", T::Long, T::Real, "0.0"),
        ("variancep", T::Real, T::Real, "0.0"),
        ("make_list", T::Long, T::Dynamic, "[]"),
        ("make_set", T::String, T::Dynamic, "[]"),
        ("make_bag", T::Dynamic, T::Dynamic, "{}"),
        ("buildschema", T::Dynamic, T::Dynamic, "null"),
        ("arg_max", T::Long, T::Long, "{f0: null}"),
        ("take_any", T::String, T::String, "{f0: }"),
        ("binary_all_or", T::Long, T::Long, "null"),
    ] {
        assert_eq!(count(name, ty, returns), expected, "{name} of {ty}");
    }
    let percentile = Bound::new("percentile", &[(T::Long, None), (T::Real, Some(Value::Real(50.0)))], T::Long);
    assert_eq!(percentile.over(&[]), "null");
}

#[test]
fn answers_are_those_of_the_service() {
    let long = |value: i64| Value::Long(value);
    let real = |value: f64| Value::Real(value);
    let json = |text: &str| Value::Dynamic(text.into());
    let text = |text: &str| Value::String(text.into());
    let null = Value::Null(T::Long);
    let one = |values: &[Value]| values.iter().map(|value| vec![value.clone()]).collect::<Vec<_>>();
    for (name, ty, returns, rows, expected) in [
        ("sum", T::Long, T::Long, one(&[long(1), null.clone(), long(4)]), "5"),
        ("sum", T::Int, T::Long, one(&[Value::Int(i32::MAX), Value::Int(1)]), "2147483648"),
        ("avg", T::Long, T::Real, one(&[long(1), null.clone(), long(4)]), "2.5"),
        (
            "avg",
            T::DateTime,
            T::DateTime,
            one(&[Value::DateTime(i64::MAX), Value::DateTime(i64::MAX - 2)]),
            "9223372036854775806",
        ),
        ("max", T::Real, T::Real, one(&[real(1.5), real(f64::NAN), real(2.5)]), "NaN"),
        ("min", T::Real, T::Real, one(&[real(1.5), real(f64::NAN), real(2.5)]), "NaN"),
        ("min", T::String, T::String, one(&[text("b"), text("a"), text("")]), ""),
        ("max", T::String, T::String, one(&[text("b"), text("a"), text("")]), "b"),
        ("stdev", T::Long, T::Real, one(&[long(5)]), "0.0"),
        ("variance", T::Long, T::Real, one(&[long(1), long(2), long(3), long(4)]), "1.6666666666666667"),
        ("variancep", T::Long, T::Real, one(&[long(1), long(2), long(3), long(4)]), "1.25"),
        ("dcount", T::String, T::Long, one(&[text("a"), text(""), text("a")]), "2"),
        ("make_list", T::Long, T::Dynamic, one(&[long(5), null.clone(), long(3), long(5)]), "[5,3,5]"),
        ("make_list_with_nulls", T::Long, T::Dynamic, one(&[long(5), null.clone()]), "[5,null]"),
        ("make_list", T::String, T::Dynamic, one(&[text("a\"b"), text("")]), r#"["a\"b",""]"#),
        ("make_list", T::Real, T::Dynamic, one(&[real(5.0)]), "[5.0]"),
        ("make_list", T::Dynamic, T::Dynamic, one(&[json("[1,[2]]"), json("3"), json("[]")]), "[1,[2],3]"),
        ("make_set", T::Long, T::Dynamic, one(&[long(3), long(1), null.clone(), long(3)]), "[3,1]"),
        ("make_set", T::Dynamic, T::Dynamic, one(&[json("[1,2]"), json("[2,3]")]), "[1,2,3]"),
        (
            "make_bag",
            T::Dynamic,
            T::Dynamic,
            one(&[json(r#"{"a":1}"#), json(r#"{"a":2,"b":3}"#), json("4")]),
            r#"{"a":1,"b":3}"#,
        ),
        ("take_any", T::String, T::String, one(&[text(""), text("x"), text("y")]), "{f0: x}"),
        ("binary_all_xor", T::Long, T::Long, one(&[long(0x4440_4440), long(0x1E1E_1E1E)]), "1516132958"),
    ] {
        let rows: Vec<&[Value]> = rows.iter().map(Vec::as_slice).collect();
        assert_eq!(Bound::new(name, &[(ty, None)], returns).over(&rows), expected, "{name} of {ty}");
    }
    assert!(aggregate("makeset").is_some_and(|def| def.outputs == Outputs::One));
}

#[test]
fn whole_rows_win() {
    let long = |value: i64| Value::Long(value);
    let text = |text: &str| Value::String(text.into());
    let null = Value::Null(T::Long);
    let arguments = [(T::Long, None), (T::String, None)];
    let rows: [&[Value]; 4] =
        [&[null.clone(), text("n")], &[long(10), text("a")], &[long(20), text("b")], &[long(10), text("c")]];
    for (name, expected) in
        [("arg_max", "{f0: 20, f1: b}"), ("arg_min", "{f0: 10, f1: a}"), ("take_any", "{f0: null, f1: n}")]
    {
        assert_eq!(Bound::new(name, &arguments, T::Long).over(&rows), expected, "{name}");
    }
    // A row is answered even if all keys are null (fact 204).
    assert_eq!(
        Bound::new("arg_max", &arguments, T::Long).over(&[&[null.clone(), text("c")], &[null, text("d")]]),
        "{f0: null, f1: c}"
    );
    // NaN wins both ends.
    let reals = [(T::Real, None), (T::Real, None)];
    let rows: [&[Value]; 2] = [&[Value::Real(f64::NAN), Value::Real(10.0)], &[Value::Real(2.0), Value::Real(20.0)]];
    for name in ["arg_max", "arg_min"] {
        assert_eq!(Bound::new(name, &reals, T::Real).over(&rows), "{f0: NaN, f1: 10.0}", "{name}");
    }
}

#[test]
fn rows_survive_moving_together() {
    let bound = Bound::new("arg_max", &[(T::Long, None), (T::String, None)], T::Long);
    let mut groups = bound.groups();
    for batch in 0..300_i64 {
        let values: Vec<Value> = (0..100).map(|row| Value::Long(batch * 100 + row)).collect();
        let names: Vec<Value> =
            (0..100).map(|row| Value::String(format!("row {}", batch * 100 + row).into())).collect();
        let of: Vec<usize> = (0..100).map(|row| row * 7 % 50).collect();
        groups
            .update_batch(&[column(T::Long, &values), column(T::String, &names)], &of, None, 50)
            .expect("rows are added");
    }
    assert!(groups.size() < 1 << 20, "{} bytes", groups.size());
    let answers = texts(&groups.evaluate(EmitTo::All).expect("answers"));
    assert_eq!(answers.len(), 50);
    assert_eq!(answers[(99 * 7) % 50], "{f0: 29999, f1: row 29999}");
}

#[test]
fn lists_follow_the_order_of_their_input() {
    use arrow::compute::SortOptions;
    use datafusion::physical_expr::PhysicalSortExpr;
    let udaf = (aggregate("make_list").expect("listed").udaf)(&AggCall {
        types: vec![T::Long, T::Long],
        constants: vec![None, Some(Value::Long(3))],
        returns: T::Dynamic,
    });
    let schema =
        Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true), Field::new("when", DataType::Int64, true)]));
    let descending = PhysicalSortExpr {
        expr: Arc::new(Column::new("when", 1)),
        options: SortOptions { descending: true, nulls_first: false },
    };
    let arguments: Vec<Arc<dyn PhysicalExpr>> = vec![Arc::new(Column::new("x", 0))];
    let expr = AggregateExprBuilder::new(udaf, arguments)
        .schema(schema)
        .alias("l")
        .order_by(vec![descending])
        .build()
        .expect("it binds");
    let longs = |values: &[i64]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let mut merged = expr.create_accumulator().expect("an accumulator");
    for (values, times) in [([1, 2, 3], [10, 40, 20]), ([4, 5, 6], [30, 5, 40])] {
        let mut partial = expr.create_accumulator().expect("an accumulator");
        partial.update_batch(&[longs(&values), longs(&times)]).expect("rows are added");
        let states: Vec<ArrayRef> =
            partial.state().expect("states").iter().map(|it| it.to_array().expect("an array")).collect();
        merged.merge_batch(&states).expect("states are merged");
    }
    let answer = merged.evaluate().expect("an answer").to_array().expect("an array");
    assert_eq!(answer.as_string_view().value(0), "[2,6,4]");
}

#[test]
fn definitions_are_complete() {
    let mut names = HashSet::new();
    for def in aggregates() {
        assert!(!def.signatures.is_empty() && def.summary.ends_with('.') && !def.source.is_empty(), "{}", def.name);
        let predicate = def.predicate.map(|at| def.signatures.iter().all(|it| it.params[at] == Param::Is(T::Bool)));
        assert_ne!(predicate, Some(false), "{}: the predicate is a bool", def.name);
        assert!(names.insert(def.name), "{} is listed twice", def.name);
        assert_eq!(aggregate(def.name).map(|found| found.name), Some(def.name), "found by its name");
    }
}
