//! Numbers as text and versions as numbers: `tohex`, `format_bytes`, `parse_version`.

use std::fmt::Write;

use vizsla_schema::KqlType;

use super::{LONG, STRING, TO_STRING};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Naming, Param, Returns, ScalarDef, ex, sig};
use crate::format;

pub(super) const TOHEX: ScalarDef = ScalarDef {
    name: "tohex",
    signatures: &[sig(&[Param::Integer, LONG], TO_STRING).optional(1)],
    summary: "A whole number in hexadecimal, padded with zeros to a length; negative ones as two's complement.",
    source: "tohex-function",
    examples: &[
        ex("tohex(256)", "100"),
        ex("tohex(-256)", "ffffffffffffff00"),
        ex("tohex(toint(-256), 8)", "ffffff00"),
        ex("tohex(256, 8)", "00000100"),
    ],
    naming: Naming::PassThrough,
    eval: Eval::Kernel(tohex),
    ..ScalarDef::BASE
};

fn tohex(args: &Args<'_>) -> KernelResult {
    let value = args.long(0);
    let is_int = args.ty(0) == KqlType::Int;
    let length = (args.len() > 1).then(|| args.long(1));
    Ok(args.texts(|row, out| {
        let Some(value) = value.get(row) else { return false };
        let length = length.and_then(|length| length.get(row)).map_or(0, |length| length.clamp(0, 16) as usize);
        let written = match is_int {
            true => write!(out, "{:0length$x}", value as i32),
            false => write!(out, "{value:0length$x}"),
        };
        written.is_ok()
    }))
}

pub(super) const FORMAT_BYTES: ScalarDef = ScalarDef {
    name: "format_bytes",
    signatures: &[sig(&[Param::Is(KqlType::Real), LONG, STRING], TO_STRING).optional(2)],
    summary: "An amount of bytes in the largest unit that leaves at least one of it, or in a given unit; rounded.",
    source: "format-bytes-function",
    examples: &[
        ex("format_bytes(564)", "564 Bytes"),
        ex("format_bytes(10332, 1)", "10.1 KB"),
        ex("format_bytes(20010332, 2)", "19.08 MB"),
        ex("format_bytes(20010332, 0, 'KB')", "19541 KB"),
    ],
    eval: Eval::Kernel(format_bytes),
    ..ScalarDef::BASE
};

const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

fn format_bytes(args: &Args<'_>) -> KernelResult {
    let value = args.real(0);
    let precision = (args.len() > 1).then(|| args.long(1));
    let unit = (args.len() > 2).then(|| args.text(2));
    Ok(args.texts(|row, out| {
        let Some(value) = value.get(row) else { return false };
        let precision = precision.and_then(|precision| precision.get(row)).unwrap_or(0);
        let chosen = match unit.map(|unit| unit.at(row)) {
            None | Some("") => largest_unit(value),
            Some(unit) => match UNITS.iter().position(|known| known.eq_ignore_ascii_case(unit)) {
                Some(chosen) => chosen,
                None => return false,
            },
        };
        write_amount(value, chosen, precision.clamp(0, 15) as i32, out);
        true
    }))
}

fn largest_unit(value: f64) -> usize {
    (1..UNITS.len()).take_while(|unit| value.abs() >= size_of_unit(*unit)).count()
}

fn size_of_unit(unit: usize) -> f64 {
    1024f64.powi(unit as i32)
}

fn write_amount(value: f64, unit: usize, precision: i32, out: &mut String) {
    let scale = 10f64.powi(precision);
    let amount = (value / size_of_unit(unit) * scale).round() / scale;
    format::write_real(amount, out);
    // A whole amount has no point.
    if let Some(whole) = out.strip_suffix(".0") {
        out.truncate(whole.len());
    }
    out.push(' ');
    out.push_str(UNITS[unit]);
}

pub(super) const PARSE_VERSION: ScalarDef = ScalarDef {
    name: "parse_version",
    signatures: &[sig(&[STRING], Returns::Is(KqlType::Decimal))],
    summary: "A version of up to four numbers as a decimal that orders like it. Ours is the service's divided by 10^12, \
              which a decimal of 38 digits has room for.",
    source: "parse-version-function",
    examples: &[
        ex("parse_version('1.2.3.4') < parse_version('1.10')", "True"),
        ex("parse_version('1.0') == parse_version('1.0.0.0')", "True"),
        ex("isnull(parse_version('1.2.3.4.5'))", "True"),
    ],
    eval: Eval::Kernel(|args| {
        let text = args.text(0);
        Ok(args.decimals(|row| version(text.at(row))))
    }),
    ..ScalarDef::BASE
};

/// Digits of one part, and what a version of all nines is divided by to fit the twenty digits before a decimal's point.
const PART: i128 = 100_000_000;
const UNITS_OF_ONE: i128 = 1_000_000;

/// In units of 10^-18.
fn version(text: &str) -> Option<i128> {
    let parts: Vec<&str> = text.trim().split('.').collect();
    if parts.len() > 4 {
        return None;
    }
    let number = |part: Option<&&str>| match part {
        None => Some(0),
        Some(part) if part.len() <= 8 && part.bytes().all(|byte| byte.is_ascii_digit()) => part.parse::<i128>().ok(),
        Some(_) => None,
    };
    let joined = (0..4).try_fold(0, |version, index| Some(version * PART + number(parts.get(index))?))?;
    Some(joined * UNITS_OF_ONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, long, show};
    use crate::value::Value;

    #[test]
    fn hexadecimal_of_longs_and_ints() {
        for (value, length, expected) in
            [(256, 0, "100"), (-256, 0, "ffffffffffffff00"), (256, 8, "00000100"), (256, 2, "100")]
        {
            assert_eq!(show(&TOHEX, &[long(value), long(length)]), expected);
        }
        assert_eq!(show(&TOHEX, &[Value::Int(-256), long(8)]), "ffffff00");
    }

    #[test]
    fn bytes_in_the_largest_unit() {
        for (value, precision, unit, expected) in [
            (564.0, 0, "", "564 Bytes"),
            (10_332.0, 1, "", "10.1 KB"),
            (20_010_332.0, 0, "", "19 MB"),
            (20_010_332.0, 2, "", "19.08 MB"),
            (20_010_332.0, 0, "KB", "19541 KB"),
            (1024.0, 2, "", "1 KB"),
            (5.0, 0, "miles", ""),
        ] {
            let args = [Value::Real(value), long(precision), constant(unit)];
            assert_eq!(show(&FORMAT_BYTES, &args), expected);
        }
    }

    #[test]
    fn versions_keep_their_order() {
        let ordered =
            ["0.0.0.5", "0.0.3", "0.0.7.0", "0.1.2.0", "0.2", "1", "1.2.3.4", "99999999.99999999.99999999.99999999"];
        assert!(ordered.is_sorted_by_key(|text| version(text).unwrap()));
        for bad in ["", "1.2.3.4.5", "1.123456789", "a", "1..2"] {
            assert_eq!(version(bad), None, "{bad}");
        }
        assert!(version(ordered[7]).unwrap() < 10i128.pow(38));
    }
}
