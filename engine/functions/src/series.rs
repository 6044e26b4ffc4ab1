//! Functions of numeric arrays as series.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
