//! Where rows begin without a table: `range`, `print`, `datatable`, `externaldata`.

use super::Parameter;
use super::{Grammar, Head, Operator};
use crate::ast::{ColumnDeclaration, Expr, Name, NamedExpr, Schema};
use crate::grammar::expr::{expr, operand};
use crate::grammar::literal::signed_literal;
use crate::grammar::schema::{column_with_default, schema, with_properties};
use crate::grammar::{
    Input, Parse, Takes, assign, bracketed, clause, comma, list0, list1, name, named_expr, parameters, parens, some,
    word,
};
use crate::print::Printer;
use crate::span::Span;
use crate::token::TokenKind;

/// `range x from a to b step c`, both ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The column.
    pub name: Name,
    /// First value.
    pub from: Box<Expr>,
    /// No value is beyond it.
    pub to: Box<Expr>,
    /// Distance of values; 1 where an old query leaves it out.
    pub step: Option<Box<Expr>>,
    /// From the keyword on.
    pub span: Span,
}

/// `print a = 1, b`
#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// In the order written.
    pub columns: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}

/// `datatable (a: long, b: string) [1, "x", 2, "y"]`
#[derive(Clone, Debug, PartialEq)]
pub struct Datatable {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns.
    pub schema: Schema,
    /// Row after row.
    pub values: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `externaldata (a: string) ["https://…"] with (format = "csv")`
#[derive(Clone, Debug, PartialEq)]
pub struct Externaldata {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Columns.
    pub schema: Schema,
    /// Where the data is: strings, or names of them.
    pub sources: Vec<Expr>,
    /// After `with`.
    pub properties: Vec<Property>,
    /// How files are laid out: the table was written as `inline_external_table`.
    pub layout: Option<ExternalLayout>,
    /// From the keyword on.
    pub span: Span,
}

/// `kind=storage partition by (d: datetime = x) pathformat=(…) dataformat=parquet` of `inline_external_table`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalLayout {
    /// `storage` or `delta`
    pub kind: Name,
    /// Columns whose values are in the path.
    pub partition_by: Vec<ColumnDeclaration>,
    /// Pieces of the path: text, columns and calls.
    pub path_format: Vec<Expr>,
    /// `parquet`, `csv`, …
    pub data_format: Option<Name>,
}

/// `name = value` inside `with (…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Which.
    pub name: Name,
    /// A literal or a bare word.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

pub(super) const GRAMMAR: &[(&str, Grammar)] = &[("range", range), ("print", print)];

fn range(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, name) = name(input)?;
    let (rest, _) = word("from")(rest)?;
    let (rest, from) = expr(rest)?;
    let (rest, _) = word("to")(rest)?;
    let (rest, to) = expr(rest)?;
    let (rest, step) = clause("step", expr)(rest)?;
    let (from, to, step) = (Box::new(from), Box::new(to), step.map(Box::new));
    Ok((rest, Operator::Range(Range { name, from, to, step, span: head.span(rest) })))
}

fn print(head: Head, input: Input<'_>) -> Parse<'_, Operator> {
    let (rest, columns) = list1(named_expr)(input)?;
    Ok((rest, Operator::Print(Print { columns, span: head.span(rest) })))
}

/// `datatable …` or `externaldata …`, which are expressions and not operators.
pub(crate) fn table_literal(input: Input<'_>) -> Parse<'_, Expr> {
    match input.word(0) {
        "datatable" => datatable(input),
        "inline_external_table" => inline_external_table(input),
        _ => externaldata(input),
    }
}

fn datatable(input: Input<'_>) -> Parse<'_, Expr> {
    let (rest, parameters) = parameters(Takes::Any)(input.skip(1))?;
    let (rest, schema) = schema(rest)?;
    let (rest, values) = bracketed(TokenKind::LBracket, values(datatable_value))(rest)?;
    let span = rest.since(input.start());
    Ok((rest, Expr::Datatable(Box::new(Datatable { parameters, schema, values, span }))))
}

/// A literal; a name or call is for the binder to refuse.
fn datatable_value(input: Input<'_>) -> Parse<'_, Expr> {
    if input.kind(0) == Some(TokenKind::Operator) { signed_literal(input) } else { operand(input) }
}

/// Values separated by commas; one comma too many at the end is tolerated.
fn values<'a>(item: impl FnMut(Input<'a>) -> Parse<'a, Expr>) -> impl FnMut(Input<'a>) -> Parse<'a, Vec<Expr>> {
    let mut list = list0(item);
    move |input| {
        let (rest, values) = list(input)?;
        Ok((comma(rest).map_or(rest, |it| it.0), values))
    }
}

fn externaldata(input: Input<'_>) -> Parse<'_, Expr> {
    let (rest, parameters) = parameters(Takes::Any)(input.skip(1))?;
    let (rest, schema) = schema(rest)?;
    let (rest, sources) = bracketed(TokenKind::LBracket, values(operand))(rest)?;
    let (rest, properties) = with_properties(rest)?;
    let span = rest.since(input.start());
    let table = Externaldata { parameters, schema, sources, properties, layout: None, span };
    Ok((rest, Expr::Externaldata(Box::new(table))))
}

fn inline_external_table(input: Input<'_>) -> Parse<'_, Expr> {
    let (rest, schema) = if input.kind(1) == Some(TokenKind::LParen) {
        schema(input.skip(1))?
    } else {
        (input.skip(1), Schema { columns: Vec::new(), open: false, span: Span::at(input.start()) })
    };
    let (rest, layout) = layout(rest)?;
    let (rest, sources) = parens(values(operand))(rest)?;
    let (rest, properties) = with_properties(rest)?;
    let span = rest.since(input.start());
    let table = Externaldata { parameters: Vec::new(), schema, sources, properties, layout: Some(layout), span };
    Ok((rest, Expr::Externaldata(Box::new(table))))
}

fn layout(input: Input<'_>) -> Parse<'_, ExternalLayout> {
    let (rest, kind) = word("kind")(input).and_then(|(rest, _)| assigned(name)(rest))?;
    let (rest, partition_by) = clause("partition", partition_columns)(rest)?;
    let (rest, path_format) = clause("pathformat", assigned(parens(some(operand))))(rest)?;
    let (rest, data_format) = clause("dataformat", assigned(name))(rest)?;
    let (partition_by, path_format) = (partition_by.unwrap_or_default(), path_format.unwrap_or_default());
    Ok((rest, ExternalLayout { kind, partition_by, path_format, data_format }))
}

/// `by (d: datetime = startofday(x))`
fn partition_columns(input: Input<'_>) -> Parse<'_, Vec<ColumnDeclaration>> {
    let (rest, _) = word("by")(input)?;
    parens(list1(column_with_default))(rest)
}

/// `= inner`
fn assigned<'a, T>(mut inner: impl FnMut(Input<'a>) -> Parse<'a, T>) -> impl FnMut(Input<'a>) -> Parse<'a, T> {
    move |input| inner(assign(input)?.0)
}

impl crate::print::Print for Range {
    fn print(&self, p: &mut Printer) {
        p.put("range ").node(&self.name).put(" from ").expr(&self.from).put(" to ").expr(&self.to);
        if let Some(step) = &self.step {
            p.put(" step ").expr(step);
        }
    }
}

impl crate::print::Print for Print {
    fn print(&self, p: &mut Printer) {
        p.put("print ").list(&self.columns);
    }
}

impl crate::print::Print for Datatable {
    fn print(&self, p: &mut Printer) {
        p.put("datatable").parameters(&self.parameters).put(" ").node(&self.schema);
        p.put(" [").operands(&self.values).put("]");
    }
}

impl crate::print::Print for Externaldata {
    fn print(&self, p: &mut Printer) {
        match &self.layout {
            None => {
                p.put("externaldata").parameters(&self.parameters).put(" ").node(&self.schema);
                p.put(" [").operands(&self.sources).put("]");
            }
            Some(layout) => {
                p.put("inline_external_table ");
                if !self.schema.columns.is_empty() {
                    p.node(&self.schema).put(" ");
                }
                p.node(layout).put(" (").operands(&self.sources).put(")");
            }
        }
        p.with_properties(&self.properties);
    }
}

impl crate::print::Print for ExternalLayout {
    fn print(&self, p: &mut Printer) {
        p.put("kind=").node(&self.kind);
        if !self.partition_by.is_empty() {
            p.put(" partition by (").list(&self.partition_by).put(")");
        }
        if !self.path_format.is_empty() {
            p.put(" pathformat=(");
            for (at, piece) in self.path_format.iter().enumerate() {
                p.put(if at == 0 { "" } else { " " }).operand(piece);
            }
            p.put(")");
        }
        if let Some(format) = &self.data_format {
            p.put(" dataformat=").node(format);
        }
    }
}

impl crate::print::Print for Property {
    fn print(&self, p: &mut Printer) {
        p.label(&self.name).put(" = ").operand(&self.value);
    }
}
