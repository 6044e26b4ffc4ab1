//! The civil calendar on ticks: the proleptic Gregorian years 1 to 9999, with no clock, zone or leap second in sight.

/// Ticks in a microsecond.
pub(crate) const MICROSECOND: i64 = 10;
/// Ticks in a millisecond.
pub(crate) const MILLISECOND: i64 = 10_000;
/// Ticks in a second.
pub(crate) const SECOND: i64 = 10_000_000;
/// Ticks in a minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// Ticks in an hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Ticks in a day.
pub(crate) const DAY: i64 = 24 * HOUR;
/// Ticks in a week.
pub(crate) const WEEK: i64 = 7 * DAY;

/// The last tick of the year 9999; a `datetime` lies in `0..=LAST`.
pub(crate) const LAST: i64 = 3_155_378_975_999_999_999;
/// 1970-01-01 in ticks.
pub(crate) const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// Ticks as a datetime, or `None` outside the years 1 to 9999.
#[inline]
pub(crate) fn in_range(ticks: i64) -> Option<i64> {
    (0..=LAST).contains(&ticks).then_some(ticks)
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    /// 1 to 9999.
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: i64,
    /// 1 to 31.
    pub(crate) day: i64,
}

impl Date {
    /// The day on which `ticks` lies.
    ///
    /// Counts in years that begin in March, so that the leap day is the last of its year (Howard Hinnant's
    /// `civil_from_days`, shifted from 1970 to 0001).
    #[inline]
    pub(crate) fn of(ticks: i64) -> Date {
        let days = ticks.div_euclid(DAY) + DAYS_BEFORE_YEAR_1;
        let era = days.div_euclid(DAYS_IN_ERA);
        let day_of_era = days.rem_euclid(DAYS_IN_ERA);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Date { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    /// A day by its numbers, `None` if there is no such day.
    pub(crate) fn checked(year: i64, month: i64, day: i64) -> Option<Date> {
        let exists =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// Midnight at the start of this day.
    pub(crate) fn ticks(self) -> i64 {
        let march_year = self.year - i64::from(self.month <= 2);
        let era = march_year.div_euclid(400);
        let year_of_era = march_year.rem_euclid(400);
        let march_month = (self.month + 9) % 12;
        let day_of_year = (153 * march_month + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * DAYS_IN_ERA + day_of_era - DAYS_BEFORE_YEAR_1) * DAY
    }

    /// 1 on January 1.
    pub(crate) fn day_of_year(self) -> i64 {
        (self.ticks() - Date { month: 1, day: 1, ..self }.ticks()) / DAY + 1
    }

    /// Months since January of year 0: equal for days of one month, one apart for neighbours.
    pub(crate) fn month_number(self) -> i64 {
        self.year * 12 + self.month - 1
    }

    /// The first day of the month with this [`Date::month_number`], `None` outside the years 1 to 9999.
    pub(crate) fn of_month_number(number: i64) -> Option<Date> {
        Date::checked(number.div_euclid(12), number.rem_euclid(12) + 1, 1)
    }
}

/// Days from 0000-03-01, where the eras of [`Date::of`] begin, to 0001-01-01.
const DAYS_BEFORE_YEAR_1: i64 = 306;
/// Days in 400 years, after which the calendar repeats.
const DAYS_IN_ERA: i64 = 146_097;

/// Days in a month; `month` is 1 to 12.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whole days since the last Sunday, 0 to 6.
pub(crate) fn days_since_sunday(ticks: i64) -> i64 {
    // 0001-01-01 was a Monday.
    (ticks.div_euclid(DAY) + 1).rem_euclid(7)
}

/// The number of the ISO 8601 week: weeks begin on Monday, and the first holds the year's first Thursday.
pub(crate) fn iso_week(ticks: i64) -> i64 {
    let days_since_monday = ticks.div_euclid(DAY).rem_euclid(7);
    let thursday = ticks + (3 - days_since_monday) * DAY;
    (Date::of(thursday).day_of_year() - 1) / 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_over_the_whole_range() {
        let mut ticks = 0;
        for year in 1..=9999 {
            for month in 1..=12 {
                for day in [1, 2, days_in_month(year, month)] {
                    let date = Date { year, month, day };
                    assert_eq!(date.ticks(), ticks + (day - 1) * DAY, "{date:?}");
                    assert_eq!(Date::of(date.ticks() + DAY - 1), date);
                }
                ticks += days_in_month(year, month) * DAY;
            }
        }
        assert_eq!(ticks - 1, LAST);
    }

    #[test]
    fn weeks_follow_iso_8601() {
        for ((year, month, day), week) in [
            ((2000, 1, 1), 52),
            ((2016, 1, 1), 53),
            ((2017, 1, 1), 52),
            ((2020, 12, 31), 53),
            ((2021, 1, 3), 53),
            ((2024, 1, 1), 1),
            ((9999, 12, 31), 52),
            ((1, 1, 1), 1),
        ] {
            assert_eq!(iso_week(Date { year, month, day }.ticks()), week, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn known_days() {
        assert_eq!(Date { year: 1970, month: 1, day: 1 }.ticks(), UNIX_EPOCH);
        assert_eq!(days_since_sunday(UNIX_EPOCH), 4);
        assert_eq!(Date { year: 2020, month: 12, day: 31 }.day_of_year(), 366);
        assert_eq!(Date::checked(2021, 2, 29), None);
    }
}
