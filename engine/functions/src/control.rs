//! Functions of `iff`, `case`, `coalesce`, null tests and what the binder answers itself.
//!
//! Choices arrive with their branches in one type, which is the binder's doing; nothing here converts. `isempty` and the
//! rest of the null tests take any type as it comes. `gettype` lives with the dynamics, whose kinds it names.

use std::sync::Arc;

use KqlType::{Bool, DateTime, Dynamic, Long, String as Text, TimeSpan};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::zip::zip;
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use crate::args::Args;
use crate::def::{Eval, Example, Kernel, KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};

/// A function with the usual settings.
const fn def(
    name: &'static str,
    signatures: &'static [Signature],
    kernel: Kernel,
    summary: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    ScalarDef { name, signatures, summary, source, examples, eval: Eval::Kernel(kernel), ..ScalarDef::BASE }
}

/// A function that the binder answers.
const fn bound(
    name: &'static str,
    signatures: &'static [Signature],
    summary: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    ScalarDef { name, signatures, summary, source, examples, eval: Eval::Binder, ..ScalarDef::BASE }
}

const IFF: ScalarDef = ScalarDef {
    aliases: &["iif"],
    ..bound(
        "iff",
        &[sig(&[Param::Is(Bool), Param::Any, Param::Any], Returns::Arg(1))],
        "The second argument where the first is true, else the third; a null condition is not true.",
        "iff-function",
        &[ex(r#"iff(1 < 2, "yes", "no")"#, "yes"), ex("iff(bool(null), 1, 2)", "2")],
    )
};

const CASE: ScalarDef = bound(
    "case",
    &[sig(&[Param::Is(Bool), Param::Any, Param::Any], Returns::Arg(1)).rest(Param::Any)],
    "The value after the first true condition; the last argument if none is.",
    "case-function",
    &[ex(r#"case(3 <= 2, "small", 3 <= 10, "medium", "large")"#, "medium")],
);

const NOT: ScalarDef = bound(
    "not",
    &[sig(&[Param::Any], Returns::Is(Bool))],
    "The other truth value; null stays null.",
    "not-function",
    &[ex("not(false)", "True"), ex("not(bool(null))", "null")],
);

const COALESCE: ScalarDef = def(
    "coalesce",
    &[sig(&[Param::Any], Returns::Arg(0)).rest(Param::Any)],
    coalesce,
    "The first argument that is not null, or for strings not empty.",
    "coalesce-function",
    &[ex("coalesce(long(null), 5, 7)", "5"), ex(r#"coalesce("", " ", "x")"#, " ")],
);

fn coalesce(args: &Args<'_>) -> KernelResult {
    let last = args.len() - 1;
    let mut answer = args.array(last)?;
    for index in (0..last).rev() {
        let array = args.array(index)?;
        let present = BooleanArray::new(!&absent(&array, args.ty(index)), None);
        answer = zip(&present, &array, &answer)?;
    }
    Ok(answer)
}

/// Rows that hold null, or for strings nothing.
fn absent(array: &ArrayRef, ty: KqlType) -> BooleanBuffer {
    if ty == Text {
        let texts = array.as_string_view();
        return BooleanBuffer::collect_bool(texts.len(), |row| texts.is_null(row) || texts.value(row).is_empty());
    }
    nulls(array, ty)
}

/// Rows that hold null. A string never does.
fn nulls(array: &ArrayRef, ty: KqlType) -> BooleanBuffer {
    match array.nulls() {
        Some(nulls) if ty != Text => !nulls.inner(),
        _ => BooleanBuffer::new_unset(array.len()),
    }
}

/// Rows that hold null, nothing, or a dynamic that is the empty string.
fn empty(array: &ArrayRef, ty: KqlType) -> BooleanBuffer {
    match ty {
        Dynamic => {
            let json = array.as_string_view();
            BooleanBuffer::collect_bool(json.len(), |row| json.is_null(row) || json.value(row) == "\"\"")
        }
        _ => absent(array, ty),
    }
}

/// A test of one argument, which has an answer for every row.
fn test(args: &Args<'_>, holds: fn(&ArrayRef, KqlType) -> BooleanBuffer, wanted: bool) -> KernelResult {
    let found = holds(&args.array(0)?, args.ty(0));
    Ok(Arc::new(BooleanArray::new(if wanted { found } else { !&found }, None)))
}

const ONE_OF_ANY: &[Signature] = &[sig(&[Param::Any], Returns::Is(Bool))];

const ISNULL: ScalarDef = def(
    "isnull",
    ONE_OF_ANY,
    |args| test(args, nulls, true),
    "Whether the value is null. A string never is.",
    "isnull-function",
    &[ex("isnull(long(null))", "True"), ex(r#"isnull("")"#, "False")],
);

const ISNOTNULL: ScalarDef = ScalarDef {
    aliases: &["notnull"],
    ..def(
        "isnotnull",
        ONE_OF_ANY,
        |args| test(args, nulls, false),
        "Whether the value is not null.",
        "isnotnull-function",
        &[ex("isnotnull(5)", "True"), ex(r#"isnotnull("")"#, "True")],
    )
};

const ISEMPTY: ScalarDef = def(
    "isempty",
    ONE_OF_ANY,
    |args| test(args, empty, true),
    "Whether the value is null or an empty string.",
    "isempty-function",
    &[ex(r#"isempty("")"#, "True"), ex("isempty(real(null))", "True"), ex("isempty(dynamic([]))", "False")],
);

const ISNOTEMPTY: ScalarDef = ScalarDef {
    aliases: &["notempty"],
    ..def(
        "isnotempty",
        ONE_OF_ANY,
        |args| test(args, empty, false),
        "Whether the value is neither null nor an empty string.",
        "isnotempty-function",
        &[ex(r#"isnotempty("a")"#, "True"), ex("isnotempty(dynamic(null))", "False")],
    )
};

const ASSERT: ScalarDef = def(
    "assert",
    &[sig(&[Param::Is(Bool), Param::Is(Text)], Returns::Is(Bool))],
    |args| {
        let (condition, message) = (args.bool(0), args.text(1));
        match (0..args.rows()).find(|row| condition.get(*row) != Some(true)) {
            Some(row) => Err(ArrowError::InvalidArgumentError(message.at(row).to_owned())),
            None => Ok(args.bools(|_| Some(true))),
        }
    },
    "True, or the end of the query with a message if the condition is not.",
    "assert-function",
    &[ex(r#"assert(1 < 2, "one is less")"#, "True")],
);

const ESTIMATE_DATA_SIZE: ScalarDef = def(
    "estimate_data_size",
    &[sig(&[Param::Any], Returns::Is(Long)).rest(Param::Any)],
    estimate_data_size,
    "About how many bytes the values take.",
    "estimate-data-size-function",
    &[ex(r#"estimate_data_size("hello", 1)"#, "13")],
);

/// Bytes of the text, or of the fixed form that a type has.
fn estimate_data_size(args: &Args<'_>) -> KernelResult {
    let size = |index, row| match args.ty(index) {
        Text | Dynamic => args.text(index).at(row).len() as i64,
        KqlType::Bool => 1,
        KqlType::Int => 4,
        KqlType::Guid | KqlType::Decimal => 16,
        KqlType::Long | KqlType::Real | KqlType::DateTime | KqlType::TimeSpan => 8,
    };
    Ok(args.longs(|row| Some((0..args.len()).map(|index| size(index, row)).sum())))
}

const NOW: ScalarDef = bound(
    "now",
    &[sig(&[Param::Is(TimeSpan)], Returns::Is(DateTime)).optional(1)],
    "The present, one for the whole query, or a timespan from it.",
    "now-function",
    &[ex("now() == now()", "True")],
);

const AGO: ScalarDef = bound(
    "ago",
    &[sig(&[Param::Is(TimeSpan)], Returns::Is(DateTime))],
    "The moment a timespan before the present.",
    "ago-function",
    &[ex("now() - ago(1h)", "01:00:00")],
);

const COLUMN_IFEXISTS: ScalarDef = ScalarDef {
    aliases: &["columnifexists"],
    ..bound(
        "column_ifexists",
        &[sig(&[Param::Const(Text), Param::Any], Returns::Arg(1))],
        "The column of this name, or the second argument if there is none.",
        "column-ifexists-function",
        &[ex(r#"column_ifexists("nowhere", 5)"#, "5")],
    )
};

const AROUND: ScalarDef = bound(
    "around",
    &[sig(&[Param::Any, Param::Any, Param::Any], Returns::Is(Bool))],
    "Whether the first value is not farther from the second than the third; the ends count.",
    "around-function",
    &[ex("around(5, 7, 2)", "True"), ex("around(datetime(2021-01-01), datetime(2021-01-03), 1d)", "False")],
);

const COLUMN_NAMES_OF: ScalarDef = bound(
    "column_names_of",
    &[sig(&[Param::Any], Returns::Is(Dynamic))],
    "The names of a table's columns, in order.",
    "column-names-of-function",
    &[ex(r#"column_names_of(datatable(A: string, B: int)[])"#, r#"["A","B"]"#)],
);

const TOSCALAR: ScalarDef = bound(
    "toscalar",
    &[sig(&[Param::Any], Returns::Arg(0))],
    "The first cell of a table, computed once per query.",
    "toscalar-function",
    &[ex("toscalar(print 5)", "5")],
);

const MATERIALIZE: ScalarDef = bound(
    "materialize",
    &[sig(&[Param::Any], Returns::Arg(0))],
    "A table computed once, however often it is used.",
    "materialize-function",
    &[],
);

const INGESTION_TIME: ScalarDef = bound(
    "ingestion_time",
    &[sig(&[], Returns::Is(DateTime))],
    "When the row arrived, where that is known.",
    "ingestion-time-function",
    &[],
);

// What only a cluster of the service knows; the binder says so when one is called.

const CURRENT_PRINCIPAL: ScalarDef = bound(
    "current_principal",
    &[sig(&[], Returns::Is(Text))],
    "Who runs the query.",
    "current-principal-function",
    &[],
);

const CURRENT_PRINCIPAL_DETAILS: ScalarDef = bound(
    "current_principal_details",
    &[sig(&[], Returns::Is(Dynamic))],
    "Who runs the query, in detail.",
    "current-principal-details-function",
    &[],
);

const CURRENT_DATABASE: ScalarDef = bound(
    "current_database",
    &[sig(&[], Returns::Is(Text))],
    "The database in which names are looked up.",
    "current-database-function",
    &[],
);

const CURRENT_CLUSTER_ENDPOINT: ScalarDef = bound(
    "current_cluster_endpoint",
    &[sig(&[], Returns::Is(Text))],
    "The address of the cluster that answers.",
    "current-cluster-endpoint-function",
    &[],
);

pub(crate) const ALL: &[ScalarDef] = &[
    IFF,
    CASE,
    NOT,
    COALESCE,
    ISNULL,
    ISNOTNULL,
    ISEMPTY,
    ISNOTEMPTY,
    ASSERT,
    ESTIMATE_DATA_SIZE,
    NOW,
    AGO,
    COLUMN_IFEXISTS,
    AROUND,
    COLUMN_NAMES_OF,
    TOSCALAR,
    MATERIALIZE,
    INGESTION_TIME,
    CURRENT_PRINCIPAL,
    CURRENT_PRINCIPAL_DETAILS,
    CURRENT_DATABASE,
    CURRENT_CLUSTER_ENDPOINT,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arg;
    use crate::value::Value;

    fn holds(kernel: Kernel, value: &Value) -> bool {
        let values = [Arg::Constant(value.to_array())];
        let answer = kernel(&Args::new(&values, &[value.ty()], Bool, 1)).expect("answers");
        assert_eq!(answer.null_count(), 0);
        answer.as_boolean().value(0)
    }

    #[test]
    fn null_tests_take_any_type() {
        for (value, is_null, is_empty) in [
            (Value::String("".into()), false, true),
            (Value::String(" ".into()), false, false),
            (Value::Null(Long), true, true),
            (Value::Long(0), false, false),
            (Value::Real(1.2), false, false),
            (Value::Null(Dynamic), true, true),
            (Value::Dynamic("\"\"".into()), false, true),
            (Value::Dynamic("[]".into()), false, false),
        ] {
            let [null, not_null] = [ISNULL, ISNOTNULL].map(|def| def.eval);
            let [nothing, something] = [ISEMPTY, ISNOTEMPTY].map(|def| def.eval);
            for (eval, expected) in [(null, is_null), (not_null, !is_null), (nothing, is_empty), (something, !is_empty)]
            {
                let Eval::Kernel(kernel) = eval else { panic!("a kernel") };
                assert_eq!(holds(kernel, &value), expected, "{value:?}");
            }
        }
    }

    #[test]
    fn coalesce_skips_nulls_and_empty_strings() {
        let string = |text: &str| Value::String(text.into());
        for (values, expected) in [
            (vec![Value::Null(Long), Value::Long(5), Value::Long(7)], Value::Long(5)),
            (vec![Value::Null(Long), Value::Null(Long)], Value::Null(Long)),
            (vec![Value::Long(0), Value::Long(7)], Value::Long(0)),
            (vec![string(""), string(" "), string("x")], string(" ")),
            (vec![string(""), string("")], string("")),
            (vec![Value::Null(Dynamic), Value::Dynamic("[]".into())], Value::Dynamic("[]".into())),
        ] {
            let ty = values[0].ty();
            let args: Vec<Arg> = values.iter().map(|value| Arg::Constant(value.to_array())).collect();
            let types = vec![ty; values.len()];
            let answer = coalesce(&Args::new(&args, &types, ty, 2)).expect("answers");
            assert_eq!(Value::from_array(&answer, 1, ty), expected, "{values:?}");
        }
    }

    #[test]
    fn a_failed_assertion_ends_the_query() {
        let values = [
            Arg::Column(Arc::new(BooleanArray::from(vec![Some(true), None]))),
            Arg::Constant(Value::String("too short".into()).to_array()),
        ];
        let Eval::Kernel(kernel) = ASSERT.eval else { panic!("a kernel") };
        let error = kernel(&Args::new(&values, &[Bool, Text], Bool, 2)).expect_err("fails");
        assert!(error.to_string().contains("too short"));
    }
}
