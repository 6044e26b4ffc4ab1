//! Functions of S2 cells, which `s2cell.rs` computes.

use vizsla_schema::KqlType as T;

use super::geojson::{self, Polygon};
use super::s2cell::{Cell, MAX_LEVEL};
use super::vector::{CLOSE, closest, cross};
use super::{Points, REAL, Vector};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};

const DEFAULT_LEVEL: i64 = 11;
/// How many cells may cover a polygon, as in the service.
const MAX_COVER: usize = 65_536;
const DYNAMIC: Returns = Returns::Is(T::Dynamic);

pub(super) const GEO_POINT_TO_S2CELL: ScalarDef = ScalarDef {
    name: "geo_point_to_s2cell",
    signatures: &[sig(&[REAL, REAL, Param::Is(T::Long)], Returns::Is(T::String)).optional(1)],
    summary: "The token of the S2 cell that a longitude and a latitude lie in, of level 0 to 30, or of 11.",
    source: "kusto/query/geo-point-to-s2cell-function",
    examples: &[
        ex("geo_point_to_s2cell(-80.195829, 25.802215, 8)", "88d9b"),
        ex("geo_point_to_s2cell(10.1234, 53, 8)", "47b1d"),
        ex("geo_point_to_s2cell(300, 1, 8)", ""),
        ex("geo_point_to_s2cell(1, 1, 35)", ""),
    ],
    eval: Eval::Kernel(point_to_s2cell),
    ..ScalarDef::BASE
};

fn point_to_s2cell(args: &Args<'_>) -> KernelResult {
    let (points, levels) = (Points::at(args, 0), Levels::at(args, 2));
    Ok(args.texts(|row, out| {
        let cell = points.get(row).zip(levels.get(row)).map(|(point, level)| Cell::of(point.vector(), level));
        cell.map(|cell| out.push_str(&cell.token())).is_some()
    }))
}

/// An argument that is a level and may be left out.
struct Levels<'a>(Option<crate::args::Longs<'a>>);

impl<'a> Levels<'a> {
    fn at(args: &Args<'a>, index: usize) -> Levels<'a> {
        Levels((args.len() > index).then(|| args.long(index)))
    }

    fn get(&self, row: usize) -> Option<u8> {
        let level = self.0.as_ref().map_or(Some(DEFAULT_LEVEL), |levels| levels.get(row))?;
        u8::try_from(level).ok().filter(|level| *level <= MAX_LEVEL)
    }
}

pub(super) const GEO_S2CELL_TO_CENTRAL_POINT: ScalarDef = ScalarDef {
    name: "geo_s2cell_to_central_point",
    signatures: &[sig(&[Param::Is(T::String)], DYNAMIC)],
    summary: "The middle of an S2 cell as a GeoJSON point.",
    source: "kusto/query/geo-s2cell-to-central-point-function",
    examples: &[ex("geo_s2cell_to_central_point('a')", "null")],
    eval: Eval::Kernel(|args| from_token(args, |cell, out| geojson::write_point(cell.center(), out))),
    ..ScalarDef::BASE
};

pub(super) const GEO_S2CELL_TO_POLYGON: ScalarDef = ScalarDef {
    name: "geo_s2cell_to_polygon",
    summary: "An S2 cell as a GeoJSON polygon.",
    source: "kusto/query/geo-s2cell-to-polygon-function",
    examples: &[ex("geo_s2cell_to_polygon('a')", "null")],
    eval: Eval::Kernel(|args| from_token(args, |cell, out| geojson::write_polygon(&[cell.corners().to_vec()], out))),
    ..GEO_S2CELL_TO_CENTRAL_POINT
};

pub(super) const GEO_S2CELL_NEIGHBORS: ScalarDef = ScalarDef {
    name: "geo_s2cell_neighbors",
    // The service's order changes from one version to the next; here it is around the cell.
    summary: "The tokens of the cells around an S2 cell, counter-clockwise.",
    source: "kusto/query/geo-s2cell-neighbors-function",
    examples: &[
        ex("array_sort_asc(geo_s2cell_neighbors('89c259'))[0]", "89c251"),
        ex("geo_s2cell_neighbors('a')", "null"),
    ],
    eval: Eval::Kernel(|args| {
        from_token(args, |cell, out| write_tokens(cell.neighbors().into_iter().map(Cell::token), out))
    }),
    ..GEO_S2CELL_TO_CENTRAL_POINT
};

fn from_token(args: &Args<'_>, write: fn(Cell, &mut String)) -> KernelResult {
    let tokens = args.text(0);
    Ok(args.texts(|row, out| Cell::parse(tokens.at(row)).map(|cell| write(cell, out)).is_some()))
}

/// Appends tokens, which are letters and digits, as an array of strings.
pub(super) fn write_tokens(tokens: impl Iterator<Item = String>, out: &mut String) {
    out.push('[');
    for (place, token) in tokens.enumerate() {
        out.push_str(if place > 0 { ",\"" } else { "\"" });
        out.push_str(&token);
        out.push('"');
    }
    out.push(']');
}

pub(super) const GEO_POLYGON_TO_S2CELLS: ScalarDef = ScalarDef {
    name: "geo_polygon_to_s2cells",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Long)], DYNAMIC).optional(1)],
    summary: "The tokens of the S2 cells that a GeoJSON polygon or multipolygon shares a point with, all of one level: 0 to \
              30, or 11. Null for more than 65536 cells.",
    source: "kusto/query/geo-polygon-to-s2cells-function",
    examples: &[
        ex(
            r#"array_length(geo_polygon_to_s2cells(dynamic({"type":"Polygon","coordinates":[[[0,0],[0,50],[100,50],[0,0]]]}), 5))"#,
            "286",
        ),
        ex(
            r#"geo_polygon_to_s2cells(dynamic({"type":"Polygon","coordinates":[[[0,0],[0,50],[100,50],[0,0]]]}), 30)"#,
            "null",
        ),
    ],
    eval: Eval::Kernel(polygon_to_s2cells),
    ..ScalarDef::BASE
};

fn polygon_to_s2cells(args: &Args<'_>) -> KernelResult {
    let (shapes, levels) = (args.text(0), Levels::at(args, 1));
    Ok(args.texts(|row, out| {
        let cells = shapes.get(row).and_then(geojson::polygons).and_then(|shape| cover(&shape, levels.get(row)?));
        cells.map(|cells| write_tokens(cells.into_iter().map(Cell::token), out)).is_some()
    }))
}

type Edge = (Vector, Vector);

/// The cells of a level that share a point with the polygons, in the order of the curve; `None` if there are too many.
fn cover(polygons: &[Polygon], level: u8) -> Option<Vec<Cell>> {
    let edges: Vec<Edge> = polygons.iter().flat_map(Polygon::edges).collect();
    // Cells with the edges that reach into them. Each has a cell of the last level below it, so there are never more.
    let mut cells: Vec<(Cell, Vec<Edge>)> = Cell::faces().filter_map(|cell| touch(cell, &edges, polygons)).collect();
    for _ in 0..level {
        let children = cells.iter().flat_map(|(cell, edges)| cell.children().map(move |child| (child, edges)));
        let touching = children.filter_map(|(child, edges)| touch(child, edges, polygons));
        cells = touching.take(MAX_COVER + 1).collect();
        if cells.len() > MAX_COVER {
            return None;
        }
    }
    Some(cells.into_iter().map(|(cell, _)| cell).collect())
}

/// The cell and which of the edges reach into it, if it shares a point with the polygons.
fn touch(cell: Cell, edges: &[Edge], polygons: &[Polygon]) -> Option<(Cell, Vec<Edge>)> {
    let corners = cell.corners();
    let inside: Vec<Edge> = edges.iter().copied().filter(|edge| reaches_into(*edge, &corners)).collect();
    let touches = !inside.is_empty() || polygons.iter().any(|polygon| polygon.contains(cell.center()));
    touches.then_some((cell, inside))
}

/// Whether an edge shares a point with a convex region, given by its corners, counter-clockwise. Both have their borders,
/// so an edge along a side reaches into the cells of both sides.
fn reaches_into((from, to): Edge, corners: &[Vector; 4]) -> bool {
    let sides = || (0..4).map(|at| (corners[at], corners[(at + 1) % 4]));
    let holds = |place: Vector| sides().all(|(left, right)| left.normal(right).unit().dot(place) >= -CLOSE);
    let on_edge = |corner: &Vector| closest(*corner, from, to).is_close(*corner);
    // With all corners to one side of the edge's circle only ends of the edge can be inside.
    let normal = from.normal(to).unit();
    let touches_circle =
        corners.iter().any(|it| normal.dot(*it) >= -CLOSE) && corners.iter().any(|it| normal.dot(*it) <= CLOSE);
    let crosses = || sides().any(|(left, right)| cross(from, to, left, right));
    holds(from) || holds(to) || touches_circle && (crosses() || corners.iter().any(on_edge))
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use super::Cell;
    use crate::testing::{call, constant, json};
    use crate::value::Value;

    #[test]
    fn cells_to_shapes() {
        for (name, token, expected) in [
            (
                "geo_s2cell_to_central_point",
                "1234567",
                r#"{"type":"Point","coordinates":[9.86830731850408,27.468392925827605]}"#,
            ),
            (
                "geo_s2cell_to_polygon",
                "89c259",
                r#"{"type":"Polygon","coordinates":[[[-74.03001224983848,40.8012684339439],[-74.03001224983848,40.7222262918358],[-73.93598211433742,40.708880489804564],[-73.93598211433742,40.78791713450684],[-74.03001224983848,40.8012684339439]]]}"#,
            ),
            ("geo_s2cell_to_polygon", "", "null"),
            ("geo_s2cell_to_polygon", "89c2590000000000000", "null"),
            ("geo_s2cell_to_polygon", "f", "null"), // there are six faces
        ] {
            assert_close(&call(name, &[constant(token)]), expected);
        }
    }

    #[test]
    fn neighbors_are_mutual() {
        let mut token = call("geo_s2cell_neighbors", &[constant("89c259")]);
        token.retain(|c| c.is_ascii_alphanumeric() || c == ',');
        let mut tokens: Vec<&str> = token.split(',').collect();
        tokens.sort_unstable();
        assert_eq!(tokens, ["89c251", "89c257", "89c25b", "89c25d", "89c25f", "89c2f5", "89c2f7", "89c2f9"]);
        for token in ["1", "3", "04", "0c", "14", "1c", "5554", "aaac", "0000000000000001", "bfffffffffffffff"] {
            let cell = Cell::parse(token).expect("a token");
            let around = cell.neighbors();
            assert!((4..=8).contains(&around.len()), "{token}: {around:?}");
            for neighbor in around {
                assert!(neighbor.neighbors().contains(&cell), "{token} is not beside {}", neighbor.token());
            }
        }
    }

    #[test]
    fn an_edge_along_a_side_is_in_both_cells() {
        let shape = r#"{"type":"Polygon","coordinates":[[[0,0],[0,50],[100,50],[0,0]]]}"#;
        let cells = call("geo_polygon_to_s2cells", &[json(shape), Value::Long(5)]);
        assert_eq!(cells.split(',').count(), 286); // the reference's number
    }

    #[test]
    fn tokens_round_trip() {
        for face in Cell::faces() {
            let mut cell = face;
            for level in 0..30 {
                assert_eq!(Cell::parse(&cell.token()), Some(cell));
                assert_eq!(Cell::of(cell.center(), level), cell);
                cell = cell.children().nth(usize::from(level) % 4).expect("four children");
            }
        }
    }
}
