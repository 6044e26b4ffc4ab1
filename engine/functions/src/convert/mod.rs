//! Functions of `tostring`, `tolong`, `todatetime` …: from any type to any other.
//!
//! [`convert`] is the whole matrix, and each `to…` function is one column of it. A value that has no counterpart in the
//! other type becomes null (`""` for a string); nothing here fails. What a dynamic holds is converted by [`crate::dynamic`]. Reading a literal or a cell of a file is the same work
//! for one text: [`parse_long`] and its siblings.
//!
//! ```text
//! tolong("0x10")   16          toint(9999999999)   1410065407, wraps
//! tolong("5.7")    null        toint(1e10)         2147483647, saturates
//! tolong(-5.7)     -5          tolong(1h)          36000000000, ticks
//! ```

mod cell;
mod parse;
mod parse_time;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, StringViewBuilder,
    UInt32Array,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use vizsla_schema::KqlType;

use self::cell::Cell;
pub(crate) use self::cell::decimal_to_real;
pub use self::parse::{parse_bool, parse_decimal, parse_guid, parse_int, parse_long, parse_real};
pub use self::parse_time::{parse_datetime, parse_timespan};
use crate::args::{Arg, Args};
use crate::def::{Eval, Example, KernelResult, Naming, Param, Returns, ScalarDef, Signature, ex, sig};
use crate::dynamic::{self, Reading};
use crate::format;
use crate::value::{DECIMAL_PRECISION, DECIMAL_SCALE};

/// `arg`, of `rows` rows and type `from`, as an array of `to`.
///
/// To a dynamic, a string becomes a JSON string; reading JSON out of text is `parse_json`, which is another thing.
///
/// # Errors
/// Only if arrow fails on arrays of our own making.
pub fn convert(arg: &Arg, from: KqlType, to: KqlType, rows: usize) -> KernelResult {
    match arg {
        Arg::Column(array) => convert_array(array, from, to),
        Arg::Constant(one) => {
            arrow::compute::take(&convert_array(one, from, to)?, &UInt32Array::from(vec![0; rows]), None)
        }
    }
}

/// As [`convert`], for all rows of an array.
///
/// # Errors
/// As [`convert`].
pub fn convert_array(array: &ArrayRef, from: KqlType, to: KqlType) -> KernelResult {
    use KqlType::{DateTime, Dynamic, Guid, Int, Long, Real, String, TimeSpan};
    Ok(match (from, to) {
        _ if from == to => array.clone(),
        // The same array, seen otherwise.
        (DateTime | TimeSpan, Long) | (Long | DateTime, TimeSpan) => array.clone(),
        (Guid, String) if array.null_count() == 0 => array.clone(),
        // The usual implicit conversions, as one vectorised pass.
        (Int, Long | TimeSpan) => Arc::new(array.as_primitive::<Int32Type>().unary::<_, Int64Type>(i64::from)),
        (Int, Real) => Arc::new(array.as_primitive::<Int32Type>().unary::<_, Float64Type>(f64::from)),
        (Long | DateTime | TimeSpan, Real) => {
            Arc::new(array.as_primitive::<Int64Type>().unary::<_, Float64Type>(|value| value as f64))
        }
        (_, String) => texts(array, |row, out| {
            format::text(array, row, from, out);
            true
        }),
        (_, Dynamic) => texts(array, |row, out| {
            dynamic::encode(array, row, from, out);
            array.is_valid(row)
        }),
        (Dynamic, _) => dynamic::to_column(array.as_string_view(), to, Reading::Loose),
        _ => cells(array, from, to)?,
    })
}

/// Cell by cell, between types that have no word in common.
fn cells(array: &ArrayRef, from: KqlType, to: KqlType) -> KernelResult {
    let cells = (0..array.len()).map(|row| Cell::read(array, row, from));
    Ok(match to {
        KqlType::Bool => Arc::new(cells.map(|it| it?.to_bool()).collect::<BooleanArray>()),
        KqlType::Int => Arc::new(cells.map(|it| it?.to_int()).collect::<Int32Array>()),
        KqlType::Long => Arc::new(cells.map(|it| it?.to_long()).collect::<Int64Array>()),
        KqlType::DateTime => Arc::new(cells.map(|it| it?.to_datetime()).collect::<Int64Array>()),
        KqlType::TimeSpan => Arc::new(cells.map(|it| it?.to_timespan()).collect::<Int64Array>()),
        KqlType::Real => Arc::new(cells.map(|it| it?.to_real()).collect::<Float64Array>()),
        KqlType::Decimal => {
            let decimals: Decimal128Array = cells.map(|it| it?.to_decimal()).collect();
            Arc::new(decimals.with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)?)
        }
        KqlType::Guid => {
            let guids: Vec<_> = cells.map(|it| it?.to_guid()).collect();
            texts(array, |row, out| guids[row].map(|guid| format::write_guid(guid, out)).is_some())
        }
        KqlType::String | KqlType::Dynamic => unreachable!("`convert_array` has written these as text"),
    })
}

/// Text for each row of `array`; `write` answers whether there is any, else the row is null.
fn texts(array: &ArrayRef, mut write: impl FnMut(usize, &mut String) -> bool) -> ArrayRef {
    let mut out = StringViewBuilder::with_capacity(array.len());
    let mut buffer = String::new();
    for row in 0..array.len() {
        buffer.clear();
        match write(row, &mut buffer) {
            true => out.append_value(&buffer),
            false => out.append_null(),
        }
    }
    Arc::new(out.finish())
}

/// The function that converts to `ty`: what the binder puts where a value of another type stands.
pub fn def_to(ty: KqlType) -> &'static ScalarDef {
    match ty {
        KqlType::Bool => &TOBOOL,
        KqlType::Int => &TOINT,
        KqlType::Long => &TOLONG,
        KqlType::Real => &TODOUBLE,
        KqlType::Decimal => &TODECIMAL,
        KqlType::String => &TOSTRING,
        KqlType::Guid => &TOGUID,
        KqlType::DateTime => &TODATETIME,
        KqlType::TimeSpan => &TOTIMESPAN,
        KqlType::Dynamic => &AS_DYNAMIC,
    }
}

fn kernel(args: &Args<'_>) -> KernelResult {
    convert(args.value(0), args.ty(0), args.returns(), args.rows())
}

const fn conversion(
    name: &'static str,
    signatures: &'static [Signature],
    summary: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    let eval = Eval::Kernel(kernel);
    ScalarDef { name, signatures, summary, source, examples, naming: Naming::PassThrough, eval, ..ScalarDef::BASE }
}

const TOBOOL: ScalarDef = ScalarDef {
    aliases: &["toboolean"],
    ..conversion(
        "tobool",
        &[sig(&[Param::Any], Returns::Is(KqlType::Bool))],
        "Whether a number is not zero, or a text says `true` or an integer that is not zero.",
        "tobool-function",
        &[ex(r#"tobool("true")"#, "True"), ex("tobool(0)", "False"), ex(r#"tobool("1.5")"#, "null")],
    )
};

const TOINT: ScalarDef = conversion(
    "toint",
    &[sig(&[Param::Any], Returns::Is(KqlType::Int))],
    "The value as a 32-bit integer: reals are cut toward zero, longs wrap, text out of range is null.",
    "toint-function",
    &[ex(r#"toint("123")"#, "123"), ex("toint(-2.9)", "-2"), ex("toint(9999999999)", "1410065407")],
);

const TOLONG: ScalarDef = conversion(
    "tolong",
    &[sig(&[Param::Any], Returns::Is(KqlType::Long))],
    "The value as a 64-bit integer: reals are cut toward zero, times are ticks of 100 ns, text must be a whole number.",
    "tolong-function",
    &[ex(r#"tolong("0x10")"#, "16"), ex(r#"tolong("5.7")"#, "null"), ex("tolong(1h)", "36000000000")],
);

const TODOUBLE: ScalarDef = ScalarDef {
    aliases: &["toreal"],
    ..conversion(
        "todouble",
        &[sig(&[Param::Any], Returns::Is(KqlType::Real))],
        "The value as a real.",
        "todouble-function",
        &[ex(r#"todouble("1e3")"#, "1000.0"), ex(r#"todouble("1,000")"#, "null")],
    )
};

const TODECIMAL: ScalarDef = conversion(
    "todecimal",
    &[sig(&[Param::Any], Returns::Is(KqlType::Decimal))],
    "The value as a decimal, exact to eighteen places.",
    "todecimal-function",
    &[ex(r#"todecimal("123.45678")"#, "123.45678"), ex("todecimal(0.1) + todecimal(0.2)", "0.3")],
);

const TOSTRING: ScalarDef = conversion(
    "tostring",
    &[sig(&[Param::Any], Returns::Is(KqlType::String))],
    "The text of a value, empty for a null.",
    "tostring-function",
    &[
        ex("tostring(123)", "123"),
        ex("tostring(true)", "True"),
        ex("tostring(1d)", "1.00:00:00"),
        ex("tostring(1.0)", "1.0"),
        ex("strlen(tostring(long(null)))", "0"),
    ],
);

const TOGUID: ScalarDef = conversion(
    "toguid",
    &[sig(&[Param::Any], Returns::Is(KqlType::Guid))],
    "The guid whose 32 hexadecimal digits the text begins with, wherever its hyphens are.",
    "toguid-function",
    &[ex(r#"toguid("0123456789ABCDEF0123456789ABCDEF")"#, "01234567-89ab-cdef-0123-456789abcdef")],
);

const TODATETIME: ScalarDef = conversion(
    "todatetime",
    &[sig(&[Param::Any], Returns::Is(KqlType::DateTime))],
    "The moment a text names, in UTC; a number is ticks since 0001-01-01.",
    "todatetime-function",
    &[
        ex(r#"todatetime("2020-01-02T03:04:05+01:00")"#, "2020-01-02T02:04:05.0000000Z"),
        ex(r#"todatetime("12-02-2022")"#, "2022-12-02T00:00:00.0000000Z"),
        ex(r#"todatetime("13-01-2022")"#, "null"),
    ],
);

const TOTIMESPAN: ScalarDef = conversion(
    "totimespan",
    &[sig(&[Param::Any], Returns::Is(KqlType::TimeSpan))],
    "The span a text names, as `d.hh:mm:ss` or with a unit; a number is ticks of 100 ns.",
    "totimespan-function",
    &[
        ex(r#"totimespan("0.00:03:00")"#, "00:03:00"),
        ex(r#"totimespan("90s")"#, "00:01:30"),
        ex("totimespan(1230)", "00:00:00.0001230"),
    ],
);

/// Not in [`ALL`]: only the binder writes it, where a dynamic is wanted and another type stands.
const AS_DYNAMIC: ScalarDef = conversion(
    "as_dynamic",
    &[sig(&[Param::Any], Returns::Is(KqlType::Dynamic))],
    "The value as it is inside a dynamic.",
    "scalar-data-types/dynamic",
    &[],
);

pub(crate) const ALL: &[ScalarDef] =
    &[TOBOOL, TOINT, TOLONG, TODOUBLE, TODECIMAL, TOSTRING, TOGUID, TODATETIME, TOTIMESPAN];

#[cfg(test)]
mod tests;
