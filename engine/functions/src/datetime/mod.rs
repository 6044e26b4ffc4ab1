//! Functions of datetimes and timespans.

pub(crate) mod calendar;

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
