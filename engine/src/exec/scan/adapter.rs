//! What files hold as plan types, while they are read.
//!
//! DataFusion asks for each file how an expression over the table becomes one over that file. A column becomes a conversion
//! of the file's column ([`vizsla_store::convert`]), or a constant where the file has none.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};
use vizsla_functions::dynamic;
use vizsla_schema::KqlType;
use vizsla_store::{TableSnapshot, convert};

/// Makes an adapter for each file of a table.
#[derive(Debug)]
pub(super) struct AdapterFactory {
    pub(super) snapshot: Arc<TableSnapshot>,
}

impl PhysicalExprAdapterFactory for AdapterFactory {
    fn create(&self, _: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        Ok(Arc::new(Adapter { snapshot: self.snapshot.clone(), physical }))
    }
}

#[derive(Debug)]
struct Adapter {
    snapshot: Arc<TableSnapshot>,
    physical: SchemaRef,
}

impl PhysicalExprAdapter for Adapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        expr.transform(|expr| match expr.downcast_ref::<Column>() {
            Some(column) => Ok(Transformed::yes(self.column(column)?)),
            None => Ok(Transformed::no(expr)),
        })
        .data()
    }
}

impl Adapter {
    fn column(&self, column: &Column) -> Result<Arc<dyn PhysicalExpr>> {
        let Some(wanted) = self.snapshot.columns.iter().find(|it| it.name == column.name()) else {
            return Err(DataFusionError::Internal(format!("no column `{}` in the table", column.name())));
        };
        let ty = wanted.ty;
        let mut names = std::iter::once(&wanted.name).chain(wanted.aliases());
        let Some(index) = names.find_map(|name| self.position(name)) else {
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
