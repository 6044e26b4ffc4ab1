//! Parts of a datetime: how functions name them, what they are of a moment, how many lie between two, how to go on by some.

use super::calendar::{
    DAY, Date, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND, WEEK, days_in_month, in_range, iso_week,
};

/// A part by the names that `datetime_part`, `datetime_add` and `datetime_diff` know; case does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    Quarter,
    Month,
    Week,
    WeekOfYear,
    Day,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Part {
    pub(super) fn parse(name: &str) -> Option<Part> {
        Some(match name.to_ascii_lowercase().as_str() {
            "year" => Part::Year,
            "quarter" => Part::Quarter,
            "month" => Part::Month,
            "week" => Part::Week,
            "week_of_year" => Part::WeekOfYear,
            "day" => Part::Day,
            "dayofyear" => Part::DayOfYear,
            "hour" => Part::Hour,
            "minute" => Part::Minute,
            "second" => Part::Second,
            "millisecond" => Part::Millisecond,
            "microsecond" => Part::Microsecond,
            "nanosecond" => Part::Nanosecond,
            _ => return None,
        })
    }

    /// A part that `datetime_add` and `datetime_diff` take: a period of time, not a place in the year.
    pub(super) fn parse_period(name: &str) -> Option<Part> {
        Part::parse(name).filter(|it| !matches!(it, Part::WeekOfYear | Part::DayOfYear))
    }

    /// A part that `datetime_part` takes.
    pub(super) fn parse_place(name: &str) -> Option<Part> {
        Part::parse(name).filter(|it| *it != Part::Week)
    }

    /// This part of a moment; fractions of a second are the whole fraction, cut to the unit (fact 158).
    pub(super) fn of(self, ticks: i64) -> i64 {
        match self {
            Part::Year => Date::of(ticks).year,
            Part::Quarter => (Date::of(ticks).month + 2) / 3,
            Part::Month => Date::of(ticks).month,
            Part::Week | Part::WeekOfYear => iso_week(ticks),
            Part::Day => Date::of(ticks).day,
            Part::DayOfYear => Date::of(ticks).day_of_year(),
            Part::Hour => ticks % DAY / HOUR,
            Part::Minute => ticks % HOUR / MINUTE,
            Part::Second => ticks % MINUTE / SECOND,
            Part::Millisecond => ticks % SECOND / MILLISECOND,
            Part::Microsecond => ticks % SECOND / MICROSECOND,
            Part::Nanosecond => ticks % SECOND * 100,
        }
    }

    /// How many borders of this part lie between two moments, negative if `left` comes first.
    pub(super) fn between(self, left: i64, right: i64) -> i64 {
        self.index(left) - self.index(right)
    }

    /// A number that grows by one where this part changes.
    fn index(self, ticks: i64) -> i64 {
        match self {
            Part::Year => Date::of(ticks).year,
            Part::Quarter => Date::of(ticks).month_number() / 3,
            Part::Month => Date::of(ticks).month_number(),
            // Weeks begin on Sunday, a day before the Monday with which the calendar begins.
            Part::Week | Part::WeekOfYear => (ticks + DAY) / WEEK,
            Part::Day | Part::DayOfYear => ticks / DAY,
            Part::Hour => ticks / HOUR,
            Part::Minute => ticks / MINUTE,
            Part::Second => ticks / SECOND,
            Part::Millisecond => ticks / MILLISECOND,
            Part::Microsecond => ticks / MICROSECOND,
            // The ends of the calendar are further apart than 64 bits of nanoseconds; such a difference wraps.
            Part::Nanosecond => ticks.wrapping_mul(100),
        }
    }

    /// The moment `amount` of these later; a day that its month does not have becomes the month's last.
    pub(super) fn add(self, amount: i64, ticks: i64) -> Option<i64> {
        let unit = match self {
            Part::Year => return add_months(amount.checked_mul(12)?, ticks),
            Part::Quarter => return add_months(amount.checked_mul(3)?, ticks),
            Part::Month => return add_months(amount, ticks),
            Part::Week | Part::WeekOfYear => WEEK,
            Part::Day | Part::DayOfYear => DAY,
            Part::Hour => HOUR,
            Part::Minute => MINUTE,
            Part::Second => SECOND,
            Part::Millisecond => MILLISECOND,
            Part::Microsecond => MICROSECOND,
            Part::Nanosecond => return ticks.checked_add(amount / 100).and_then(in_range),
        };
        ticks.checked_add(amount.checked_mul(unit)?).and_then(in_range)
    }
}

fn add_months(amount: i64, ticks: i64) -> Option<i64> {
    let date = Date::of(ticks);
    let first = Date::of_month_number(date.month_number().checked_add(amount)?)?;
    let day = date.day.min(days_in_month(first.year, first.month));
    Some(Date { day, ..first }.ticks() + ticks % DAY)
}
