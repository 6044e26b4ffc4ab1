//! What files hold as plan types, while they are read.
//!
//! DataFusion asks for each file how an expression over the table becomes one over that file. A column becomes a conversion
//! of the file's column ([`vizsla_store::convert`]), or a constant where the file has none. A comparison of a column with a
//! constant becomes one of the file's values where that says exactly the same ([`compare`]), so that statistics prune.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};
use vizsla_functions::dynamic;
use vizsla_schema::{KqlType, Ticks};
use vizsla_store::convert::{self, Fidelity};
use vizsla_store::{Contents, DataFile, Source, TableSnapshot};

use super::DataTable;
use super::compare::Asked;

/// Makes an adapter for each file of a table.
#[derive(Debug)]
pub(super) struct AdapterFactory {
    table: Arc<Table>,
}

impl AdapterFactory {
    pub(super) fn new(snapshot: Arc<TableSnapshot>) -> AdapterFactory {
        AdapterFactory { table: Arc::new(Table { snapshot, in_range: Mutex::default() }) }
    }
}

/// A table and what was found out about its files.
#[derive(Debug)]
pub(super) struct Table {
    snapshot: Arc<TableSnapshot>,
    /// By column: whether all instants in files are ones that KQL has.
    in_range: Mutex<HashMap<usize, bool>>,
}

impl Table {
    /// Whether no file has a value outside of `least..=most` (in its own units, by `bounds`) in the column.
    ///
    /// Such a value is null in the plan, which a comparison of the file's values would not know.
    fn in_range(&self, column: usize, plan: KqlType) -> bool {
        let mut known = self.in_range.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(column).or_insert_with(|| self.snapshot.files.iter().all(|file| is_in_range(file, column, plan)))
    }
}

fn is_in_range(file: &DataFile, column: usize, plan: KqlType) -> bool {
    let (Source::Field(field), Contents::Parquet(footer)) = (file.source(column), &file.contents) else {
        return true;
    };
    let Fidelity::Ticks(unit) = convert::fidelity(footer.schema.field(*field).data_type(), plan) else {
        return false;
    };
    let (least, most) = match plan {
        KqlType::DateTime => (unit.first_at(Ticks::MIN.0), unit.last_at(Ticks::MAX.0)),
        _ => (unit.first_at(i64::MIN), unit.last_at(i64::MAX)),
    };
    let held = footer.range(*field);
    held.is_some_and(|held| {
        held.0 > held.1 || (least.is_some_and(|it| it <= held.0) && most.is_some_and(|it| held.1 <= it))
    })
}

/// The columns of a projection whose values in files are numbers of 64 bits in the plan, so that statistics can bound them.
pub(super) fn counted(table: &DataTable, projection: &[usize]) -> Vec<usize> {
    let counts = |index: &usize| table.snapshot.columns[*index].ty.plan_type() == DataType::Int64;
    projection.iter().copied().filter(counts).collect()
}

/// The least and the largest value that a file has in a column, in the plan's units, by its statistics.
///
/// None if they say nothing, if there is no value, or if a value is null in the plan that is none in the file.
pub(super) fn held(file: &DataFile, column: usize, plan: KqlType) -> Option<(i64, i64)> {
    let (Source::Field(field), Contents::Parquet(footer)) = (file.source(column), &file.contents) else { return None };
    let (least, most) = footer.range(*field).filter(|(least, most)| least <= most)?;
    let ty = footer.schema.field(*field).data_type();
    // Statistics of unsigned numbers read as signed ones.
    if ty.is_unsigned_integer() {
        return None;
    }
    match convert::fidelity(ty, plan) {
        Fidelity::Identity => Some((least, most)),
        Fidelity::Ticks(unit) if is_in_range(file, column, plan) => Some((unit.to_ticks(least)?, unit.to_ticks(most)?)),
        Fidelity::Ticks(_) | Fidelity::Text | Fidelity::Opaque => None,
    }
}

impl PhysicalExprAdapterFactory for AdapterFactory {
    fn create(&self, _: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        Ok(Arc::new(Adapter { table: self.table.clone(), physical }))
    }
}

#[derive(Debug)]
struct Adapter {
    table: Arc<Table>,
    physical: SchemaRef,
}

impl PhysicalExprAdapter for Adapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        expr.transform_down(|expr| {
            if let Some(column) = expr.downcast_ref::<Column>() {
                return Ok(Transformed::new(self.column(column)?, true, TreeNodeRecursion::Jump));
            }
            Ok(match self.comparison(&expr)? {
                Some(compared) => Transformed::new(compared, true, TreeNodeRecursion::Jump),
                None => Transformed::no(expr),
            })
        })
        .data()
    }
}

impl Adapter {
    fn column(&self, column: &Column) -> Result<Arc<dyn PhysicalExpr>> {
        let wanted = &self.table.snapshot.columns[self.index(column)?];
        let ty = wanted.ty;
        let Some(index) = self.in_file(wanted) else {
            let missing = ScalarValue::try_from_array(&convert::missing(ty, 1), 0)?;
            return Ok(Arc::new(Literal::new(missing)));
        };
        let field = self.physical.field(index);
        let read: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), index));
        if *field.data_type() == ty.plan_type() && (ty.is_nullable() || !field.is_nullable()) && is_plain(ty) {
            return Ok(read);
        }
        let function = Arc::new(ScalarUDF::new_from_impl(FileValue::new(field.data_type().clone(), ty)));
        let call =
            ScalarFunctionExpr::try_new(function, vec![read], &self.physical, Arc::new(ConfigOptions::default()))?;
        Ok(Arc::new(call))
    }

    /// The position of a column in the table.
    fn index(&self, column: &Column) -> Result<usize> {
        let found = self.table.snapshot.columns.iter().position(|it| it.name == column.name());
        found.ok_or_else(|| DataFusionError::Internal(format!("no column `{}` in the table", column.name())))
    }

    /// The position of a table's column in the file.
    fn in_file(&self, wanted: &vizsla_store::Column) -> Option<usize> {
        std::iter::once(&wanted.name).chain(wanted.aliases()).find_map(|name| self.position(name))
    }

    /// A comparison of a column with constants as one of the file's values, if that says the same of every row.
    fn comparison(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        let Some((column, asked)) = Asked::of(expr) else { return Ok(None) };
        let position = self.index(column)?;
        let wanted = &self.table.snapshot.columns[position];
        let Some(index) = self.in_file(wanted) else { return Ok(None) };
        let field = self.physical.field(index);
        let value: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), index));
        Ok(match convert::fidelity(field.data_type(), wanted.ty) {
            Fidelity::Text => asked.of_text(&value, field),
            Fidelity::Ticks(unit) if self.table.in_range(position, wanted.ty) => asked.of_ticks(&value, field, unit),
            _ => None,
        })
    }

    /// The file's column of that name, else the one that differs only in case.
    fn position(&self, name: &str) -> Option<usize> {
        let fields = self.physical.fields();
        fields.iter().position(|field| field.name() == name).or_else(|| {
            let mut same = (0..fields.len()).filter(|index| fields[*index].name().eq_ignore_ascii_case(name));
            let first = same.next()?;
            same.next().is_none().then_some(first)
        })
    }
}

/// Types whose arrow values in a file of the same arrow type need no look: dynamics may be any text, ticks any integer.
fn is_plain(ty: KqlType) -> bool {
    !matches!(ty, KqlType::Dynamic | KqlType::Guid)
}

/// A file's column in the plan's type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FileValue {
    name: String,
    ty: KqlType,
    signature: Signature,
}

impl FileValue {
    fn new(file: DataType, ty: KqlType) -> FileValue {
        FileValue {
            name: format!("file_{}({file})", ty.name()),
            ty,
            signature: Signature::any(1, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for FileValue {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.ty.plan_type())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(&self.name, self.ty.plan_type(), self.ty.is_nullable())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = args.args[0].to_array(args.number_rows)?;
        let converted =
            convert::to_plan(&array, self.ty).map_err(|error| DataFusionError::External(Box::new(error)))?;
        // Everything above reads dynamics in the compact form that the functions write.
        Ok(ColumnarValue::Array(match self.ty {
            KqlType::Dynamic => Arc::new(dynamic::parse_column(converted.as_string_view())),
            _ => converted,
        }))
    }
}
