//! `geo_polygon_to_h3cells`: the H3 cells whose middles are in a polygon. As H3 does it, and unlike the rest of this
//! family, edges are straight on a map of longitudes and latitudes.

use std::collections::{HashSet, VecDeque};

use h3o::{CellIndex, LatLng, Resolution};
use vizsla_schema::KqlType as T;

use super::Point;
use super::geojson::{self, Ring};
use super::h3::{DEFAULT_RESOLUTION, resolution};
use super::s2::write_tokens;
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::{elements, get_key, text_of};

/// How many cells an answer has at most, as in the service.
const MAX_CELLS: usize = 61_680;
/// How many places along edges are looked at. Our choice: a border around `MAX_CELLS` cells is far shorter.
const MAX_STEPS: usize = 500_000;

pub(super) const GEO_POLYGON_TO_H3CELLS: ScalarDef = ScalarDef {
    name: "geo_polygon_to_h3cells",
    signatures: &[sig(&[Param::Is(T::Dynamic), Param::Is(T::Long)], Returns::Is(T::Dynamic)).optional(1)],
    // The service has an order that its reference does not explain; here it is that of the tokens.
    summary: "The tokens of the H3 cells whose middles lie in a GeoJSON polygon or multipolygon with edges straight on a map, \
              of resolution 0 to 15, or of 6. Null for more than 61680 cells.",
    source: "kusto/query/geo-polygon-to-h3cells-function",
    examples: &[
        ex(
            r#"array_length(geo_polygon_to_h3cells(dynamic({"type":"Polygon","coordinates":[[[-3.659,40.553],[-3.913,40.409],[-3.729,40.273],[-3.524,40.440],[-3.659,40.553]]]})))"#,
            "13",
        ),
        ex(r#"geo_polygon_to_h3cells(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,1]]]}))"#, "null"),
    ],
    eval: Eval::Kernel(polygon_to_h3cells),
    ..ScalarDef::BASE
};

fn polygon_to_h3cells(args: &Args<'_>) -> KernelResult {
    let (shapes, levels) = (args.text(0), (args.len() > 1).then(|| args.long(1)));
    Ok(args.texts(|row, out| {
        let level = levels.as_ref().map_or(Some(DEFAULT_RESOLUTION), |levels| levels.get(row)).and_then(resolution);
        let cells = shapes.get(row).and_then(polygons).zip(level).and_then(|(polygons, level)| cover(&polygons, level));
        cells.map(|cells| write_tokens(cells.iter().map(CellIndex::to_string), out)).is_some()
    }))
}

/// A closed line on the map; the last point is the first one again.
type MapRing = Vec<Point>;

/// Polygons as rings: a shell and its holes.
fn polygons(json: &str) -> Option<Vec<Vec<MapRing>>> {
    let coordinates = get_key(json, "coordinates")?;
    let polygon = |json| -> Option<Vec<MapRing>> {
        let rings: Vec<MapRing> = elements(json)?.map(ring).collect::<Option<_>>()?;
        (!rings.is_empty()).then_some(rings)
    };
    match text_of(get_key(json, "type")?).as_ref() {
        "Polygon" => Some(vec![polygon(coordinates)?]),
        "MultiPolygon" => elements(coordinates)?.map(polygon).collect(),
        _ => None,
    }
}

fn ring(json: &str) -> Option<MapRing> {
    let mut points = geojson::points(json)?;
    Ring::new(points.clone())?;
    // A ring over the antimeridian goes on to the east of it.
    if points.windows(2).any(|edge| (edge[0].longitude - edge[1].longitude).abs() > 180.0) {
        points.iter_mut().for_each(|point| point.longitude = eastern(point.longitude));
    }
    Some(points)
}

fn eastern(longitude: f64) -> f64 {
    if longitude < 0.0 { longitude + 360.0 } else { longitude }
}

/// The cells in order; `None` if there are too many.
fn cover(polygons: &[Vec<MapRing>], level: Resolution) -> Option<Vec<CellIndex>> {
    let mut cells = HashSet::new();
    for polygon in polygons {
        let mut seen = along_edges(polygon, level)?;
        let mut queue: VecDeque<CellIndex> = seen.iter().copied().collect();
        while let Some(cell) = queue.pop_front() {
            if !contains(polygon, LatLng::from(cell)) {
                continue;
            }
            cells.insert(cell);
            if cells.len() > MAX_CELLS {
                return None;
            }
            queue.extend(cell.grid_disk::<Vec<_>>(1).into_iter().filter(|near| seen.insert(*near)));
        }
    }
    let mut cells: Vec<CellIndex> = cells.into_iter().collect();
    cells.sort_unstable_by_key(|cell| u64::from(*cell));
    Some(cells)
}

/// Cells along the edges and those next to them. Each part of the inside that is wider than a cell reaches one of them.
fn along_edges(polygon: &[MapRing], level: Resolution) -> Option<HashSet<CellIndex>> {
    // Half an edge of a cell is less than the distance of its middle from its sides.
    let step = level.edge_length_km() / 2.0 / 111.2;
    let (mut cells, mut steps) = (HashSet::new(), 0);
    for edge in polygon.iter().flat_map(|ring| ring.windows(2)) {
        let (east, north) = (edge[1].longitude - edge[0].longitude, edge[1].latitude - edge[0].latitude);
        let count = (east.hypot(north) / step).ceil().max(1.0);
        steps += count as usize;
        if steps > MAX_STEPS {
            return None;
        }
        for at in 0..=count as usize {
            let part = at as f64 / count;
            let place = LatLng::new(edge[0].latitude + part * north, edge[0].longitude + part * east).ok()?;
            let cell = place.to_cell(level);
            if !cells.contains(&cell) {
                cells.extend(cell.grid_disk::<Vec<_>>(1));
            }
        }
    }
    Some(cells)
}

/// Whether a line to the west crosses borders an odd number of times.
fn contains(polygon: &[MapRing], place: LatLng) -> bool {
    let inside = |ring: &MapRing| {
        let shifted = ring.iter().any(|point| point.longitude > 180.0);
        let (x, y) = (if shifted { eastern(place.lng()) } else { place.lng() }, place.lat());
        let crosses = |edge: &&[Point]| {
            let (from, to) = (edge[0], edge[1]);
            let at = || {
                from.longitude + (y - from.latitude) / (to.latitude - from.latitude) * (to.longitude - from.longitude)
            };
            (from.latitude > y) != (to.latitude > y) && at() < x
        };
        ring.windows(2).filter(crosses).count() % 2 == 1
    };
    polygon.first().is_some_and(inside) && !polygon[1..].iter().any(inside)
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn middles_are_inside() {
        let shape = r#"{"type":"Polygon","coordinates":[[[-3.659,40.553],[-3.913,40.409],[-3.729,40.273],[-3.524,40.44],[-3.659,40.553]]]}"#;
        assert_eq!(
            call("geo_polygon_to_h3cells", &[json(shape)]),
            r#"["86390ca07ffffff","86390ca27ffffff","86390ca2fffffff","86390ca37ffffff","86390cb07ffffff","86390cb0fffffff","86390cb17ffffff","86390cb1fffffff","86390cb57ffffff","86390cb87ffffff","86390cb8fffffff","86390cba7ffffff","86390cbafffffff"]"#,
        );
        for level in [-1, 16] {
            assert_eq!(call("geo_polygon_to_h3cells", &[json(shape), Value::Long(level)]), "null");
        }
        let count = |shape: &str, level| {
            call("geo_polygon_to_h3cells", &[json(shape), Value::Long(level)]).matches(",").count()
        };
        let over = r#"{"type":"Polygon","coordinates":[[[179,0],[-179,0],[-179,2],[179,2],[179,0]]]}"#;
        let same = r#"{"type":"Polygon","coordinates":[[[9,0],[11,0],[11,2],[9,2],[9,0]]]}"#;
        let (over, same) = (count(over, 5) as f64, count(same, 5) as f64);
        assert!(same > 100.0 && (over / same - 1.0).abs() < 0.3, "{over} and {same} cells");
        let large = r#"{"type":"Polygon","coordinates":[[[0,0],[50,0],[50,50],[0,0]]]}"#;
        assert_eq!(call("geo_polygon_to_h3cells", &[json(large), Value::Long(15)]), "null");
    }
}
