//! Moments as the language counts them.

const TICKS_PER_MICRO: i64 = 10;
const NANOS_PER_TICK: i64 = 100;

/// A moment in UTC: units of 100 ns since 0001-01-01T00:00.
///
/// That is the range and the precision of `datetime`. Conversions that leave the range answer `None`;
/// those that lose digits round down, so an earlier moment never becomes a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticks(pub i64);

impl Ticks {
    /// 0001-01-01T00:00.
    pub const MIN: Ticks = Ticks(0);
    /// 9999-12-31T23:59:59.9999999.
    pub const MAX: Ticks = Ticks(3_155_378_975_999_999_999);
    /// 1970-01-01T00:00.
    pub const UNIX_EPOCH: Ticks = Ticks(621_355_968_000_000_000);

    /// Ticks in a second.
    pub const PER_SECOND: i64 = 10_000_000;
    /// Ticks in a day.
    pub const PER_DAY: i64 = 86_400 * Ticks::PER_SECOND;

    /// From nanoseconds since 1970, all of which lie in range.
    pub const fn from_unix_nanos(nanos: i64) -> Ticks {
        Ticks(Ticks::UNIX_EPOCH.0 + nanos.div_euclid(NANOS_PER_TICK))
    }

    /// From microseconds since 1970.
    pub const fn from_unix_micros(micros: i64) -> Option<Ticks> {
        Ticks::from_unix(micros, TICKS_PER_MICRO)
    }

    /// From milliseconds since 1970.
    pub const fn from_unix_millis(millis: i64) -> Option<Ticks> {
        Ticks::from_unix(millis, Ticks::PER_SECOND / 1_000)
    }

    /// From seconds since 1970.
    pub const fn from_unix_seconds(seconds: i64) -> Option<Ticks> {
        Ticks::from_unix(seconds, Ticks::PER_SECOND)
    }

    /// Nanoseconds since 1970, if they fit: years 1677 to 2262.
    pub const fn unix_nanos(self) -> Option<i64> {
        (self.0 - Ticks::UNIX_EPOCH.0).checked_mul(NANOS_PER_TICK)
    }

    /// Microseconds since 1970.
    pub const fn unix_micros(self) -> i64 {
        (self.0 - Ticks::UNIX_EPOCH.0).div_euclid(TICKS_PER_MICRO)
    }

    const fn from_unix(count: i64, ticks_per_unit: i64) -> Option<Ticks> {
        let Some(since_epoch) = count.checked_mul(ticks_per_unit) else { return None };
        let Some(ticks) = Ticks::UNIX_EPOCH.0.checked_add(since_epoch) else { return None };
        if ticks >= Ticks::MIN.0 && ticks <= Ticks::MAX.0 { Some(Ticks(ticks)) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_agree() {
        let moment = Ticks::from_unix_seconds(1_700_000_000).expect("in range");
        assert_eq!(Ticks::from_unix_millis(1_700_000_000_000), Some(moment));
        assert_eq!(Ticks::from_unix_micros(1_700_000_000_000_000), Some(moment));
        assert_eq!(Ticks::from_unix_nanos(1_700_000_000_000_000_000), moment);
        assert_eq!(moment.unix_nanos(), Some(1_700_000_000_000_000_000));
        assert_eq!(moment.unix_micros(), 1_700_000_000_000_000);
    }

    #[test]
    fn digits_are_lost_downwards() {
        assert_eq!(Ticks::from_unix_nanos(-1), Ticks(Ticks::UNIX_EPOCH.0 - 1));
        assert_eq!(Ticks(Ticks::UNIX_EPOCH.0 - 1).unix_micros(), -1);
    }

    #[test]
    fn what_lies_outside_of_the_range_is_none() {
        assert_eq!(Ticks::from_unix_micros(i64::MAX), None);
        assert_eq!(Ticks::from_unix_seconds(253_402_300_800), None); // the first second of year 10000
        assert_eq!(Ticks::from_unix_seconds(-62_135_596_800), Some(Ticks::MIN));
        assert_eq!(Ticks::from_unix_seconds(-62_135_596_801), None);
        assert_eq!(Ticks::MAX.unix_nanos(), None);
    }
}
