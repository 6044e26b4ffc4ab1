//! Which rows a query may see: a condition on every table, applied where a table is read.
//!
//! Every way to a table's rows goes through [`Binder::scan`], so no operator, function or subquery gets around it. A
//! condition that cannot be bound fails the query: it never shows more.

use std::collections::BTreeMap;

use kql_parser::ast::{Expr, Operator, Statement};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;

use super::Binder;
use super::row::Row;
use crate::bound::{Plan, Relation};
use crate::error::{self, EngineError};
use crate::options::RowFilter;

/// Parsed conditions of a [`RowFilter`].
#[derive(Debug)]
pub(crate) struct Visible {
    tables: BTreeMap<String, Expr>,
    otherwise: Expr,
}

impl Visible {
    /// # Errors
    /// [`EngineError::Query`] if a condition is not KQL.
    pub(crate) fn parse(filter: &RowFilter) -> Result<Visible, EngineError> {
        let tables = filter.tables.iter().map(|(table, text)| Ok((table.clone(), condition(text)?)));
        Ok(Visible { tables: tables.collect::<Result<_, EngineError>>()?, otherwise: condition(&filter.otherwise)? })
    }

    fn of(&self, table: &str) -> &Expr {
        self.tables.get(table).unwrap_or(&self.otherwise)
    }
}

fn condition(text: &str) -> Result<Expr, EngineError> {
    let parsed = kql_parser::parse(&format!("T | where {text}"));
    if parsed.has_errors() {
        return Err(EngineError::Query(parsed.diagnostics));
    }
    let [Statement::Tabular(Expr::Pipeline(pipeline))] = parsed.query.statements.as_slice() else {
        return Err(not_a_condition());
    };
    match pipeline.operators.as_slice() {
        [Operator::Where(it)] => Ok(it.predicate.clone()),
        _ => Err(not_a_condition()),
    }
}

fn not_a_condition() -> EngineError {
    let message = "a row filter is one condition, such as `DeviceId in ('a', 'b')`";
    EngineError::Query(vec![Diagnostic::error(error::BAD_ARGUMENT, Span::default()).message(message)])
}

impl<'a> Binder<'a> {
    /// The rows of a table that the engine's row filter lets through.
    pub(super) fn visible(&mut self, table: &str, relation: Relation) -> Relation {
        let Some(visible) = self.cx.visible else { return relation };
        // Names in the condition are the table's columns; `let`s of the query must not capture them.
        let env = Default::default();
        let predicate = self.within(env, |binder| binder.bind_predicate(visible.of(table), &mut Row::plain(&relation)));
        if predicate.is_poison() {
            let message = format!("the row filter does not fit the table `{table}`");
            self.report(Diagnostic::error(error::UNKNOWN_TABLE, Span::default()).message(message));
        }
        relation.then(|plan| Plan::Filter { input: plan, predicate })
    }
}
