//! What names stand for: `let` variables, parameters and functions, innermost first.
//!
//! The environment is a linked list that is shared, never changed: a function keeps the one it was defined in, so a later
//! `let` cannot capture a name in its body.

use std::rc::Rc;
use std::sync::Arc;

use kql_parser::ast;

use crate::bound::{Expr, Relation};

/// What a name stands for.
#[derive(Debug, Clone)]
pub(crate) enum Binding<'a> {
    /// A scalar; the calculation, not its value (fact 270).
    Scalar(Expr),
    /// Rows; the calculation, run at each use.
    Table(Relation),
    /// `(parameters) { body }`
    Function(Rc<UserFunction<'a>>),
    /// `declare pattern`
    Pattern(&'a ast::Pattern),
}

/// A function defined in the query or in the library.
#[derive(Debug)]
pub(crate) struct UserFunction<'a> {
    pub(crate) name: Arc<str>,
    pub(crate) decl: &'a ast::Function,
    /// Names as they were where it was defined.
    pub(crate) env: Env<'a>,
    /// Whether it answers rows.
    pub(crate) tabular: bool,
}

/// Names in scope.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env<'a>(Option<Rc<Node<'a>>>);

#[derive(Debug)]
struct Node<'a> {
    name: Arc<str>,
    binding: Binding<'a>,
    outer: Env<'a>,
}

impl<'a> Env<'a> {
    /// The same names and one more, which hides an outer one of that name.
    pub(crate) fn with(&self, name: Arc<str>, binding: Binding<'a>) -> Env<'a> {
        Env(Some(Rc::new(Node { name, binding, outer: self.clone() })))
    }

    /// The innermost binding of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Binding<'a>> {
        self.iter().find(|(bound, _)| ***bound == *name).map(|(_, binding)| binding)
    }

    /// All bindings, innermost first; hidden ones too.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Binding<'a>)> {
        std::iter::successors(self.0.as_deref(), |node| node.outer.0.as_deref()).map(|node| (&node.name, &node.binding))
    }
}
