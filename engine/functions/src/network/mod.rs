//! Functions of addresses, URLs, paths, command lines.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
