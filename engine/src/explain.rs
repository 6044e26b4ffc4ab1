//! Every stage of a query as text, so that a wrong answer is found by reading down the stages.

use std::fmt::Write;
use std::sync::Arc;

use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;

use crate::bound::{Program, Relation};
use crate::exec::scan::indexed::IndexedSource;

/// A stage of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The lexer's tokens.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The bound program: steps and results.
    Bound,
    /// DataFusion's logical plan before it is optimised.
    Logical,
    /// DataFusion's logical plan after that.
    Optimized,
    /// The plan that runs.
    Physical,
    /// For each Parquet file that it reads, the rows that the file's index leaves, or why it does not help. What is known
    /// only while the query runs, such as the keys of a join, is not.
    Index,
}

impl Stage {
    /// Every stage with its name.
    pub const NAMES: &[(&'static str, Stage)] = &[
        ("tokens", Stage::Tokens),
        ("ast", Stage::Ast),
        ("bound", Stage::Bound),
        ("logical", Stage::Logical),
        ("optimized", Stage::Optimized),
        ("physical", Stage::Physical),
        ("index", Stage::Index),
    ];

    /// The stage of this name.
    pub fn parse(name: &str) -> Option<Stage> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, stage)| *stage)
    }
}

/// A bound program as text.
pub(crate) fn bound(program: &Program) -> String {
    let mut out = String::new();
    for (index, step) in program.steps.iter().enumerate() {
        let _ = writeln!(out, "step {index} ({:?})", step.kind);
        relation(&step.relation, &mut out);
    }
    for (index, result) in program.results.iter().enumerate() {
        let _ = writeln!(out, "result {index}");
        relation(result, &mut out);
    }
    out
}

fn relation(relation: &Relation, out: &mut String) {
    let columns: Vec<String> =
        relation.columns.iter().map(|it| format!("{}#{}:{}", it.name, it.id.0, it.ty.name())).collect();
    let _ = writeln!(out, "  columns {}", columns.join(", "));
    if !relation.order.is_empty() {
        let _ = writeln!(out, "  order {:?}", relation.order);
    }
    let _ = writeln!(out, "  {:#?}", relation.plan);
}

/// The tokens of a text, one on a line.
pub(crate) fn tokens(text: &str) -> String {
    let mut out = String::new();
    for token in kql_parser::lexer::lex(text) {
        let _ = writeln!(out, "{:?} {:?}", token.span, token.kind);
    }
    out
}

/// What indexes say to the scans of a plan, a line for each file.
pub(crate) fn indexes(plan: &Arc<dyn ExecutionPlan>) -> String {
    let mut out = String::new();
    let mut left = vec![plan];
    while let Some(plan) = left.pop() {
        left.extend(plan.children());
        let Some(config) =
            plan.downcast_ref::<DataSourceExec>().and_then(|it| it.data_source().downcast_ref::<FileScanConfig>())
        else {
            continue;
        };
        let Some(source) = config.file_source().downcast_ref::<IndexedSource>() else { continue };
        let files = config.file_groups.iter().flat_map(FileGroup::iter);
        for line in source.explain(files) {
            let _ = writeln!(out, "{line}"); // writing to a String cannot fail
        }
    }
    out
}
