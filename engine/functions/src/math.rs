//! Functions of numbers: rounding, powers, logarithms, bits.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
