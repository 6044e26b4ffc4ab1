//! The beta distribution and what follows from it, `welch_test`.

use arrow::array::Array;
use libm::lgamma;
use vizsla_schema::KqlType::Real;

use super::{THREE, function, map_three, reals};
use crate::def::{Param, Returns, ScalarDef, ex, sig};

pub(super) const BETA_CDF: ScalarDef = function(
    "beta_cdf",
    THREE,
    |args| map_three(args, |x, alpha, beta| Some(beta_cdf(x, alpha, beta))),
    "The chance of a value up to the first argument in the beta distribution.",
    "beta-cdf-function",
    &[ex("round(beta_cdf(0.9, 10.0, 20.0), 10)", "1.0"), ex("beta_cdf(1.5, 10.0, 20.0)", "NaN")],
);

pub(super) const BETA_INV: ScalarDef = function(
    "beta_inv",
    THREE,
    |args| map_three(args, beta_inverse),
    "The value up to which the chance is the first argument in the beta distribution.",
    "beta-inv-function",
    &[ex("round(beta_inv(0.1, 10.0, 20.0), 10)", "0.2264150224"), ex("beta_inv(1.5, 10.0, 20.0)", "null")],
);

pub(super) const BETA_PDF: ScalarDef = function(
    "beta_pdf",
    THREE,
    |args| map_three(args, |x, alpha, beta| Some(beta_pdf(x, alpha, beta))),
    "The density of the beta distribution.",
    "beta-pdf-function",
    &[ex("round(beta_pdf(0.5, 10.0, 20.0), 10)", "0.7461760193")],
);

pub(super) const WELCH_TEST: ScalarDef = function(
    "welch_test",
    &[sig(&[Param::Number; 6], Returns::Is(Real))],
    |args| {
        let columns = (0..6).map(|index| reals(args, index)).collect::<Result<Vec<_>, _>>()?;
        let get = |index: usize, row| columns[index].is_valid(row).then(|| columns[index].value(row));
        let sample = |first, row| Some([get(first, row)?, get(first + 1, row)?, get(first + 2, row)?]);
        Ok(args.reals(|row| Some(welch_test(sample(0, row)?, sample(3, row)?))))
    },
    "The p-value of Welch's t-test of two samples, each given as mean, variance and count.",
    "welch-test-function",
    &[ex("round(welch_test(20.82, 7.8674285714, 15, 22.9866666667, 3.8126666667, 15), 6)", "0.021378")],
);

/// The density of the beta distribution at `x`.
fn beta_pdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) || alpha <= 0.0 || beta <= 0.0 {
        return f64::NAN;
    }
    x.powf(alpha - 1.0) * (1.0 - x).powf(beta - 1.0) * (lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta)).exp()
}

/// The chance of a value up to `x`. A parameter that is not positive was measured to give 1.
fn beta_cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) {
        return f64::NAN;
    }
    if alpha <= 0.0 || beta <= 0.0 {
        return 1.0;
    }
    regularized_beta(x, alpha, beta)
}

/// The value up to which the chance is `p`; no chance, no value.
fn beta_inverse(p: f64, alpha: f64, beta: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    if alpha <= 0.0 || beta <= 0.0 {
        return Some(f64::NAN);
    }
    // The distribution function grows with x, so halving the interval until no float lies between the ends finds it.
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle: f64 = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return Some(middle);
        }
        if regularized_beta(middle, alpha, beta) < p { low = middle } else { high = middle }
    }
}

/// The chance that two samples with such means, variances and sizes come from populations of one mean: Welch's t-test,
/// two-sided.
fn welch_test(first: [f64; 3], second: [f64; 3]) -> f64 {
    let ([mean1, variance1, count1], [mean2, variance2, count2]) = (first, second);
    let (error1, error2) = (variance1 / count1, variance2 / count2);
    let t_squared = (mean1 - mean2).powi(2) / (error1 + error2);
    let freedom = (error1 + error2).powi(2) / (error1.powi(2) / (count1 - 1.0) + error2.powi(2) / (count2 - 1.0));
    beta_cdf(freedom / (freedom + t_squared), freedom / 2.0, 0.5)
}

/// The regularized incomplete beta function, by its continued fraction (Lentz's method) on the side where it converges.
fn regularized_beta(x: f64, a: f64, b: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return x;
    }
    let front = (lgamma(a + b) - lgamma(a) - lgamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(x, a, b) / a
    } else {
        1.0 - front * continued_fraction(1.0 - x, b, a) / b
    }
}

fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    let guarded = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut sum = d;
    for step in 1..1000 {
        let m = f64::from(step);
        for numerator in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / guarded(1.0 + numerator * d);
            c = guarded(1.0 + numerator / c);
            sum *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    #[test]
    fn the_beta_distribution() {
        near(beta_cdf(0.9, 10.0, 20.0), 0.999_999_999_999_959_3);
        near(beta_cdf(0.5, 1.0, 1.0), 0.5);
        near(beta_inverse(0.1, 10.0, 20.0).expect("a chance"), 0.226_415_022_388_748_97);
        near(beta_pdf(0.5, 2.0, 2.0), 1.5);
        assert!(beta_cdf(1.5, 10.0, 20.0).is_nan());
        near(beta_cdf(0.1, -1.0, 20.0), 1.0);
        assert_eq!(beta_inverse(1.5, 10.0, 20.0), None);
        assert!(beta_inverse(0.1, -1.0, 20.0).is_some_and(f64::is_nan));
    }

    #[test]
    fn samples_of_the_reference() {
        let found = welch_test([20.82, 7.867_428_571_4, 15.0], [22.986_666_666_666_668, 3.812_666_666_7, 15.0]);
        assert!((found - 0.021_378).abs() < 1e-6, "{found}");
    }
}
