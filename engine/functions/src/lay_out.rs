//! The last step of `make-series`: values that belong to places on an axis become an array with a value for every place.

use vizsla_schema::KqlType as T;

use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, sig};
use crate::dynamic::{elements, number, write_real, write_string};
use crate::format;

const DYNAMIC: Returns = Returns::Is(T::Dynamic);
const D: Param = Param::Exactly(T::Dynamic);

/// `lay_out(places, values, type, from, to, step [, default])`; without a default the axis itself, in `type`. `to` is
/// exclusive; a missing end is the first or last place. For the binder; a query cannot call it by name.
pub const LAY_OUT: ScalarDef = ScalarDef {
    name: "lay_out",
    signatures: &[
        sig(&[D, D, Param::Const(T::String), Param::Is(T::Long), Param::Is(T::Long), Param::Is(T::Long), D], DYNAMIC)
            .optional(1),
        sig(&[D, D, Param::Const(T::String), Param::Is(T::Real), Param::Is(T::Real), Param::Is(T::Real), D], DYNAMIC)
            .optional(1),
    ],
    summary: "Values at places of an axis as an array with a value for every place.",
    source: "make-series-operator",
    eval: Eval::Kernel(lay_out),
    ..ScalarDef::BASE
};

/// The most points of a series (fact 298).
const MAX_POINTS: f64 = 1_048_576.0;

fn lay_out(args: &Args<'_>) -> KernelResult {
    let (places, values) = (args.text(0), args.text(1));
    let ty = args.constant_text(2).and_then(T::parse).unwrap_or(T::Long);
    let ends = Ends::new(args);
    let default = (args.len() == 7).then(|| args.text(6));
    Ok(args.texts(|row, out| {
        let places = places.get(row).unwrap_or("[]");
        let Some(axis) = ends.axis(row, places) else { return false };
        match &default {
            Some(default) => axis.write_values(places, values.get(row).unwrap_or("[]"), default.get(row), out),
            None => axis.write_points(ty, out),
        }
        true
    }))
}

/// Both ends and the step of each row's axis, as numbers; ticks up to year 9999 are exact to 0.1 ms as a double, and are
/// multiples of the step from a whole start, so points are computed in integers where all are.
enum Ends<'a> {
    Whole([crate::args::Longs<'a>; 3]),
    Real([crate::args::Reals<'a>; 3]),
}

/// The points of one series.
struct Axis {
    start: Point,
    step: Point,
    points: usize,
}

#[derive(Clone, Copy)]
enum Point {
    Whole(i64),
    Real(f64),
}

impl<'a> Ends<'a> {
    fn new(args: &Args<'a>) -> Ends<'a> {
        match args.ty(5) {
            T::Real => Ends::Real([args.real(3), args.real(4), args.real(5)]),
            _ => Ends::Whole([args.long(3), args.long(4), args.long(5)]),
        }
    }

    fn axis(&self, row: usize, places: &str) -> Option<Axis> {
        match self {
            Ends::Whole([from, to, step]) => {
                let seen = || elements(places).into_iter().flatten().filter_map(|place| place.parse::<i64>().ok());
                let step = step.get(row).filter(|step| *step > 0)?;
                let start = from.get(row).or_else(|| seen().min())?;
                let end = to.get(row).or_else(|| seen().max().map(|last| last + 1))?;
                let points = (end.checked_sub(start)?.max(0) as u64).div_ceil(step as u64);
                Axis::new(Point::Whole(start), Point::Whole(step), points as f64)
            }
            Ends::Real([from, to, step]) => {
                let seen = || elements(places).into_iter().flatten().filter_map(number);
                let step = step.get(row).filter(|step| *step > 0.0)?;
                let start = from.get(row).or_else(|| seen().reduce(f64::min))?;
                let points = match to.get(row) {
                    Some(end) => ((end - start) / step).ceil(),
                    None => ((seen().reduce(f64::max)? - start) / step).round() + 1.0,
                };
                Axis::new(Point::Real(start), Point::Real(step), points)
            }
        }
    }
}

impl Axis {
    fn new(start: Point, step: Point, points: f64) -> Option<Axis> {
        (points <= MAX_POINTS).then_some(Axis { start, step, points: points.max(0.0) as usize })
    }

    /// Which point a place is.
    fn position(&self, place: &str) -> Option<usize> {
        let position = match (self.start, self.step) {
            (Point::Whole(start), Point::Whole(step)) => (place.parse::<i64>().ok()? - start).div_euclid(step) as f64,
            (Point::Real(start), Point::Real(step)) => ((number(place)? - start) / step).round(),
            _ => return None,
        };
        (position >= 0.0 && position < self.points as f64).then_some(position as usize)
    }

    fn write_values(&self, places: &str, values: &str, default: Option<&str>, out: &mut String) {
        let mut laid = vec![default.unwrap_or("null"); self.points];
        let pairs = elements(places).into_iter().flatten().zip(elements(values).into_iter().flatten());
        for (place, value) in pairs {
            if let Some(position) = self.position(place) {
                laid[position] = value;
            }
        }
        crate::dynamic::write_array(laid, out);
    }

    fn write_points(&self, ty: T, out: &mut String) {
        out.push('[');
        let mut text = String::new();
        for index in 0..self.points {
            if index > 0 {
                out.push(',');
            }
            match (self.start, self.step) {
                (Point::Whole(start), Point::Whole(step)) => {
                    let point = start + step * index as i64;
                    text.clear();
                    match ty {
                        T::DateTime => format::write_datetime(point, &mut text),
                        T::TimeSpan => format::write_timespan(point, &mut text),
                        _ => out.push_str(&point.to_string()),
                    }
                    if !text.is_empty() {
                        write_string(&text, out);
                    }
                }
                (Point::Real(start), Point::Real(step)) => write_real(start + step * index as f64, out),
                _ => out.push_str("null"),
            }
        }
        out.push(']');
    }
}
