//! `covariance` and `covariancep` with their `if` forms.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::AggregateUDF;
use vizsla_functions::def::{Param, Returns, ex, sig};
use vizsla_schema::KqlType as T;

use super::per_group::{PerGroup, Rows, States};
use super::udaf::{Answer, aggregate_udf};
use super::{AggCall, AggNaming, AggregateDef};

const COVARIANCE: AggregateDef = AggregateDef {
    name: "covariance",
    signatures: &[sig(&[Param::Number, Param::Number], Returns::Is(T::Real))],
    summary: "Covariance of two columns, the rows being a sample (n - 1); 0 for fewer than two.",
    source: "covariance-aggregation-function",
    examples: &[ex("covariance(x, y)", "1.25")],
    naming: AggNaming::PrefixBoth("covariance"),
    udaf: |call| covariance(call, Covariance::Sample),
    ..AggregateDef::BASE
};

const COVARIANCEIF: AggregateDef = AggregateDef {
    name: "covarianceif",
    signatures: &[sig(&[Param::Number, Param::Number, Param::Is(T::Bool)], Returns::Is(T::Real))],
    summary: "Covariance of a sample, where the predicate is true.",
    source: "covarianceif-aggregation-function",
    examples: &[ex("covarianceif(x, y, x < 2)", "0.0")],
    naming: AggNaming::PrefixBoth("covarianceif"),
    predicate: Some(2),
    ..COVARIANCE
};

const COVARIANCEP: AggregateDef = AggregateDef {
    name: "covariancep",
    summary: "Covariance of two columns, the rows being the whole population (n).",
    source: "covariancep-aggregation-function",
    examples: &[ex("covariancep(x, y)", "0.625")],
    naming: AggNaming::PrefixBoth("covariancep"),
    udaf: |call| covariance(call, Covariance::Population),
    ..COVARIANCE
};

const COVARIANCEPIF: AggregateDef = AggregateDef {
    name: "covariancepif",
    summary: "Covariance of a population, where the predicate is true.",
    source: "covariancepif-aggregation-function",
    examples: &[ex("covariancepif(x, y, true)", "0.625")],
    naming: AggNaming::PrefixBoth("covariancepif"),
    udaf: |call| covariance(call, Covariance::Population),
    ..COVARIANCEIF
};

pub(super) const ALL: &[AggregateDef] = &[COVARIANCE, COVARIANCEIF, COVARIANCEP, COVARIANCEPIF];

fn covariance(call: &AggCall, of: Covariance) -> Arc<AggregateUDF> {
    let name = match of {
        Covariance::Sample => "covariance",
        Covariance::Population => "covariancep",
    };
    aggregate_udf(name, call, Answer::One(T::Real), of)
}

#[derive(Debug, Clone, Copy)]
enum Covariance {
    Sample,
    Population,
}

/// Count, means and the sum of products of deviations, kept as in Welford's method so that large means cost no precision.
#[derive(Debug, Default, Clone, Copy)]
struct Moments {
    count: i64,
    mean_x: f64,
    mean_y: f64,
    products: f64,
}

impl Moments {
    fn merge(&mut self, other: Moments) {
        if other.count == 0 {
            return;
        }
        let count = self.count + other.count;
        let (here, there) = (self.count as f64, other.count as f64);
        let (dx, dy) = (other.mean_x - self.mean_x, other.mean_y - self.mean_y);
        self.products += other.products + dx * dy * here * there / count as f64;
        self.mean_x += dx * there / count as f64;
        self.mean_y += dy * there / count as f64;
        self.count = count;
    }
}

impl PerGroup for Covariance {
    type State = Moments;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        let real = DataType::Float64;
        vec![("count", DataType::Int64), ("mean_x", real.clone()), ("mean_y", real.clone()), ("products", real)]
    }

    fn update(&mut self, states: &mut States<'_, Moments>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let (xs, ys) = (cast(&values[0], &DataType::Float64)?, cast(&values[1], &DataType::Float64)?);
        let (xs, ys) = (xs.as_primitive::<Float64Type>(), ys.as_primitive::<Float64Type>());
        for (row, group) in rows.iter().filter(|(row, _)| xs.is_valid(*row) && ys.is_valid(*row)) {
            let one = Moments { count: 1, mean_x: xs.value(row), mean_y: ys.value(row), products: 0.0 };
            states.flat(group).merge(one);
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Moments>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let counts = columns[0].as_primitive::<Int64Type>();
        let [mean_x, mean_y, products] = [1, 2, 3].map(|column| columns[column].as_primitive::<Float64Type>());
        for (row, group) in rows.iter() {
            let (mean_x, mean_y, products) = (mean_x.value(row), mean_y.value(row), products.value(row));
            states.flat(group).merge(Moments { count: counts.value(row), mean_x, mean_y, products });
        }
        Ok(())
    }

    fn state(&self, states: Vec<Moments>) -> Result<Vec<ArrayRef>> {
        let reals =
            |field: fn(&Moments) -> f64| Arc::new(Float64Array::from_iter_values(states.iter().map(field))) as ArrayRef;
        let counts = Int64Array::from_iter_values(states.iter().map(|moments| moments.count));
        Ok(vec![Arc::new(counts), reals(|it| it.mean_x), reals(|it| it.mean_y), reals(|it| it.products)])
    }

    fn evaluate(&self, states: Vec<Moments>) -> Result<ArrayRef> {
        let answer = |moments: &Moments| match self {
            Covariance::Sample if moments.count > 1 => moments.products / (moments.count - 1) as f64,
            Covariance::Population if moments.count > 0 => moments.products / moments.count as f64,
            Covariance::Sample | Covariance::Population => 0.0,
        };
        Ok(Arc::new(Float64Array::from_iter_values(states.iter().map(answer))))
    }
}
