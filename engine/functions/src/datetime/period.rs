//! First and last ticks of days, weeks, months and years.

use super::calendar::{DAY, Date, LAST, WEEK, days_since_sunday, in_range};

/// A period of the calendar that datetimes are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Day,
    /// From Sunday on.
    Week,
    Month,
    Year,
}

impl Period {
    /// The first tick of the period `offset` periods after the one of `ticks`.
    pub(super) fn start(self, ticks: i64, offset: i64) -> Option<i64> {
        match self {
            Period::Day => (ticks - ticks % DAY).checked_add(offset.checked_mul(DAY)?),
            Period::Week => {
                (ticks - ticks % DAY - days_since_sunday(ticks) * DAY).checked_add(offset.checked_mul(WEEK)?)
            }
            Period::Month => {
                Date::of_month_number(Date::of(ticks).month_number().checked_add(offset)?).map(Date::ticks)
            }
            Period::Year => Date::checked(Date::of(ticks).year.checked_add(offset)?, 1, 1).map(Date::ticks),
        }
        .and_then(in_range)
    }

    /// The last tick of that period.
    pub(super) fn end(self, ticks: i64, offset: i64) -> Option<i64> {
        match self.start(ticks, offset.checked_add(1)?) {
            Some(next) => in_range(next - 1),
            // The calendar's last day, month and year end with it. Its last week goes on beyond: that has no end here.
            None if self == Period::Week => None,
            None => self.start(ticks, offset).map(|_| LAST),
        }
    }
}

/// The time since the last Sunday began, in whole days. Null for the days after the calendar's last Saturday (measured).
pub(super) fn day_of_week(ticks: i64) -> Option<i64> {
    let days = days_since_sunday(ticks) * DAY;
    in_range(ticks - ticks % DAY - days + WEEK - 1)?;
    Some(days)
}
