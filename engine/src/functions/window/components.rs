//! Connected components: `graph-mark-components` is made of these. Queries cannot call them, so they are not listed.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::error::Result;
use vizsla_functions::def::{Naming, Param, Returns, Signature, sig};
use vizsla_schema::KqlType as T;

use super::{WindowDef, window_udf};

/// The number of the component of each edge's source, where edges may be followed both ways.
pub(crate) const WEAK_COMPONENT: WindowDef = WindowDef {
    name: "weak_component",
    signatures: ENDS,
    summary: "The component of an edge's source, counted from 0 in order of first appearance.",
    source: "graph-mark-components-operator",
    examples: &[],
    naming: Naming::Column,
    udwf: |types, returns| window_udf("weak_component", types, returns, |values, rows, _| numbers(values, rows, weak)),
};

/// The same, where each node of a component is reached from each other one in the edges' direction.
pub(crate) const STRONG_COMPONENT: WindowDef = WindowDef {
    name: "strong_component",
    udwf: |types, returns| {
        window_udf("strong_component", types, returns, |values, rows, _| numbers(values, rows, strong))
    },
    ..WEAK_COMPONENT
};

const ENDS: &[Signature] = &[sig(&[Param::Is(T::String), Param::Is(T::String)], Returns::Is(T::Long))];

/// The component of each node, by any number, from the number of nodes and the edges between them.
type Components = fn(usize, &[(usize, usize)]) -> Vec<usize>;

fn numbers(values: &[ArrayRef], rows: usize, components: Components) -> Result<ArrayRef> {
    let (sources, targets) = (values[0].as_string_view(), values[1].as_string_view());
    let mut nodes: HashMap<&str, usize> = HashMap::new();
    let mut edges: Vec<(usize, usize)> = Vec::with_capacity(rows);
    for row in 0..rows {
        let next = nodes.len();
        let source = *nodes.entry(sources.value(row)).or_insert(next);
        let next = nodes.len();
        let target = *nodes.entry(targets.value(row)).or_insert(next);
        edges.push((source, target));
    }
    let of_node = components(nodes.len(), &edges);
    let mut known: HashMap<usize, i64> = HashMap::new();
    let mut number = |component: usize| {
        let next = known.len() as i64;
        *known.entry(component).or_insert(next)
    };
    Ok(Arc::new(Int64Array::from_iter_values(edges.iter().map(|(source, _)| number(of_node[*source])))))
}

/// Each component is known by one of its nodes.
fn weak(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..nodes).collect();
    for (a, b) in edges {
        let (a, b) = (root(&mut parents, *a), root(&mut parents, *b));
        parents[a.max(b)] = a.min(b);
    }
    (0..nodes).map(|node| root(&mut parents, node)).collect()
}

/// The root of a node, to which the way becomes half as long each time.
fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}

/// Kosaraju's two searches, without recursion: nodes by when a search leaves them, then against the edges from the last.
fn strong(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let forward = neighbors(nodes, edges.iter().copied());
    let backward = neighbors(nodes, edges.iter().map(|(a, b)| (*b, *a)));
    let mut left = Vec::with_capacity(nodes);
    let mut seen = vec![false; nodes];
    for start in 0..nodes {
        let mut path = Vec::new();
        if !std::mem::replace(&mut seen[start], true) {
            path.push((start, 0));
        }
        while let Some((node, next)) = path.last_mut() {
            match forward[*node].get(*next) {
                Some(to) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[*to], true) {
                        path.push((*to, 0));
                    }
                }
                None => {
                    left.push(*node);
                    path.pop();
                }
            }
        }
    }
    let mut component = vec![usize::MAX; nodes];
    for start in left.into_iter().rev() {
        let mut waiting = vec![start];
        while let Some(node) = waiting.pop() {
            if component[node] == usize::MAX {
                component[node] = start;
                waiting.extend(backward[node].iter().filter(|to| component[**to] == usize::MAX));
            }
        }
    }
    component
}

fn neighbors(nodes: usize, edges: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut neighbors = vec![Vec::new(); nodes];
    edges.for_each(|(from, to)| neighbors[from].push(to));
    neighbors
}

#[cfg(test)]
mod tests {
    use arrow::array::StringViewArray;

    use super::*;

    #[test]
    fn components_are_counted_in_order() {
        let edges = [("x", "x"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("y", "x")];
        let ends = |end: fn(&(&'static str, &'static str)) -> &'static str| -> ArrayRef {
            Arc::new(StringViewArray::from_iter_values(edges.iter().map(end)))
        };
        let values = [ends(|edge| edge.0), ends(|edge| edge.1)];
        let of = |components: Components| {
            let numbers = numbers(&values, edges.len(), components).expect("no error");
            numbers.as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
        };
        assert_eq!(of(weak), [0, 1, 1, 1, 1, 1, 0]);
        assert_eq!(of(strong), [0, 1, 1, 1, 1, 2, 3]);
    }

    #[test]
    fn a_long_chain_is_no_recursion() {
        let edges: Vec<(usize, usize)> = (0..200_000).map(|node| (node, node + 1)).collect();
        assert!(weak(200_001, &edges).iter().all(|component| *component == 0));
        assert_eq!(strong(200_001, &edges).iter().collect::<std::collections::HashSet<_>>().len(), 200_001);
    }
}
