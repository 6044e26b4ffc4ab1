//! What a scalar expression may read: the columns of its operator's input, and calls that are lifted out of it.

use kql_parser::ast::ScanStep;

use super::graph::{GraphScope, NodeColumns};
use crate::bound::{AggregateCall, Column, ColumnId, Relation, WindowCall};

/// The surroundings of a scalar expression.
#[derive(Debug)]
pub(crate) struct Row<'r> {
    /// Columns by name; the left side of a join.
    pub(crate) columns: &'r [Column],
    /// The right side of a join, for `$right.x`.
    pub(crate) right: Option<&'r [Column]>,
    /// Unknown names may be columns that only the data knows.
    pub(crate) open: bool,
    /// Calls that are computed before the expression.
    pub(crate) lifted: Lifted,
    /// In `scan`: the steps that have a state.
    pub(crate) states: Option<States<'r>>,
    /// In `graph-match`: nodes and edges of the pattern.
    pub(crate) graph: Option<&'r GraphScope>,
    /// Inside `map(inner_nodes(e), …)` and its like: the node at hand.
    pub(crate) node: Option<&'r NodeColumns>,
}

/// Steps of a `scan`, whose last rows are read as `s1.x`.
#[derive(Debug)]
pub(crate) struct States<'r> {
    /// All of them, in order.
    pub(crate) steps: &'r [ScanStep],
    /// How many of them may be read: the one at hand and those before.
    pub(crate) visible: usize,
    /// What was read so far.
    pub(crate) read: Vec<(usize, Column, ColumnId)>,
}

/// Calls that an expression holds but an operator of their own computes; the expression reads their column.
#[derive(Debug)]
pub(crate) enum Lifted {
    /// Neither aggregates nor functions over ordered rows can stand here.
    Neither,
    /// In `summarize`: aggregates, and no bare columns outside them.
    Aggregates(Vec<AggregateCall>),
    /// Inside an aggregate's arguments.
    InsideAggregate,
    /// In `extend`, `project`, `where` …: functions over ordered rows.
    Windows {
        /// Whether the input has an order.
        serialized: bool,
        /// What was found.
        calls: Vec<WindowCall>,
    },
}

impl<'r> Row<'r> {
    /// No columns: a `let`, a parameter, `print`.
    pub(crate) fn none() -> Row<'r> {
        Row { columns: &[], right: None, open: false, lifted: Lifted::Neither, states: None, graph: None, node: None }
    }

    /// The columns of an operator's input.
    pub(crate) fn of(input: &'r Relation) -> Row<'r> {
        let lifted = Lifted::Windows { serialized: input.serialized, calls: Vec::new() };
        Row { columns: &input.columns, right: None, open: input.open, lifted, states: None, graph: None, node: None }
    }

    /// The same, where aggregates stand.
    pub(crate) fn aggregating(input: &'r Relation) -> Row<'r> {
        Row { lifted: Lifted::Aggregates(Vec::new()), ..Row::of(input) }
    }

    /// The same, where neither aggregates nor functions over ordered rows stand.
    pub(crate) fn plain(input: &'r Relation) -> Row<'r> {
        Row { lifted: Lifted::Neither, ..Row::of(input) }
    }

    /// Both sides of a join.
    pub(crate) fn join(left: &'r Relation, right: &'r Relation) -> Row<'r> {
        Row { right: Some(&right.columns), open: left.open || right.open, lifted: Lifted::Neither, ..Row::of(left) }
    }

    /// The column of this name. `TimeGenerated` is Sentinel's name of `Timestamp`, so that its queries run unchanged.
    pub(crate) fn column(&self, name: &str) -> Option<&'r Column> {
        find_column(self.columns, name)
    }

    /// Window calls that were lifted out.
    pub(crate) fn windows(self) -> Vec<WindowCall> {
        match self.lifted {
            Lifted::Windows { calls, .. } => calls,
            _ => Vec::new(),
        }
    }

    /// Aggregates that were lifted out.
    pub(crate) fn aggregates(self) -> Vec<AggregateCall> {
        match self.lifted {
            Lifted::Aggregates(calls) => calls,
            _ => Vec::new(),
        }
    }
}

/// The column of this name, or the one that the name is an alias of.
pub(crate) fn find_column<'r>(columns: &'r [Column], name: &str) -> Option<&'r Column> {
    let named = |wanted: &str| columns.iter().find(|column| &*column.name == wanted);
    named(name).or_else(|| if name == "TimeGenerated" { named("Timestamp") } else { None })
}
