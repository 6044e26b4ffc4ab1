//! Functions of series: arrays of numbers, mostly from `make-series`.
//!
//! | File | What |
//! |---|---|
//! | `elements` | one answer per element: `series_add`, `series_greater`, `series_sin` … |
//! | `totals` | one answer per series: `series_sum`, `series_stats`, `series_pearson_correlation` … |
//! | `fill` | missing values filled in |
//! | `filter` | `series_fir`, `series_iir` |
//! | `fit`, `two_lines` | `series_fit_line`, `series_fit_2lines` |
//! | `fourier` | `series_fft`, `series_ifft` |
//! | `periods` | `series_periods_detect`, `series_periods_validate` |
//! | `decompose` | `series_decompose` and its family, `series_seasonal` |
//! | `outliers` | `series_outliers` |
//!
//! Where the service's method is not documented, the file says what is inferred and from which evidence.

mod decompose;
mod elements;
mod fill;
mod filter;
mod fit;
mod fourier;
mod outliers;
mod periods;
mod totals;
mod two_lines;

use vizsla_schema::KqlType as T;

use crate::args::{Args, Text};
use crate::def::{Returns, ScalarDef, Signature, sig};
use crate::dynamic::{Encoder, Scalar, elements as elements_of, scalar, write_real};
use crate::format;

pub(crate) const ALL: &[ScalarDef] = &[
    decompose::SERIES_DECOMPOSE,
    decompose::SERIES_DECOMPOSE_ANOMALIES,
    decompose::SERIES_DECOMPOSE_FORECAST,
    decompose::SERIES_SEASONAL,
    elements::SERIES_ABS,
    elements::SERIES_ACOS,
    elements::SERIES_ADD,
    elements::SERIES_ASIN,
    elements::SERIES_ATAN,
    elements::SERIES_CEILING,
    elements::SERIES_COS,
    elements::SERIES_DIVIDE,
    elements::SERIES_EQUALS,
    elements::SERIES_EXP,
    elements::SERIES_FLOOR,
    elements::SERIES_GREATER,
    elements::SERIES_GREATER_EQUALS,
    elements::SERIES_LESS,
    elements::SERIES_LESS_EQUALS,
    elements::SERIES_LOG,
    elements::SERIES_MULTIPLY,
    elements::SERIES_NOT_EQUALS,
    elements::SERIES_POW,
    elements::SERIES_SIGN,
    elements::SERIES_SIN,
    elements::SERIES_SUBTRACT,
    elements::SERIES_TAN,
    fill::SERIES_FILL_BACKWARD,
    fill::SERIES_FILL_CONST,
    fill::SERIES_FILL_FORWARD,
    fill::SERIES_FILL_LINEAR,
    filter::SERIES_FIR,
    filter::SERIES_IIR,
    fit::SERIES_FIT_LINE,
    fit::SERIES_FIT_LINE_DYNAMIC,
    fourier::SERIES_FFT,
    fourier::SERIES_IFFT,
    outliers::SERIES_OUTLIERS,
    periods::SERIES_PERIODS_DETECT,
    periods::SERIES_PERIODS_VALIDATE,
    totals::SERIES_COSINE_SIMILARITY,
    totals::SERIES_DOT_PRODUCT,
    totals::SERIES_MAGNITUDE,
    totals::SERIES_PEARSON_CORRELATION,
    totals::SERIES_PRODUCT,
    totals::SERIES_STATS,
    totals::SERIES_STATS_DYNAMIC,
    totals::SERIES_SUM,
    two_lines::SERIES_FIT_2LINES,
    two_lines::SERIES_FIT_2LINES_DYNAMIC,
];

const DYNAMIC: Returns = Returns::Is(T::Dynamic);
const SERIES: Signature = sig(&[crate::def::Param::Is(T::Dynamic)], DYNAMIC);

/// A number of a series, which keeps its type.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Long(i64),
    Real(f64),
}

impl Number {
    /// The number that an element is; `None` for nulls and anything else.
    fn of(json: &str) -> Option<Number> {
        match scalar(json) {
            Scalar::Long(value) => Some(Number::Long(value)),
            Scalar::Real(value) => Some(Number::Real(value)),
            // What JSON has no number for, as `dynamic::write_real` writes it.
            Scalar::Text(text) => match text.as_ref() {
                "NaN" => Some(Number::Real(f64::NAN)),
                "Infinity" => Some(Number::Real(f64::INFINITY)),
                "-Infinity" => Some(Number::Real(f64::NEG_INFINITY)),
                _ => None,
            },
            Scalar::Null | Scalar::Bool(_) | Scalar::Container => None,
        }
    }

    fn real(self) -> f64 {
        match self {
            Number::Long(value) => value as f64,
            Number::Real(value) => value,
        }
    }

    fn write(self, out: &mut String) {
        match self {
            Number::Long(value) => format::write_long(value, out),
            Number::Real(value) => write_real(value, out),
        }
    }
}

/// The elements of a series, `None` where one is no number; no iterator if this is no array.
fn numbers(json: &str) -> Option<impl Iterator<Item = Option<Number>> + '_> {
    Some(elements_of(json)?.map(Number::of))
}

/// The reals of a series that has nothing but numbers.
fn reals(series: &Text<'_>, row: usize) -> Option<Vec<f64>> {
    numbers(series.get(row)?)?.map(|number| number.map(Number::real)).collect()
}

/// Appends an array of values; `None` is null.
fn write_series<V>(values: impl Iterator<Item = Option<V>>, write: impl Fn(V, &mut String), out: &mut String) {
    out.push('[');
    for (place, value) in values.enumerate() {
        if place > 0 {
            out.push(',');
        }
        match value {
            Some(value) => write(value, out),
            None => out.push_str("null"),
        }
    }
    out.push(']');
}

fn write_reals(values: &[f64], out: &mut String) {
    write_series(values.iter().copied().map(Some), write_real, out);
}

/// An argument that is a series or a number for all its places.
struct Operand {
    encoder: Encoder,
    text: String,
}

impl Operand {
    fn new(args: &Args<'_>, index: usize) -> Operand {
        Operand { encoder: Encoder::new(args.value(index), args.ty(index)), text: String::new() }
    }

    /// The JSON in that row.
    fn at(&mut self, row: usize) -> &str {
        self.text.clear();
        self.encoder.write(row, &mut self.text);
        &self.text
    }
}
