//! Which plans have no rows, whatever they compute: parts of a union over tables that nobody has exported.
//!
//! `search` and `union *` go over every table of the schema, most of which a data root lacks. Each would cost a projection
//! to all columns of all tables.

use super::Lowering;
use crate::bound::{JoinKind, Plan};

impl Lowering<'_> {
    /// Whether a plan gives no row, as far as that is known without reading.
    pub(super) fn is_empty(&self, plan: &Plan) -> bool {
        match plan {
            Plan::Scan { table, .. } => self.source.is_empty(table),
            Plan::Values { rows, .. } => rows.is_empty(),
            Plan::Spool { .. } | Plan::Range { .. } => false,
            Plan::Limit { rows: 0, .. } | Plan::Top { rows: 0, .. } => true,
            Plan::Extend { input, .. }
            | Plan::Project { input, .. }
            | Plan::Filter { input, .. }
            | Plan::Top { input, .. }
            | Plan::Limit { input, .. }
            | Plan::Expand { input, .. }
            | Plan::Window { input, .. }
            | Plan::Sequence { input, .. }
            | Plan::Extract { input, .. } => self.is_empty(input),
            // Without keys there is one row, also over nothing.
            Plan::Aggregate { input, keys, .. } => !keys.is_empty() && self.is_empty(input),
            Plan::Join { left, right, kind, .. } => match kind {
                JoinKind::Inner | JoinKind::LeftSemi | JoinKind::RightSemi => {
                    self.is_empty(left) || self.is_empty(right)
                }
                JoinKind::LeftOuter | JoinKind::LeftAnti => self.is_empty(left),
                JoinKind::RightOuter | JoinKind::RightAnti => self.is_empty(right),
                JoinKind::FullOuter => self.is_empty(left) && self.is_empty(right),
            },
            Plan::Union { inputs, .. } => inputs.iter().all(|(input, _)| self.is_empty(input)),
        }
    }
}
