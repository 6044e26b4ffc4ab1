//! What a kernel sees of its arguments, and how it builds its answer.
//!
//! Arguments are arrays or constants in plan types (`KqlType::plan_type`); `args.text(0).at(row)` hides which.
//!
//! ```ignore
//! fn strlen(args: &Args<'_>) -> KernelResult {
//!     let text = args.text(0);
//!     Ok(args.longs(|row| Some(text.at(row).chars().count() as i64)))
//! }
//! ```

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, Decimal128Builder, Float64Builder, Int32Builder,
    Int64Builder, StringViewArray, StringViewBuilder, UInt32Array,
};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use crate::value::{DECIMAL_PRECISION, DECIMAL_SCALE};

/// One argument over one batch.
#[derive(Debug, Clone)]
pub enum Arg {
    /// A value per row.
    Column(ArrayRef),
    /// An array of one row that holds for all rows: a literal, or something folded to one.
    Constant(ArrayRef),
}

/// The arguments of one call over one batch.
#[derive(Debug)]
pub struct Args<'a> {
    values: &'a [Arg],
    types: &'a [KqlType],
    returns: KqlType,
    rows: usize,
}

impl<'a> Args<'a> {
    /// `types` are the KQL types of `values`; arrays hold `rows` rows.
    pub fn new(values: &'a [Arg], types: &'a [KqlType], returns: KqlType, rows: usize) -> Self {
        Args { values, types, returns, rows }
    }

    /// How many arguments there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Rows to answer.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// KQL type of argument `index`.
    pub fn ty(&self, index: usize) -> KqlType {
        self.types[index]
    }

    /// KQL type of the answer.
    pub fn returns(&self) -> KqlType {
        self.returns
    }

    /// Argument `index` as it came.
    pub fn value(&self, index: usize) -> &'a Arg {
        &self.values[index]
    }

    /// Whether argument `index` is one value for all rows.
    pub fn is_constant(&self, index: usize) -> bool {
        matches!(self.values[index], Arg::Constant(_))
    }

    /// Argument `index` as an array of `rows` rows; a constant is repeated.
    ///
    /// # Errors
    /// If arrow cannot repeat a value of this type, which no plan type runs into.
    pub fn array(&self, index: usize) -> Result<ArrayRef, ArrowError> {
        match &self.values[index] {
            Arg::Column(array) => Ok(array.clone()),
            Arg::Constant(one) => arrow::compute::take(one, &UInt32Array::from(vec![0; self.rows]), None),
        }
    }

    /// A string, guid or dynamic argument.
    pub fn text(&self, index: usize) -> Text<'a> {
        match &self.values[index] {
            Arg::Column(array) => Text::Column(array.as_string_view()),
            Arg::Constant(one) => Text::Constant(Text::Column(one.as_string_view()).get(0)),
        }
    }

    /// The text of argument `index` if it is a constant and not null.
    pub fn constant_text(&self, index: usize) -> Option<&'a str> {
        match self.values.get(index)? {
            Arg::Constant(one) => Text::Column(one.as_string_view()).get(0),
            Arg::Column(_) => None,
        }
    }

    /// An `int`, `long`, `datetime` or `timespan` argument, widened to 64 bits.
    pub fn long(&self, index: usize) -> Longs<'a> {
        match &self.values[index] {
            Arg::Column(array) => Longs::over(array),
            Arg::Constant(one) => Longs::Constant(Longs::over(one).get(0)),
        }
    }

    /// A `real` argument.
    pub fn real(&self, index: usize) -> Reals<'a> {
        match &self.values[index] {
            Arg::Column(array) => Reals::Column(array.as_primitive::<Float64Type>()),
            Arg::Constant(one) => Reals::Constant(Reals::Column(one.as_primitive()).get(0)),
        }
    }

    /// A `decimal` argument, in units of 10^-18.
    pub fn decimal(&self, index: usize) -> Decimals<'a> {
        match &self.values[index] {
            Arg::Column(array) => Decimals::Column(array.as_primitive::<Decimal128Type>()),
            Arg::Constant(one) => Decimals::Constant(Decimals::Column(one.as_primitive()).get(0)),
        }
    }

    /// A `bool` argument.
    pub fn bool(&self, index: usize) -> Bools<'a> {
        match &self.values[index] {
            Arg::Column(array) => Bools::Column(array.as_boolean()),
            Arg::Constant(one) => Bools::Constant(Bools::Column(one.as_boolean()).get(0)),
        }
    }

    /// Answers a `bool` for each row.
    pub fn bools(&self, mut f: impl FnMut(usize) -> Option<bool>) -> ArrayRef {
        let mut out = BooleanBuilder::with_capacity(self.rows);
        (0..self.rows).for_each(|row| out.append_option(f(row)));
        Arc::new(out.finish())
    }

    /// Answers an integer for each row: `long`, `datetime`, `timespan`, or `int` (wrapped to 32 bits) as the call returns.
    pub fn longs(&self, mut f: impl FnMut(usize) -> Option<i64>) -> ArrayRef {
        if self.returns == KqlType::Int {
            let mut out = Int32Builder::with_capacity(self.rows);
            (0..self.rows).for_each(|row| out.append_option(f(row).map(|value| value as i32)));
            return Arc::new(out.finish());
        }
        let mut out = Int64Builder::with_capacity(self.rows);
        (0..self.rows).for_each(|row| out.append_option(f(row)));
        Arc::new(out.finish())
    }

    /// Answers a `real` for each row.
    pub fn reals(&self, mut f: impl FnMut(usize) -> Option<f64>) -> ArrayRef {
        let mut out = Float64Builder::with_capacity(self.rows);
        (0..self.rows).for_each(|row| out.append_option(f(row)));
        Arc::new(out.finish())
    }

    /// Answers a `decimal` for each row, in units of 10^-18.
    pub fn decimals(&self, mut f: impl FnMut(usize) -> Option<i128>) -> ArrayRef {
        let mut out = Decimal128Builder::with_capacity(self.rows)
            .with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)
            .expect("precision 38 and scale 18 are valid");
        (0..self.rows).for_each(|row| out.append_option(f(row)));
        Arc::new(out.finish())
    }

    /// Answers text for each row: `f` writes it into the buffer (empty at each row) and returns whether there is a
    /// value. No value is `""` for a `string`, null for a `dynamic` or `guid`.
    pub fn texts(&self, mut f: impl FnMut(usize, &mut String) -> bool) -> ArrayRef {
        let mut out = StringViewBuilder::with_capacity(self.rows);
        let mut buffer = String::new();
        for row in 0..self.rows {
            buffer.clear();
            match (f(row, &mut buffer), self.returns) {
                (true, _) => out.append_value(&buffer),
                (false, KqlType::String) => out.append_value(""),
                (false, _) => out.append_null(),
            }
        }
        Arc::new(out.finish())
    }

    /// Answers text borrowed from the arguments or owned elsewhere, without a copy through a buffer. `None` as in
    /// [`Args::texts`].
    pub fn strs<'t>(&self, mut f: impl FnMut(usize) -> Option<&'t str>) -> ArrayRef {
        let mut out = StringViewBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            match (f(row), self.returns) {
                (Some(text), _) => out.append_value(text),
                (None, KqlType::String) => out.append_value(""),
                (None, _) => out.append_null(),
            }
        }
        Arc::new(out.finish())
    }
}

/// A string, guid or dynamic argument.
#[derive(Debug, Clone, Copy)]
pub enum Text<'a> {
    /// One value for all rows.
    Constant(Option<&'a str>),
    /// A value per row.
    Column(&'a StringViewArray),
}

impl<'a> Text<'a> {
    /// The text, `""` where it is null.
    #[inline]
    pub fn at(&self, row: usize) -> &'a str {
        self.get(row).unwrap_or("")
    }

    /// The text, `None` where it is null (a dynamic or guid).
    #[inline]
    pub fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Text::Constant(text) => *text,
            Text::Column(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// An argument of 64-bit integers: `int`, `long`, or the ticks of `datetime` and `timespan`.
#[derive(Debug, Clone, Copy)]
pub enum Longs<'a> {
    /// One value for all rows.
    Constant(Option<i64>),
    /// A value per row.
    Column(&'a arrow::array::Int64Array),
    /// A 32-bit value per row.
    Ints(&'a arrow::array::Int32Array),
}

impl<'a> Longs<'a> {
    fn over(array: &'a ArrayRef) -> Self {
        match array.as_primitive_opt::<Int32Type>() {
            Some(ints) => Longs::Ints(ints),
            None => Longs::Column(array.as_primitive::<Int64Type>()),
        }
    }

    /// The value, `None` where it is null.
    #[inline]
    pub fn get(&self, row: usize) -> Option<i64> {
        match self {
            Longs::Constant(value) => *value,
            Longs::Column(array) => array.is_valid(row).then(|| array.value(row)),
            Longs::Ints(array) => array.is_valid(row).then(|| i64::from(array.value(row))),
        }
    }
}

/// An argument of reals.
#[derive(Debug, Clone, Copy)]
pub enum Reals<'a> {
    /// One value for all rows.
    Constant(Option<f64>),
    /// A value per row.
    Column(&'a arrow::array::Float64Array),
}

impl Reals<'_> {
    /// The value, `None` where it is null.
    #[inline]
    pub fn get(&self, row: usize) -> Option<f64> {
        match self {
            Reals::Constant(value) => *value,
            Reals::Column(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// An argument of decimals, in units of 10^-18.
#[derive(Debug, Clone, Copy)]
pub enum Decimals<'a> {
    /// One value for all rows.
    Constant(Option<i128>),
    /// A value per row.
    Column(&'a arrow::array::Decimal128Array),
}

impl Decimals<'_> {
    /// The value, `None` where it is null.
    #[inline]
    pub fn get(&self, row: usize) -> Option<i128> {
        match self {
            Decimals::Constant(value) => *value,
            Decimals::Column(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// An argument of bools.
#[derive(Debug, Clone, Copy)]
pub enum Bools<'a> {
    /// One value for all rows.
    Constant(Option<bool>),
    /// A value per row.
    Column(&'a BooleanArray),
}

impl Bools<'_> {
    /// The value, `None` where it is null.
    #[inline]
    pub fn get(&self, row: usize) -> Option<bool> {
        match self {
            Bools::Constant(value) => *value,
            Bools::Column(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}
