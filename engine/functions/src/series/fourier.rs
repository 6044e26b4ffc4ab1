//! The fast Fourier transform: autocorrelation of long series, `series_fft`, `series_ifft`.

use std::f64::consts::{PI, TAU};

use vizsla_schema::KqlType as T;

use super::{DYNAMIC, reals, write_reals};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, ScalarDef};

/// Real and imaginary part.
type Complex = (f64, f64);

/// As two columns, which the binder takes out of the bag that the kernel answers.
pub(super) const SERIES_FFT: ScalarDef = ScalarDef {
    name: "series_fft",
    signatures: &[crate::def::sig(&[Param::Is(T::Dynamic), Param::Is(T::Dynamic)], DYNAMIC).optional(1)],
    summary: "The Fourier transform of a series, as two columns: the real and the imaginary parts. The second argument are \
              the imaginary parts of the series, 0 if left out.",
    source: "kusto/query/series-fft-function",
    columns: &[("real", T::Dynamic), ("imag", T::Dynamic)],
    eval: Eval::Kernel(|args| answer(args, transform)),
    ..ScalarDef::BASE
};

pub(super) const SERIES_IFFT: ScalarDef = ScalarDef {
    name: "series_ifft",
    summary: "The series whose Fourier transform this is, as two columns: the real and the imaginary parts.",
    source: "kusto/query/series-ifft-function",
    eval: Eval::Kernel(|args| answer(args, inverse)),
    ..SERIES_FFT
};

fn answer(args: &Args<'_>, transform: fn(&[Complex]) -> Vec<Complex>) -> KernelResult {
    let (real, imaginary) = (args.text(0), (args.len() > 1).then(|| args.text(1)));
    Ok(args.texts(|row, out| {
        let Some(real) = reals(&real, row) else { return false };
        let imaginary = match &imaginary {
            Some(series) => reals(series, row),
            None => Some(vec![0.0; real.len()]),
        };
        let Some(imaginary) = imaginary.filter(|it| it.len() == real.len()) else { return false };
        let (real, imaginary): (Vec<f64>, Vec<f64>) =
            transform(&real.into_iter().zip(imaginary).collect::<Vec<_>>()).into_iter().unzip();
        out.push_str("{\"real\":");
        write_reals(&real, out);
        out.push_str(",\"imag\":");
        write_reals(&imaginary, out);
        out.push('}');
        true
    }))
}

/// How far a series repeats itself `0, 1, … lags` places on: 1 at 0, about 0 where it does not. What lies beyond an end
/// counts as average, so values fall with the lag. `None` for a series that is constant or has no more than `lags` places.
pub(super) fn autocorrelation(values: &[f64], lags: usize) -> Option<Vec<f64>> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let size = (values.len() + lags + 1).next_power_of_two();
    let mut points: Vec<Complex> = values.iter().map(|value| (value - mean, 0.0)).collect();
    let total: f64 = points.iter().map(|(offset, _)| offset * offset).sum();
    let constant = values.iter().all(|value| *value == values[0]);
    if values.len() <= lags || constant || !total.is_normal() {
        return None;
    }
    points.resize(size, (0.0, 0.0));
    in_place(&mut points);
    points.iter_mut().for_each(|(real, imaginary)| *real = *real * *real + *imaginary * *imaginary);
    points.iter_mut().for_each(|(_, imaginary)| *imaginary = 0.0);
    let back = inverse(&points);
    Some(back[..=lags].iter().map(|(product, _)| product / total).collect())
}

fn inverse(points: &[Complex]) -> Vec<Complex> {
    let count = points.len() as f64;
    let conjugated: Vec<Complex> = points.iter().map(|(real, imaginary)| (*real, -imaginary)).collect();
    let back = transform(&conjugated);
    back.into_iter().map(|(real, imaginary)| (real / count + 0.0, -imaginary / count + 0.0)).collect()
}

fn transform(points: &[Complex]) -> Vec<Complex> {
    if points.len().is_power_of_two() {
        let mut points = points.to_vec();
        in_place(&mut points);
        return points;
    }
    chirp(points)
}

/// Any length by way of a power of two (Bluestein): the transform as a convolution with a chirp.
fn chirp(points: &[Complex]) -> Vec<Complex> {
    let count = points.len();
    if count == 0 {
        return Vec::new();
    }
    // `at * at` modulo `2 * count` keeps the angle exact for long series.
    let turn = |at: usize| {
        let angle = PI * (at as u128 * at as u128 % (2 * count as u128)) as f64 / count as f64;
        (angle.cos(), -angle.sin())
    };
    let size = (2 * count).next_power_of_two();
    let mut turned: Vec<Complex> = points.iter().enumerate().map(|(at, point)| times(*point, turn(at))).collect();
    turned.resize(size, (0.0, 0.0));
    let mut filter = vec![(0.0, 0.0); size];
    for at in 0..count {
        let (real, imaginary) = turn(at);
        filter[at] = (real, -imaginary);
        filter[(size - at) % size] = (real, -imaginary);
    }
    in_place(&mut turned);
    in_place(&mut filter);
    let product: Vec<Complex> = turned.into_iter().zip(filter).map(|(left, right)| times(left, right)).collect();
    inverse(&product).into_iter().take(count).enumerate().map(|(at, point)| times(point, turn(at))).collect()
}

fn times(left: Complex, right: Complex) -> Complex {
    (left.0 * right.0 - left.1 * right.1, left.0 * right.1 + left.1 * right.0)
}

/// The transform of a power of two of points.
fn in_place(points: &mut [Complex]) {
    let count = points.len();
    let bits = count.trailing_zeros();
    for at in 0..count {
        let mirrored = if bits == 0 { 0 } else { at.reverse_bits() >> (usize::BITS - bits) };
        if at < mirrored {
            points.swap(at, mirrored);
        }
    }
    let mut half = 1;
    while half < count {
        for step in 0..half {
            let angle = -TAU * step as f64 / (2 * half) as f64;
            let turn = (angle.cos(), angle.sin());
            for start in (step..count).step_by(2 * half) {
                let turned = times(points[start + half], turn);
                let (real, imaginary) = points[start];
                points[start] = (real + turned.0, imaginary + turned.1);
                points[start + half] = (real - turned.0, imaginary - turned.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_definition(points: &[Complex]) -> Vec<Complex> {
        let angle = |row: usize, column: usize| -TAU * (row * column % points.len()) as f64 / points.len() as f64;
        let term = |row, (column, point): (usize, &Complex)| {
            times(*point, (angle(row, column).cos(), angle(row, column).sin()))
        };
        let add = |left: Complex, right: Complex| (left.0 + right.0, left.1 + right.1);
        (0..points.len()).map(|row| points.iter().enumerate().map(|it| term(row, it)).fold((0.0, 0.0), add)).collect()
    }

    fn close(left: &[Complex], right: &[Complex]) -> bool {
        let near = |(left, right): (&Complex, &Complex)| (left.0 - right.0).hypot(left.1 - right.1) < 1e-9;
        left.len() == right.len() && left.iter().zip(right).all(near)
    }

    #[test]
    fn every_length() {
        for count in 0..40 {
            let points: Vec<Complex> = (0..count).map(|at| (f64::from(at * at % 7), f64::from(at % 3))).collect();
            assert!(close(&transform(&points), &by_definition(&points)), "{count} points");
            assert!(close(&inverse(&transform(&points)), &points), "{count} points and back");
        }
    }

    #[test]
    fn correlation_by_definition() {
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0];
        let found = autocorrelation(&values, 6).expect("not constant");
        let mean = values.iter().sum::<f64>() / 7.0;
        let product = |lag: usize| values.iter().zip(&values[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
        for (lag, value) in found.iter().enumerate() {
            assert!((value - product(lag) / product(0)).abs() < 1e-12, "lag {lag}");
        }
        assert_eq!(autocorrelation(&[2.0, 2.0], 1), None);
        assert_eq!(autocorrelation(&[], 0), None);
    }
}
