//! Functions of `tostring`, `tolong`, `todatetime` …: from any type to any other.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
