//! Functions of places on the earth.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
