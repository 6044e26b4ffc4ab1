//! Functions of strings: cut, search for a position, replace, encode, hash.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
