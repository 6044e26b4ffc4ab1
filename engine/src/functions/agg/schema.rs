//! `buildschema`: the least schema that admits all values (fact 142).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::DataType;
use datafusion::error::Result;
use vizsla_functions::def::{Param, Returns, sig};
use vizsla_functions::dynamic::{self, Kind};
use vizsla_schema::KqlType as T;

use super::per_group::{PerGroup, Rows, States};
use super::udaf::{Answer, aggregate_udf};
use super::{AggNaming, AggregateDef};

const BUILDSCHEMA: AggregateDef = AggregateDef {
    name: "buildschema",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Dynamic))],
    summary: "The least schema that admits all values; null if there are none.",
    source: "buildschema-aggregation-function",
    naming: AggNaming::Prefix("schema"),
    udaf: |call| aggregate_udf("buildschema", call, Answer::One(T::Dynamic), BuildSchema),
    ..AggregateDef::BASE
};

pub(super) const ALL: &[AggregateDef] = &[BUILDSCHEMA];

/// The key that stands for all elements of an array.
const INDEXER: &str = "`indexer`";

#[derive(Debug, Clone, Copy)]
struct BuildSchema;

/// What has been seen in one place. A property and an element may each be of several types.
#[derive(Debug, Default)]
struct Shape {
    /// Names of scalar types, in the order seen.
    scalars: Vec<Box<str>>,
    /// Keys as they stand between quotes, [`INDEXER`] for an array; `None` if there was neither array nor bag.
    container: Option<Vec<(Box<str>, Shape)>>,
}

impl Shape {
    /// Admits a value.
    fn admit(&mut self, json: &str) {
        match dynamic::kind(json) {
            Kind::Null => {}
            Kind::Bag => {
                self.container.get_or_insert_default();
                dynamic::entries(json).into_iter().flatten().for_each(|(key, value)| self.property(key).admit(value));
            }
            Kind::Array => {
                let element = self.property(INDEXER);
                dynamic::elements(json).into_iter().flatten().for_each(|value| element.admit(value));
            }
            scalar @ (Kind::Bool | Kind::Long | Kind::Real | Kind::String) => self.scalar(scalar.gettype()),
        }
    }

    /// Admits all that a schema admits, as [`Shape::write`] wrote it.
    fn admit_schema(&mut self, json: &str) {
        match dynamic::kind(json) {
            Kind::Bag => {
                self.container.get_or_insert_default();
                dynamic::entries(json)
                    .into_iter()
                    .flatten()
                    .for_each(|(key, schema)| self.property(key).admit_schema(schema));
            }
            Kind::Array => dynamic::elements(json).into_iter().flatten().for_each(|schema| self.admit_schema(schema)),
            Kind::String => self.scalar(json.trim_matches('"')),
            Kind::Null | Kind::Bool | Kind::Long | Kind::Real => {}
        }
    }

    fn scalar(&mut self, name: &str) {
        if !self.scalars.iter().any(|known| **known == *name) {
            self.scalars.push(name.into());
        }
    }

    fn property(&mut self, key: &str) -> &mut Shape {
        let properties = self.container.get_or_insert_default();
        let place = properties.iter().position(|(known, _)| **known == *key).unwrap_or_else(|| {
            properties.push((key.into(), Shape::default()));
            properties.len() - 1
        });
        &mut properties[place].1
    }

    /// The schema; an array where a value may be of several types, and of none.
    fn write(&self, out: &mut String) {
        let several = self.scalars.len() + usize::from(self.container.is_some()) != 1;
        let scalars = self.scalars.iter().map(|name| format!("\"{name}\""));
        let container = self.container.iter().map(|properties| {
            let text = |(key, shape): &(Box<str>, Shape)| {
                let mut schema = String::new();
                shape.write(&mut schema);
                (key.clone(), schema)
            };
            let properties: Vec<(Box<str>, String)> = properties.iter().map(text).collect();
            let mut bag = String::new();
            dynamic::write_bag(properties.iter().map(|(key, schema)| (key.as_ref(), schema.as_str())), &mut bag);
            bag
        });
        let alternatives: Vec<String> = scalars.chain(container).collect();
        match several {
            true => dynamic::write_array(alternatives.iter().map(String::as_str), out),
            false => out.push_str(&alternatives[0]),
        }
    }

    fn size(&self) -> usize {
        let scalars: usize = self.scalars.iter().map(|name| size_of::<Box<str>>() + name.len()).sum();
        let property = |(key, shape): &(Box<str>, Shape)| size_of::<(Box<str>, Shape)>() + key.len() + shape.size();
        scalars + self.container.iter().flatten().map(property).sum::<usize>()
    }
}

impl PerGroup for BuildSchema {
    type State = Shape;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("schema", DataType::Utf8View)]
    }

    fn update(&mut self, states: &mut States<'_, Shape>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let values = values[0].as_string_view();
        for (row, group) in rows.iter().filter(|(row, _)| values.is_valid(*row)) {
            states.edit(group, |shape| shape.admit(values.value(row)));
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Shape>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let schemas = columns[0].as_string_view();
        for (row, group) in rows.iter().filter(|(row, _)| schemas.is_valid(*row)) {
            states.edit(group, |shape| shape.admit_schema(schemas.value(row)));
        }
        Ok(())
    }

    fn state(&self, states: Vec<Shape>) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(states)?])
    }

    fn evaluate(&self, states: Vec<Shape>) -> Result<ArrayRef> {
        let mut out = StringViewBuilder::with_capacity(states.len());
        let mut text = String::new();
        for shape in states {
            text.clear();
            shape.write(&mut text);
            out.append_option((text != "[]").then_some(&text));
        }
        Ok(Arc::new(out.finish()))
    }

    fn heap(state: &Shape) -> usize {
        state.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_admit_all_values() {
        let mut shape = Shape::default();
        for value in [
            r#"{"x":1,"y":3.5}"#,
            r#"{"x":"somevalue","z":[1,2,3]}"#,
            r#"{"y":{"w":"zzz"},"t":["aa","bb"],"z":["foo"]}"#,
        ] {
            shape.admit(value);
        }
        let mut schema = String::new();
        shape.write(&mut schema);
        // The reference's own example, whose keys stand in the order first seen too.
        assert_eq!(
            schema,
            r#"{"x":["long","string"],"y":["double",{"w":"string"}],"z":{"`indexer`":["long","string"]},"t":{"`indexer`":"string"}}"#
        );
    }
}
