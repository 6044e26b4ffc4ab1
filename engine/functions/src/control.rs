//! Functions of `iff`, `case`, `coalesce`, null tests and what the binder answers itself.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
