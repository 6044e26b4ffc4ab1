//! Every stage of a query as text, so that a wrong answer is found by reading down the stages.

use std::fmt::Write;

use crate::bound::{Program, Relation};

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
