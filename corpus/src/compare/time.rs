//! Datetimes and timespans as ticks (100 ns), with the precision that the documentation shows.

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::{Captures, Regex};

use super::text::{anchored, strip};

const SECOND: i128 = 10_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;

/// A point in time or a length of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks {
    /// Of 100 ns; a datetime counts from 0001-01-01.
    pub(crate) count: i128,
    /// The smallest unit that the text shows, in ticks.
    pub(crate) precision: i128,
}

impl Ticks {
    /// Whether `answered` is what this documented value shows: equal, or equal when cut or rounded to its precision.
    pub(crate) fn agrees_with(self, answered: Self) -> bool {
        let unit = self.precision;
        self.count == answered.count
            || self.count.div_euclid(unit) == answered.count.div_euclid(unit)
            || (unit < SECOND && (self.count - answered.count).abs() <= unit / 2)
    }
}

static ISO: LazyLock<Regex> = LazyLock::new(|| {
    anchored(concat!(
        r"(?i)(?P<y>\d{4})-(?P<mo>\d{1,2})-(?P<d>\d{1,2})",
        r"(?:(?:[T ]|\s+)(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?)?",
        r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
    ))
});
static AMERICAN: LazyLock<Regex> = LazyLock::new(|| {
    anchored(concat!(
        r"(?i)(?P<mo>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
        r"(?:,?\s+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?)?\s*(?P<half>AM|PM)?)?\s*Z?"
    ))
});

/// Reads `2020-01-02`, `2020-01-02T03:04:05.6Z`, `2020-01-02 03:04 +01:00`, `1/31/2020, 3:04:05 PM` and the like.
pub(crate) fn parse_datetime(text: &str) -> Option<Ticks> {
    let text = strip(text).trim_matches(['"', '\'']);
    let iso = ISO.captures(text);
    let american = iso.is_none();
    let parts = iso.or_else(|| AMERICAN.captures(text))?;
    let (year, mut month, mut day) = (number(&parts, "y")?, number(&parts, "mo")?, number(&parts, "d")?);
    if american && month > 12 {
        (month, day) = (day, month);
    }
    let days = if year == 0 { 0 } else { days_since_year_one(year, month, day)? };
    let clock = Clock::of(&parts)?;
    Some(Ticks { count: days * DAY + clock.ticks - zone_offset(&parts)?, precision: clock.precision })
}

struct Clock {
    ticks: i128,
    precision: i128,
}

impl Clock {
    fn of(parts: &Captures<'_>) -> Option<Self> {
        let Some(hour) = number(parts, "h") else {
            return Some(Self { ticks: 0, precision: 1 });
        };
        let hour = match parts.name("half").map(|it| it.as_str().to_uppercase()) {
            Some(half) => hour % 12 + if half == "PM" { 12 } else { 0 },
            None => hour,
        };
        let seconds = number(parts, "s");
        let mut clock = Self {
            ticks: hour * HOUR + number(parts, "mi")? * MINUTE + seconds.unwrap_or(0) * SECOND,
            precision: if seconds.is_some() { SECOND } else { MINUTE },
        };
        if let Some(fraction) = parts.name("f") {
            (clock.ticks, clock.precision) = add_fraction(clock.ticks, fraction.as_str())?;
        }
        Some(clock)
    }
}

fn number(parts: &Captures<'_>, name: &str) -> Option<i128> {
    parts.name(name)?.as_str().parse().ok()
}

/// Adds a fraction of a second, cut to ticks; also says how fine it is.
fn add_fraction(ticks: i128, digits: &str) -> Option<(i128, i128)> {
    let seven = format!("{digits:0<7}");
    let precision = 10i128.pow(7u32.saturating_sub(u32::try_from(digits.len()).ok()?));
    Some((ticks + seven[..7].parse::<i128>().ok()?, precision))
}

fn zone_offset(parts: &Captures<'_>) -> Option<i128> {
    let Some(zone) = parts.name("zone").map(|it| it.as_str()).filter(|it| it.starts_with(['+', '-'])) else {
        return Some(0);
    };
    let digits = zone[1..].replace(':', "");
    let offset = digits[..2].parse::<i128>().ok()? * HOUR + digits[2..].parse::<i128>().ok()? * MINUTE;
    Some(if zone.starts_with('-') { -offset } else { offset })
}

fn days_since_year_one(year: i128, month: i128, day: i128) -> Option<i128> {
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let days = date.since(Date::constant(1, 1, 1)).ok()?.get_days();
    Some(days.into())
}

static WITH_DAYS: LazyLock<Regex> = LazyLock::new(|| {
    anchored(r"(?P<neg>-)?(?P<d>\d+)[.:](?P<h>\d{1,2}):(?P<mi>\d{2}):(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?")
});
static WITHOUT_DAYS: LazyLock<Regex> =
    LazyLock::new(|| anchored(r"(?P<neg>-)?(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?)?"));
static WITH_UNIT: LazyLock<Regex> = LazyLock::new(|| {
    anchored(concat!(
        r"(?i)(?P<neg>-)?(?P<n>\d+(?:\.\d+)?)\s*(?P<unit>",
        "days?|d|hours?|h|minutes?|m|seconds?|s|milliseconds?|ms|microseconds?|us|ticks?)"
    ))
});

/// Reads `[-][d.]hh:mm[:ss[.f]]` (`d:` too) and `1.5h`, `2 days`, `10ms`.
pub(crate) fn parse_timespan(text: &str) -> Option<Ticks> {
    let text = strip(text).trim_matches(['"', '\'']);
    let (length, negative) = match WITH_DAYS.captures(text).or_else(|| WITHOUT_DAYS.captures(text)) {
        Some(parts) => {
            let clock = Clock::of(&parts)?;
            let days = parts.name("d").map_or(Some(0), |it| it.as_str().parse::<i128>().ok())?;
            let count = days.checked_mul(DAY)?.checked_add(clock.ticks)?;
            (Ticks { count, precision: clock.precision }, parts.name("neg").is_some())
        }
        None => {
            let parts = WITH_UNIT.captures(text)?;
            let unit = unit_in_ticks(&parts["unit"]);
            let count = (parts["n"].parse::<f64>().ok()? * unit as f64).round_ties_even() as i128;
            (Ticks { count, precision: 1 }, parts.name("neg").is_some())
        }
    };
    Some(if negative { Ticks { count: -length.count, ..length } } else { length })
}

fn unit_in_ticks(unit: &str) -> i128 {
    match unit.to_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => SECOND / 1000,
        "us" | "microsecond" | "microseconds" => 10,
        "tick" | "ticks" => 1,
        it if it.starts_with('d') => DAY,
        it if it.starts_with('h') => HOUR,
        it if it.starts_with('m') => MINUTE,
        _ => SECOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_compared_at_the_precision_it_shows() {
        for (shown, answered, agree) in [
            ("2020-01-02", "2020-01-02T00:00:00.0000000Z", true),
            ("2020-01-02 03:04:05", "2020-01-02T03:04:05.9000000Z", true),
            ("2020-01-02 03:04:05.1", "2020-01-02T03:04:05.2000000Z", false),
            ("1/2/2020, 3:04:05 PM", "2020-01-02T15:04:05Z", true),
            ("13/1/2020", "2020-01-13", true),
            ("2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z", true),
            ("2020-01-01 24:00:00", "2020-01-02T00:00:00Z", true),
        ] {
            let both = parse_datetime(shown).zip(parse_datetime(answered));
            assert_eq!(both.map(|(e, a)| e.agrees_with(a)), Some(agree), "{shown} against {answered}");
        }
        assert_eq!(parse_datetime("2020-02-30"), None);
    }

    #[test]
    fn timespans_are_read_in_every_spelling() {
        for (text, ticks) in [
            ("1.02:03:04.5", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND + SECOND / 2),
            ("1:02:03:04", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND),
            ("01:02:03", HOUR + 2 * MINUTE + 3 * SECOND),
            ("-12:00", -12 * HOUR),
            ("1.5h", HOUR + HOUR / 2),
            ("2 days", 2 * DAY),
            ("3microseconds", 30),
        ] {
            assert_eq!(parse_timespan(text).map(|it| it.count), Some(ticks), "{text}");
        }
        assert_eq!(parse_timespan("7"), None);
    }
}
