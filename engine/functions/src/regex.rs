//! Functions of patterns: `matches regex`, `extract`, `replace_regex`, and what `parse` runs on.

use crate::def::ScalarDef;

pub(crate) const ALL: &[ScalarDef] = &[];
