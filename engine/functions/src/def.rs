//! What a function is, as data: the binder, completion, the reference pages and the tests all read these.

use vizsla_schema::KqlType;

use crate::args::Args;
use crate::value::Value;

/// A scalar function, one constant in its family's file.
#[derive(Debug)]
pub struct ScalarDef {
    /// Name as written in a query.
    pub name: &'static str,
    /// Other spellings that mean the same: `iif` for `iff`.
    pub aliases: &'static [&'static str],
    /// Overloads, the most specific first.
    pub signatures: &'static [Signature],
    /// One sentence on what it answers.
    pub summary: &'static str,
    /// The reference page the behaviour comes from, below `kusto/query/`.
    pub source: &'static str,
    /// Calls with their answers; a test runs each as a query.
    pub examples: &'static [Example],
    /// The columns that a call stands for in `extend` and `project`: keys of the bag that the kernel answers, with their
    /// types. Empty for most, which stand for one.
    pub columns: &'static [(&'static str, KqlType)],
    /// How an unnamed call is called in the output.
    pub naming: Naming,
    /// Whether equal arguments always give equal answers; `rand` and `new_guid` do not.
    pub stable: bool,
    /// A check of literal arguments when the query is bound, such as the syntax of a pattern.
    pub check: Option<Check>,
    /// The computation.
    pub eval: Eval,
}

impl ScalarDef {
    /// The usual values, for `..ScalarDef::BASE`.
    pub const BASE: ScalarDef = ScalarDef {
        name: "",
        aliases: &[],
        signatures: &[],
        summary: "",
        source: "",
        examples: &[],
        columns: &[],
        naming: Naming::Column,
        stable: true,
        check: None,
        eval: Eval::Kernel(|_| unreachable!("a definition without a kernel is not listed")),
    };
}

/// A call and its answer, both as KQL text; the answer is what the text form (`tostring`) shows.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The call, such as `strlen("hello")`.
    pub call: &'static str,
    /// Its text form, such as `5`; `null` for a null.
    pub answer: &'static str,
}

/// A call and its answer.
pub const fn ex(call: &'static str, answer: &'static str) -> Example {
    Example { call, answer }
}

/// What a kernel answers: an array of `Args::rows` rows in the plan type of `Args::returns`.
pub type KernelResult = Result<arrow::array::ArrayRef, arrow::error::ArrowError>;

/// The computation behind a function, over whole batches.
pub type Kernel = fn(&Args<'_>) -> KernelResult;

/// How a function is computed.
#[derive(Debug, Clone, Copy)]
pub enum Eval {
    /// Natively, over arrays in plan types. Arguments arrive converted to the chosen signature's types.
    Kernel(Kernel),
    /// By the binder, which knows this name (`iff`, `case`, `now`, `column_ifexists` …): listed here so that help,
    /// completion and arity errors find it.
    Binder,
}

/// A look at the literal arguments when a query is bound; `None` where an argument is not constant.
pub type Check = fn(&[Option<Value>]) -> Result<(), BadArgument>;

/// Why a literal argument cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadArgument {
    /// Which argument, from 0.
    pub index: usize,
    /// The real service's code, such as `SEM0420`.
    pub service_code: &'static str,
    /// What is wrong, in the words of a diagnostic.
    pub message: String,
}

/// How the result column of an unnamed call is called (facts 171–175).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `Column1`, `Column2`, …
    Column,
    /// The name of the first argument, if that has one: `tostring(x)` is `x`.
    PassThrough,
    /// A prefix and the argument's name: `strlen(x)` is `strlen_x`.
    Prefix(&'static str),
}

/// One overload.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Parameters in order.
    pub params: &'static [Param],
    /// How many of `params` must be given.
    pub required: usize,
    /// The type of any further arguments, for functions that take a list.
    pub rest: Option<Param>,
    /// Type of the answer.
    pub returns: Returns,
}

/// An overload whose parameters are all required.
pub const fn sig(params: &'static [Param], returns: Returns) -> Signature {
    Signature { params, required: params.len(), rest: None, returns }
}

impl Signature {
    /// The last `count` parameters may be left out.
    pub const fn optional(self, count: usize) -> Signature {
        Signature { required: self.params.len() - count, ..self }
    }

    /// Any number of further arguments of this kind.
    pub const fn rest(self, param: Param) -> Signature {
        Signature { rest: Some(param), ..self }
    }
}

/// What a parameter takes. A kernel sees the type named here, after conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// This type. Implicit conversions: `int` to `long`, both to `real` and `decimal`, dynamic to anything,
    /// literal text to `datetime`, `timespan` and `guid`.
    Is(KqlType),
    /// This type and no conversion at all.
    Exactly(KqlType),
    /// A constant of this type: literal, `let` or folded (SEM0040 otherwise); the kernel sees a scalar.
    Const(KqlType),
    /// `int`, `long`, `real` or `decimal`, as it comes (`bool` counts as `long`, a dynamic as `real`).
    Number,
    /// `int` or `long`, as it comes.
    Integer,
    /// Any scalar, turned into its text form (`tostring`).
    Text,
    /// Any scalar, as it comes.
    Any,
}

/// Type of a call's answer.
#[derive(Debug, Clone, Copy)]
pub enum Returns {
    /// Always this.
    Is(KqlType),
    /// The type of argument `0`, `1`, … after conversion.
    Arg(usize),
    /// By the converted types of all arguments.
    By(fn(&[KqlType]) -> KqlType),
}

impl Returns {
    /// The answer's type for converted argument types.
    pub fn of(self, types: &[KqlType]) -> KqlType {
        match self {
            Returns::Is(ty) => ty,
            Returns::Arg(index) => types.get(index).copied().unwrap_or(KqlType::Dynamic),
            Returns::By(rule) => rule(types),
        }
    }
}
