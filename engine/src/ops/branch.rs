//! `fork` and `facet`: several result tables from one input, which runs once.

use kql_parser::ast::{Facet, Fork};

use crate::bind::Binder;
use crate::bound::Relation;

pub(super) fn bind_fork<'a>(it: &'a Fork, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let spooled = cx.spooled(input);
    let mut results = Vec::new();
    for branch in &it.branches {
        let start = cx.refresh(&spooled);
        results.push(branch.body.operators.iter().fold(start, |input, operator| super::bind(operator, input, cx)));
    }
    publish(results, cx)
}

pub(super) fn bind_facet<'a>(it: &'a Facet, input: Relation, cx: &mut Binder<'a>) -> Relation {
    let spooled = cx.spooled(input);
    let mut results = Vec::new();
    for column in &it.by {
        let start = cx.refresh(&spooled);
        results.push(super::summarize::facet(column, &start, cx));
    }
    if let Some(with) = &it.with {
        let start = cx.refresh(&spooled);
        results.push(with.operators.iter().fold(start, |input, operator| super::bind(operator, input, cx)));
    }
    publish(results, cx)
}

/// All but the last become results of their own; the last is what the pipeline goes on with.
pub(super) fn publish(mut results: Vec<Relation>, cx: &mut Binder<'_>) -> Relation {
    let last = results.pop().unwrap_or_else(Relation::hole);
    cx.program.results.extend(results);
    last
}
