//! Functions of property bags and JSON.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
