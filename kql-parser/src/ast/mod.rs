//! The syntax tree: what a query says, before anything is known about tables, columns or types.
//!
//! One [`Expr`] covers scalar and tabular expressions, as the language does: whether `let x = T` names a table or a
//! value is for the binder to find out. The shape of each tabular operator lives with its grammar and printing in
//! `src/ops/<family>.rs` and is re-exported here. Every node has a [`Span`]; `==` ignores spans. Parentheses that
//! only group are not kept; the printer puts them back where precedence needs them.
//!
//! ```
//! use kql_parser::ast::{Expr, Operator, Statement};
//! let parsed = kql_parser::parse("DeviceEvents | take 5");
//! let Statement::Tabular(Expr::Pipeline(pipeline)) = &parsed.query.statements[0] else { panic!() };
//! assert!(matches!(&*pipeline.source, Expr::Name(table) if &*table.text == "DeviceEvents"));
//! assert!(matches!(pipeline.operators[0], Operator::Take(_)));
//! ```

mod expr;
mod literal;

pub use expr::*;
pub use literal::*;

pub use crate::ops::*;

use std::fmt;
use std::sync::Arc;

use crate::span::Span;

/// A whole text: statements separated by `;`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// In the order written.
    pub statements: Vec<Statement>,
    /// The whole text.
    pub span: Span,
}

/// A column, table, function or parameter name, with quoting (`['a b']`) already removed. Case matters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The name itself.
    pub text: Arc<str>,
    /// Where, quotes included.
    pub span: Span,
}

impl Name {
    /// A name at a place.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self { text: text.into(), span }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`@{:?}", self.text, self.span)
    }
}

/// One statement of a query or of a function body.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `let name = …`
    Let(Let),
    /// `set option = value`
    Set(SetOption),
    /// `declare query_parameters (…)`
    QueryParameters(QueryParameters),
    /// `declare pattern …`
    Pattern(Pattern),
    /// `alias database name = …`
    Alias(Alias),
    /// `restrict access to (…)`
    Restrict(Restrict),
    /// An expression, usually tabular: what the query answers.
    Tabular(Expr),
    /// A management command: the whole text of a query that begins with `.`.
    Command(Command),
}

impl Statement {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Let(it) => it.span,
            Self::Set(it) => it.span,
            Self::QueryParameters(it) => it.span,
            Self::Pattern(it) => it.span,
            Self::Alias(it) => it.span,
            Self::Restrict(it) => it.span,
            Self::Tabular(it) => it.span(),
            Self::Command(it) => it.span,
        }
    }
}

/// `let name = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name being bound.
    pub name: Name,
    /// What it stands for.
    pub value: LetValue,
    /// The statement.
    pub span: Span,
}

/// What a `let` binds: syntax alone does not tell scalar from tabular.
#[derive(Clone, Debug, PartialEq)]
pub enum LetValue {
    /// A scalar or tabular expression.
    Expr(Expr),
    /// `(parameters) { body }`, perhaps with `view` before it.
    Function(Box<Function>),
    /// `entity_group [a, b]`
    EntityGroup(EntityGroup),
}

/// `entity_group [a, b]`: the sources that `macro-expand` runs over.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityGroup {
    /// Clusters, databases or names of other groups.
    pub entities: Vec<Expr>,
    /// From the keyword to `]`.
    pub span: Span,
}

/// `(parameters) { statements; result }`
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// `view` was written: the function takes part in `union *` and `search`.
    pub view: bool,
    /// In the order written.
    pub parameters: Vec<FunctionParameter>,
    /// What it does.
    pub body: FunctionBody,
    /// From `view` or `(` to `}`.
    pub span: Span,
}

/// What stands between the braces of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionBody {
    /// Statements before the result.
    pub statements: Vec<Statement>,
    /// The value, absent in a body that only declares.
    pub result: Option<Expr>,
    /// With the braces.
    pub span: Span,
}

/// `name: type = default` or `T: (columns)`
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionParameter {
    /// What the body calls it.
    pub name: Name,
    /// Scalar or tabular.
    pub kind: ParameterKind,
    /// Scalar parameters may be left out when they have one.
    pub default: Option<Expr>,
    /// From the name to the end of the default.
    pub span: Span,
}

/// What a function parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterKind {
    /// A value.
    Scalar(TypeName),
    /// A table with at least these columns.
    Tabular(Schema),
}

/// A type where one is written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// Which.
    pub ty: ScalarType,
    /// Where.
    pub span: Span,
}

/// `(a: long, b: string)` or `(*)`: columns with their types.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// In the order written.
    pub columns: Vec<ColumnDeclaration>,
    /// `*` was written: further columns are allowed, or those of the input come along.
    pub open: bool,
    /// With the parentheses.
    pub span: Span,
}

/// `name: type`, with a default in `declare query_parameters` and `scan declare`.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDeclaration {
    /// The column.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
    /// `= value`
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// `set name` or `set name = value`
#[derive(Clone, Debug, PartialEq)]
pub struct SetOption {
    /// Which option.
    pub name: Name,
    /// A literal or a bare word.
    pub value: Option<Expr>,
    /// The statement.
    pub span: Span,
}

/// `declare query_parameters (x: long = 1)`
#[derive(Clone, Debug, PartialEq)]
pub struct QueryParameters {
    /// In the order written.
    pub parameters: Vec<ColumnDeclaration>,
    /// The statement.
    pub span: Span,
}

/// `declare pattern name = (a: string)[path: string] { ("x").["y"] = { … }; }`
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What calls name it by.
    pub name: Name,
    /// Absent where the pattern is only announced.
    pub definition: Option<PatternDefinition>,
    /// The statement.
    pub span: Span,
}

/// The right side of `declare pattern`.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternDefinition {
    /// Parameters in parentheses.
    pub parameters: Vec<ColumnDeclaration>,
    /// The parameter in brackets.
    pub path: Option<ColumnDeclaration>,
    /// Which arguments stand for which body.
    pub rules: Vec<PatternRule>,
}

/// `("x").["y"] = { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct PatternRule {
    /// Literals that the call has to give.
    pub arguments: Vec<Expr>,
    /// The literal in brackets.
    pub path: Option<Expr>,
    /// What the call then means.
    pub body: FunctionBody,
    /// The rule.
    pub span: Span,
}

/// `alias database name = cluster(…).database(…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// The new name.
    pub name: Name,
    /// The database it stands for.
    pub value: Expr,
    /// The statement.
    pub span: Span,
}

/// `restrict access to (T, f*, database("d").*)`
#[derive(Clone, Debug, PartialEq)]
pub struct Restrict {
    /// What the rest of the query may name.
    pub entities: Vec<Expr>,
    /// The statement.
    pub span: Span,
}

/// A management command. Recognised so that callers can say they do not run it; not parsed further.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// As written, from the `.` on.
    pub text: Arc<str>,
    /// The command.
    pub span: Span,
}
