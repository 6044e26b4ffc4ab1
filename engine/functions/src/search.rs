//! Functions of the string operators: `has`, `contains`, `startswith`, `in~` … as kernels over whole buffers.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
