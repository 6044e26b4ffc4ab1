//! Quantities from one unit to another: `convert_length`, `convert_mass` and their siblings.
//!
//! A unit is one line of a table: what it is worth in the quantity's base unit, as a fraction, so that a sixtieth stays one.
//! Values are those of the standards, except where the service's answers show older, rounded ones (volumes).

use std::f64::consts::PI;

use vizsla_schema::KqlType::{Real, String as Text};

use super::{function, reals};
use crate::args::Args;
use crate::def::{KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};
use arrow::array::Array;

/// A unit's name, and the base units in one of it: a numerator, a denominator, and where its zero lies.
type Unit = (&'static str, f64, f64, f64);

const fn unit(name: &'static str, worth: f64) -> Unit {
    (name, worth, 1.0, 0.0)
}

/// A unit of which the base has several.
const fn part(name: &'static str, parts: f64) -> Unit {
    (name, 1.0, parts, 0.0)
}

/// In degrees. A tilt, the sine of an angle, is the one unit that is no multiple: see [`convert_angle`].
const ANGLES: &[Unit] = &[
    part("Arcminute", 60.0),
    part("Arcsecond", 3600.0),
    ("Centiradian", 1.8, PI, 0.0),
    ("Deciradian", 18.0, PI, 0.0),
    unit("Degree", 1.0),
    unit("Gradian", 0.9),
    part("Microdegree", 1e6),
    ("Microradian", 180e-6, PI, 0.0),
    part("Millidegree", 1e3),
    ("Milliradian", 0.18, PI, 0.0),
    part("Nanodegree", 1e9),
    ("Nanoradian", 180e-9, PI, 0.0),
    ("NatoMil", 9.0, 160.0, 0.0),
    ("Radian", 180.0, PI, 0.0),
    unit("Revolution", 360.0),
];

const BTU: f64 = 1_055.055_852_62;
const CALORIE: f64 = 4.184;
const ELECTRON_VOLT: f64 = 1.602_176_634e-19;

/// In joules.
const ENERGIES: &[Unit] = &[
    unit("BritishThermalUnit", BTU),
    unit("Calorie", CALORIE),
    unit("DecathermEc", 1.055_055_852_62e9),
    unit("DecathermImperial", 1.055_055_852_573_48e9),
    unit("DecathermUs", 1.054_804e9),
    unit("ElectronVolt", ELECTRON_VOLT),
    part("Erg", 1e7),
    unit("FootPound", 1.355_817_948_331_400_4),
    unit("GigabritishThermalUnit", BTU * 1e9),
    unit("GigaelectronVolt", ELECTRON_VOLT * 1e9),
    unit("Gigajoule", 1e9),
    unit("GigawattDay", 86_400e9),
    unit("GigawattHour", 3_600e9),
    unit("HorsepowerHour", 2_684_519.537_696_173),
    unit("Joule", 1.0),
    unit("KilobritishThermalUnit", BTU * 1e3),
    unit("Kilocalorie", CALORIE * 1e3),
    unit("KiloelectronVolt", ELECTRON_VOLT * 1e3),
    unit("Kilojoule", 1e3),
    unit("KilowattDay", 86_400e3),
    unit("KilowattHour", 3_600e3),
    unit("MegabritishThermalUnit", BTU * 1e6),
    unit("Megacalorie", CALORIE * 1e6),
    unit("MegaelectronVolt", ELECTRON_VOLT * 1e6),
    unit("Megajoule", 1e6),
    unit("MegawattDay", 86_400e6),
    unit("MegawattHour", 3_600e6),
    part("Millijoule", 1e3),
    unit("TeraelectronVolt", ELECTRON_VOLT * 1e12),
    unit("TerawattDay", 86_400e12),
    unit("TerawattHour", 3_600e12),
    unit("ThermEc", 1.055_055_852_62e8),
    unit("ThermImperial", 1.055_055_852_573_48e8),
    unit("ThermUs", 1.054_804e8),
    unit("WattDay", 86_400.0),
    unit("WattHour", 3_600.0),
];

const POUND_FORCE: f64 = 4.448_221_615_260_5;

/// In newtons.
const FORCES: &[Unit] = &[
    unit("Decanewton", 10.0),
    part("Dyn", 1e5),
    unit("KilogramForce", 9.806_65),
    unit("Kilonewton", 1e3),
    unit("KiloPond", 9.806_65),
    unit("KilopoundForce", POUND_FORCE * 1e3),
    unit("Meganewton", 1e6),
    part("Micronewton", 1e6),
    part("Millinewton", 1e3),
    unit("Newton", 1.0),
    ("OunceForce", POUND_FORCE, 16.0, 0.0),
    unit("Poundal", 0.138_254_954_376),
    unit("PoundForce", POUND_FORCE),
    unit("ShortTonForce", POUND_FORCE * 2e3),
    unit("TonneForce", 9_806.65),
];

const LIGHT_YEAR: f64 = 9.460_730_472_580_8e15;
const PARSEC: f64 = 3.085_677_581_491_367e16;

/// In metres.
const LENGTHS: &[Unit] = &[
    part("Angstrom", 1e10),
    unit("AstronomicalUnit", 149_597_870_700.0),
    part("Centimeter", 1e2),
    unit("Chain", 20.116_8),
    unit("DataMile", 1_828.8),
    unit("Decameter", 10.0),
    part("Decimeter", 10.0),
    ("DtpPica", 0.025_4, 6.0, 0.0),
    ("DtpPoint", 0.025_4, 72.0, 0.0),
    unit("Fathom", 1.828_8),
    unit("Foot", 0.304_8),
    unit("Hand", 0.101_6),
    unit("Hectometer", 1e2),
    unit("Inch", 0.025_4),
    unit("KilolightYear", LIGHT_YEAR * 1e3),
    unit("Kilometer", 1e3),
    unit("Kiloparsec", PARSEC * 1e3),
    unit("LightYear", LIGHT_YEAR),
    unit("MegalightYear", LIGHT_YEAR * 1e6),
    unit("Megaparsec", PARSEC * 1e6),
    unit("Meter", 1.0),
    ("Microinch", 0.025_4, 1e6, 0.0),
    part("Micrometer", 1e6),
    ("Mil", 0.025_4, 1e3, 0.0),
    unit("Mile", 1_609.344),
    part("Millimeter", 1e3),
    part("Nanometer", 1e9),
    unit("NauticalMile", 1_852.0),
    unit("Parsec", PARSEC),
    ("PrinterPica", 0.304_8, 72.27, 0.0),
    ("PrinterPoint", 0.025_4, 72.27, 0.0),
    unit("Shackle", 27.432),
    unit("SolarRadius", 6.955_1e8),
    ("Twip", 0.025_4, 1_440.0, 0.0),
    ("UsSurveyFoot", 1_200.0, 3_937.0, 0.0),
    unit("Yard", 0.914_4),
];

/// In kilograms.
const MASSES: &[Unit] = &[
    part("Centigram", 1e5),
    part("Decagram", 1e2),
    part("Decigram", 1e4),
    unit("EarthMass", 5.972_2e24),
    unit("Grain", 6.479_891e-5),
    part("Gram", 1e3),
    part("Hectogram", 10.0),
    unit("Kilogram", 1.0),
    unit("Kilopound", 453.592_37),
    unit("Kilotonne", 1e6),
    unit("LongHundredweight", 50.802_345_44),
    unit("LongTon", 1_016.046_908_8),
    unit("Megapound", 453_592.37),
    unit("Megatonne", 1e9),
    part("Microgram", 1e9),
    part("Milligram", 1e6),
    part("Nanogram", 1e12),
    unit("Ounce", 0.028_349_523_125),
    unit("Pound", 0.453_592_37),
    unit("ShortHundredweight", 45.359_237),
    unit("ShortTon", 907.184_74),
    unit("Slug", 14.593_902_937_206_365),
    unit("SolarMass", 1.988_47e30),
    unit("Stone", 6.350_293_18),
    unit("Tonne", 1e3),
];

/// In metres per second.
const SPEEDS: &[Unit] = &[
    part("CentimeterPerHour", 360_000.0),
    part("CentimeterPerMinute", 6_000.0),
    part("CentimeterPerSecond", 100.0),
    part("DecimeterPerMinute", 600.0),
    part("DecimeterPerSecond", 10.0),
    ("FootPerHour", 0.304_8, 3_600.0, 0.0),
    ("FootPerMinute", 0.304_8, 60.0, 0.0),
    unit("FootPerSecond", 0.304_8),
    ("InchPerHour", 0.025_4, 3_600.0, 0.0),
    ("InchPerMinute", 0.025_4, 60.0, 0.0),
    unit("InchPerSecond", 0.025_4),
    ("KilometerPerHour", 1e3, 3_600.0, 0.0),
    ("KilometerPerMinute", 1e3, 60.0, 0.0),
    unit("KilometerPerSecond", 1e3),
    ("Knot", 1_852.0, 3_600.0, 0.0),
    part("MeterPerHour", 3_600.0),
    part("MeterPerMinute", 60.0),
    unit("MeterPerSecond", 1.0),
    part("MicrometerPerMinute", 60e6),
    part("MicrometerPerSecond", 1e6),
    unit("MilePerHour", 0.447_04),
    part("MillimeterPerHour", 3_600e3),
    part("MillimeterPerMinute", 60e3),
    part("MillimeterPerSecond", 1e3),
    part("NanometerPerMinute", 60e9),
    part("NanometerPerSecond", 1e9),
    ("UsSurveyFootPerHour", 1_200.0, 3_937.0 * 3_600.0, 0.0),
    ("UsSurveyFootPerMinute", 1_200.0, 3_937.0 * 60.0, 0.0),
    ("UsSurveyFootPerSecond", 1_200.0, 3_937.0, 0.0),
    ("YardPerHour", 0.914_4, 3_600.0, 0.0),
    ("YardPerMinute", 0.914_4, 60.0, 0.0),
    unit("YardPerSecond", 0.914_4),
];

/// In kelvins, and how many of them each zero is at.
const TEMPERATURES: &[Unit] = &[
    ("DegreeCelsius", 1.0, 1.0, 273.15),
    ("DegreeDelisle", -2.0, 3.0, 373.15),
    ("DegreeFahrenheit", 5.0, 9.0, 459.67 * 5.0 / 9.0),
    ("DegreeNewton", 100.0, 33.0, 273.15),
    ("DegreeRankine", 5.0, 9.0, 0.0),
    ("DegreeReaumur", 5.0, 4.0, 273.15),
    ("DegreeRoemer", 40.0, 21.0, 273.15 - 7.5 * 40.0 / 21.0),
    ("Kelvin", 1.0, 1.0, 0.0),
    ("MillidegreeCelsius", 1.0, 1e3, 273.15),
    unit("SolarTemperature", 5_778.0),
];

const CUBIC_FOOT: f64 = 0.028_316_8;
const IMPERIAL_GALLON: f64 = 0.004_546_09;
const US_GALLON: f64 = 0.003_785_41;

/// In cubic metres. The service's acre-foot is rounded (measured), so its other rounded values are followed too.
const VOLUMES: &[Unit] = &[
    part("AcreFoot", 0.000_810_714),
    unit("AuTablespoon", 2e-5),
    unit("BoardFoot", 2.359_737_216e-3),
    part("Centiliter", 1e5),
    part("CubicCentimeter", 1e6),
    part("CubicDecimeter", 1e3),
    unit("CubicFoot", CUBIC_FOOT),
    unit("CubicHectometer", 1e6),
    unit("CubicInch", 1.638_7e-5),
    unit("CubicKilometer", 1e9),
    unit("CubicMeter", 1.0),
    part("CubicMicrometer", 1e18),
    unit("CubicMile", 4.168_181_825_440_58e9),
    part("CubicMillimeter", 1e9),
    unit("CubicYard", 0.764_554_858),
    part("Decaliter", 1e2),
    unit("DecausGallon", US_GALLON * 10.0),
    part("Deciliter", 1e4),
    ("DeciusGallon", US_GALLON, 10.0, 0.0),
    unit("HectocubicFoot", CUBIC_FOOT * 1e2),
    unit("HectocubicMeter", 1e2),
    part("Hectoliter", 10.0),
    unit("HectousGallon", US_GALLON * 1e2),
    unit("ImperialBeerBarrel", 0.163_659_24),
    unit("ImperialGallon", IMPERIAL_GALLON),
    unit("ImperialOunce", 2.841_306_25e-5),
    unit("ImperialPint", 5.682_612_5e-4),
    unit("KilocubicFoot", CUBIC_FOOT * 1e3),
    unit("KilocubicMeter", 1e3),
    unit("KiloimperialGallon", IMPERIAL_GALLON * 1e3),
    unit("Kiloliter", 1.0),
    unit("KilousGallon", US_GALLON * 1e3),
    part("Liter", 1e3),
    unit("MegacubicFoot", CUBIC_FOOT * 1e6),
    unit("MegaimperialGallon", IMPERIAL_GALLON * 1e6),
    unit("Megaliter", 1e3),
    unit("MegausGallon", US_GALLON * 1e6),
    unit("MetricCup", 2.5e-4),
    unit("MetricTeaspoon", 5e-6),
    part("Microliter", 1e9),
    part("Milliliter", 1e6),
    unit("OilBarrel", 0.158_987_294_928),
    unit("UkTablespoon", 1.5e-5),
    unit("UsBeerBarrel", 0.117_347_765_8),
    unit("UsCustomaryCup", 2.365_882_365e-4),
    unit("UsGallon", US_GALLON),
    unit("UsLegalCup", 2.4e-4),
    unit("UsOunce", 2.957_352_956_25e-5),
    unit("UsPint", 4.731_764_73e-4),
    unit("UsQuart", 9.463_529_46e-4),
    unit("UsTablespoon", 1.478_676_478_125e-5),
    unit("UsTeaspoon", 4.928_921_593_75e-6),
];

/// `value` in another unit, `None` if there is no such unit.
fn converted(units: &[Unit], value: f64, from: &str, to: &str) -> Option<f64> {
    let find = |name: &str| units.iter().find(|unit| unit.0 == name);
    let (_, from_worth, from_parts, from_zero) = find(from)?;
    let (_, to_worth, to_parts, to_zero) = find(to)?;
    let base = value * from_worth / from_parts + from_zero;
    Some((base - to_zero) * to_parts / to_worth)
}

/// As [`converted`]; a tilt is the sine of an angle.
fn convert_angle(units: &[Unit], value: f64, from: &str, to: &str) -> Option<f64> {
    match (from, to) {
        ("Tilt", "Tilt") => Some(value),
        ("Tilt", _) => converted(units, value.asin(), "Radian", to),
        (_, "Tilt") => converted(units, value, from, "Radian").map(f64::sin),
        _ => converted(units, value, from, to),
    }
}

type Conversion = fn(&[Unit], f64, &str, &str) -> Option<f64>;

fn kernel(args: &Args<'_>, units: &[Unit], convert: Conversion) -> KernelResult {
    let (value, from, to) = (reals(args, 0)?, args.text(1), args.text(2));
    Ok(args.reals(|row| {
        value.is_valid(row).then(|| value.value(row)).and_then(|value| convert(units, value, from.at(row), to.at(row)))
    }))
}

const SIGNATURES: &[Signature] = &[sig(&[Param::Number, Param::Is(Text), Param::Is(Text)], Returns::Is(Real))];

pub(super) const CONVERT_ANGLE: ScalarDef = function(
    "convert_angle",
    SIGNATURES,
    |args| kernel(args, ANGLES, convert_angle),
    "An angle in another unit, null if there is no such unit.",
    "convert-angle-function",
    &[ex(r#"convert_angle(1.2, "Degree", "Arcminute")"#, "72.0")],
);

pub(super) const CONVERT_ENERGY: ScalarDef = function(
    "convert_energy",
    SIGNATURES,
    |args| kernel(args, ENERGIES, converted),
    "An energy in another unit, null if there is no such unit.",
    "convert-energy-function",
    &[ex(r#"round(convert_energy(1.2, "Joule", "BritishThermalUnit"), 12)"#, "0.001137380544")],
);

pub(super) const CONVERT_FORCE: ScalarDef = function(
    "convert_force",
    SIGNATURES,
    |args| kernel(args, FORCES, converted),
    "A force in another unit, null if there is no such unit.",
    "convert-force-function",
    &[ex(r#"convert_force(1.2, "Newton", "Decanewton")"#, "0.12")],
);

pub(super) const CONVERT_LENGTH: ScalarDef = function(
    "convert_length",
    SIGNATURES,
    |args| kernel(args, LENGTHS, converted),
    "A length in another unit, null if there is no such unit.",
    "convert-length-function",
    &[ex(r#"convert_length(1.2, "Meter", "Foot")"#, "3.9370078740157479")],
);

pub(super) const CONVERT_MASS: ScalarDef = function(
    "convert_mass",
    SIGNATURES,
    |args| kernel(args, MASSES, converted),
    "A mass in another unit, null if there is no such unit.",
    "convert-mass-function",
    &[ex(r#"convert_mass(1.2, "Kilogram", "Pound")"#, "2.6455471462185309")],
);

pub(super) const CONVERT_SPEED: ScalarDef = function(
    "convert_speed",
    SIGNATURES,
    |args| kernel(args, SPEEDS, converted),
    "A speed in another unit, null if there is no such unit.",
    "convert-speed-function",
    &[ex(r#"convert_speed(1.2, "MeterPerSecond", "CentimeterPerHour")"#, "432000.0")],
);

pub(super) const CONVERT_TEMPERATURE: ScalarDef = function(
    "convert_temperature",
    SIGNATURES,
    |args| kernel(args, TEMPERATURES, converted),
    "A temperature in another unit, null if there is no such unit.",
    "convert-temperature-function",
    &[ex(r#"convert_temperature(1.2, "Kelvin", "DegreeCelsius")"#, "-271.95")],
);

pub(super) const CONVERT_VOLUME: ScalarDef = function(
    "convert_volume",
    SIGNATURES,
    |args| kernel(args, VOLUMES, converted),
    "A volume in another unit, null if there is no such unit.",
    "convert-volume-function",
    &[ex(r#"convert_volume(1.2, "CubicMeter", "AcreFoot")"#, "0.0009728568")],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_service() {
        for (units, from, to, expected) in [
            (ANGLES, "Degree", "Arcminute", 72.0),
            (FORCES, "Newton", "Decanewton", 0.12),
            (LENGTHS, "Meter", "Foot", 3.937_007_874_015_747_7),
            (MASSES, "Kilogram", "Pound", 2.645_547_146_218_530_7),
            (SPEEDS, "MeterPerSecond", "CentimeterPerHour", 432_000.0),
            (TEMPERATURES, "Kelvin", "DegreeCelsius", -271.95),
            (VOLUMES, "CubicMeter", "AcreFoot", 0.000_972_856_8),
        ] {
            assert_eq!(converted(units, 1.2, from, to), Some(expected), "{from} to {to}");
        }
        let btu = converted(ENERGIES, 1.2, "Joule", "BritishThermalUnit").expect("a unit");
        assert!((btu - 0.001_137_380_544_375_98).abs() < 1e-16);
        assert_eq!(converted(LENGTHS, 1.2, "Meter", "Smoot"), None);
    }

    #[test]
    fn zeros_of_temperatures() {
        for (value, from, to, expected) in [
            (212.0, "DegreeFahrenheit", "DegreeCelsius", 100.0),
            (0.0, "DegreeDelisle", "DegreeCelsius", 100.0),
            (80.0, "DegreeReaumur", "DegreeCelsius", 100.0),
            (60.0, "DegreeRoemer", "DegreeCelsius", 100.0),
            (33.0, "DegreeNewton", "DegreeCelsius", 100.0),
        ] {
            let found = converted(TEMPERATURES, value, from, to).expect("a unit");
            assert!((found - expected).abs() < 1e-9, "{value} {from} is {found} {to}");
        }
    }

    #[test]
    fn a_tilt_is_a_sine() {
        let found = convert_angle(ANGLES, 30.0, "Degree", "Tilt").expect("a unit");
        assert!((found - 0.5).abs() < 1e-12);
    }
}
