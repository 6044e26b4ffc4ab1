//! What expressions of `graph-match` may read: nodes and edges by the names that the pattern gives them (fact 322).
//!
//! A path of several edges has been written out by then, so `map`, `all` and `any` are lists of their own length.

use std::sync::Arc;

use kql_parser::ast::{self, NamedExpr, Step};
use kql_parser::diagnostic::Diagnostic;
use kql_parser::span::Span;
use vizsla_functions::{Value, scalar};
use vizsla_schema::{KqlType, suggest};

use super::Binder;
use super::row::{Row, find_column};
use crate::bound::{Column, ColumnId, Expr, ExprKind};
use crate::error;

/// The elements of one match.
#[derive(Debug, Default)]
pub(crate) struct GraphScope {
    /// By name; anonymous ones cannot be read.
    pub(crate) variables: Vec<(Arc<str>, Variable)>,
}

/// What a name of a pattern stands for.
#[derive(Debug)]
pub(crate) enum Variable {
    /// `(a)`
    Node(NodeColumns),
    /// `-[e]->`: its columns.
    Edge(Vec<Column>),
    /// `-[e*1..3]->`, at one of its lengths.
    Path {
        /// Columns of each edge.
        edges: Vec<Vec<Column>>,
        /// The nodes between them.
        inner: Vec<NodeColumns>,
    },
}

/// A node's columns.
#[derive(Debug, Clone)]
pub(crate) struct NodeColumns {
    /// Its properties.
    pub(crate) columns: Vec<Column>,
    /// How many edges end there; null for none.
    pub(crate) degree_in: ColumnId,
    /// How many begin there; null for none.
    pub(crate) degree_out: ColumnId,
}

impl GraphScope {
    fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|(known, _)| **known == *name).map(|(_, variable)| variable)
    }
}

impl<'a> Binder<'a> {
    /// `a.name` where `a` is of the pattern.
    pub(super) fn bind_element_path(&mut self, path: &'a ast::Path, row: &mut Row<'_>) -> Option<Expr> {
        let ast::Expr::Name(root) = &*path.root else { return None };
        let variable = row.graph?.get(&root.text)?;
        let columns = match variable {
            Variable::Node(node) => &node.columns,
            Variable::Edge(columns) => columns,
            Variable::Path { .. } => {
                let message = format!("`{}` is several edges", root.text);
                let hint = format!("use `all({0}, …)`, `any({0}, …)` or `map({0}, …)`", root.text);
                let code = error::with_service(error::BAD_ARGUMENT, "SEM1054");
                return Some(self.fail(Diagnostic::error(code, path.span).message(message).hint(hint)));
            }
        };
        let Some(Step::Name(name)) = path.steps.first() else { return None };
        let Some(column) = find_column(columns, &name.text) else {
            let hint = suggest(&name.text, columns.iter().map(|column| &*column.name));
            let hint = hint.map(|it| format!("did you mean `{it}`?"));
            let message = format!("`{}` has no property named `{}`", root.text, name.text);
            return Some(self.fail(Diagnostic::error(error::UNKNOWN_COLUMN, name.span).message(message).hint(hint)));
        };
        let value = Expr::column(column, path.span);
        Some(self.bind_steps_or_column(value, path, row))
    }

    /// A whole node or edge: a bag of its properties, without those that are null or empty.
    pub(super) fn bind_element(&mut self, name: &ast::Name, row: &Row<'_>) -> Option<Expr> {
        let variable = row.graph?.get(&name.text)?;
        Some(match variable {
            Variable::Node(node) => self.bag_of(&node.columns, name.span),
            Variable::Edge(columns) => self.bag_of(columns, name.span),
            Variable::Path { edges, .. } => {
                let bags = edges.iter().map(|columns| self.bag_of(columns, name.span)).collect();
                self.array_of(bags, name.span)
            }
        })
    }

    fn bag_of(&mut self, columns: &[Column], span: Span) -> Expr {
        let columns: Vec<&Column> = columns.iter().collect();
        self.pack(&columns, true, span)
    }

    fn array_of(&mut self, items: Vec<Expr>, span: Span) -> Expr {
        if items.is_empty() {
            return Expr::literal(Value::Dynamic("[]".into()), span);
        }
        self.apply(scalar("pack_array").expect("the dynamic family has `pack_array`"), items, span)
    }

    /// `map`, `all`, `any`, `node_degree_in`, `node_degree_out`.
    pub(super) fn bind_element_call(&mut self, call: &'a ast::Call, row: &mut Row<'_>) -> Option<Expr> {
        let scope = row.graph?;
        let span = call.span;
        Some(match (&*call.name.text, call.arguments.as_slice()) {
            ("map", [path, value]) => {
                let values = self.of_each(path, row, |binder, row| binder.bind_scalar(&value.expr, row))?;
                if values.iter().any(Expr::is_poison) {
                    return Some(Expr::poison(span));
                }
                self.array_of(values, span)
            }
            (name @ ("all" | "any"), [path, condition]) => {
                let mut terms = self.of_each(path, row, |binder, row| binder.bind_predicate(&condition.expr, row))?;
                match terms.len() {
                    0 => Expr::literal(Value::Bool(name == "all"), span),
                    1 => terms.remove(0),
                    _ => {
                        let kind = if name == "all" { ExprKind::And(terms) } else { ExprKind::Or(terms) };
                        Expr { kind, ty: KqlType::Bool, span }
                    }
                }
            }
            (name @ ("node_degree_in" | "node_degree_out"), arguments) => {
                let Some(node) = node_of(arguments, scope, row) else {
                    let message = format!("`{name}` takes a node of the pattern");
                    return Some(self.fail(Diagnostic::error(error::BAD_ARGUMENT, span).message(message)));
                };
                let id = if name == "node_degree_in" { node.degree_in } else { node.degree_out };
                let degree = Expr { kind: ExprKind::Column(id), ty: KqlType::Long, span };
                let coalesce = scalar("coalesce").expect("the control family has `coalesce`");
                self.apply(coalesce, vec![degree, Expr::literal(Value::Long(0), span)], span)
            }
            _ => return None,
        })
    }

    /// `f` over each edge of a path, or over each node between them: `inner_nodes(path)`.
    fn of_each(
        &mut self,
        path: &'a NamedExpr,
        row: &mut Row<'_>,
        mut f: impl FnMut(&mut Self, &mut Row<'_>) -> Expr,
    ) -> Option<Vec<Expr>> {
        let (name, inner) = match &path.expr {
            ast::Expr::Name(name) => (name, false),
            ast::Expr::Call(call) if &*call.name.text == "inner_nodes" => match call.arguments.as_slice() {
                [NamedExpr { expr: ast::Expr::Name(name), .. }] => (name, true),
                _ => return None,
            },
            _ => return None,
        };
        let scope = row.graph?;
        let mut each = |columns: &[Column], node: Option<&NodeColumns>| {
            f(self, &mut Row { columns, graph: Some(scope), node, ..Row::none() })
        };
        Some(match (scope.get(&name.text)?, inner) {
            (Variable::Path { inner, .. }, true) => inner.iter().map(|node| each(&node.columns, Some(node))).collect(),
            (Variable::Path { edges, .. }, false) => edges.iter().map(|columns| each(columns, None)).collect(),
            (Variable::Edge(columns), false) => vec![each(columns, None)],
            (Variable::Edge(_), true) => Vec::new(),
            (Variable::Node(_), _) => return None,
        })
    }
}

fn node_of<'r>(arguments: &[NamedExpr], scope: &'r GraphScope, row: &Row<'r>) -> Option<&'r NodeColumns> {
    match arguments {
        [] => row.node,
        [NamedExpr { expr: ast::Expr::Name(name), .. }] => match scope.get(&name.text)? {
            Variable::Node(node) => Some(node),
            _ => None,
        },
        _ => None,
    }
}
