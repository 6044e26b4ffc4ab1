//! What each tabular operator means, one file per family, named as in the parser: an operator's syntax and its input
//! relation go in, a relation made of [`crate::bound::Plan`] nodes comes out.
//!
//! ```text
//! T | where x > 1 | summarize n = count() by y | top 3 by n
//!     rows.rs       summarize.rs                 sort.rs
//! ```
//!
//! An operator that is not built reports `unsupported` at its own span and passes its input on, so that the rest of the
//! query is still checked.

mod activity;
mod branch;
mod call;
mod columns;
mod expand;
mod graph;
mod ip_lookup;
mod join;
mod narrow;
mod nested;
mod parameters;
mod parse;
mod partition;
mod plugins;
mod render;
mod rows;
mod rows_near;
mod scan;
mod search;
mod series;
mod several;
mod sort;
pub(crate) mod source;
mod summarize;
pub(crate) mod union;

pub(crate) use plugins::found_columns;
pub(crate) use rows::first_row;

use kql_parser::ast::Operator;
use kql_parser::diagnostic::Diagnostic;

use crate::bind::Binder;
use crate::bound::Relation;
use crate::error::{self, unsupported};

/// An operator after a pipe.
pub(crate) fn bind<'a>(operator: &'a Operator, input: Relation, cx: &mut Binder<'a>) -> Relation {
    if input.partition.is_some() && !partition::works_on_parts(operator) {
        return not_built("this operator inside `partition` or `mv-apply`", operator, input, cx);
    }
    if input.graph.is_some() && !graph::takes_graph(operator) {
        let code = error::with_service(error::NOT_A_TABLE, "SEM0104");
        let message = "this operator takes rows, not a graph";
        let hint = "make rows of it: `| graph-to-table nodes`";
        cx.report(Diagnostic::error(code, operator.span()).message(message).hint(hint));
        return Relation::hole();
    }
    match operator {
        Operator::As(it) => rows::bind_as(it, input, cx),
        Operator::AssertSchema(it) => rows::bind_assert_schema(it, input, cx),
        Operator::Consume(it) => rows::bind_consume(it, input, cx),
        Operator::Count(it) => summarize::bind_count(it, &input, cx),
        Operator::Distinct(it) => summarize::bind_distinct(it, &input, cx),
        Operator::Evaluate(it) => plugins::bind(it, Some(input), cx),
        Operator::ExecuteAndCache(_) => input,
        Operator::Extend(it) => columns::bind_extend(&it.columns, &input, cx),
        Operator::Facet(it) => branch::bind_facet(it, input, cx),
        Operator::Fork(it) => branch::bind_fork(it, input, cx),
        Operator::Getschema(_) => rows::bind_getschema(&input, cx),
        Operator::Invoke(it) => call::bind_invoke(it, input, cx),
        Operator::Join(it) => join::bind_join(it, &input, cx),
        Operator::Lookup(it) => join::bind_lookup(it, &input, cx),
        Operator::MakeSeries(it) => series::bind_make_series(it, &input, cx),
        Operator::MvApply(it) => partition::bind_mv_apply(it, &input, cx),
        Operator::MvExpand(it) => expand::bind_mv_expand(it, &input, cx),
        Operator::Parse(it) => parse::bind_parse(it, &input, cx),
        Operator::ParseKv(it) => parse::bind_parse_kv(it, &input, cx),
        Operator::Partition(it) => partition::bind_partition(it, input, cx),
        Operator::PartitionBy(_) => not_built("`partition-by`", operator, input, cx),
        Operator::Project(it) => columns::bind_project(it, &input, cx),
        Operator::ProjectAway(it) => columns::bind_project_away(it, input, cx),
        Operator::ProjectByNames(it) => columns::bind_project_by_names(it, input, cx),
        Operator::ProjectKeep(it) => columns::bind_project_keep(it, input, cx),
        Operator::ProjectRename(it) => columns::bind_project_rename(it, input, cx),
        Operator::ProjectReorder(it) => columns::bind_project_reorder(it, input, cx),
        Operator::Reduce(_) => not_built("`reduce`", operator, input, cx),
        Operator::Render(it) => render::bind(it, input, cx),
        Operator::Sample(it) => rows::bind_sample(it, &input, cx),
        Operator::SampleDistinct(it) => rows::bind_sample_distinct(it, &input, cx),
        Operator::Scan(it) => scan::bind(it, input, cx),
        Operator::Search(it) => search::bind_search(it, Some(input), cx),
        Operator::Serialize(it) => rows::bind_serialize(it, input, cx),
        Operator::Sort(it) => sort::bind_sort(it, &input, cx),
        Operator::Summarize(it) => summarize::bind_summarize(it, &input, cx),
        Operator::Take(it) => rows::bind_take(it, &input, cx),
        Operator::Top(it) => sort::bind_top(it, &input, cx),
        Operator::TopHitters(it) => sort::bind_top_hitters(it, &input, cx),
        Operator::TopNested(it) => nested::bind(it, input, cx),
        Operator::Union(it) => union::bind_union(it, Some(input), cx),
        Operator::Where(it) => rows::bind_where(it, &input, cx),
        Operator::GraphMarkComponents(_)
        | Operator::GraphMatch(_)
        | Operator::GraphToTable(_)
        | Operator::GraphWhere(_) => graph::bind(operator, &input, cx),
        Operator::MakeGraph(it) => graph::bind_make_graph(it, &input, cx),
        Operator::MacroExpand(_) => not_built("`macro-expand`", operator, input, cx),
        Operator::Find(_) | Operator::Print(_) | Operator::Range(_) => {
            let message = "this operator begins a query and takes no input";
            cx.report(Diagnostic::error(error::NOT_A_TABLE, operator.span()).message(message));
            Relation::hole()
        }
        Operator::Error(_) => Relation::hole(),
    }
}

/// An operator that begins a pipeline.
pub(crate) fn bind_source<'a>(operator: &'a Operator, cx: &mut Binder<'a>) -> Relation {
    match operator {
        Operator::Range(it) => source::bind_range(it, cx),
        Operator::Print(it) => source::bind_print(it, cx),
        Operator::Union(it) => union::bind_union(it, None, cx),
        Operator::Search(it) => search::bind_search(it, None, cx),
        Operator::Find(it) => search::bind_find(it, cx),
        Operator::Evaluate(it) => plugins::bind(it, None, cx),
        Operator::Error(_) => Relation::hole(),
        other => not_built("this operator at the beginning of a query", other, Relation::hole(), cx),
    }
}

fn not_built(what: &str, operator: &Operator, input: Relation, cx: &mut Binder<'_>) -> Relation {
    cx.report(unsupported(what, operator.span()));
    Relation { open: true, ..input }
}
