//! Expressions, scalar and tabular alike.

use std::sync::Arc;

use super::{ColumnDeclaration, Datatable, EntityGroup, Externaldata, Literal, Name, Operator, TypeName};
use crate::span::Span;

/// Anything that has a value or rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant.
    Literal(Literal),
    /// A column, table, function without arguments or `let` name; `$left` and `$right` too.
    Name(Name),
    /// A name with `*` in it: `Device*`.
    Wildcard(Wildcard),
    /// `*` alone: all columns, or any column in `* has "x"`.
    Star(Span),
    /// `a.b['c'][0]`, `database("d").T`
    Path(Path),
    /// `f(x, y = 2)`, also `toscalar(T | …)` and `materialize(…)`.
    Call(Call),
    /// `-x`
    Unary(Unary),
    /// `a + b`, `a == b`, `a has b`
    Binary(Binary),
    /// `a and b and c`, at least two terms
    And(Terms),
    /// `a or b or c`, at least two terms
    Or(Terms),
    /// `a in (b, c)`, `a has_any (b, c)`
    In(In),
    /// `a between (b .. c)`
    Between(Between),
    /// `typeof(long)`, `typeof(*, x: long)`
    Typeof(Typeof),
    /// `source | operator | operator`
    Pipeline(Pipeline),
    /// An operator that begins a pipeline: `range`, `print`, `union`, `find`, `search`, `evaluate`, `macro-expand`.
    Operator(Box<Operator>),
    /// `datatable (…) […]`
    Datatable(Box<Datatable>),
    /// `externaldata (…) […]`
    Externaldata(Box<Externaldata>),
    /// `entity_group [a, b]` where an expression may stand.
    EntityGroup(Box<EntityGroup>),
    /// What could not be parsed; a diagnostic says why.
    Error(Span),
}

impl Expr {
    /// Where it stands; parentheses around it are not part of it.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Literal(it) => it.span,
            Self::Name(it) => it.span,
            Self::Wildcard(it) => it.span,
            Self::Star(span) | Self::Error(span) => *span,
            Self::Path(it) => it.span,
            Self::Call(it) => it.span,
            Self::Unary(it) => it.span,
            Self::Binary(it) => it.span,
            Self::And(it) | Self::Or(it) => it.span,
            Self::In(it) => it.span,
            Self::Between(it) => it.span,
            Self::Typeof(it) => it.span,
            Self::Pipeline(it) => it.span,
            Self::Operator(it) => it.span(),
            Self::Datatable(it) => it.span,
            Self::Externaldata(it) => it.span,
            Self::EntityGroup(it) => it.span,
        }
    }
}

/// A pattern over names, `Device*` or `*Id`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wildcard {
    /// With its stars.
    pub pattern: Arc<str>,
    /// Where.
    pub span: Span,
}

/// Steps into a value or a namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// What the steps start from.
    pub root: Box<Expr>,
    /// At least one.
    pub steps: Vec<Step>,
    /// All of it.
    pub span: Span,
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`
    Name(Name),
    /// `[expr]` or `.[expr]`; `['name']` is an index with a string.
    Index(Box<Expr>),
    /// `.f(x)`: a database of a cluster, or a function of a database.
    Call(Call),
    /// `.*` or `.My*`: tables of a database.
    Wildcard(Wildcard),
}

/// `name(arguments)`
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// Positional and named, in the order written. Tabular arguments are expressions as well.
    pub arguments: Vec<NamedExpr>,
    /// From the name to `)`.
    pub span: Span,
}

/// `expr`, `name = expr` or `(a, b) = expr`
#[derive(Clone, Debug, PartialEq)]
pub struct NamedExpr {
    /// None, one, or several for an expression that yields several columns.
    pub names: Vec<Name>,
    /// The value.
    pub expr: Expr,
    /// With the names.
    pub span: Span,
}

/// `-x` or `+x`
#[derive(Clone, Debug, PartialEq)]
pub struct Unary {
    /// The sign.
    pub op: UnaryOp,
    /// What it applies to.
    pub operand: Box<Expr>,
    /// With the sign.
    pub span: Span,
}

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Minus,
    /// `+`
    Plus,
}

/// `left op right`
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// Which operator.
    pub op: BinaryOp,
    /// Left operand; [`Expr::Star`] in `* has "x"`.
    pub left: Box<Expr>,
    /// Right operand.
    pub right: Box<Expr>,
    /// With both operands.
    pub span: Span,
}

/// Terms joined by one of `and`, `or`, kept flat so that ten thousand of them are no recursion.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// In the order written.
    pub terms: Vec<Expr>,
    /// From the first to the last.
    pub span: Span,
}

/// `left in (list)` and its kin.
#[derive(Clone, Debug, PartialEq)]
pub struct In {
    /// Which of them.
    pub op: InOp,
    /// What is looked for.
    pub left: Box<Expr>,
    /// Scalars, dynamic arrays, or one tabular expression.
    pub list: Vec<Expr>,
    /// All of it.
    pub span: Span,
}

/// Operators with a list on their right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InOp {
    /// `in`
    In,
    /// `!in`
    NotIn,
    /// `in~`
    InCi,
    /// `!in~`
    NotInCi,
    /// `has_any`
    HasAny,
    /// `has_all`
    HasAll,
}

impl InOp {
    /// Every operator with its spelling.
    pub const SPELLINGS: &[(&'static str, Self)] = &[
        ("in", Self::In),
        ("!in", Self::NotIn),
        ("in~", Self::InCi),
        ("!in~", Self::NotInCi),
        ("has_any", Self::HasAny),
        ("has_all", Self::HasAll),
    ];

    /// As written in a query.
    #[must_use]
    pub fn spelling(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::NotIn => "!in",
            Self::InCi => "in~",
            Self::NotInCi => "!in~",
            Self::HasAny => "has_any",
            Self::HasAll => "has_all",
        }
    }
}

/// `value between (low .. high)`, both ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// `!between`
    pub negated: bool,
    /// What is tested.
    pub value: Box<Expr>,
    /// Lower end.
    pub low: Box<Expr>,
    /// Upper end, or a timespan after a datetime.
    pub high: Box<Expr>,
    /// All of it.
    pub span: Span,
}

/// `typeof(long)`, or the column list that plugins take, `typeof(*, x: long)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Typeof {
    /// What was named.
    pub kind: TypeofKind,
    /// All of it.
    pub span: Span,
}

/// What `typeof` names.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeofKind {
    /// One type.
    Scalar(TypeName),
    /// Columns, after those of the input if `open`.
    Columns {
        /// `*` was written.
        open: bool,
        /// In the order written.
        columns: Vec<ColumnDeclaration>,
    },
}

/// `source | operator | operator`
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Where rows come from.
    pub source: Box<Expr>,
    /// At least one, in the order written.
    pub operators: Vec<Operator>,
    /// All of it.
    pub span: Span,
}

/// Declares [`BinaryOp`] with its spellings, so that each operator is written once.
macro_rules! binary_operators {
    ($($(#[$doc:meta])* $name:ident = $spelling:literal $(| $old:literal)*),* $(,)?) => {
        /// Operators with two operands. The names of string operators follow their spelling: `Not` for `!`, `Cs` for
        /// case-sensitive, `Ci` for `~`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum BinaryOp { $($(#[$doc])* #[doc = concat!("`", $spelling, "`")] $name),* }

        impl BinaryOp {
            /// Every spelling, old ones included.
            pub const SPELLINGS: &[(&'static str, Self)] =
                &[$(($spelling, Self::$name), $(($old, Self::$name),)*)*];

            /// As written in a query today.
            #[must_use]
            pub fn spelling(self) -> &'static str {
                match self { $(Self::$name => $spelling),* }
            }
        }
    };
}

binary_operators! {
    Add = "+",
    Subtract = "-",
    Multiply = "*",
    Divide = "/",
    Modulo = "%",
    Equal = "==",
    NotEqual = "!=" | "<>",
    Less = "<",
    LessOrEqual = "<=",
    Greater = ">",
    GreaterOrEqual = ">=",
    EqualCi = "=~",
    NotEqualCi = "!~",
    Has = "has",
    NotHas = "!has",
    HasCs = "has_cs",
    NotHasCs = "!has_cs",
    HasPrefix = "hasprefix",
    NotHasPrefix = "!hasprefix",
    HasPrefixCs = "hasprefix_cs",
    NotHasPrefixCs = "!hasprefix_cs",
    HasSuffix = "hassuffix",
    NotHasSuffix = "!hassuffix",
    HasSuffixCs = "hassuffix_cs",
    NotHasSuffixCs = "!hassuffix_cs",
    Contains = "contains",
    NotContains = "!contains" | "notcontains",
    ContainsCs = "contains_cs" | "containscs",
    NotContainsCs = "!contains_cs" | "notcontainscs",
    StartsWith = "startswith",
    NotStartsWith = "!startswith",
    StartsWithCs = "startswith_cs",
    NotStartsWithCs = "!startswith_cs",
    EndsWith = "endswith",
    NotEndsWith = "!endswith",
    EndsWithCs = "endswith_cs",
    NotEndsWithCs = "!endswith_cs",
    MatchesRegex = "matches regex",
    /// `%` and `_` patterns, undocumented but accepted.
    Like = "like",
    NotLike = "notlike" | "!like",
    LikeCs = "likecs",
    NotLikeCs = "notlikecs",
    /// Within `search` and `find`: the column has the term, `*` in the term is a wildcard.
    Matches = ":",
}
