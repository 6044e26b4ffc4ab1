//! Local times of the world's zones, by the time zone database that is compiled in.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, db};

use super::calendar::{DAY, Date, HOUR, MINUTE, SECOND, UNIX_EPOCH, in_range};
use crate::def::BadArgument;
use crate::value::Value;

/// A zone by its name, such as `Europe/Brussels` or `US/Pacific`.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The check of a literal zone, the second argument.
pub(super) fn check(literals: &[Option<Value>]) -> Result<(), BadArgument> {
    match literals.get(1) {
        Some(Some(Value::String(name))) if zone(name).is_none() => Err(BadArgument {
            index: 1,
            service_code: "",
            message: format!("no time zone named `{name}`; `datetime_list_timezones()` has them all"),
        }),
        _ => Ok(()),
    }
}

/// What clocks of the zone show at a moment.
pub(super) fn to_local(ticks: i64, zone: &TimeZone) -> Option<i64> {
    let seconds = (ticks - UNIX_EPOCH).div_euclid(SECOND);
    let offset = zone.to_offset(Timestamp::from_second(seconds).ok()?);
    in_range(ticks + i64::from(offset.seconds()) * SECOND)
}

/// The moment when clocks of the zone show a time: the first such, and in the gap of a spring night the moment that the
/// clocks would have shown with summer time already (fact 167).
pub(super) fn to_utc(ticks: i64, zone: &TimeZone) -> Option<i64> {
    let Date { year, month, day } = Date::of(ticks);
    let (hour, minute, second) = (ticks % DAY / HOUR, ticks % HOUR / MINUTE, ticks % MINUTE / SECOND);
    let civil = DateTime::new(year as i16, month as i8, day as i8, hour as i8, minute as i8, second as i8, 0).ok()?;
    let moment = zone.to_ambiguous_timestamp(civil).earlier().ok()?;
    in_range(moment.as_second() * SECOND + UNIX_EPOCH + ticks % SECOND)
}

/// The names of all zones, as a JSON array.
pub(super) fn names() -> String {
    let mut names: Vec<String> = db().available().map(|name| format!("\"{name}\"")).collect();
    names.sort();
    format!("[{}]", names.join(","))
}
