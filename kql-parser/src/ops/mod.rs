//! Tabular operators, one file per family: shape, grammar and printing of an operator live together.

mod branch;
mod call;
mod columns;
mod expand;
mod graph;
mod join;
mod parse;
mod partition;
mod render;
mod rows;
mod scan;
mod search;
mod series;
mod sort;
mod source;
mod summarize;
mod top;
mod union;

pub use branch::{Facet, Fork, ForkBranch};
pub use call::{Evaluate, Invoke, MacroExpand};
pub use columns::{
    Extend, Project, ProjectAway, ProjectByNames, ProjectKeep, ProjectRename, ProjectReorder, ReorderColumn,
    ReorderDirection,
};
pub use expand::{ExpandColumn, MvApply, MvExpand};
pub use graph::{
    EdgeDirection, GraphElement, GraphMarkComponents, GraphMatch, GraphMatchKind, GraphPart, GraphPattern,
    GraphToTable, GraphWhere, GraphWhereKind, HopRange, MakeGraph, NodesTable,
};
pub use join::{Join, JoinCondition, Lookup};
pub use parse::{Parse, ParseKv, ParsePiece};
pub use partition::{Partition, PartitionBody, PartitionBy};
pub use render::{Render, RenderProperty};
pub use rows::{As, AssertSchema, Bare, Count, Distinct, Sample, SampleDistinct, Serialize, Take, Where};
pub use scan::{Assignment, Scan, ScanStep, StepOutput};
pub use search::{Find, FindColumn, FindProject, Search};
pub use series::{MakeSeries, SeriesAggregate, SeriesRange};
pub use sort::{Direction, Nulls, Sort, SortKey, Top};
pub use source::{Datatable, ExternalLayout, Externaldata, Print, Property, Range};
pub use summarize::{Reduce, Summarize};
pub use top::{TopHitters, TopNested, TopNestedLevel};
pub use union::Union;

pub(crate) use source::table_literal;

use crate::ast::{Expr, Name};
use crate::diagnostic::{self as codes, Diagnostic, nearest};
use crate::grammar::{Input, Parse as Parsed};
use crate::print::Printer;
use crate::span::Span;
use crate::token::TokenKind;

/// One tabular operator, after `|` or at the start of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// `as Name`
    As(As),
    /// `assert-schema (a: long)`
    AssertSchema(AssertSchema),
    /// `consume`
    Consume(Bare),
    /// `count`
    Count(Count),
    /// `distinct a, b`
    Distinct(Distinct),
    /// `evaluate plugin(…)`
    Evaluate(Evaluate),
    /// `__executeAndCache`
    ExecuteAndCache(Bare),
    /// `extend a = b`
    Extend(Extend),
    /// `facet by a with (…)`
    Facet(Facet),
    /// `find where …`
    Find(Find),
    /// `fork (…) (…)`
    Fork(Fork),
    /// `getschema`
    Getschema(Bare),
    /// `graph-mark-components`
    GraphMarkComponents(GraphMarkComponents),
    /// `graph-match` and `graph-shortest-paths`
    GraphMatch(GraphMatch),
    /// `graph-to-table nodes, edges`
    GraphToTable(GraphToTable),
    /// `graph-where-nodes` and `graph-where-edges`
    GraphWhere(GraphWhere),
    /// `invoke f(…)`
    Invoke(Invoke),
    /// `join (…) on …`
    Join(Join),
    /// `lookup (…) on …`
    Lookup(Lookup),
    /// `macro-expand group as X (…)`
    MacroExpand(MacroExpand),
    /// `make-graph source --> target with …`
    MakeGraph(MakeGraph),
    /// `make-series`
    MakeSeries(MakeSeries),
    /// `mv-apply … on (…)`
    MvApply(MvApply),
    /// `mv-expand`, `mvexpand`
    MvExpand(MvExpand),
    /// `parse` and `parse-where`
    Parse(Parse),
    /// `parse-kv`
    ParseKv(ParseKv),
    /// `partition by a (…)`
    Partition(Partition),
    /// `partition-by a (…)`, `__partitionby`
    PartitionBy(PartitionBy),
    /// `print a = 1`
    Print(Print),
    /// `project a, b`
    Project(Project),
    /// `project-away a, b*`
    ProjectAway(ProjectAway),
    /// `project-by-names "a", names`
    ProjectByNames(ProjectByNames),
    /// `project-keep a, b*`
    ProjectKeep(ProjectKeep),
    /// `project-rename a = b`
    ProjectRename(ProjectRename),
    /// `project-reorder a, b* asc`
    ProjectReorder(ProjectReorder),
    /// `range x from 1 to 2 step 1`
    Range(Range),
    /// `reduce by a`
    Reduce(Reduce),
    /// `render timechart`
    Render(Render),
    /// `sample 5`
    Sample(Sample),
    /// `sample-distinct 5 of a`
    SampleDistinct(SampleDistinct),
    /// `scan with (…)`
    Scan(Scan),
    /// `search "text"`
    Search(Search),
    /// `serialize a = row_number()`
    Serialize(Serialize),
    /// `sort by a`, `order by a`
    Sort(Sort),
    /// `summarize count() by a`
    Summarize(Summarize),
    /// `take 5`, `limit 5`
    Take(Take),
    /// `top 5 by a`
    Top(Top),
    /// `top-hitters 5 of a`
    TopHitters(TopHitters),
    /// `top-nested 5 of a by count()`
    TopNested(TopNested),
    /// `union a, b`
    Union(Union),
    /// `where a`, `filter a`
    Where(Where),
    /// An operator that could not be parsed; a diagnostic says why.
    Error(Span),
}

impl Operator {
    /// From its keyword to its end.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::As(it) => it.span,
            Self::AssertSchema(it) => it.span,
            Self::Consume(it) | Self::ExecuteAndCache(it) | Self::Getschema(it) => it.span,
            Self::Count(it) => it.span,
            Self::Distinct(it) => it.span,
            Self::Evaluate(it) => it.span,
            Self::Extend(it) => it.span,
            Self::Facet(it) => it.span,
            Self::Find(it) => it.span,
            Self::Fork(it) => it.span,
            Self::GraphMarkComponents(it) => it.span,
            Self::GraphMatch(it) => it.span,
            Self::GraphToTable(it) => it.span,
            Self::GraphWhere(it) => it.span,
            Self::Invoke(it) => it.span,
            Self::Join(it) => it.span,
            Self::Lookup(it) => it.span,
            Self::MacroExpand(it) => it.span,
            Self::MakeGraph(it) => it.span,
            Self::MakeSeries(it) => it.span,
            Self::MvApply(it) => it.span,
            Self::MvExpand(it) => it.span,
            Self::Parse(it) => it.span,
            Self::ParseKv(it) => it.span,
            Self::Partition(it) => it.span,
            Self::PartitionBy(it) => it.span,
            Self::Print(it) => it.span,
            Self::Project(it) => it.span,
            Self::ProjectAway(it) => it.span,
            Self::ProjectByNames(it) => it.span,
            Self::ProjectKeep(it) => it.span,
            Self::ProjectRename(it) => it.span,
            Self::ProjectReorder(it) => it.span,
            Self::Range(it) => it.span,
            Self::Reduce(it) => it.span,
            Self::Render(it) => it.span,
            Self::Sample(it) => it.span,
            Self::SampleDistinct(it) => it.span,
            Self::Scan(it) => it.span,
            Self::Search(it) => it.span,
            Self::Serialize(it) => it.span,
            Self::Sort(it) => it.span,
            Self::Summarize(it) => it.span,
            Self::Take(it) => it.span,
            Self::Top(it) => it.span,
            Self::TopHitters(it) => it.span,
            Self::TopNested(it) => it.span,
            Self::Union(it) => it.span,
            Self::Where(it) => it.span,
            Self::Error(span) => *span,
        }
    }
}

/// `name = value` right after an operator's keyword: `kind = inner`, `hint.strategy = shuffle`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// With its dots: `hint.strategy`.
    pub name: Name,
    /// A bare word (as [`Expr::Name`]) or a literal.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

/// Operators without a source of their own, run on rows that the surrounding operator hands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// At least one.
    pub operators: Vec<Operator>,
    /// Without the parentheses.
    pub span: Span,
}

/// Where an operator begins.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) start: u32,
}

impl Head {
    /// From the keyword to the last token read.
    fn span(self, rest: Input<'_>) -> Span {
        rest.since(self.start)
    }
}

/// Reads what comes after an operator's keyword.
pub(crate) type Grammar = for<'a> fn(Head, Input<'a>) -> Parsed<'a, Operator>;

/// Every family's keywords.
const FAMILIES: &[&[(&str, Grammar)]] = &[
    rows::GRAMMAR,
    columns::GRAMMAR,
    summarize::GRAMMAR,
    join::GRAMMAR,
    sort::GRAMMAR,
    top::GRAMMAR,
    union::GRAMMAR,
    expand::GRAMMAR,
    parse::GRAMMAR,
    call::GRAMMAR,
    render::GRAMMAR,
    series::GRAMMAR,
    search::GRAMMAR,
    partition::GRAMMAR,
    branch::GRAMMAR,
    scan::GRAMMAR,
    source::GRAMMAR,
    graph::GRAMMAR,
];

/// Every keyword that may follow `|`, old spellings included.
pub fn operator_names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.iter().map(|it| it.0))
}

fn grammar_of(keyword: &str) -> Option<Grammar> {
    FAMILIES.iter().flat_map(|family| family.iter()).find(|it| it.0 == keyword).map(|it| it.1)
}

/// An operator, from its keyword on.
pub(crate) fn operator(input: Input<'_>) -> Parsed<'_, Operator> {
    let start = input.start();
    let (keyword, width) = keyword(input);
    if let Some(grammar) = grammar_of(keyword) {
        return grammar(Head { start }, input.skip(width));
    }
    // `project-x` is `project` of a negated column.
    if let Some(grammar) = grammar_of(input.word(0)) {
        return grammar(Head { start }, input.skip(1));
    }
    if !input.at(TokenKind::Word) {
        return input.miss("an operator");
    }
    let span = input.skip(width).since(start);
    input.cx.report(
        Diagnostic::error(codes::UNKNOWN_OPERATOR, span)
            .message(format!("no operator named `{keyword}`"))
            .hint(nearest(keyword, operator_names()).map(|it| format!("did you mean `{it}`?"))),
    );
    Err(nom::Err::Error(crate::grammar::Miss))
}

/// The words joined by hyphens that come next, and how many tokens they are.
fn keyword(input: Input<'_>) -> (&str, usize) {
    let mut width = 1;
    while input.at_sign(width, "-")
        && input.kind(width + 1) == Some(TokenKind::Word)
        && input.adjoins(width)
        && input.adjoins(width + 1)
    {
        width += 2;
    }
    (input.skip(width).since(input.start()).text(input.cx.text), width)
}

impl crate::print::Print for Operator {
    fn print(&self, p: &mut Printer) {
        match self {
            Self::Consume(it) => it.print("consume", p),
            Self::ExecuteAndCache(it) => it.print("__executeAndCache", p),
            Self::Getschema(it) => it.print("getschema", p),
            Self::As(it) => it.print(p),
            Self::AssertSchema(it) => it.print(p),
            Self::Count(it) => it.print(p),
            Self::Distinct(it) => it.print(p),
            Self::Evaluate(it) => it.print(p),
            Self::Extend(it) => it.print(p),
            Self::Facet(it) => it.print(p),
            Self::Find(it) => it.print(p),
            Self::Fork(it) => it.print(p),
            Self::GraphMarkComponents(it) => it.print(p),
            Self::GraphMatch(it) => it.print(p),
            Self::GraphToTable(it) => it.print(p),
            Self::GraphWhere(it) => it.print(p),
            Self::Invoke(it) => it.print(p),
            Self::Join(it) => it.print(p),
            Self::Lookup(it) => it.print(p),
            Self::MacroExpand(it) => it.print(p),
            Self::MakeGraph(it) => it.print(p),
            Self::MakeSeries(it) => it.print(p),
            Self::MvApply(it) => it.print(p),
            Self::MvExpand(it) => it.print(p),
            Self::Parse(it) => it.print(p),
            Self::ParseKv(it) => it.print(p),
            Self::Partition(it) => it.print(p),
            Self::PartitionBy(it) => it.print(p),
            Self::Print(it) => it.print(p),
            Self::Project(it) => it.print(p),
            Self::ProjectAway(it) => it.print(p),
            Self::ProjectByNames(it) => it.print(p),
            Self::ProjectKeep(it) => it.print(p),
            Self::ProjectRename(it) => it.print(p),
            Self::ProjectReorder(it) => it.print(p),
            Self::Range(it) => it.print(p),
            Self::Reduce(it) => it.print(p),
            Self::Render(it) => it.print(p),
            Self::Sample(it) => it.print(p),
            Self::SampleDistinct(it) => it.print(p),
            Self::Scan(it) => it.print(p),
            Self::Search(it) => it.print(p),
            Self::Serialize(it) => it.print(p),
            Self::Sort(it) => it.print(p),
            Self::Summarize(it) => it.print(p),
            Self::Take(it) => it.print(p),
            Self::Top(it) => it.print(p),
            Self::TopHitters(it) => it.print(p),
            Self::TopNested(it) => it.print(p),
            Self::Union(it) => it.print(p),
            Self::Where(it) => it.print(p),
            Self::Error(_) => {
                p.put("<error>");
            }
        }
    }
}

impl crate::print::Print for Parameter {
    fn print(&self, p: &mut Printer) {
        p.put(&self.name.text).put("=").operand(&self.value);
    }
}

impl crate::print::Print for Subquery {
    fn print(&self, p: &mut Printer) {
        p.put("(").separated(&self.operators, " | ").put(")");
    }
}
