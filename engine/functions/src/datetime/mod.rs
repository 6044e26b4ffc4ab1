//! Functions of datetimes and timespans.
//!
//! Both are ticks of 100 ns, datetimes since 0001-01-01, so most of this is integer arithmetic over the small civil
//! calendar in [`calendar`]. What would fall outside the years 1 to 9999 is null. `now` and `ago` are the binder's, since
//! a query has one present; `bin` is in [`crate::math`], conversions are in [`crate::convert`].
//!
//! ```text
//! datetime_diff("year", datetime(2017-01-01), datetime(2000-12-31))   17: borders are counted, not full years
//! startofweek(datetime(2020-06-15))                                   2020-06-14: weeks begin on Sunday …
//! week_of_year(datetime(2000-01-01))                                  52: … except where ISO counts them
//! ```

pub(crate) mod calendar;
mod part;
mod pattern;
mod period;
mod zone;

use KqlType::{DateTime, Dynamic, Int, Long, Real, String as Text, TimeSpan};
use vizsla_schema::KqlType;

use self::calendar::{DAY, Date, HOUR, MINUTE, SECOND, UNIX_EPOCH, in_range};
use self::part::Part;
use self::period::Period;
use crate::args::Args;
use crate::def::{
    BadArgument, Eval, Example, Kernel, KernelResult, Naming, Param, Returns, ScalarDef, Signature, ex, sig,
};
use crate::value::Value;

/// A function with the usual settings.
const fn def(
    name: &'static str,
    signatures: &'static [Signature],
    kernel: Kernel,
    summary: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarDef {
    ScalarDef { name, signatures, summary, source, examples, eval: Eval::Kernel(kernel), ..ScalarDef::BASE }
}

/// One number out of a datetime.
fn number(args: &Args<'_>, of: impl Fn(i64) -> Option<i64>) -> KernelResult {
    let moment = args.long(0);
    Ok(args.longs(|row| of(moment.get(row)?)))
}

const GETYEAR: ScalarDef = def(
    "getyear",
    &[sig(&[Param::Is(DateTime)], Returns::Is(Long))],
    |args| number(args, |ticks| Some(Part::Year.of(ticks))),
    "The year.",
    "getyear-function",
    &[ex("getyear(datetime(2015-10-12))", "2015")],
);

const MONTHOFYEAR: ScalarDef = ScalarDef {
    aliases: &["getmonth"],
    ..def(
        "monthofyear",
        &[sig(&[Param::Is(DateTime)], Returns::Is(Long))],
        |args| number(args, |ticks| Some(Part::Month.of(ticks))),
        "The number of the month, 1 to 12.",
        "monthofyear-function",
        &[ex("monthofyear(datetime(2015-12-14))", "12")],
    )
};

const DAYOFMONTH: ScalarDef = def(
    "dayofmonth",
    &[sig(&[Param::Is(DateTime)], Returns::Is(Int))],
    |args| number(args, |ticks| Some(Part::Day.of(ticks))),
    "The day of the month, 1 to 31.",
    "day-of-month-function",
    &[ex("dayofmonth(datetime(2015-12-14))", "14")],
);

const DAYOFYEAR: ScalarDef = def(
    "dayofyear",
    &[sig(&[Param::Is(DateTime)], Returns::Is(Int))],
    |args| number(args, |ticks| Some(Part::DayOfYear.of(ticks))),
    "The day of the year, 1 to 366.",
    "day-of-year-function",
    &[ex("dayofyear(datetime(2020-12-31))", "366")],
);

const DAYOFWEEK: ScalarDef = def(
    "dayofweek",
    &[sig(&[Param::Is(DateTime)], Returns::Is(TimeSpan))],
    |args| number(args, period::day_of_week),
    "The days since the last Sunday, as a timespan.",
    "day-of-week-function",
    &[ex("dayofweek(datetime(2020-06-15 13:45))", "1.00:00:00"), ex("dayofweek(datetime(2020-06-14))", "00:00:00")],
);

const HOUROFDAY: ScalarDef = def(
    "hourofday",
    &[sig(&[Param::Is(DateTime)], Returns::Is(Long))],
    |args| number(args, |ticks| Some(Part::Hour.of(ticks))),
    "The hour, 0 to 23.",
    "hour-of-day-function",
    &[ex("hourofday(datetime(2015-12-14 18:54))", "18")],
);

const WEEK_OF_YEAR: ScalarDef = ScalarDef {
    aliases: &["weekofyear"],
    ..def(
        "week_of_year",
        &[sig(&[Param::Is(DateTime)], Returns::Is(Int))],
        |args| number(args, |ticks| Some(Part::WeekOfYear.of(ticks))),
        "The number of the ISO 8601 week: the first of a year holds its first Thursday.",
        "week-of-year-function",
        &[ex("week_of_year(datetime(2000-01-01))", "52"), ex("week_of_year(datetime(2024-01-01))", "1")],
    )
};

/// The part that a constant first argument names.
fn named_part(args: &Args<'_>, parse: fn(&str) -> Option<Part>) -> Option<Part> {
    parse(args.constant_text(0)?)
}

fn check_part(literals: &[Option<Value>], parse: fn(&str) -> Option<Part>) -> Result<(), BadArgument> {
    match literals.first() {
        Some(Some(Value::String(name))) if parse(name).is_none() => Err(BadArgument {
            index: 0,
            service_code: "SEM0235",
            message: format!("`{name}` is no part of a datetime here"),
        }),
        _ => Ok(()),
    }
}

const DATETIME_PART: ScalarDef = ScalarDef {
    aliases: &["datepart"],
    check: Some(|literals| check_part(literals, Part::parse_place)),
    ..def(
        "datetime_part",
        &[sig(&[Param::Const(Text), Param::Is(DateTime)], Returns::Is(Long))],
        |args| {
            let (part, moment) = (named_part(args, Part::parse_place), args.long(1));
            Ok(args.longs(|row| Some(part?.of(moment.get(row)?))))
        },
        "A part of a datetime by name: year, quarter, month, week_of_year, day, dayofyear, hour … nanosecond.",
        "datetime-part-function",
        &[
            ex(r#"datetime_part("quarter", datetime(2017-10-30 01:02:03.7654321))"#, "4"),
            ex(r#"datetime_part("nanosecond", datetime(2017-10-30 01:02:03.7654321))"#, "765432100"),
        ],
    )
};

const DATETIME_ADD: ScalarDef = ScalarDef {
    check: Some(|literals| check_part(literals, Part::parse_period)),
    ..def(
        "datetime_add",
        &[sig(&[Param::Const(Text), Param::Is(Long), Param::Is(DateTime)], Returns::Is(DateTime))],
        |args| {
            let (part, amount, moment) = (named_part(args, Part::parse_period), args.long(1), args.long(2));
            Ok(args.longs(|row| part?.add(amount.get(row)?, moment.get(row)?)))
        },
        "The datetime a number of periods later; a day that the month does not have becomes its last.",
        "datetime-add-function",
        &[
            ex(r#"datetime_add("month", 1, datetime(2020-01-31))"#, "2020-02-29T00:00:00.0000000Z"),
            ex(r#"datetime_add("week", -53, datetime(2021-03-15 12:00))"#, "2020-03-09T12:00:00.0000000Z"),
        ],
    )
};

const DATETIME_DIFF: ScalarDef = ScalarDef {
    check: Some(|literals| check_part(literals, Part::parse_period)),
    ..def(
        "datetime_diff",
        &[sig(&[Param::Const(Text), Param::Is(DateTime), Param::Is(DateTime)], Returns::Is(Long))],
        |args| {
            let (part, left, right) = (named_part(args, Part::parse_period), args.long(1), args.long(2));
            Ok(args.longs(|row| Some(part?.between(left.get(row)?, right.get(row)?))))
        },
        "How many borders between periods lie from the second datetime to the first.",
        "datetime-diff-function",
        &[
            ex(r#"datetime_diff("year", datetime(2017-01-01), datetime(2000-12-31))"#, "17"),
            ex(r#"datetime_diff("hour", datetime(2017-10-31 01:00), datetime(2017-10-30 23:59))"#, "2"),
        ],
    )
};

const WITH_OFFSET: &[Signature] = &[sig(&[Param::Is(DateTime), Param::Is(Long)], Returns::Is(DateTime)).optional(1)];

/// A kernel over a datetime and an offset in whole periods, 0 if it is left out.
fn rounded(args: &Args<'_>, bound: fn(Period, i64, i64) -> Option<i64>, period: Period) -> KernelResult {
    let moment = args.long(0);
    if args.len() == 1 {
        return Ok(args.longs(|row| bound(period, moment.get(row)?, 0)));
    }
    let offset = args.long(1);
    Ok(args.longs(|row| bound(period, moment.get(row)?, offset.get(row)?)))
}

const STARTOFDAY: ScalarDef = ScalarDef {
    naming: Naming::PassThrough,
    ..def(
        "startofday",
        WITH_OFFSET,
        |args| rounded(args, Period::start, Period::Day),
        "The first moment of the day, or of one a number of days later.",
        "startofday-function",
        &[ex("startofday(datetime(2017-01-01 10:10:17), -1)", "2016-12-31T00:00:00.0000000Z")],
    )
};

const STARTOFWEEK: ScalarDef = def(
    "startofweek",
    WITH_OFFSET,
    |args| rounded(args, Period::start, Period::Week),
    "The Sunday with which the week begins, or one a number of weeks later.",
    "startofweek-function",
    &[ex("startofweek(datetime(2020-06-15 13:45))", "2020-06-14T00:00:00.0000000Z")],
);

const STARTOFMONTH: ScalarDef = def(
    "startofmonth",
    WITH_OFFSET,
    |args| rounded(args, Period::start, Period::Month),
    "The first moment of the month, or of one a number of months later.",
    "startofmonth-function",
    &[ex("startofmonth(datetime(2020-06-15), 2)", "2020-08-01T00:00:00.0000000Z")],
);

const STARTOFYEAR: ScalarDef = def(
    "startofyear",
    WITH_OFFSET,
    |args| rounded(args, Period::start, Period::Year),
    "The first moment of the year, or of one a number of years later.",
    "startofyear-function",
    &[ex("startofyear(datetime(2020-06-15))", "2020-01-01T00:00:00.0000000Z")],
);

const ENDOFDAY: ScalarDef = def(
    "endofday",
    WITH_OFFSET,
    |args| rounded(args, Period::end, Period::Day),
    "The last tick of the day, or of one a number of days later.",
    "endofday-function",
    &[ex("endofday(datetime(2017-01-01 10:10:17))", "2017-01-01T23:59:59.9999999Z")],
);

const ENDOFWEEK: ScalarDef = def(
    "endofweek",
    WITH_OFFSET,
    |args| rounded(args, Period::end, Period::Week),
    "The last tick of the Saturday with which the week ends, or of one a number of weeks later.",
    "endofweek-function",
    &[ex("endofweek(datetime(2017-01-01 10:10:17), -1)", "2016-12-31T23:59:59.9999999Z")],
);

const ENDOFMONTH: ScalarDef = def(
    "endofmonth",
    WITH_OFFSET,
    |args| rounded(args, Period::end, Period::Month),
    "The last tick of the month, or of one a number of months later.",
    "endofmonth-function",
    &[ex("endofmonth(datetime(2020-01-31), 1)", "2020-02-29T23:59:59.9999999Z")],
);

const ENDOFYEAR: ScalarDef = def(
    "endofyear",
    WITH_OFFSET,
    |args| rounded(args, Period::end, Period::Year),
    "The last tick of the year, or of one a number of years later.",
    "endofyear-function",
    &[ex("endofyear(datetime(2020-06-15), -1)", "2019-12-31T23:59:59.9999999Z")],
);

const MAKE_DATETIME: ScalarDef = def(
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
fn time_of_day(hour: i64, minute: i64, second: f64) -> Option<i64> {
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0.0..60.0).contains(&second);
    fits.then(|| hour * HOUR + minute * MINUTE + (second * SECOND as f64).round() as i64)
}

const MAKE_TIMESPAN: ScalarDef = def(
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

const FORMAT_DATETIME: ScalarDef = ScalarDef {
    naming: Naming::PassThrough,
    check: Some(pattern::check_datetime),
    ..def(
        "format_datetime",
        &[sig(&[Param::Exactly(DateTime), Param::Const(Text)], Returns::Is(Text))],
        |args| {
            let (moment, elements) = (args.long(0), args.constant_text(1).and_then(pattern::of_datetime));
            Ok(args.texts(|row, out| match (moment.get(row), &elements) {
                (Some(ticks), Some(elements)) => {
                    pattern::write_datetime(ticks, elements, out);
                    true
                }
                _ => false,
            }))
        },
        "The datetime as text in a pattern of `y M d h H m s f F tt` and delimiters.",
        "format-datetime-function",
        &[
            ex(r#"format_datetime(datetime(2017-01-29 09:00:05), "yyyy-M-dd [H:mm:ss]")"#, "2017-1-29 [9:00:05]"),
            ex(r#"format_datetime(datetime(2020-06-15 13:45:09), "h:mm:ss tt")"#, "1:45:09 PM"),
        ],
    )
};

const FORMAT_TIMESPAN: ScalarDef = ScalarDef {
    check: Some(pattern::check_timespan),
    ..def(
        "format_timespan",
        &[sig(&[Param::Exactly(TimeSpan), Param::Const(Text)], Returns::Is(Text))],
        |args| {
            let (span, elements) = (args.long(0), args.constant_text(1).and_then(pattern::of_timespan));
            Ok(args.texts(|row, out| match (span.get(row), &elements) {
                (Some(ticks), Some(elements)) => {
                    pattern::write_timespan(ticks, elements, out);
                    true
                }
                _ => false,
            }))
        },
        "The timespan as text in a pattern of `d h H m s f F` and delimiters.",
        "format-timespan-function",
        &[ex(r#"format_timespan(time(29.09:00:05.12345), "dd.hh:mm:ss:FF")"#, "29.09:00:05:12")],
    )
};

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

const UNIXTIME_SECONDS: ScalarDef = def(
    "unixtime_seconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1),
    "The datetime a number of seconds after 1970-01-01.",
    "unixtime-seconds-todatetime-function",
    &[ex("unixtime_seconds_todatetime(1546300800)", "2019-01-01T00:00:00.0000000Z")],
);

const UNIXTIME_MILLISECONDS: ScalarDef = def(
    "unixtime_milliseconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1_000),
    "The datetime a number of milliseconds after 1970-01-01.",
    "unixtime-milliseconds-todatetime-function",
    &[ex("unixtime_milliseconds_todatetime(1546300800000)", "2019-01-01T00:00:00.0000000Z")],
);

const UNIXTIME_MICROSECONDS: ScalarDef = def(
    "unixtime_microseconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1_000_000),
    "The datetime a number of microseconds after 1970-01-01.",
    "unixtime-microseconds-todatetime-function",
    &[ex("unixtime_microseconds_todatetime(1546300800000000)", "2019-01-01T00:00:00.0000000Z")],
);

const UNIXTIME_NANOSECONDS: ScalarDef = def(
    "unixtime_nanoseconds_todatetime",
    NUMBER_TO_DATETIME,
    |args| since_1970(args, 1_000_000_000),
    "The datetime a number of nanoseconds after 1970-01-01.",
    "unixtime-nanoseconds-todatetime-function",
    &[ex("unixtime_nanoseconds_todatetime(1546300800000000000)", "2019-01-01T00:00:00.0000000Z")],
);

/// A datetime moved to or from the zone that the second argument names.
fn moved(args: &Args<'_>, to: fn(i64, &jiff::tz::TimeZone) -> Option<i64>) -> KernelResult {
    let moment = args.long(0);
    if args.is_constant(1) {
        let zone = args.constant_text(1).and_then(zone::zone);
        return Ok(args.longs(|row| to(moment.get(row)?, zone.as_ref()?)));
    }
    let name = args.text(1);
    Ok(args.longs(|row| to(moment.get(row)?, &zone::zone(name.at(row))?)))
}

const DATETIME_UTC_TO_LOCAL: ScalarDef = ScalarDef {
    check: Some(zone::check),
    ..def(
        "datetime_utc_to_local",
        &[sig(&[Param::Is(DateTime), Param::Is(Text)], Returns::Is(DateTime))],
        |args| moved(args, zone::to_local),
        "What the clocks of a time zone show at a moment.",
        "datetime-utc-to-local-function",
        &[ex(
            r#"datetime_utc_to_local(datetime(2022-03-27 01:00), "Europe/Brussels")"#,
            "2022-03-27T03:00:00.0000000Z",
        )],
    )
};

const DATETIME_LOCAL_TO_UTC: ScalarDef = ScalarDef {
    check: Some(zone::check),
    ..def(
        "datetime_local_to_utc",
        &[sig(&[Param::Is(DateTime), Param::Is(Text)], Returns::Is(DateTime))],
        |args| moved(args, zone::to_utc),
        "The moment at which the clocks of a time zone show a time.",
        "datetime-local-to-utc-function",
        &[ex(
            r#"datetime_local_to_utc(datetime(2022-03-27 02:00), "Europe/Brussels")"#,
            "2022-03-27T00:00:00.0000000Z",
        )],
    )
};

const DATETIME_LIST_TIMEZONES: ScalarDef = def(
    "datetime_list_timezones",
    &[sig(&[], Returns::Is(Dynamic))],
    |args| {
        let names = zone::names();
        Ok(args.strs(|_| Some(&names)))
    },
    "The names of all time zones.",
    "datetime-list-timezones-function",
    &[ex(r#"set_has_element(datetime_list_timezones(), "Europe/Brussels")"#, "True")],
);

pub(crate) const ALL: &[ScalarDef] = &[
    GETYEAR,
    MONTHOFYEAR,
    DAYOFMONTH,
    DAYOFYEAR,
    DAYOFWEEK,
    HOUROFDAY,
    WEEK_OF_YEAR,
    DATETIME_PART,
    DATETIME_ADD,
    DATETIME_DIFF,
    STARTOFDAY,
    STARTOFWEEK,
    STARTOFMONTH,
    STARTOFYEAR,
    ENDOFDAY,
    ENDOFWEEK,
    ENDOFMONTH,
    ENDOFYEAR,
    MAKE_DATETIME,
    MAKE_TIMESPAN,
    FORMAT_DATETIME,
    FORMAT_TIMESPAN,
    UNIXTIME_SECONDS,
    UNIXTIME_MILLISECONDS,
    UNIXTIME_MICROSECONDS,
    UNIXTIME_NANOSECONDS,
    DATETIME_UTC_TO_LOCAL,
    DATETIME_LOCAL_TO_UTC,
    DATETIME_LIST_TIMEZONES,
];

#[cfg(test)]
mod tests;
