//! Datetimes and timespans put together from numbers.

use vizsla_schema::KqlType::{DateTime, Long, Real, TimeSpan};

use super::calendar::{DAY, Date, HOUR, MINUTE, SECOND, UNIX_EPOCH, in_range};
use super::def;
use crate::args::Args;
use crate::def::{KernelResult, Param, Returns, ScalarDef, Signature, ex, sig};

pub(super) const MAKE_DATETIME: ScalarDef = def(
    "make_datetime",
    &[sig(
        &[Param::Is(Long), Param::Is(Long), Param::Is(Long), Param::Is(Long), Param::Is(Long), Param::Is(Real)],
        Returns::Is(DateTime),
    )
    .optional(3)],
    make_datetime,
    "The datetime of year, month, day, hour, minute and second, null if there is none.",
    "make-datetime-function",
    &[
        ex("make_datetime(2017, 10, 1)", "2017-10-01T00:00:00.0000000Z"),
        ex("make_datetime(2017, 10, 1, 12, 11, 0.1234567)", "2017-10-01T12:11:00.1234567Z"),
        ex("make_datetime(2020, 13, 1)", "null"),
    ],
);

fn make_datetime(args: &Args<'_>) -> KernelResult {
    let [year, month, day] = [0, 1, 2].map(|index| args.long(index));
    let hour = (args.len() > 3).then(|| args.long(3));
    let minute = (args.len() > 4).then(|| args.long(4));
    let second = (args.len() > 5).then(|| args.real(5));
    Ok(args.longs(|row| {
        let date = Date::checked(year.get(row)?, month.get(row)?, day.get(row)?)?;
        let hour = hour.map_or(Some(0), |it| it.get(row))?;
        let minute = minute.map_or(Some(0), |it| it.get(row))?;
        let second = second.map_or(Some(0.0), |it| it.get(row))?;
        in_range(date.ticks() + time_of_day(hour, minute, second)?)
    }))
}

/// A time of day in ticks, `None` if a number is out of its range.
pub(super) fn time_of_day(hour: i64, minute: i64, second: f64) -> Option<i64> {
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0.0..60.0).contains(&second);
    fits.then(|| hour * HOUR + minute * MINUTE + (second * SECOND as f64).round() as i64)
}

pub(super) const MAKE_TIMESPAN: ScalarDef = def(
    "make_timespan",
    &[
        sig(&[Param::Is(Long), Param::Is(Long)], Returns::Is(TimeSpan)),
        sig(&[Param::Is(Long), Param::Is(Long), Param::Is(Real)], Returns::Is(TimeSpan)),
        sig(&[Param::Is(Long), Param::Is(Long), Param::Is(Long), Param::Is(Real)], Returns::Is(TimeSpan)),
    ],
    make_timespan,
    "The timespan of hour and minute, with a second after them and a day before if given; null if one is out of range.",
    "make-timespan-function",
    &[
        ex("make_timespan(1, 12, 30, 55.123)", "1.12:30:55.1230000"),
        ex("make_timespan(1, 2, 3)", "01:02:03"),
        ex("make_timespan(0, 25, 61, 61.5)", "null"),
    ],
);

fn make_timespan(args: &Args<'_>) -> KernelResult {
    let days = (args.len() == 4).then(|| args.long(0));
    let first = usize::from(days.is_some());
    let (hour, minute) = (args.long(first), args.long(first + 1));
    let second = (args.len() > 2).then(|| args.real(first + 2));
    Ok(args.longs(|row| {
        let days = days.map_or(Some(0), |it| it.get(row))?;
        let second = second.map_or(Some(0.0), |it| it.get(row))?;
        let time = time_of_day(hour.get(row)?, minute.get(row)?, second)?;
        days.checked_mul(DAY)?.checked_add(time).filter(|_| days >= 0)
    }))
}

/// A datetime from units since 1970: integers exactly, reals cut to ticks.
fn since_1970(args: &Args<'_>, units_per_second: i64) -> KernelResult {
    if args.ty(0) == Real {
        let units = args.real(0);
        let scale = SECOND as f64 / units_per_second as f64;
        return Ok(args.longs(|row| {
            let ticks = units.get(row)? * scale;
            // Saturates far outside the range, and so is null.
            in_range((ticks as i64).checked_add(UNIX_EPOCH)?).filter(|_| !ticks.is_nan())
        }));
    }
    let units = args.long(0);
    let (factor, divisor) = (SECOND.max(units_per_second) / units_per_second, (units_per_second / SECOND).max(1));
    Ok(args.longs(|row| {
        let ticks = units.get(row)?.checked_mul(factor)?.div_euclid(divisor);
        ticks.checked_add(UNIX_EPOCH).and_then(in_range)
    }))
}

const NUMBER_TO_DATETIME: &[Signature] =
    &[sig(&[Param::Is(Long)], Returns::Is(DateTime)), sig(&[Param::Is(Real)], Returns::Is(DateTime))];

pub(super) const UNIXTIME_SECONDS: ScalarDef = def(
    "unixtime_seconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1),
    "The datetime a number of seconds after 1970-01-01.",
    "unixtime-seconds-todatetime-function",
    &[ex("unixtime_seconds_todatetime(1546300800)", "2019-01-01T00:00:00.0000000Z")],
);

pub(super) const UNIXTIME_MILLISECONDS: ScalarDef = def(
    "unixtime_milliseconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1_000),
    "The datetime a number of milliseconds after 1970-01-01.",
    "unixtime-milliseconds-todatetime-function",
    &[ex("unixtime_milliseconds_todatetime(1546300800000)", "2019-01-01T00:00:00.0000000Z")],
);

pub(super) const UNIXTIME_MICROSECONDS: ScalarDef = def(
    "unixtime_microseconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1_000_000),
    "The datetime a number of microseconds after 1970-01-01.",
    "unixtime-microseconds-todatetime-function",
    &[ex("unixtime_microseconds_todatetime(1546300800000000)", "2019-01-01T00:00:00.0000000Z")],
);

pub(super) const UNIXTIME_NANOSECONDS: ScalarDef = def(
    "unixtime_nanoseconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1_000_000_000),
    "The datetime a number of nanoseconds after 1970-01-01.",
    "unixtime-nanoseconds-todatetime-function",
    &[ex("unixtime_nanoseconds_todatetime(1546300800000000000)", "2019-01-01T00:00:00.0000000Z")],
);
