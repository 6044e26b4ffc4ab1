//! Functions of strings: cut, search for a position, replace, encode, hash.

pub(crate) mod position;

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[position::INDEXOF];
