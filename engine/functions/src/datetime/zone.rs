//! Local times of the world's zones, by the time zone database that is compiled in.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{TimeZone, db};

use vizsla_schema::KqlType::{DateTime, Dynamic, String as Text};

use super::calendar::{DAY, Date, HOUR, MINUTE, SECOND, UNIX_EPOCH, in_range};
use super::def;
use crate::args::Args;
use crate::def::{BadArgument, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::value::Value;

/// A datetime moved to or from the zone that the second argument names.
fn moved(args: &Args<'_>, to: fn(i64, &TimeZone) -> Option<i64>) -> KernelResult {
    let moment = args.long(0);
    if args.is_constant(1) {
        let one = args.constant_text(1).and_then(zone);
        return Ok(args.longs(|row| to(moment.get(row)?, one.as_ref()?)));
    }
    let name = args.text(1);
    Ok(args.longs(|row| to(moment.get(row)?, &zone(name.at(row))?)))
}

pub(super) const DATETIME_UTC_TO_LOCAL: ScalarDef = ScalarDef {
    check: Some(check),
    ..def(
        "datetime_utc_to_local",
        &[sig(&[Param::Is(DateTime), Param::Is(Text)], Returns::Is(DateTime))],
        |args| moved(args, to_local),
        "What the clocks of a time zone show at a moment.",
        "datetime-utc-to-local-function",
        &[ex(
            r#"datetime_utc_to_local(datetime(2022-03-27 01:00), "Europe/Brussels")"#,
            "2022-03-27T03:00:00.0000000Z",
        )],
    )
};

pub(super) const DATETIME_LOCAL_TO_UTC: ScalarDef = ScalarDef {
    check: Some(check),
    ..def(
        "datetime_local_to_utc",
        &[sig(&[Param::Is(DateTime), Param::Is(Text)], Returns::Is(DateTime))],
        |args| moved(args, to_utc),
        "The moment at which the clocks of a time zone show a time.",
        "datetime-local-to-utc-function",
        &[ex(
            r#"datetime_local_to_utc(datetime(2022-03-27 02:00), "Europe/Brussels")"#,
            "2022-03-27T00:00:00.0000000Z",
        )],
    )
};

pub(super) const DATETIME_LIST_TIMEZONES: ScalarDef = def(
    "datetime_list_timezones",
    &[sig(&[], Returns::Is(Dynamic))],
    |args| {
        let names = names();
        Ok(args.strs(|_| Some(&names)))
    },
    "The names of all time zones.",
    "timezone",
    &[ex(r#"set_has_element(datetime_list_timezones(), "Europe/Brussels")"#, "True")],
);

/// A zone by its name, such as `Europe/Brussels` or `US/Pacific`.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The check of a literal zone, the second argument.
fn check(literals: &[Option<Value>]) -> Result<(), BadArgument> {
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
    let shown =
        civil::DateTime::new(year as i16, month as i8, day as i8, hour as i8, minute as i8, second as i8, 0).ok()?;
    let moment = zone.to_ambiguous_timestamp(shown).earlier().ok()?;
    in_range(moment.as_second() * SECOND + UNIX_EPOCH + ticks % SECOND)
}

/// The names of all zones, as a JSON array.
fn names() -> String {
    let mut names: Vec<String> = db().available().map(|name| format!("\"{name}\"")).collect();
    names.sort();
    format!("[{}]", names.join(","))
}
