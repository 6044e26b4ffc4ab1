//! From bound plan to DataFusion's logical plan, one function for each node.
//!
//! Lowering goes from the result down and knows at each node which columns are still needed, so a scan of seventy columns
//! of which two are read has two, and DataFusion has no wide schemas to plan over. Columns are called by their ids (`c12`);
//! names come back when the result is shown, so `col("Name")`, which folds case, is never used.

mod aggregate;
mod empty;
mod expand;
mod expr;
mod sequence;
pub(crate) mod udf;
mod winners;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, NullEquality, TableReference, UnnestOptions};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::{Sort, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr as DfExpr, JoinType, LogicalPlan, LogicalPlanBuilder, Union, WindowFrame, WindowFunctionDefinition, lit,
};
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use self::expr::{call, internal};
pub(crate) use self::winners::is_of_winners;
use crate::bound::{ColumnId, Expanded, Expr, ExprKind, Extractor, JoinKind, Plan, Relation, SortKey, WindowCall};
use crate::catalog::TableShape;
use crate::exec::Stop;

/// `project` for columns that are written as the input's schema has them.
trait ProjectAsIs: Sized {
    /// As DataFusion's `project`, which looks every name up in the input first: with the thousand columns of `search` that
    /// was half the time of lowering.
    fn project_as_is(self, exprs: impl IntoIterator<Item = DfExpr>) -> Result<Self>;
}

impl ProjectAsIs for LogicalPlanBuilder {
    fn project_as_is(self, exprs: impl IntoIterator<Item = DfExpr>) -> Result<LogicalPlanBuilder> {
        self.project_with_validation(exprs.into_iter().map(|expr| (expr, false)).collect())
    }
}

/// What a step that has run left behind.
#[derive(Debug, Clone)]
pub(crate) enum StepValue {
    /// `toscalar`
    Scalar(Value),
    /// Distinct values for `in` and the like, also as a JSON array.
    List { values: Vec<Value>, json: Arc<str> },
    /// Rows, whose columns are called by id.
    Spool(Arc<MemTable>),
    /// Columns that the rows call for; binding has used them already.
    Columns,
}

/// Gives the rows of tables.
pub(crate) trait Source: Send + Sync {
    /// A provider whose columns are those of the shape, by name, in plan types.
    fn provider(&self, table: &TableShape) -> Result<Arc<dyn TableProvider>>;

    /// Whether the table is known to have no row.
    fn is_empty(&self, table: &TableShape) -> bool;

    /// Whether a column is known to have few values beside its rows.
    fn repeats(&self, table: &TableShape, column: &str) -> bool;
}

/// Lowers plans of one program.
pub(crate) struct Lowering<'a> {
    pub(crate) source: &'a dyn Source,
    /// What the steps so far found.
    pub(crate) values: &'a [StepValue],
    /// For functions that see all rows at once.
    pub(crate) stop: Stop,
}

/// Columns that something above reads.
type Needed = BTreeSet<ColumnId>;

/// A column in plans of ours.
pub(crate) fn column(id: ColumnId) -> Column {
    Column::new_unqualified(column_name(id))
}

/// What a column is called in plans of ours.
pub(crate) fn column_name(id: ColumnId) -> String {
    format!("c{}", id.0)
}

impl Lowering<'_> {
    /// The rows of a relation in their order, one field for each visible column, called by position (`0`, `1`, …).
    pub(crate) fn relation(&self, relation: &Relation) -> Result<LogicalPlan> {
        let mut needed: Needed = relation.columns.iter().map(|column| column.id).collect();
        needed.extend(relation.order.iter().map(|key| key.column));
        let mut plan = self.plan(&relation.plan, &needed)?;
        if !relation.order.is_empty() {
            plan = sorted(plan, &relation.order, None)?;
        }
        let outputs = relation.columns.iter().enumerate();
        plan.project_as_is(outputs.map(|(index, it)| DfExpr::Column(column(it.id)).alias(index.to_string())))?.build()
    }

    /// The rows of a relation for a spool: one field for each visible column, called by id.
    pub(crate) fn spool(&self, relation: &Relation) -> Result<LogicalPlan> {
        let mut needed: Needed = relation.columns.iter().map(|column| column.id).collect();
        needed.extend(relation.order.iter().map(|key| key.column));
        let mut plan = self.plan(&relation.plan, &needed)?;
        if !relation.order.is_empty() {
            plan = sorted(plan, &relation.order, None)?;
        }
        let ids: Needed = relation.columns.iter().map(|column| column.id).collect();
        plan.project_as_is(ids.into_iter().map(|id| DfExpr::Column(column(id))))?.build()
    }

    fn plan(&self, plan: &Plan, needed: &Needed) -> Result<LogicalPlanBuilder> {
        match plan {
            Plan::Scan { table, columns } => self.scan(table, columns, needed),
            Plan::Values { columns, rows } => values(columns, rows, needed),
            Plan::Range { column, from, to, step } => self.range(*column, from, to, step),
            Plan::Spool { step, columns } => self.read_spool(*step, columns, needed),
            Plan::Extend { input, columns } => self.extend(input, columns, needed),
            Plan::Project { input, columns } => {
                let new: Needed = columns.iter().map(|(id, _)| *id).collect();
                self.extend(input, columns, &needed.intersection(&new).copied().collect())
            }
            Plan::Filter { input, predicate } => {
                let input = self.plan(input, &with_columns_of(needed, [predicate]))?;
                input.filter(self.predicate(predicate)?)
            }
            Plan::Aggregate { input, keys, aggregates, order } => {
                self.aggregate(input, keys, aggregates, order, needed)
            }
            Plan::Join { left, right, kind, on } => self.join(left, right, *kind, on, needed),
            Plan::Union { inputs, columns } => self.union(inputs, columns, needed),
            Plan::Top { input, keys, rows } => {
                let mut below = needed.clone();
                below.extend(keys.iter().map(|key| key.column));
                sorted(self.plan(input, &below)?, keys, Some(*rows))
            }
            Plan::Limit { input, rows } => self.plan(input, needed)?.limit(0, Some(size(*rows))),
            Plan::Expand { input, arrays, pairs, index, limit } => {
                self.expand(input, arrays, *pairs, *index, *limit, needed)
            }
            Plan::Window { input, partition, order, calls } => self.window(input, partition, order, calls, needed),
            Plan::Extract { input, text, extractor, columns, matched } => {
                self.extract(input, text, extractor, columns, *matched, needed)
            }
            Plan::Sequence { input, partition, order, machine } => {
                self.sequence(input, partition, order, machine, needed)
            }
        }
    }

    fn scan(&self, table: &TableShape, columns: &[ColumnId], needed: &Needed) -> Result<LogicalPlanBuilder> {
        let wanted: Vec<usize> = (0..columns.len()).filter(|index| needed.contains(&columns[*index])).collect();
        let source = provider_as_source(self.source.provider(table)?);
        let name = TableReference::bare(table.name.as_ref());
        let renamed: Vec<DfExpr> = wanted
            .iter()
            .map(|index| {
                let field = Column::new(Some(name.clone()), table.columns[*index].0.as_ref());
                DfExpr::Column(field).alias(column_name(columns[*index]))
            })
            .collect();
        LogicalPlanBuilder::scan(name, source, Some(wanted))?.project_as_is(renamed)
    }

    fn read_spool(
        &self,
        step: crate::bound::StepId,
        columns: &[(ColumnId, ColumnId, KqlType)],
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        let Some(StepValue::Spool(table)) = self.values.get(step.0) else {
            return Err(internal("kept rows were read before their step ran"));
        };
        let name = TableReference::bare("spool");
        let source = provider_as_source(table.clone());
        let wanted = columns.iter().filter(|(id, ..)| needed.contains(id));
        let renamed: Vec<DfExpr> = wanted
            .map(|(id, old, _)| {
                DfExpr::Column(Column::new(Some(name.clone()), column_name(*old))).alias(column_name(*id))
            })
            .collect();
        LogicalPlanBuilder::scan(name, source, None)?.project_as_is(renamed)
    }

    fn extend(&self, input: &Plan, columns: &[(ColumnId, Expr)], needed: &Needed) -> Result<LogicalPlanBuilder> {
        let computed: Vec<&(ColumnId, Expr)> = columns.iter().filter(|(id, _)| needed.contains(id)).collect();
        let new: Needed = columns.iter().map(|(id, _)| *id).collect();
        let kept: Needed = needed.difference(&new).copied().collect();
        let below = with_columns_of(&kept, computed.iter().map(|(_, expr)| expr));
        let input = self.plan(input, &below)?;
        if computed.is_empty() {
            return Ok(input);
        }
        let mut exprs: Vec<DfExpr> = kept.iter().map(|id| DfExpr::Column(column(*id))).collect();
        for (id, expr) in computed {
            exprs.push(self.expr(expr)?.alias(column_name(*id)));
        }
        input.project_as_is(exprs)
    }

    /// Numbers or times at equal distances.
    fn range(&self, id: ColumnId, from: &Expr, to: &Expr, step: &Expr) -> Result<LogicalPlanBuilder> {
        let constant = |expr: &Expr| self.constant(expr);
        let array = range_values(&constant(from)?, &constant(to)?, &constant(step)?)?;
        let field = Field::new(column_name(id), array.data_type().clone(), true);
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array])?;
        memory(batch, "range")
    }

    /// The value of an expression without columns, once the steps before have run.
    fn constant(&self, expr: &Expr) -> Result<Value> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(value.clone()),
            _ => expr::evaluated(&self.expr(expr)?, expr.ty),
        }
    }

    fn join(
        &self,
        left: &Plan,
        right: &Plan,
        kind: JoinKind,
        on: &[(Expr, Expr)],
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        let (left_keys, right_keys): (Vec<&Expr>, Vec<&Expr>) = on.iter().map(|(a, b)| (a, b)).unzip();
        let (left, left_names) = self.join_side(left, &left_keys, needed, "l")?;
        let (right, right_names) = self.join_side(right, &right_keys, needed, "r")?;
        let right = right.build()?;
        let mut strings = Vec::new();
        let (keeps_left, keeps_right) = (nulls_left(kind), nulls_right(kind));
        for (schema, nulled) in [(left.schema(), keeps_left), (right.schema(), keeps_right)] {
            for field in schema.fields() {
                if nulled && !field.is_nullable() && field.data_type() == &DataType::Utf8View {
                    strings.push(field.name().clone());
                }
            }
        }
        let keys = (left_names, right_names);
        let joined = left.join_detailed(right, join_type(kind), keys, None, NullEquality::NullEqualsNull)?;
        let visible: Vec<DfExpr> = joined
            .schema()
            .fields()
            .iter()
            .filter(|field| needed.iter().any(|id| column_name(*id) == *field.name()))
            .map(|field| {
                let read = DfExpr::Column(Column::new_unqualified(field.name()));
                match strings.contains(field.name()) {
                    true => call(udf::or_empty(), vec![read]).alias(field.name()),
                    false => read,
                }
            })
            .collect();
        joined.project_as_is(visible)
    }

    /// One input of a join with its keys as columns of their own.
    fn join_side(
        &self,
        plan: &Plan,
        keys: &[&Expr],
        needed: &Needed,
        prefix: &str,
    ) -> Result<(LogicalPlanBuilder, Vec<Column>)> {
        let defined = defined(plan);
        let kept: Needed = needed.intersection(&defined).copied().collect();
        let input = self.plan(plan, &with_columns_of(&kept, keys.iter().copied()))?;
        let mut exprs: Vec<DfExpr> = kept.iter().map(|id| DfExpr::Column(column(*id))).collect();
        let mut names = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let name = format!("{prefix}{index}");
            exprs.push(self.expr(key)?.alias(&name));
            names.push(Column::new_unqualified(name));
        }
        Ok((input.project_as_is(exprs)?, names))
    }

    fn union(
        &self,
        inputs: &[(Arc<Plan>, Vec<Expr>)],
        columns: &[(ColumnId, KqlType)],
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        // A plan without columns has no rows to speak of in some of DataFusion's nodes, so one always stays.
        let mut wanted: Vec<usize> = (0..columns.len()).filter(|index| needed.contains(&columns[*index].0)).collect();
        if wanted.is_empty() && !columns.is_empty() {
            wanted.push(0);
        }
        let mut legs = Vec::with_capacity(inputs.len());
        // One leg has to stay: it says which columns there are.
        let with_rows: Vec<&(Arc<Plan>, Vec<Expr>)> = inputs.iter().filter(|(plan, _)| !self.is_empty(plan)).collect();
        let with_rows = if with_rows.is_empty() { inputs.iter().take(1).collect() } else { with_rows };
        for (plan, exprs) in with_rows {
            let used = wanted.iter().map(|index| &exprs[*index]);
            let input = self.plan(plan, &with_columns_of(&Needed::new(), used))?;
            let mut projected = Vec::with_capacity(wanted.len());
            for index in &wanted {
                projected.push(self.expr(&exprs[*index])?.alias(column_name(columns[*index].0)));
            }
            legs.push(Arc::new(input.project_as_is(projected)?.build()?));
        }
        if legs.len() == 1 {
            return Ok(LogicalPlanBuilder::from(legs.remove(0)));
        }
        Ok(LogicalPlanBuilder::from(LogicalPlan::Union(Union::try_new(legs)?)))
    }

    fn expand(
        &self,
        input: &Plan,
        arrays: &[Expanded],
        pairs: bool,
        index: ColumnId,
        limit: Option<u64>,
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        let mut new: Needed = arrays.iter().map(|array| array.output).collect();
        new.insert(index);
        let kept: Needed = needed.difference(&new).copied().collect();
        let input = self.plan(input, &with_columns_of(&kept, arrays.iter().map(|array| &array.value)))?;
        let values = arrays.iter().map(|array| self.expr(&array.value)).collect::<Result<Vec<_>>>()?;
        let zipped = call(expand::zip(arrays.len(), pairs, limit), values).alias(ITEM);
        let kept: Vec<DfExpr> = kept.iter().map(|id| DfExpr::Column(column(*id))).collect();
        let options = UnnestOptions::new().with_preserve_nulls(false);
        let unnested = input
            .project_as_is(kept.iter().cloned().chain([zipped]))?
            .unnest_columns_with_options(vec![Column::new_unqualified(ITEM)], options)?;
        let item = || DfExpr::Column(Column::new_unqualified(ITEM));
        let mut exprs = kept;
        for (position, array) in arrays.iter().enumerate() {
            if needed.contains(&array.output) {
                let element = get_field(item(), udf::field_name(position));
                let element = match array.ty {
                    KqlType::Dynamic => element,
                    ty => call(udf::element_to(ty), vec![element]),
                };
                exprs.push(element.alias(column_name(array.output)));
            }
        }
        if needed.contains(&index) {
            exprs.push(get_field(item(), udf::field_name(arrays.len())).alias(column_name(index)));
        }
        unnested.project_as_is(exprs)
    }

    fn window(
        &self,
        input: &Plan,
        partition: &[ColumnId],
        order: &[SortKey],
        calls: &[WindowCall],
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        let used: Vec<&WindowCall> = calls.iter().filter(|it| needed.contains(&it.output.0)).collect();
        let new: Needed = calls.iter().map(|it| it.output.0).collect();
        let kept: Needed = needed.difference(&new).copied().collect();
        let mut below = with_columns_of(&kept, used.iter().flat_map(|it| &it.args));
        below.extend(order.iter().map(|key| key.column).chain(partition.iter().copied()));
        let input = self.plan(input, &below)?;
        if used.is_empty() {
            return Ok(input);
        }
        let order_by = sort_exprs(order);
        let mut windows: Vec<DfExpr> = Vec::new();
        let mut outputs: Vec<DfExpr> = kept.iter().map(|id| DfExpr::Column(column(*id))).collect();
        for it in used {
            let types: Vec<KqlType> = it.args.iter().map(|arg| arg.ty).collect();
            let function = WindowFunction {
                fun: WindowFunctionDefinition::WindowUDF((it.def.udwf)(&types, it.output.1)),
                params: WindowFunctionParams {
                    args: it.args.iter().map(|arg| self.expr(arg)).collect::<Result<_>>()?,
                    partition_by: partition.iter().map(|id| DfExpr::Column(column(*id))).collect(),
                    order_by: order_by.clone(),
                    window_frame: WindowFrame::new(None),
                    filter: None,
                    null_treatment: None,
                    distinct: false,
                },
            };
            // DataFusion cannot plan the same window function twice.
            let window = DfExpr::WindowFunction(Box::new(function));
            let position = windows.iter().position(|other| *other == window).unwrap_or(windows.len());
            if position == windows.len() {
                windows.push(window);
            }
            let computed = DfExpr::Column(Column::new_unqualified(format!("w{position}")));
            outputs.push(computed.alias(column_name(it.output.0)));
        }
        let named = windows.into_iter().enumerate().map(|(position, window)| window.alias(format!("w{position}")));
        input.window(named)?.project_as_is(outputs)
    }

    fn extract(
        &self,
        input: &Plan,
        text: &Expr,
        extractor: &Arc<dyn Extractor>,
        columns: &[(ColumnId, KqlType)],
        matched: ColumnId,
        needed: &Needed,
    ) -> Result<LogicalPlanBuilder> {
        let mut new: Needed = columns.iter().map(|(id, _)| *id).collect();
        new.insert(matched);
        let kept: Needed = needed.difference(&new).copied().collect();
        let input = self.plan(input, &with_columns_of(&kept, [text]))?;
        let types: Vec<KqlType> = columns.iter().map(|(_, ty)| *ty).collect();
        let found = call(udf::extract(extractor.clone(), &types), vec![self.expr(text)?]).alias(ITEM);
        let kept: Vec<DfExpr> = kept.iter().map(|id| DfExpr::Column(column(*id))).collect();
        let mut exprs = kept.clone();
        let outputs = columns.iter().copied().chain([(matched, KqlType::Bool)]);
        for (index, (id, ty)) in outputs.enumerate().filter(|(_, (id, _))| needed.contains(id)) {
            let read = get_field(DfExpr::Column(Column::new_unqualified(ITEM)), udf::field_name(index));
            exprs.push(never_null(read, ty).alias(column_name(id)));
        }
        input.project_as_is(kept.into_iter().chain([found]))?.project_as_is(exprs)
    }
}

/// What a struct is called between the node that makes it and the one that takes it apart.
const ITEM: &str = "item";

/// A struct's field, which DataFusion takes for nullable, as the non-null string it is.
fn never_null(expr: DfExpr, ty: KqlType) -> DfExpr {
    if ty == KqlType::String { call(udf::or_empty(), vec![expr]) } else { expr }
}

fn with_columns_of<'e>(needed: &Needed, exprs: impl IntoIterator<Item = &'e Expr>) -> Needed {
    let mut all = needed.clone();
    for expr in exprs {
        expr.visit_columns(&mut |id| {
            all.insert(id);
        });
    }
    all
}

/// The columns that a plan can give.
fn defined(plan: &Plan) -> Needed {
    match plan {
        Plan::Scan { columns, .. } => columns.iter().copied().collect(),
        Plan::Values { columns, .. } | Plan::Union { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
        Plan::Range { column, .. } => [*column].into(),
        Plan::Spool { columns, .. } => columns.iter().map(|(id, ..)| *id).collect(),
        Plan::Extend { input, columns } => extended(input, columns.iter().map(|(id, _)| *id)),
        Plan::Project { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
        Plan::Filter { input, .. } | Plan::Top { input, .. } | Plan::Limit { input, .. } => defined(input),
        Plan::Aggregate { keys, aggregates, .. } => {
            let outputs = aggregates.iter().flat_map(|it| it.outputs.iter().map(|(id, _)| *id));
            keys.iter().map(|(id, _)| *id).chain(outputs).collect()
        }
        Plan::Join { left, right, kind, .. } => match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => defined(left),
            JoinKind::RightSemi | JoinKind::RightAnti => defined(right),
            _ => defined(left).union(&defined(right)).copied().collect(),
        },
        Plan::Expand { input, arrays, index, .. } => {
            extended(input, arrays.iter().map(|array| array.output).chain([*index]))
        }
        Plan::Window { input, calls, .. } => extended(input, calls.iter().map(|it| it.output.0)),
        Plan::Extract { input, columns, matched, .. } => {
            extended(input, columns.iter().map(|(id, _)| *id).chain([*matched]))
        }
        Plan::Sequence { input, machine, .. } => extended(input, sequence::outputs(machine)),
    }
}

fn extended(input: &Plan, new: impl Iterator<Item = ColumnId>) -> Needed {
    let mut all = defined(input);
    all.extend(new);
    all
}

fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::LeftOuter => JoinType::Left,
        JoinKind::RightOuter => JoinType::Right,
        JoinKind::FullOuter => JoinType::Full,
        JoinKind::LeftSemi => JoinType::LeftSemi,
        JoinKind::LeftAnti => JoinType::LeftAnti,
        JoinKind::RightSemi => JoinType::RightSemi,
        JoinKind::RightAnti => JoinType::RightAnti,
    }
}

/// Whether left columns may be missing from a joined row.
fn nulls_left(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter)
}

/// Whether right columns may be missing from a joined row.
fn nulls_right(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter)
}

/// Rows in order; of a real, nulls and NaN go together at one end (fact 30), for which a column is added meanwhile.
fn sorted(input: LogicalPlanBuilder, keys: &[SortKey], rows: Option<u64>) -> Result<LogicalPlanBuilder> {
    if rows == Some(0) {
        // The operator for the first rows takes at least one.
        return input.limit(0, Some(0));
    }
    let fields: Vec<String> = input.schema().fields().iter().map(|field| field.name().clone()).collect();
    let all = || fields.iter().map(|name| DfExpr::Column(Column::new_unqualified(name)));
    let mut classes = Vec::new();
    let mut sorts = Vec::with_capacity(keys.len());
    for key in keys {
        let by = DfExpr::Column(column(key.column));
        let field = input.schema().field_with_unqualified_name(&column_name(key.column));
        if field.is_ok_and(|field| field.data_type() == &DataType::Float64) {
            let name = format!("n{}", classes.len());
            classes.push(nan_class(by.clone()).alias(&name));
            sorts.push(Sort::new(DfExpr::Column(Column::new_unqualified(name)), key.nulls_first, false));
        }
        sorts.push(Sort::new(by, key.ascending, key.nulls_first));
    }
    if classes.is_empty() {
        return input.sort_with_limit(sorts, rows.map(size));
    }
    let keep: Vec<DfExpr> = all().collect();
    input
        .project_as_is(all().chain(classes).collect::<Vec<_>>())?
        .sort_with_limit(sorts, rows.map(size))?
        .project_as_is(keep)
}

/// Sort keys of an aggregate or a window.
fn sort_exprs(keys: &[SortKey]) -> Vec<Sort> {
    keys.iter().map(|key| Sort::new(DfExpr::Column(column(key.column)), key.ascending, key.nulls_first)).collect()
}

/// 0 for null, 1 for NaN, 2 for a number: in this order at the start, in the opposite one at the end.
fn nan_class(real: DfExpr) -> DfExpr {
    use datafusion::logical_expr::when;
    let nan = real.clone().eq(lit(f64::NAN));
    when(real.is_null(), lit(0_i32)).when(nan, lit(1_i32)).otherwise(lit(2_i32)).expect("all branches have one type")
}

fn size(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// Rows written in the query.
fn values(columns: &[(ColumnId, KqlType)], rows: &[Vec<Value>], needed: &Needed) -> Result<LogicalPlanBuilder> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (index, (id, ty)) in columns.iter().enumerate().filter(|(_, (id, _))| needed.contains(id)) {
        fields.push(Field::new(column_name(*id), ty.plan_type(), ty.is_nullable()));
        arrays.push(array_of(rows.iter().map(|row| &row[index]), *ty)?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?;
    memory(batch, "datatable")
}

/// An array of values, all of type `ty`.
pub(crate) fn array_of<'v>(values: impl Iterator<Item = &'v Value>, ty: KqlType) -> Result<ArrayRef> {
    let ones: Vec<ArrayRef> = values.map(Value::to_array).collect();
    if ones.is_empty() {
        return Ok(arrow::array::new_empty_array(&ty.plan_type()));
    }
    let ones: Vec<&dyn Array> = ones.iter().map(AsRef::as_ref).collect();
    Ok(arrow::compute::concat(&ones)?)
}

/// A batch as the input of a plan.
fn memory(batch: RecordBatch, name: &str) -> Result<LogicalPlanBuilder> {
    let schema: SchemaRef = batch.schema();
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let table = MemTable::try_new(schema, vec![vec![batch]])?;
    let reference = TableReference::bare(name);
    let columns: Vec<DfExpr> =
        names.iter().map(|it| DfExpr::Column(Column::new(Some(reference.clone()), it)).alias(it)).collect();
    LogicalPlanBuilder::scan(reference, provider_as_source(Arc::new(table)), None)?.project_as_is(columns)
}

/// The most values that `range` makes.
const MAX_RANGE: u64 = 20_000_000;

fn range_values(from: &Value, to: &Value, step: &Value) -> Result<ArrayRef> {
    use datafusion::error::DataFusionError;
    let too_many = || DataFusionError::ResourcesExhausted(format!("`range` makes more than {MAX_RANGE} values"));
    if let (Value::Real(from), Value::Real(to), Value::Real(step)) = (from, to, step) {
        let count = ((to - from) / step).floor();
        if !count.is_finite() || count < 0.0 {
            return Ok(Arc::new(arrow::array::Float64Array::from(Vec::<f64>::new())));
        }
        if count >= MAX_RANGE as f64 {
            return Err(too_many());
        }
        let values = (0..=count as u64).map(|index| from + step * index as f64);
        return Ok(Arc::new(arrow::array::Float64Array::from_iter_values(values)));
    }
    let whole = |value: &Value| match value {
        Value::Long(it) | Value::DateTime(it) | Value::TimeSpan(it) => Some(*it),
        _ => None,
    };
    let empty = || Arc::new(arrow::array::Int64Array::from(Vec::<i64>::new()));
    let (Some(from), Some(to), Some(step)) = (whole(from), whole(to), whole(step)) else { return Ok(empty()) };
    let distance = i128::from(to) - i128::from(from);
    if step == 0 || (distance != 0 && (distance < 0) != (step < 0)) {
        return Ok(empty());
    }
    let count = distance / i128::from(step);
    if count >= i128::from(MAX_RANGE) {
        return Err(too_many());
    }
    let values = (0..=count as i64).map(|index| from + step * index);
    Ok(Arc::new(arrow::array::Int64Array::from_iter_values(values)))
}
