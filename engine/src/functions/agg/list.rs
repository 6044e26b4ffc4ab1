//! `make_list` and its kin: elements in the order of the input where that has one (fact 208).
//!
//! The sort keys travel with the elements, so neither input nor partial states need to be sorted, and groups may be
//! collected in any number of partitions.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeBinaryArray, StringViewBuilder};
use arrow::datatypes::{DataType, FieldRef};
use arrow::row::{RowConverter, SortField};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{AggregateUDF, GroupsAccumulator};
use vizsla_functions::def::{Param, Returns, ex, sig};
use vizsla_functions::dynamic;
use vizsla_schema::KqlType as T;

use super::per_group::{PerGroup, PerGroupAccumulator, Rows, States};
use super::udaf::{Answer, Recipe, aggregate_udf, columns, constants, state_columns};
use super::{AggCall, AggNaming, AggregateDef};

const MAX_SIZE: Param = Param::Const(T::Long);

const MAKE_LIST: AggregateDef = AggregateDef {
    name: "make_list",
    signatures: &[sig(&[Param::Any, MAX_SIZE], Returns::Is(T::Dynamic)).optional(1)],
    summary: "All values but nulls as an array, in the order of the input if that is sorted; arrays add their elements.",
    source: "make-list-aggregation-function",
    examples: &[
        ex("make_list(x)", "[1,2,3]"),
        ex("make_list(s)", r#"["a","b","a",""]"#),
        ex("make_list(x, 2)", "[1,2]"),
    ],
    naming: AggNaming::Prefix("list"),
    order_sensitive: true,
    udaf: |call| make_list(call, "make_list", LARGEST),
    ..AggregateDef::BASE
};

const MAKE_LIST_IF: AggregateDef = AggregateDef {
    name: "make_list_if",
    signatures: &[sig(&[Param::Any, Param::Is(T::Bool), MAX_SIZE], Returns::Is(T::Dynamic)).optional(1)],
    summary: "The values where the predicate is true as an array.",
    source: "make-list-if-aggregation-function",
    examples: &[
        ex("make_list_if(x, b)", "[1,3]"),
        ex("make_list_if(x, x > 5)", "[]"),
        ex("make_list_if(x, b, 1)", "[1]"),
    ],
    predicate: Some(1),
    ..MAKE_LIST
};

const MAKELIST: AggregateDef = AggregateDef {
    name: "makelist",
    summary: "`make_list` with a default maximum of 128 elements; deprecated.",
    examples: &[],
    udaf: |call| make_list(call, "make_list", 128),
    ..MAKE_LIST
};

const MAKE_LIST_WITH_NULLS: AggregateDef = AggregateDef {
    name: "make_list_with_nulls",
    signatures: &[sig(&[Param::Any], Returns::Is(T::Dynamic))],
    summary: "All values as an array, nulls included.",
    source: "make-list-with-nulls-aggregation-function",
    examples: &[ex("make_list_with_nulls(x)", "[1,2,3,null]")],
    udaf: |call| make_list(call, "make_list_with_nulls", LARGEST),
    ..MAKE_LIST
};

pub(super) const ALL: &[AggregateDef] = &[MAKE_LIST, MAKE_LIST_IF, MAKELIST, MAKE_LIST_WITH_NULLS];

/// The most elements that a list, set or bag can have, and has unless the call says less.
pub(super) const LARGEST: usize = 1_048_576;

/// How many elements the call allows.
pub(super) fn max_size(call: &AggCall, default: usize) -> usize {
    let given = constants(call).next().and_then(vizsla_functions::Value::as_long);
    given.map_or(default, |size| usize::try_from(size).unwrap_or(0)).min(LARGEST)
}

fn make_list(call: &AggCall, name: &str, default_size: usize) -> Arc<AggregateUDF> {
    let ty = columns(call).next().unwrap_or(T::Dynamic);
    let list = MakeList { ty, nulls: name == "make_list_with_nulls", max_size: max_size(call, default_size) };
    aggregate_udf(name, call, Answer::One(T::Dynamic), list)
}

#[derive(Debug, Clone, Copy)]
struct MakeList {
    ty: T,
    nulls: bool,
    max_size: usize,
}

impl Recipe for MakeList {
    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(state_columns(&args, &[("entries", DataType::LargeBinary)]))
    }

    fn groups(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let sort_field = |key: &datafusion::physical_expr::PhysicalSortExpr| {
            Ok(SortField::new_with_options(key.expr.data_type(args.schema)?, key.options))
        };
        let fields = args.order_bys.iter().map(sort_field).collect::<Result<Vec<_>>>()?;
        let keys = if fields.is_empty() { None } else { Some(Arc::new(RowConverter::new(fields)?)) };
        Ok(Box::new(PerGroupAccumulator::new(List { make: *self, keys })))
    }

    fn ordered(&self) -> bool {
        true
    }
}

#[derive(Debug, Clone)]
struct List {
    make: MakeList,
    /// Turns the ORDER BY into comparable bytes; `None` where the input has no order.
    keys: Option<Arc<RowConverter>>,
}

/// The entries of one group, one behind the other in `bytes`: a [`Header`], the key, the elements with commas between.
#[derive(Debug, Default)]
struct Entries {
    bytes: Vec<u8>,
    elements: usize,
}

/// Lengths of key and text, number of elements, each in four bytes.
type Header = [u8; HEADER_BYTES];
const HEADER_BYTES: usize = 3 * size_of::<u32>();

fn header(key: usize, text: usize, elements: usize) -> Header {
    let mut header = Header::default();
    for (bytes, length) in header.chunks_exact_mut(size_of::<u32>()).zip([key, text, elements]) {
        bytes.copy_from_slice(&(length as u32).to_le_bytes());
    }
    header
}

#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    key: &'a [u8],
    text: &'a str,
    elements: usize,
}

impl Entries {
    fn push(&mut self, entry: Entry<'_>) {
        self.elements += entry.elements;
        if entry.key.is_empty() && !self.bytes.is_empty() {
            return self.lengthen(entry);
        }
        self.bytes.extend(header(entry.key.len(), entry.text.len(), entry.elements));
        self.bytes.extend(entry.key);
        self.bytes.extend(entry.text.as_bytes());
    }

    /// Without keys a single entry grows, so that an unordered list is hardly more than its text.
    fn lengthen(&mut self, entry: Entry<'_>) {
        self.bytes.push(b',');
        self.bytes.extend(entry.text.as_bytes());
        let grown = header(0, self.bytes.len() - HEADER_BYTES, self.elements);
        self.bytes[..HEADER_BYTES].copy_from_slice(&grown);
    }

    /// In order: by key, and among equal keys as they came.
    fn sorted(&self) -> Vec<Entry<'_>> {
        let mut entries: Vec<Entry<'_>> = entries(&self.bytes).collect();
        entries.sort_by_key(|entry| entry.key);
        entries
    }

    /// Drops what lies beyond the first `max_size` elements, unless that is little.
    fn trim(&mut self, max_size: usize) {
        if self.elements <= 2 * max_size.max(512) {
            return;
        }
        let mut kept = Entries::default();
        for entry in self.sorted() {
            if kept.elements >= max_size {
                break;
            }
            kept.push(entry);
        }
        *self = kept;
    }

    fn write(&self, max_size: usize, out: &mut String) {
        out.push('[');
        let mut room = max_size;
        for entry in self.sorted() {
            let text = if entry.elements <= room { entry.text } else { first_elements(entry.text, room) };
            if out.len() > 1 && !text.is_empty() {
                out.push(',');
            }
            out.push_str(text);
            room -= entry.elements.min(room);
        }
        out.push(']');
    }
}

fn entries(mut bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    std::iter::from_fn(move || {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let length = |at: usize| u32::from_le_bytes(header.as_chunks().0[at]) as usize;
        let (key, rest) = rest.split_at_checked(length(0))?;
        let (text, rest) = rest.split_at_checked(length(1))?;
        bytes = rest;
        Some(Entry { key, text: std::str::from_utf8(text).unwrap_or_default(), elements: length(2) })
    })
}

/// The first `count` of elements with commas between.
fn first_elements(text: &str, count: usize) -> &str {
    let array = format!("[{text}]");
    let elements = dynamic::elements(&array).into_iter().flatten();
    let bytes: usize = elements.take(count).map(|element| element.len() + 1).sum();
    &text[..bytes.saturating_sub(1)]
}

impl PerGroup for List {
    type State = Entries;

    fn state_types(&self) -> Vec<(&'static str, DataType)> {
        vec![("entries", DataType::LargeBinary)]
    }

    fn update(&mut self, states: &mut States<'_, Entries>, values: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let (values, order) = (&values[0], &values[1..]);
        let keys = self.keys.as_ref().map(|keys| keys.convert_columns(order)).transpose()?;
        let MakeList { ty, nulls, max_size } = self.make;
        let mut text = String::new();
        for (row, group) in rows.iter().filter(|(row, _)| nulls || values.is_valid(*row)) {
            if keys.is_none() && states.flat(group).elements >= max_size {
                continue;
            }
            text.clear();
            dynamic::encode(values, row, ty, &mut text);
            let (text, elements) = match dynamic::elements(&text) {
                Some(elements) if ty == T::Dynamic => (&text[1..text.len() - 1], elements.count()),
                _ => (text.as_str(), 1),
            };
            let key = keys.as_ref().map_or(&[][..], |keys| keys.row(row).data());
            if elements > 0 {
                states.edit(group, |entries| {
                    entries.push(Entry { key, text, elements });
                    entries.trim(max_size);
                });
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &mut States<'_, Entries>, columns: &[ArrayRef], rows: Rows<'_>) -> Result<()> {
        let blobs = columns[0].as_binary::<i64>();
        for (row, group) in rows.iter() {
            let blob = blobs.value(row);
            states.edit(group, |state| {
                entries(blob).for_each(|entry| state.push(entry));
                state.trim(self.make.max_size);
            });
        }
        Ok(())
    }

    fn state(&self, states: Vec<Entries>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(LargeBinaryArray::from_iter_values(states.iter().map(|entries| &entries.bytes)))])
    }

    fn evaluate(&self, states: Vec<Entries>) -> Result<ArrayRef> {
        let mut out = StringViewBuilder::with_capacity(states.len());
        let mut text = String::new();
        for entries in states {
            text.clear();
            entries.write(self.make.max_size, &mut text);
            out.append_value(&text);
        }
        Ok(Arc::new(out.finish()))
    }

    fn heap(state: &Entries) -> usize {
        state.bytes.capacity()
    }
}
