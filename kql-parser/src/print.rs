//! Trees back to text, in one canonical form: parsing the result gives an equal tree.
//!
//! Operators begin a line each at the top level and stay on one line inside parentheses. Parentheses appear where
//! precedence needs them. Comments and the spelling of literals are not kept.

use std::fmt::Write;

use crate::ast::{
    Binary, BinaryOp, Call, ColumnDeclaration, Dynamic, EntityGroup, Expr, Function, FunctionBody, FunctionParameter,
    LetValue, Literal, Name, NamedExpr, Operator, Parameter, ParameterKind, Path, Pattern, PatternRule, Pipeline,
    Property, Query, ScalarType, Schema, Statement, Step, Terms, TypeofKind, UnaryOp, Value,
};
use crate::lexer::lex;
use crate::literal::string::encode;
use crate::literal::time::{format_datetime, format_timespan};
use crate::token::TokenKind;

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

/// How tightly an expression holds together; looser ones need parentheses inside tighter ones.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Level {
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

    fn node_of(&mut self, expr: &Expr) -> &mut Self {
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

    fn columns(&mut self, open: bool, columns: &[ColumnDeclaration]) -> &mut Self {
        self.put(match (open, columns.is_empty()) {
            (true, true) => "(*",
            (true, false) => "(*, ",
            (false, _) => "(",
        });
        self.list(columns).put(")")
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

    fn body(&mut self, body: &FunctionBody) -> &mut Self {
        self.put("{ ");
        for statement in &body.statements {
            self.node(statement).put("; ");
        }
        if let Some(result) = &body.result {
            self.tabular(result).put(" ");
        }
        self.put("}")
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.top_level, false);
        inner(self);
        self.top_level = outer;
    }
}

fn level(expr: &Expr) -> Level {
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

impl Print for Schema {
    fn print(&self, p: &mut Printer) {
        p.columns(self.open, &self.columns);
    }
}

impl Print for ColumnDeclaration {
    fn print(&self, p: &mut Printer) {
        p.label(&self.name).put(": ").put(self.ty.ty.name());
        if let Some(default) = &self.default {
            p.put(" = ").operand(default);
        }
    }
}

impl Print for EntityGroup {
    fn print(&self, p: &mut Printer) {
        p.put("entity_group [").operands(&self.entities).put("]");
    }
}

impl Print for Statement {
    fn print(&self, p: &mut Printer) {
        match self {
            Self::Let(it) => {
                p.put("let ").node(&it.name).put(" = ");
                match &it.value {
                    LetValue::Expr(value) => p.nested(|p| _ = p.tabular(value)),
                    LetValue::Function(value) => p.nested(|p| _ = p.node(&**value)),
                    LetValue::EntityGroup(value) => _ = p.node(value),
                }
            }
            Self::Set(it) => {
                p.put("set ").node(&it.name);
                if let Some(value) = &it.value {
                    p.put(" = ").operand(value);
                }
            }
            Self::QueryParameters(it) => _ = p.put("declare query_parameters (").list(&it.parameters).put(")"),
            Self::Pattern(it) => p.nested(|p| _ = p.node(it)),
            Self::Alias(it) => _ = p.put("alias database ").node(&it.name).put(" = ").expr(&it.value),
            Self::Restrict(it) => _ = p.put("restrict access to (").operands(&it.entities).put(")"),
            Self::Tabular(it) => _ = p.tabular(it),
            Self::Command(it) => _ = p.put(&it.text),
        }
    }
}

impl Print for Function {
    fn print(&self, p: &mut Printer) {
        p.put(if self.view { "view (" } else { "(" }).list(&self.parameters).put(") ").body(&self.body);
    }
}

impl Print for FunctionParameter {
    fn print(&self, p: &mut Printer) {
        p.label(&self.name).put(": ");
        match &self.kind {
            ParameterKind::Scalar(ty) => p.put(ty.ty.name()),
            ParameterKind::Tabular(schema) => p.node(schema),
        };
        if let Some(default) = &self.default {
            p.put(" = ").operand(default);
        }
    }
}

impl Print for Pattern {
    fn print(&self, p: &mut Printer) {
        p.put("declare pattern ").node(&self.name);
        let Some(definition) = &self.definition else { return };
        p.put(" = (").list(&definition.parameters).put(")");
        if let Some(path) = &definition.path {
            p.put("[").node(path).put("]");
        }
        p.put(" { ").separated(&definition.rules, " ").put(" }");
    }
}

impl Print for PatternRule {
    fn print(&self, p: &mut Printer) {
        p.put("(").operands(&self.arguments).put(")");
        if let Some(path) = &self.path {
            p.put(".[").operand(path).put("]");
        }
        p.put(" = ").body(&self.body).put(";");
    }
}

/// An operator's keyword and arguments, on one line.
#[must_use]
pub fn print_operator(operator: &Operator) -> String {
    let mut p = Printer::default();
    p.node(operator);
    p.out
}
