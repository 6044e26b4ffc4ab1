//! The beta distribution and what follows from it, `welch_test`.

use libm::lgamma;

/// The density of the beta distribution at `x`.
pub(super) fn beta_pdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) || alpha <= 0.0 || beta <= 0.0 {
        return f64::NAN;
    }
    x.powf(alpha - 1.0) * (1.0 - x).powf(beta - 1.0) * (lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta)).exp()
}

/// The chance of a value up to `x`. A parameter that is not positive was measured to give 1.
pub(super) fn beta_cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(0.0..=1.0).contains(&x) {
        return f64::NAN;
    }
    if alpha <= 0.0 || beta <= 0.0 {
        return 1.0;
    }
    regularized_beta(x, alpha, beta)
}

/// The value up to which the chance is `p`; no chance, no value.
pub(super) fn beta_inverse(p: f64, alpha: f64, beta: f64) -> Option<f64> {
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
pub(super) fn welch_test(first: [f64; 3], second: [f64; 3]) -> f64 {
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
