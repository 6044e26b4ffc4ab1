//! Trees back to text, in one canonical form: parsing the result gives an equal tree.
//!
//! Operators begin a line each at the top level and stay on one line inside parentheses. Parentheses appear where
//! precedence needs them. Comments and the spelling of literals are not kept.

mod expr;
mod statement;

use crate::ast::{BinaryOp, Expr, Name, Operator, Parameter, Property, Query, ScalarType, Statement};
use crate::lexer::lex;
use crate::literal::string::encode;
use crate::token::TokenKind;
use expr::{Level, level};

/// The canonical text of a tree.
#[must_use]
pub fn print(query: &Query) -> String {
    let mut p = Printer { top_level: true, ..Printer::default() };
    for statement in &query.statements {
        if !p.out.is_empty() {
            p.put(";\n");
        }
        p.node(statement);
    }
    p.out
}

/// The canonical text of one expression, on one line.
#[must_use]
pub fn print_expr(expr: &Expr) -> String {
    let mut p = Printer::default();
    p.expr(expr);
    p.out
}

/// An operator's keyword and arguments, on one line.
#[must_use]
pub fn print_operator(operator: &Operator) -> String {
    let mut p = Printer::default();
    p.node(operator);
    p.out
}

/// A node that knows how to write itself.
pub(crate) trait Print {
    fn print(&self, p: &mut Printer);
}

/// The text so far. Methods return the printer, so that a node's text reads from left to right.
#[derive(Default)]
pub(crate) struct Printer {
    out: String,
    top_level: bool,
}

impl Printer {
    pub(crate) fn put(&mut self, text: &str) -> &mut Self {
        self.out.push_str(text);
        self
    }

    pub(crate) fn node(&mut self, node: &impl Print) -> &mut Self {
        node.print(self);
        self
    }

    /// A name where any word is one: before `=` or `:`.
    pub(crate) fn label(&mut self, name: &Name) -> &mut Self {
        if is_word(&name.text) { self.put(&name.text) } else { self.node(name) }
    }

    pub(crate) fn optional(&mut self, node: Option<&impl Print>) -> &mut Self {
        match node {
            Some(it) => self.node(it),
            None => self,
        }
    }

    pub(crate) fn separated(&mut self, nodes: &[impl Print], separator: &str) -> &mut Self {
        for (at, node) in nodes.iter().enumerate() {
            self.put(if at == 0 { "" } else { separator }).node(node);
        }
        self
    }

    pub(crate) fn list(&mut self, nodes: &[impl Print]) -> &mut Self {
        self.separated(nodes, ", ")
    }

    pub(crate) fn parameters(&mut self, parameters: &[Parameter]) -> &mut Self {
        for parameter in parameters {
            self.put(" ").node(parameter);
        }
        self
    }

    pub(crate) fn with_properties(&mut self, properties: &[Property]) -> &mut Self {
        if properties.is_empty() { self } else { self.put(" with (").list(properties).put(")") }
    }

    pub(crate) fn statements(&mut self, statements: &[Statement]) -> &mut Self {
        self.separated(statements, "; ")
    }

    pub(crate) fn string(&mut self, value: &str) -> &mut Self {
        encode(value, &mut self.out);
        self
    }

    /// Where a scalar may stand; a pipeline goes into parentheses.
    pub(crate) fn expr(&mut self, expr: &Expr) -> &mut Self {
        self.at(Level::Or, expr)
    }

    /// Where a pipeline may stand as it is.
    pub(crate) fn tabular(&mut self, expr: &Expr) -> &mut Self {
        self.at(Level::Tabular, expr)
    }

    /// Where only a sign, a path or something in parentheses may stand.
    pub(crate) fn operand(&mut self, expr: &Expr) -> &mut Self {
        self.at(if matches!(expr, Expr::Unary(_)) { Level::Sign } else { Level::Operand }, expr)
    }

    pub(crate) fn operands(&mut self, exprs: &[Expr]) -> &mut Self {
        for (at, expr) in exprs.iter().enumerate() {
            self.put(if at == 0 { "" } else { ", " }).operand(expr);
        }
        self
    }

    fn at(&mut self, needed: Level, expr: &Expr) -> &mut Self {
        let outer = self.top_level;
        self.top_level &= needed == Level::Tabular;
        if level(expr) < needed {
            self.put("(").node_of(expr).put(")");
        } else {
            self.node_of(expr);
        }
        self.top_level = outer;
        self
    }
}

/// Words that mean something in some place where a name may stand.
const KEYWORDS: &[&str] = &[
    "and",
    "or",
    "in",
    "has_any",
    "has_all",
    "between",
    "matches",
    "by",
    "on",
    "with",
    "of",
    "to",
    "from",
    "step",
    "where",
    "asc",
    "desc",
    "as",
    "default",
    "print",
    "evaluate",
    "find",
    "range",
    "union",
    "search",
    "macro",
    "typeof",
    "datatable",
    "externaldata",
    "external_data",
    "entity_group",
    "dynamic",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "FALSE",
    "let",
    "set",
    "declare",
    "alias",
    "restrict",
    "view",
    "toscalar",
    "totable",
    "kind",
    "bagexpansion",
    "with_itemindex",
];

/// Whether `name` reads as itself without quotes anywhere.
fn is_plain(name: &str) -> bool {
    is_word(name)
        && !KEYWORDS.contains(&name)
        && ScalarType::from_name(name).is_none()
        && !BinaryOp::SPELLINGS.iter().any(|it| it.0 == name)
}

/// Whether `name` is one word to the lexer.
fn is_word(name: &str) -> bool {
    let one_word = matches!(&lex(name)[..], [only] if only.kind == TokenKind::Word);
    one_word && !name.starts_with('!') && !name.ends_with('~')
}

impl Print for Name {
    fn print(&self, p: &mut Printer) {
        if is_plain(&self.text) {
            p.put(&self.text);
        } else {
            p.put("[").string(&self.text).put("]");
        }
    }
}
