//! The bound tree: what a query means, with every name resolved, every type known and every conversion written out.
//!
//! KQL has fifty tabular operators; here are fifteen [`Plan`] nodes that they are made of. Columns are ids, so renaming
//! costs nothing and two columns never clash; names live in [`Relation::columns`] and come back with the result.
//! No node knows DataFusion: `lower` turns this tree into its logical plans, one node at a time.
//!
//! A bound query is a [`Program`]: steps in order, each of which later ones may refer to, then the results.

use std::sync::Arc;

use kql_parser::ast::StepOutput;
use kql_parser::span::Span;
use vizsla_functions::{ScalarDef, Value};
use vizsla_schema::KqlType;

use crate::catalog::TableShape;
use crate::functions::agg::{AggCall, AggregateDef};
use crate::functions::window::WindowDef;

/// A column below the binder, unique within a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ColumnId(pub u32);

/// A step of the program, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StepId(pub usize);

/// A named, typed column of a relation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// Who it is.
    pub id: ColumnId,
    /// What the query calls it.
    pub name: Arc<str>,
    /// Its type.
    pub ty: KqlType,
}

/// A scalar expression.
#[derive(Debug, Clone)]
pub(crate) struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// Type of the answer.
    pub ty: KqlType,
    /// Where it stands in the query.
    pub span: Span,
}

/// What an [`Expr`] computes.
#[derive(Debug, Clone)]
pub(crate) enum ExprKind {
    /// Something that was reported already; it fits any type, so that one typo is one error.
    Poison,
    /// A constant.
    Literal(Value),
    /// A column of the input.
    Column(ColumnId),
    /// A function or operator; arguments have exactly the types of the overload.
    Call {
        /// Which.
        def: &'static ScalarDef,
        /// Converted arguments.
        args: Vec<Expr>,
    },
    /// True if all are; false wins over null.
    And(Vec<Expr>),
    /// True if any is; true wins over null.
    Or(Vec<Expr>),
    /// Negation; null stays null.
    Not(Box<Expr>),
    /// The first arm whose condition is true.
    Case {
        /// Condition and value.
        arms: Vec<(Expr, Expr)>,
        /// The value when no condition is true.
        otherwise: Box<Expr>,
    },
    /// Equality with any of some constants of the needle's type, none of them null.
    InList {
        /// What is looked for.
        needle: Box<Expr>,
        /// Where.
        list: Vec<Value>,
        /// `!in`
        negated: bool,
    },
    /// The value that a [`StepKind::Scalar`] found.
    Step(StepId),
    /// A call whose last argument is the list that a [`StepKind::List`] found, as a constant dynamic array.
    CallWithList {
        /// `in`, `in~`, `has_any` …
        def: &'static ScalarDef,
        /// What is looked for.
        needle: Box<Expr>,
        /// Where.
        list: StepId,
    },
}

impl Expr {
    /// The hole that stands for something already reported.
    pub(crate) fn poison(span: Span) -> Expr {
        Expr { kind: ExprKind::Poison, ty: KqlType::Dynamic, span }
    }

    /// A constant.
    pub(crate) fn literal(value: Value, span: Span) -> Expr {
        Expr { ty: value.ty(), kind: ExprKind::Literal(value), span }
    }

    /// A column.
    pub(crate) fn column(column: &Column, span: Span) -> Expr {
        Expr { kind: ExprKind::Column(column.id), ty: column.ty, span }
    }

    /// Whether this is [`ExprKind::Poison`].
    pub(crate) fn is_poison(&self) -> bool {
        matches!(self.kind, ExprKind::Poison)
    }

    /// The constant it is, if it is one.
    pub(crate) fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Calls `f` on each column this reads.
    pub(crate) fn visit_columns(&self, f: &mut impl FnMut(ColumnId)) {
        match &self.kind {
            ExprKind::Poison | ExprKind::Literal(_) | ExprKind::Step(_) => {}
            ExprKind::Column(id) => f(*id),
            ExprKind::Call { args: parts, .. } | ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().for_each(|part| part.visit_columns(f));
            }
            ExprKind::Not(inner) => inner.visit_columns(f),
            ExprKind::Case { arms, otherwise } => {
                for (when, then) in arms {
                    when.visit_columns(f);
                    then.visit_columns(f);
                }
                otherwise.visit_columns(f);
            }
            ExprKind::InList { needle, .. } | ExprKind::CallWithList { needle, .. } => needle.visit_columns(f),
        }
    }
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SortKey {
    /// By which column.
    pub column: ColumnId,
    /// Smallest first.
    pub ascending: bool,
    /// Where nulls (and NaN) go.
    pub nulls_first: bool,
}

/// Rows with named columns, and what is known about them.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// How the rows come about.
    pub plan: Arc<Plan>,
    /// The columns a query sees, in order. The plan may carry more (sort keys that were projected away).
    pub columns: Vec<Column>,
    /// The order of rows; empty where there is none. Kept as keys and sorted at the end, because DataFusion drops a
    /// sort that nobody requires.
    pub order: Vec<SortKey>,
    /// Whether functions over ordered rows are allowed (fact 225).
    pub serialized: bool,
    /// Columns that only the data knows may exist too; unknown names bind as dynamic then.
    pub open: bool,
    /// What `union withsource` and `find` call these rows: the table's name, or that of `as`.
    pub source: Option<Arc<str>>,
    /// What to draw, from `render`.
    pub render: Option<Arc<Render>>,
    /// Inside `partition` and `mv-apply`: operators work on each part for itself.
    pub partition: Option<Arc<Partition>>,
    /// After `make-graph`: the graph, in place of rows.
    pub graph: Option<Arc<Graph>>,
}

/// Nodes and edges, each kept as rows.
#[derive(Debug)]
pub(crate) struct Graph {
    /// Visible properties, then the id that edges refer to, then a number that gives nodes an order.
    pub nodes: Relation,
    /// Visible properties, then the ids of the nodes where it begins and ends, then its own number.
    pub edges: Relation,
    /// Whether an edge may be followed in one direction only.
    pub directed: bool,
}

/// How rows are divided where a subquery runs for each part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Partition {
    /// Rows with the same values are one part.
    pub keys: Vec<(ColumnId, KqlType)>,
    /// Columns that have one value in a part and go through a `summarize`.
    pub carried: Vec<(ColumnId, KqlType)>,
}

impl Relation {
    /// Unordered rows.
    pub(crate) fn new(plan: Plan, columns: Vec<Column>) -> Relation {
        Relation {
            plan: Arc::new(plan),
            columns,
            order: Vec::new(),
            serialized: false,
            open: false,
            source: None,
            render: None,
            partition: None,
            graph: None,
        }
    }

    /// The column of this name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    /// The same rows after one more node; columns and order stay.
    pub(crate) fn then(&self, plan: impl FnOnce(Arc<Plan>) -> Plan) -> Relation {
        Relation { plan: Arc::new(plan(self.plan.clone())), ..self.clone() }
    }

    /// The same rows, no longer in any order.
    pub(crate) fn unordered(mut self) -> Relation {
        self.order.clear();
        self.serialized = false;
        self
    }
}

/// What `render` asks for. A hint to whoever shows the result; the rows are the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Render {
    /// `timechart`, `piechart` …
    pub kind: Arc<str>,
    /// `title`, `xcolumn` … as written.
    pub properties: Vec<(Arc<str>, String)>,
}

/// How rows come about.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// A table of the data root.
    Scan {
        /// Which.
        table: Arc<TableShape>,
        /// Ids for all its columns, in the shape's order; lowering reads only those that are needed.
        columns: Vec<ColumnId>,
    },
    /// Rows written in the query, or made when it was bound.
    Values {
        /// Ids with types.
        columns: Vec<(ColumnId, KqlType)>,
        /// The rows.
        rows: Arc<Vec<Vec<Value>>>,
    },
    /// `range x from … to … step …`
    Range {
        /// The one column.
        column: ColumnId,
        /// First value.
        from: Expr,
        /// Last value, included.
        to: Expr,
        /// Distance.
        step: Expr,
    },
    /// Rows that an earlier step kept.
    Spool {
        /// Which step.
        step: StepId,
        /// Fresh id, the step's id, type.
        columns: Vec<(ColumnId, ColumnId, KqlType)>,
    },
    /// Adds columns to those of the input.
    Extend {
        /// The input.
        input: Arc<Plan>,
        /// New columns over the input's.
        columns: Vec<(ColumnId, Expr)>,
    },
    /// Exactly these columns. Unlike [`Plan::Extend`] it hides those of the input, so both sides of a self join can be told
    /// apart.
    Project {
        /// The input.
        input: Arc<Plan>,
        /// Columns over the input's.
        columns: Vec<(ColumnId, Expr)>,
    },
    /// Keeps rows whose predicate is true.
    Filter {
        /// The input.
        input: Arc<Plan>,
        /// The test.
        predicate: Expr,
    },
    /// Groups.
    Aggregate {
        /// The input.
        input: Arc<Plan>,
        /// Keys, each a column of the input under a fresh id.
        keys: Vec<(ColumnId, Expr)>,
        /// What is computed for each group.
        aggregates: Vec<AggregateCall>,
        /// The order in which order-sensitive aggregates see rows.
        order: Vec<SortKey>,
    },
    /// Pairs of rows with equal keys; null equals null (fact 16).
    Join {
        /// Left input.
        left: Arc<Plan>,
        /// Right input.
        right: Arc<Plan>,
        /// Which rows stay.
        kind: JoinKind,
        /// Pairs of equal expressions, the first over the left input, the second over the right.
        on: Vec<(Expr, Expr)>,
    },
    /// Rows of all inputs.
    Union {
        /// Each input with one expression per output column.
        inputs: Vec<(Arc<Plan>, Vec<Expr>)>,
        /// Output columns.
        columns: Vec<(ColumnId, KqlType)>,
    },
    /// The first rows in an order.
    Top {
        /// The input.
        input: Arc<Plan>,
        /// The order.
        keys: Vec<SortKey>,
        /// How many.
        rows: u64,
    },
    /// Any rows.
    Limit {
        /// The input.
        input: Arc<Plan>,
        /// How many.
        rows: u64,
    },
    /// A row for each element of some arrays, in step; shorter ones give null.
    Expand {
        /// The input.
        input: Arc<Plan>,
        /// The arrays.
        arrays: Vec<Expanded>,
        /// Bags give `[key, value]` pairs rather than bags of one entry.
        pairs: bool,
        /// A column that counts elements from 0.
        index: ColumnId,
        /// At most this many per input row.
        limit: Option<u64>,
    },
    /// Functions over ordered rows.
    Window {
        /// The input.
        input: Arc<Plan>,
        /// Rows with the same values are counted for themselves.
        partition: Vec<ColumnId>,
        /// The order of rows.
        order: Vec<SortKey>,
        /// What is computed.
        calls: Vec<WindowCall>,
    },
    /// Columns that a pattern finds in a text: `parse`, `parse-where`, `parse-kv`.
    Extract {
        /// The input.
        input: Arc<Plan>,
        /// The text.
        text: Expr,
        /// The pattern and what it finds.
        extractor: Arc<dyn Extractor>,
        /// Ids of the columns found, in the extractor's order.
        columns: Vec<(ColumnId, KqlType)>,
        /// A bool column that tells whether the pattern matched.
        matched: ColumnId,
    },
    /// The rows that a state machine over ordered rows lets out: `scan`.
    Sequence {
        /// The input.
        input: Arc<Plan>,
        /// Rows with the same values are a sequence of their own.
        partition: Vec<ColumnId>,
        /// The order of rows.
        order: Vec<SortKey>,
        /// What it does.
        machine: Arc<Machine>,
    },
}

/// The steps of a `scan`.
#[derive(Debug)]
pub(crate) struct Machine {
    /// In the order written.
    pub steps: Vec<MachineStep>,
    /// Columns that steps assign.
    pub assigned: Vec<AssignedColumn>,
    /// What expressions read of earlier rows: `s1.x`.
    pub states: Vec<StateColumn>,
    /// A column that numbers sequences of matches from 0.
    pub match_id: ColumnId,
    /// A column that counts the rows which one input row gives, from 0.
    pub index: ColumnId,
}

/// A step of a [`Machine`].
#[derive(Debug)]
pub(crate) struct MachineStep {
    /// When a row matches.
    pub condition: Expr,
    /// What a match assigns, by position in [`Machine::assigned`].
    pub assignments: Vec<(usize, Expr)>,
    /// Which matches come out.
    pub output: StepOutput,
    /// Whether the next step may follow the one before this.
    pub optional: bool,
}

/// A column that steps assign.
#[derive(Debug)]
pub(crate) struct AssignedColumn {
    /// The new column.
    pub output: ColumnId,
    /// Its type.
    pub ty: KqlType,
    /// The column of the input whose value it has where a step does not assign it.
    pub before: ColumnId,
}

/// A value of the row that a step matched last.
#[derive(Debug)]
pub(crate) struct StateColumn {
    /// What expressions call it.
    pub id: ColumnId,
    /// Its type.
    pub ty: KqlType,
    /// Which step's row.
    pub step: usize,
    /// A column of the input, or what was assigned in its place.
    pub of: ColumnId,
    /// The value before the step has matched.
    pub unset: Value,
}

/// One array of a [`Plan::Expand`].
#[derive(Debug, Clone)]
pub(crate) struct Expanded {
    /// The column of its elements.
    pub output: ColumnId,
    /// Their type: dynamic, or what `to typeof(…)` makes of them by their JSON type (fact 254).
    pub ty: KqlType,
    /// The array.
    pub value: Expr,
}

/// Finds typed columns in texts.
pub(crate) trait Extractor: std::fmt::Debug + Send + Sync {
    /// Names it for `.explain`; two extractors with the same name do the same.
    fn name(&self) -> String;
    /// A struct array: one field for each column, then the bool `matched`.
    ///
    /// # Errors
    /// Only if arrow runs out of room.
    fn extract(
        &self,
        text: &arrow::array::StringViewArray,
    ) -> Result<Vec<arrow::array::ArrayRef>, arrow::error::ArrowError>;
}

/// Which rows of a join stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinKind {
    /// Pairs.
    Inner,
    /// Pairs, and left rows without one.
    LeftOuter,
    /// Pairs, and right rows without one.
    RightOuter,
    /// Pairs, and rows of either side without one.
    FullOuter,
    /// Left rows with a match.
    LeftSemi,
    /// Left rows without a match.
    LeftAnti,
    /// Right rows with a match.
    RightSemi,
    /// Right rows without a match.
    RightAnti,
}

/// One aggregate of a [`Plan::Aggregate`].
#[derive(Debug, Clone)]
pub(crate) struct AggregateCall {
    /// Which.
    pub def: &'static AggregateDef,
    /// Arguments that vary by row, converted; constants and the predicate are elsewhere.
    pub args: Vec<Expr>,
    /// Types of all arguments, and the constants among them.
    pub call: AggCall,
    /// Only rows for which this is true count.
    pub filter: Option<Expr>,
    /// Where the answer goes: one column, or one for each field of a multi-column aggregate.
    pub outputs: Vec<(ColumnId, KqlType)>,
}

/// One function over ordered rows.
#[derive(Debug, Clone)]
pub(crate) struct WindowCall {
    /// Which.
    pub def: &'static WindowDef,
    /// Arguments, converted.
    pub args: Vec<Expr>,
    /// Where the answer goes.
    pub output: (ColumnId, KqlType),
}

/// A bound query.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// What has to be known before the results can be planned, in order.
    pub steps: Vec<Step>,
    /// One relation for each tabular statement.
    pub results: Vec<Relation>,
    /// Whether binding has to be done again once the last step has run, because it decides which columns exist.
    pub unfinished: bool,
}

/// Something to compute first.
#[derive(Debug)]
pub(crate) struct Step {
    /// What becomes of the rows.
    pub kind: StepKind,
    /// The rows.
    pub relation: Relation,
}

/// What becomes of a step's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// The first column of the first row: `toscalar`.
    Scalar,
    /// The distinct values of the first column: `in (T | project x)`.
    List,
    /// Everything, kept for later: `materialize`, and inputs of what [`StepKind::Columns`] looks at.
    Spool,
    /// Names and types of columns that depend on the rows: binding goes on when they are known.
    Columns(Question),
}

/// Which columns some rows call for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The keys of the bags in the first column, each with the type its values share: `bag_unpack`.
    BagKeys,
    /// The distinct values of the first column, as text: `pivot`.
    Values,
}
