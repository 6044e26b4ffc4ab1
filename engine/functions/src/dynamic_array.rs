//! Functions of arrays in dynamics.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
