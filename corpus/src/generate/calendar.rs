//! When things happen: more by day than by night, more on working days, always in order.

use jiff::civil::{Date, Weekday};

/// Relative activity in each hour of a day, in UTC.
const HOURS: [u64; 24] = [2, 2, 2, 2, 2, 3, 5, 9, 14, 16, 16, 14, 11, 14, 16, 15, 13, 9, 6, 5, 4, 4, 3, 2];
const DAY: u64 = {
    let (mut sum, mut hour) = (0, 0);
    while hour < 24 {
        sum += HOURS[hour];
        hour += 1;
    }
    sum
};
const HOUR_MICROS: u64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS as i64;

/// A share of something, in units of 2^-40.
pub(super) const WHOLE: u64 = 1 << 40;

/// The days of a plan. Moments are microseconds since 1970, as in the files.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    start: Date,
    /// Microseconds since 1970 when the first day starts.
    first: i64,
    /// Relative activity of all days before each, and after the last of all.
    until: Vec<u64>,
}

impl Calendar {
    pub(super) fn new(start: Date, days: u32) -> Calendar {
        let epoch = jiff::civil::date(1970, 1, 1);
        let first = epoch.until(start).map_or(0, |span| i64::from(span.get_days())) * DAY_MICROS;
        let mut until = vec![0];
        for day in 0..days {
            until.push(until[day as usize] + weight(date(start, day)));
        }
        Calendar { start, first, until }
    }

    pub(super) fn days(&self) -> u32 {
        self.until.len() as u32 - 1
    }

    pub(super) fn date(&self, day: u32) -> Date {
        date(self.start, day)
    }

    pub(super) fn midnight(&self, day: u32) -> i64 {
        self.first + i64::from(day) * DAY_MICROS
    }

    /// How many of `total` events fall on a day. Over all days that is exactly `total`.
    pub(super) fn portion(&self, total: u64, day: u32) -> u64 {
        let all = self.until[self.until.len() - 1];
        let before = |day: u32| total * self.until[day as usize] / all;
        before(day + 1) - before(day)
    }

    /// The moment of event `index` of a day's `count`, at a share of the time that belongs to it.
    pub(super) fn moment(&self, day: u32, index: u64, count: u64, share: u64) -> i64 {
        let position = ((u128::from(index) * u128::from(WHOLE)) + u128::from(share)) / u128::from(count.max(1));
        let mut activity = (position as u64).min(WHOLE - 1) * DAY;
        let mut hour = 0;
        while activity >= HOURS[hour] * WHOLE {
            activity -= HOURS[hour] * WHOLE;
            hour += 1;
        }
        let within = u128::from(activity) * u128::from(HOUR_MICROS) / u128::from(HOURS[hour] * WHOLE);
        self.midnight(day) + (hour as u64 * HOUR_MICROS) as i64 + within as i64
    }

    /// How many of a day's `count` evenly spread events lie wholly before `at`.
    pub(super) fn passed(&self, day: u32, at: i64, count: u64) -> u64 {
        let within = (at - self.midnight(day)).clamp(0, DAY_MICROS - 1) as u64;
        let hour = (within / HOUR_MICROS) as usize;
        let before = HOURS[..hour].iter().sum::<u64>() * HOUR_MICROS + HOURS[hour] * (within % HOUR_MICROS);
        (u128::from(before) * u128::from(count) / u128::from(DAY * HOUR_MICROS)) as u64
    }
}

fn date(start: Date, day: u32) -> Date {
    start.saturating_add(jiff::Span::new().days(i64::from(day)))
}

fn weight(date: Date) -> u64 {
    match date.weekday() {
        Weekday::Saturday | Weekday::Sunday => 3,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week() -> Calendar {
        Calendar::new(jiff::civil::date(2026, 3, 2), 7)
    }

    #[test]
    fn days_share_out_everything() {
        let portions: Vec<u64> = (0..7).map(|day| week().portion(1_000, day)).collect();
        assert_eq!(portions.iter().sum::<u64>(), 1_000);
        assert!(portions[0] > 2 * portions[6], "{portions:?}");
    }

    #[test]
    fn moments_are_in_order_within_their_day() {
        let calendar = week();
        let moments: Vec<i64> =
            (0..1_000).map(|index| calendar.moment(3, index, 1_000, index * 7_919_777 % WHOLE)).collect();
        assert!(moments.is_sorted());
        assert!(moments[0] >= calendar.midnight(3) && moments[999] < calendar.midnight(4));
    }

    #[test]
    fn passed_counts_only_what_lies_before() {
        let calendar = week();
        for index in [1, 17, 500, 999] {
            let at = calendar.moment(0, index, 1_000, WHOLE / 2);
            let passed = calendar.passed(0, at, 1_000);
            assert!(calendar.moment(0, passed.saturating_sub(1), 1_000, WHOLE - 1) <= at, "{index}");
            assert!(index.abs_diff(passed) <= 1, "{index} {passed}");
        }
    }
}
