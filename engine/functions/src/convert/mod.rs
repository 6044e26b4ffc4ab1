//! Functions of `tostring`, `tolong`, `todatetime` …: from any type to any other.

mod parse;
mod parse_time;

pub use self::parse::{parse_bool, parse_decimal, parse_guid, parse_int, parse_long, parse_real};
pub use self::parse_time::{parse_datetime, parse_timespan};

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
