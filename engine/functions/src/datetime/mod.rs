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
mod make;
mod part;
mod pattern;
mod period;
mod zone;

use KqlType::{DateTime, Int, Long, String as Text, TimeSpan};
use vizsla_schema::KqlType;

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
    make::MAKE_DATETIME,
    make::MAKE_TIMESPAN,
    pattern::FORMAT_DATETIME,
    pattern::FORMAT_TIMESPAN,
    make::UNIXTIME_SECONDS,
    make::UNIXTIME_MILLISECONDS,
    make::UNIXTIME_MICROSECONDS,
    make::UNIXTIME_NANOSECONDS,
    zone::DATETIME_UTC_TO_LOCAL,
    zone::DATETIME_LOCAL_TO_UTC,
    zone::DATETIME_LIST_TIMEZONES,
];

#[cfg(test)]
mod tests;
