//! Expressions and literals as text.

use std::fmt::Write;

use super::{Print, Printer};
use crate::ast::{
    Binary, BinaryOp, Call, Dynamic, Expr, Literal, NamedExpr, Path, Pipeline, ScalarType, Step, Terms, TypeofKind,
    UnaryOp, Value,
};
use crate::literal::string::encode;
use crate::literal::time::{format_datetime, format_timespan};

/// How tightly an expression holds together; looser ones need parentheses inside tighter ones.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Level {
    Tabular,
    Or,
    And,
    Equality,
    Relation,
    Sum,
    Product,
    String,
    Sign,
    Operand,
}

impl Printer {
    pub(super) fn node_of(&mut self, expr: &Expr) -> &mut Self {
        match expr {
            Expr::Literal(it) => self.node(it),
            Expr::Name(it) => self.node(it),
            Expr::Wildcard(it) => self.put(&it.pattern),
            Expr::Star(_) => self.put("*"),
            Expr::Path(it) => self.path(it),
            Expr::Call(it) => self.node(it),
            Expr::Unary(it) => {
                self.put(if it.op == UnaryOp::Minus { "-" } else { "+" }).at(Level::Operand, &it.operand)
            }
            Expr::Binary(it) => self.binary(it),
            Expr::And(it) => self.terms(it, " and ", Level::Equality),
            Expr::Or(it) => self.terms(it, " or ", Level::And),
            Expr::In(it) => {
                self.at(Level::Relation, &it.left).put(" ").put(it.op.spelling()).put(" (").tabulars(&it.list).put(")")
            }
            Expr::Between(it) => {
                let keyword = if it.negated { " !between (" } else { " between (" };
                self.at(Level::Relation, &it.value).put(keyword);
                self.at(Level::Sum, &it.low).put(" .. ").at(Level::Sum, &it.high).put(")")
            }
            Expr::Typeof(it) => self.typeof_(&it.kind),
            Expr::Pipeline(it) => self.pipeline(it),
            Expr::Operator(it) => self.node(&**it),
            Expr::Datatable(it) => self.node(&**it),
            Expr::Externaldata(it) => self.node(&**it),
            Expr::EntityGroup(it) => self.node(&**it),
            Expr::Error(_) => self.put("<error>"),
        }
    }

    fn tabulars(&mut self, exprs: &[Expr]) -> &mut Self {
        for (at, expr) in exprs.iter().enumerate() {
            self.put(if at == 0 { "" } else { ", " }).tabular(expr);
        }
        self
    }

    fn path(&mut self, path: &Path) -> &mut Self {
        // A dot after digits would be part of the number.
        let bare = matches!(&*path.root, Expr::Name(_) | Expr::Call(_)) || is_dynamic(&path.root);
        if bare {
            self.node_of(&path.root);
        } else {
            self.put("(").tabular(&path.root).put(")");
        }
        for step in &path.steps {
            match step {
                // After a dot any word is a name.
                Step::Name(it) => self.put(".").put(&it.text),
                Step::Index(it) => self.put("[").expr(it).put("]"),
                Step::Call(it) => self.put(".").node(it),
                Step::Wildcard(it) => self.put(".").put(&it.pattern),
            };
        }
        self
    }

    fn binary(&mut self, it: &Binary) -> &mut Self {
        let (left, right) = match binary_level(it.op) {
            Level::Equality => (Level::Relation, Level::Relation),
            Level::Relation => (Level::Sum, Level::Sum),
            Level::Sum => (Level::Sum, Level::Product),
            Level::Product => (Level::Product, Level::String),
            _ => (Level::String, Level::Sign),
        };
        if matches!(*it.left, Expr::Star(_)) {
            self.put("*");
        } else {
            self.at(left, &it.left);
        }
        self.put(" ").put(it.op.spelling()).put(" ").at(right, &it.right)
    }

    fn terms(&mut self, it: &Terms, joiner: &str, needed: Level) -> &mut Self {
        for (at, term) in it.terms.iter().enumerate() {
            self.put(if at == 0 { "" } else { joiner }).at(needed, term);
        }
        self
    }

    fn typeof_(&mut self, kind: &TypeofKind) -> &mut Self {
        match kind {
            TypeofKind::Scalar(it) => self.put("typeof(").put(it.ty.name()).put(")"),
            TypeofKind::Columns { open, columns } => self.put("typeof").columns(*open, columns),
        }
    }

    fn pipeline(&mut self, it: &Pipeline) -> &mut Self {
        let separator = if self.top_level { "\n| " } else { " | " };
        let outer = std::mem::replace(&mut self.top_level, false);
        self.expr_or_operator(&it.source);
        for operator in &it.operators {
            self.put(separator).node(operator);
        }
        self.top_level = outer;
        self
    }

    /// What a pipeline begins with: an operator that needs no input stands without parentheses.
    fn expr_or_operator(&mut self, source: &Expr) -> &mut Self {
        if matches!(source, Expr::Operator(_)) { self.node_of(source) } else { self.expr(source) }
    }

    fn dynamic(&mut self, tree: &Dynamic) -> &mut Self {
        match tree {
            Dynamic::Scalar(Value::Null(ScalarType::Dynamic)) => self.put("null"),
            Dynamic::Scalar(Value::Long(it)) => self.put(&it.to_string()),
            Dynamic::Scalar(Value::Real(it)) if it.is_finite() => self.put(&format!("{it:?}")),
            Dynamic::Scalar(it) => self.value(it),
            Dynamic::Array(items) => {
                self.put("[");
                for (at, item) in items.iter().enumerate() {
                    self.put(if at == 0 { "" } else { ", " }).dynamic(item);
                }
                self.put("]")
            }
            Dynamic::Bag(pairs) => {
                self.put("{");
                for (at, (key, value)) in pairs.iter().enumerate() {
                    self.put(if at == 0 { "" } else { ", " }).string(key).put(": ").dynamic(value);
                }
                self.put("}")
            }
        }
    }

    fn value(&mut self, value: &Value) -> &mut Self {
        let ty = value.ty().name();
        let written = match value {
            Value::Null(_) => write!(self.out, "{ty}(null)"),
            Value::Bool(it) => write!(self.out, "{it}"),
            Value::Int(it) => write!(self.out, "int({it})"),
            Value::Long(it) if *it < 0 => write!(self.out, "long({it})"),
            Value::Long(it) => write!(self.out, "{it}"),
            Value::Real(it) if it.is_nan() => write!(self.out, "real(nan)"),
            Value::Real(it) if it.is_infinite() => {
                write!(self.out, "real({}inf)", if *it < 0.0 { "-" } else { "+" })
            }
            Value::Real(it) if it.is_sign_negative() => write!(self.out, "real({it:?})"),
            Value::Real(it) => write!(self.out, "{it:?}"),
            Value::Decimal(it) => write!(self.out, "decimal({it})"),
            Value::String(it) => {
                encode(it, &mut self.out);
                Ok(())
            }
            Value::Datetime(it) => write!(self.out, "datetime({})", format_datetime(*it)),
            Value::Timespan(it) => write!(self.out, "timespan({})", format_timespan(*it)),
            Value::Guid(it) => write!(self.out, "guid({it})"),
            Value::Dynamic(tree) => {
                self.put("dynamic(").dynamic(tree).put(")");
                Ok(())
            }
        };
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
        self
    }
}

pub(super) fn level(expr: &Expr) -> Level {
    match expr {
        Expr::Pipeline(_) | Expr::Operator(_) => Level::Tabular,
        Expr::Or(_) => Level::Or,
        Expr::And(_) => Level::And,
        Expr::In(_) | Expr::Between(_) => Level::Equality,
        // `* has "x"` is only read where a comparison may begin.
        Expr::Binary(it) if matches!(*it.left, Expr::Star(_)) => Level::Equality,
        Expr::Binary(it) => binary_level(it.op),
        Expr::Unary(_) => Level::Sign,
        Expr::Literal(_)
        | Expr::Name(_)
        | Expr::Wildcard(_)
        | Expr::Star(_)
        | Expr::Path(_)
        | Expr::Call(_)
        | Expr::Typeof(_)
        | Expr::Datatable(_)
        | Expr::Externaldata(_)
        | Expr::EntityGroup(_)
        | Expr::Error(_) => Level::Operand,
    }
}

fn binary_level(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Equal | BinaryOp::NotEqual => Level::Equality,
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => Level::Relation,
        BinaryOp::Add | BinaryOp::Subtract => Level::Sum,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => Level::Product,
        _ => Level::String,
    }
}

fn is_dynamic(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(Literal { value: Value::Dynamic(_), .. }))
}

impl Print for Literal {
    fn print(&self, p: &mut Printer) {
        p.value(&self.value);
    }
}

impl Print for Expr {
    fn print(&self, p: &mut Printer) {
        p.expr(self);
    }
}

impl Print for Call {
    fn print(&self, p: &mut Printer) {
        p.put(&self.name.text).put("(");
        for (at, argument) in self.arguments.iter().enumerate() {
            p.put(if at == 0 { "" } else { ", " }).names(argument).tabular(&argument.expr);
        }
        p.put(")");
    }
}

impl Printer {
    /// `a = ` or `(a, b) = `
    fn names(&mut self, it: &NamedExpr) -> &mut Self {
        match &it.names[..] {
            [] => self,
            [only] => self.node(only).put(" = "),
            several => self.put("(").list(several).put(") = "),
        }
    }
}

impl Print for NamedExpr {
    fn print(&self, p: &mut Printer) {
        p.names(self).expr(&self.expr);
    }
}
