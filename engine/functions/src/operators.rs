//! Functions of `+ - * / %`, comparisons and `between` on columns.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
