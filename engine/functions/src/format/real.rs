//! Reals as text, digit for digit as the service writes them.
//!
//! The service prints with RapidJSON's Grisu2, which is nearly but not always the shortest text that reads back as the
//! same number: `0.1 + 0.2` is `0.30000000000000007` there (measured) and `0.30000000000000004` elsewhere. Hashes and
//! comparisons of such texts only agree if we follow it, so this is that algorithm (F. Loitsch, "Printing floating-point
//! numbers quickly and accurately with integers", 2010), rounding step included.

/// Appends a real: `1.0`, `0.001`, `1e21`, `NaN`, `-inf`.
pub fn write_real(value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    if value.is_infinite() {
        return out.push_str("inf");
    }
    if value == 0.0 {
        return out.push_str("0.0");
    }
    let mut digits = [0; 20];
    let (len, exponent) = shortest(value.abs(), &mut digits);
    let digits = std::str::from_utf8(&digits[..len]).expect("digits are ASCII");
    layout(digits, exponent, out);
}

/// Writes `digits` × 10^`exponent`: plain between 10^-6 and 10^21, with an exponent outside.
fn layout(digits: &str, exponent: i32, out: &mut String) {
    let point = digits.len() as i32 + exponent;
    if exponent >= 0 && point <= 21 {
        out.push_str(digits);
        out.extend(std::iter::repeat_n('0', exponent as usize));
        out.push_str(".0");
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(point as usize);
        out.extend([whole, ".", fraction]);
    } else if -6 < point && point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', -point as usize));
        out.push_str(digits);
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        out.extend([first, dot, rest, "e"]);
        super::write_long(i64::from(point - 1), out);
    }
}

/// A 64-bit significand and a binary exponent.
#[derive(Clone, Copy)]
struct Wide {
    significand: u64,
    exponent: i32,
}

impl Wide {
    fn normalized(significand: u64, exponent: i32) -> Wide {
        let shift = significand.leading_zeros();
        Wide { significand: significand << shift, exponent: exponent - shift as i32 }
    }

    /// The upper half of the product, rounded.
    fn times(self, other: Wide) -> Wide {
        let product = u128::from(self.significand) * u128::from(other.significand);
        let significand = (product >> 64) as u64 + (product as u64 >> 63);
        Wide { significand, exponent: self.exponent + other.exponent + 64 }
    }
}

/// Digits of a positive finite number; the answer is how many, and the power of ten of the last.
fn shortest(value: f64, digits: &mut [u8; 20]) -> (usize, i32) {
    const HIDDEN_BIT: u64 = 1 << 52;
    let bits = value.to_bits();
    let (significand, exponent) = match bits >> 52 {
        0 => (bits, -1074),
        biased => ((bits & (HIDDEN_BIT - 1)) | HIDDEN_BIT, biased as i32 - 1075),
    };
    // The borders halfway to the neighbouring floats, at one exponent. Below a power of two the neighbour is nearer.
    let above = Wide::normalized((significand << 1) + 1, exponent - 1);
    let (below, shift) =
        if significand == HIDDEN_BIT { ((significand << 2) - 1, 2) } else { ((significand << 1) - 1, 1) };
    let below = Wide { significand: below << (exponent - shift - above.exponent), exponent: above.exponent };

    let (power, decimal_exponent) = cached_power(above.exponent);
    let scaled = Wide::normalized(significand, exponent).times(power);
    let mut above = above.times(power);
    let mut below = below.times(power);
    above.significand -= 1;
    below.significand += 1;
    let (len, kappa) = generate(scaled, above, above.significand - below.significand, digits);
    (len, decimal_exponent + kappa)
}

/// Digits of a number between `above - delta` and `above`, as close to `scaled` as the algorithm gets.
fn generate(scaled: Wide, above: Wide, mut delta: u64, digits: &mut [u8; 20]) -> (usize, i32) {
    let shift = -above.exponent as u32;
    let one = 1u64 << shift;
    let distance = above.significand - scaled.significand;
    let mut whole = (above.significand >> shift) as u32;
    let mut fraction = above.significand & (one - 1);
    let mut len = 0;
    let mut push = |digit: u64| {
        if digit != 0 || len != 0 {
            digits[len] = b'0' + digit as u8;
            len += 1;
        }
        len
    };
    let mut kappa = whole.max(1).ilog10() + 1;
    while kappa > 0 {
        kappa -= 1;
        let unit = 10u32.pow(kappa);
        let len = push(u64::from(whole / unit));
        whole %= unit;
        let rest = (u64::from(whole) << shift) + fraction;
        if rest <= delta {
            round(&mut digits[len - 1], delta, rest, u64::from(unit) << shift, distance);
            return (len, kappa as i32);
        }
    }
    for place in 1.. {
        fraction *= 10;
        delta *= 10;
        let len = push(fraction >> shift);
        fraction &= one - 1;
        if fraction < delta {
            // RapidJSON's table of powers ends here, and so does its rounding.
            let distance = if place < 9 { distance.wrapping_mul(10u64.pow(place)) } else { 0 };
            round(&mut digits[len - 1], delta, fraction, one, distance);
            return (len, -(place as i32));
        }
    }
    unreachable!("a float has finitely many digits")
}

/// Moves the last digit down while that comes nearer to the number.
fn round(last: &mut u8, delta: u64, mut rest: u64, unit: u64, distance: u64) {
    while rest < distance
        && delta - rest >= unit
        && (rest + unit < distance || distance - rest > rest + unit - distance)
    {
        *last -= 1;
        rest += unit;
    }
}

/// A power of ten that brings `exponent` into the range that [`generate`] wants, and the negative of its own exponent.
fn cached_power(exponent: i32) -> (Wide, i32) {
    const LOG10_OF_2: f64 = 0.301_029_995_663_981_14;
    let steps = (f64::from(-61 - exponent) * LOG10_OF_2 + 347.0).ceil() as usize;
    let index = (steps >> 3) + 1;
    let power = -348 + 8 * index as i32;
    (Wide { significand: POWERS[index], exponent: ((power * 217_706) >> 16) - 63 }, -power)
}

/// Significands of 10^-348, 10^-340, … 10^340.
#[rustfmt::skip]
const POWERS: [u64; 87] = [
    0xfa8f_d5a0_081c_0288, 0xbaae_e17f_a23e_bf76, 0x8b16_fb20_3055_ac76, 0xcf42_894a_5dce_35ea,
    0x9a6b_b0aa_5565_3b2d, 0xe61a_cf03_3d1a_45df, 0xab70_fe17_c79a_c6ca, 0xff77_b1fc_bebc_dc4f,
    0xbe56_91ef_416b_d60c, 0x8dd0_1fad_907f_fc3c, 0xd351_5c28_3155_9a83, 0x9d71_ac8f_ada6_c9b5,
    0xea9c_2277_23ee_8bcb, 0xaecc_4991_4078_536d, 0x823c_1279_5db6_ce57, 0xc210_9436_4dfb_5637,
    0x9096_ea6f_3848_984f, 0xd774_85cb_2582_3ac7, 0xa086_cfcd_97bf_97f4, 0xef34_0a98_172a_ace5,
    0xb238_67fb_2a35_b28e, 0x84c8_d4df_d2c6_3f3b, 0xc5dd_4427_1ad3_cdba, 0x936b_9fce_bb25_c996,
    0xdbac_6c24_7d62_a584, 0xa3ab_6658_0d5f_daf6, 0xf3e2_f893_dec3_f126, 0xb5b5_ada8_aaff_80b8,
    0x8762_5f05_6c7c_4a8b, 0xc9bc_ff60_34c1_3053, 0x964e_858c_91ba_2655, 0xdff9_7724_7029_7ebd,
    0xa6df_bd9f_b8e5_b88f, 0xf8a9_5fcf_8874_7d94, 0xb944_7093_8fa8_9bcf, 0x8a08_f0f8_bf0f_156b,
    0xcdb0_2555_6531_31b6, 0x993f_e2c6_d07b_7fac, 0xe45c_10c4_2a2b_3b06, 0xaa24_2499_6973_92d3,
    0xfd87_b5f2_8300_ca0e, 0xbce5_0864_9211_1aeb, 0x8cbc_cc09_6f50_88cc, 0xd1b7_1758_e219_652c,
    0x9c40_0000_0000_0000, 0xe8d4_a510_0000_0000, 0xad78_ebc5_ac62_0000, 0x813f_3978_f894_0984,
    0xc097_ce7b_c907_15b3, 0x8f7e_32ce_7bea_5c70, 0xd5d2_38a4_abe9_8068, 0x9f4f_2726_179a_2245,
    0xed63_a231_d4c4_fb27, 0xb0de_6538_8cc8_ada8, 0x83c7_088e_1aab_65db, 0xc45d_1df9_4271_1d9a,
    0x924d_692c_a61b_e758, 0xda01_ee64_1a70_8dea, 0xa26d_a399_9aef_774a, 0xf209_787b_b47d_6b85,
    0xb454_e4a1_79dd_1877, 0x865b_8692_5b9b_c5c2, 0xc835_53c5_c896_5d3d, 0x952a_b45c_fa97_a0b3,
    0xde46_9fbd_99a0_5fe3, 0xa59b_c234_db39_8c25, 0xf6c6_9a72_a398_9f5c, 0xb7dc_bf53_54e9_bece,
    0x88fc_f317_f222_41e2, 0xcc20_ce9b_d35c_78a5, 0x9816_5af3_7b21_53df, 0xe2a0_b5dc_971f_303a,
    0xa8d9_d153_5ce3_b396, 0xfb9b_7cd9_a4a7_443c, 0xbb76_4c4c_a7a4_4410, 0x8bab_8eef_b640_9c1a,
    0xd01f_ef10_a657_842c, 0x9b10_a4e5_e991_3129, 0xe710_9bfb_a19c_0c9d, 0xac28_20d9_623b_f429,
    0x8044_4b5e_7aa7_cf85, 0xbf21_e440_03ac_dd2d, 0x8e67_9c2f_5e44_ff8f, 0xd433_179d_9c8c_b841,
    0x9e19_db92_b4e3_1ba9, 0xeb96_bf6e_badf_77d9, 0xaf87_023b_9bf0_ee6b,
];

#[cfg(test)]
mod tests {
    use super::write_real;
    use proptest::prelude::*;

    fn text(value: f64) -> String {
        let mut out = String::new();
        write_real(value, &mut out);
        out
    }

    #[test]
    fn reals_print_as_the_service_prints_them() {
        for (value, expected) in [
            (1.0, "1.0"),
            (1.5, "1.5"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000007"), // the measured one
            (1.0 / 3.0, "0.3333333333333333"),
            (100_000_000_000.0, "100000000000.0"),
            (1e20, "100000000000000000000.0"),
            (1e21, "1e21"),
            (1.5e300, "1.5e300"),
            (0.000_001, "0.000001"),
            (0.000_000_1, "1e-7"),
            (123_456.789, "123456.789"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    proptest! {
        #[test]
        fn reals_read_back(value in any::<f64>()) {
            let text = text(value);
            prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()), "{}", text);
        }
    }
}
