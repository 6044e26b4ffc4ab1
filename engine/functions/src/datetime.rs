//! Functions of datetimes and timespans.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
