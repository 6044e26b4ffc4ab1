//! Lines and polygons with fewer points.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use vizsla_schema::KqlType as T;

use super::geojson::{self, Line, Polygon, Ring};
use super::overlay::{Edge, Overlay};
use super::{EARTH_RADIUS, REAL, Vector};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};

const DEFAULT_TOLERANCE: f64 = 10.0;
/// How often the tolerance of a polygon is halved when its border would cross itself.
const MAX_HALVINGS: usize = 16;

pub(super) const GEO_LINE_SIMPLIFY: ScalarDef = ScalarDef {
    name: "geo_line_simplify",
    signatures: &[sig(&[Param::Is(T::Dynamic), REAL], Returns::Is(T::Dynamic)).optional(1)],
    // Our choice: the service does not say which points stay.
    summary: "A GeoJSON line or multiline without the points that are less than so many meters, or 10, beside a line through \
              the points that stay.",
    source: "kusto/query/geo-line-simplify-function",
    examples: &[ex(r#"geo_line_simplify(dynamic({"type":"LineString","coordinates":[[1, 1],[2,2]]}), -1)"#, "null")],
    eval: Eval::Kernel(|args| {
        simplify(args, |json, tolerance, out| {
            let lines: Vec<Line> = geojson::lines(json)?.iter().map(|line| fewer(line, tolerance)).collect();
            geojson::write_lines(&lines, out);
            Some(())
        })
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_POLYGON_SIMPLIFY: ScalarDef = ScalarDef {
    name: "geo_polygon_simplify",
    // Our choice, as for lines.
    summary: "A GeoJSON polygon or multipolygon without the points that are less than so many meters, or 10, beside a border \
              through the points that stay. What has less than three points left is gone; null if nothing is left.",
    source: "kusto/query/geo-polygon-simplify-function",
    examples: &[
        ex(r#"geo_polygon_simplify(dynamic({"type":"Polygon","coordinates":[[[5,48],[5,48]]]}))"#, "null"),
        ex(
            r#"geo_polygon_simplify(dynamic({"type":"Polygon","coordinates":[[[5,48],[0,50],[0,47],[4,47],[5,48]]]}), 1000000)"#,
            "null",
        ),
    ],
    eval: Eval::Kernel(|args| {
        simplify(args, |json, tolerance, out| {
            let polygons: Option<Vec<Option<Polygon>>> =
                geojson::polygons(json)?.iter().map(|polygon| fewer_of(polygon, tolerance)).collect();
            let polygons: Vec<Polygon> = polygons?.into_iter().flatten().collect();
            geojson::write_polygons(&polygons, out);
            (!polygons.is_empty()).then_some(())
        })
    }),
    ..GEO_LINE_SIMPLIFY
};

fn simplify(args: &Args<'_>, write: fn(&str, f64, &mut String) -> Option<()>) -> KernelResult {
    let (shapes, tolerances) = (args.text(0), (args.len() > 1).then(|| args.real(1)));
    Ok(args.texts(|row, out| {
        let meters = tolerances.as_ref().map_or(Some(DEFAULT_TOLERANCE), |it| it.get(row));
        let radians = meters.map(|it| it / EARTH_RADIUS).filter(|it| (0.0..=FRAC_PI_2).contains(it));
        shapes.get(row).zip(radians).and_then(|(shape, radians)| write(shape, radians, out)).is_some()
    }))
}

/// From each point that stays it goes straight on as long as all points on the way are within the tolerance.
fn fewer(line: &[Vector], tolerance: f64) -> Line {
    let (mut kept, mut at) = (Vec::new(), 0);
    while let Some(place) = line.get(at) {
        kept.push(*place);
        at = (at + 1).max(last_reachable(&line[at..], tolerance) + at);
    }
    kept
}

/// The last place that a straight line from the first one can go to.
fn last_reachable(line: &[Vector], tolerance: f64) -> usize {
    let start = line[0];
    let east = start.orthogonal();
    let north = start.cross(east);
    // The directions that pass all places so far, around the first of them; the tolerance makes each a wedge.
    let mut wedge: Option<(f64, f64, f64)> = None;
    let (mut reached, mut farthest) = (0, 0.0);
    for (index, place) in line.iter().enumerate().skip(1) {
        let distance = start.angle(*place);
        // A line that turns back, or goes on behind the horizon, has to keep the place where it does.
        if distance > FRAC_PI_2 && reached > 0 || farthest - distance > tolerance {
            break;
        }
        if distance > tolerance {
            let direction = place.dot(north).atan2(place.dot(east));
            let half = (tolerance.sin() / distance.sin()).min(1.0).asin();
            let (middle, low, high) = wedge.unwrap_or((direction, -half, half));
            let turn = (direction - middle + PI).rem_euclid(TAU) - PI;
            if turn < low || turn > high {
                break;
            }
            wedge = Some((middle, low.max(turn - half), high.min(turn + half)));
        }
        // The line may end only where it has all places behind it, or close to where it starts.
        if distance >= farthest || farthest <= tolerance {
            reached = index;
        }
        farthest = farthest.max(distance);
    }
    reached
}

/// `None` if there are too many edges to check, `Some(None)` if nothing is left.
fn fewer_of(polygon: &Polygon, tolerance: f64) -> Option<Option<Polygon>> {
    let mut tolerance = tolerance;
    for _ in 0..MAX_HALVINGS {
        let Some(shell) = fewer_in_ring(&polygon.shell, tolerance) else { return Some(None) };
        let holes = polygon.holes.iter().filter_map(|hole| fewer_in_ring(hole, tolerance)).collect();
        let simple = Polygon { shell, holes };
        if !crosses_itself(&simple)? {
            return Some(Some(simple));
        }
        tolerance /= 2.0;
    }
    Some(Some(polygon.clone()))
}

fn fewer_in_ring(ring: &Ring, tolerance: f64) -> Option<Ring> {
    let closed: Line = ring.vertices().iter().chain(ring.vertices().first()).copied().collect();
    let mut kept = fewer(&closed, tolerance);
    kept.pop();
    (kept.len() > 2).then(|| Ring::of(kept))
}

fn crosses_itself(polygon: &Polygon) -> Option<bool> {
    let edges: Vec<Edge> = polygon.edges().collect();
    let overlay = Overlay::new(&edges, |_, _| true)?;
    Some((0..edges.len()).any(|edge| overlay.chain(edge).len() > 2))
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn lines() {
        let line = r#"{"type":"LineString","coordinates":[[-73.97033169865608,40.789063020152824],[-73.97039607167244,40.78897975920816],[-73.9704617857933,40.78888837512432],[-73.97052884101868,40.7887949601531],[-73.9706052839756,40.788698498903564],[-73.97065222263336,40.78862640672032],[-73.97072866559029,40.78852791445617],[-73.97079303860664,40.788434498977836]]}"#;
        assert_close(
            &call("geo_line_simplify", &[json(line), Value::Real(10.0)]),
            r#"{"type":"LineString","coordinates":[[-73.97033169865608,40.789063020152824],[-73.97079303860664,40.788434498977836]]}"#,
        );
        assert_close(&call("geo_line_simplify", &[json(line), Value::Real(0.0)]), line);
        let back = r#"{"type":"LineString","coordinates":[[0,0],[1,0],[0.5,0]]}"#;
        assert_close(
            &call("geo_line_simplify", &[json(back)]),
            r#"{"type":"LineString","coordinates":[[0.0,0.0],[1.0,0.0],[0.5,0.0]]}"#,
        );
    }

    #[test]
    fn polygons() {
        let polygon = r#"{"type":"Polygon","coordinates":[[[-73.94885122776031,40.79673476355657],[-73.94885927438736,40.79692258628347],[-73.94887939095497,40.79692055577034],[-73.9488673210144,40.79693476936093],[-73.94888743758202,40.79693476936093],[-73.9488834142685,40.796959135509105],[-73.94890084862709,40.79695304397289],[-73.94906312227248,40.79710736271788],[-73.94923612475395,40.7968708081794],[-73.94885122776031,40.79673476355657]]]}"#;
        assert_close(
            &call("geo_polygon_simplify", &[json(polygon)]),
            r#"{"type":"Polygon","coordinates":[[[-73.94885122776031,40.79673476355657],[-73.94906312227248,40.79710736271788],[-73.94923612475395,40.79687080817939],[-73.94885122776031,40.79673476355657]]]}"#,
        );
    }
}
