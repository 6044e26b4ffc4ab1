//! Planar lines and polygons, whose edges are straight on a map of longitudes and latitudes, as geodesics: points are added
//! until no edge is further than a tolerance from the straight one.

use vizsla_schema::KqlType as T;

use super::geojson::{self, Line, Ring, write_list, write_pair, write_shape};
use super::{EARTH_RADIUS, Point, REAL, Vector};
use crate::args::{Args, Bools, Reals};
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::{elements, get_key, number, text_of};

const DEFAULT_TOLERANCE: f64 = 10.0;
/// How many points an answer has at most, as in the service.
const MAX_POINTS: usize = 10_485_760;
/// Longitudes of the two sides of the antimeridian, as the service writes them.
const ANTIMERIDIAN: f64 = 179.999_999_999_999;

pub(super) const GEO_LINE_DENSIFY: ScalarDef = ScalarDef {
    name: "geo_line_densify",
    signatures: &[sig(&[Param::Is(T::Dynamic), REAL, Param::Is(T::Bool)], Returns::Is(T::Dynamic)).optional(2)],
    summary: "A GeoJSON line or multiline whose edges are straight on a map, with as many points added that geodesics stay \
              within so many meters of it: 0.1 to 10000, or 10. It is cut at the antimeridian unless told to keep it whole.",
    source: "kusto/query/geo-line-densify-function",
    examples: &[ex(r#"geo_line_densify(dynamic({"type":"LineString","coordinates":[[1,1],[2,2]]}), 0)"#, "null")],
    eval: Eval::Kernel(|args| densify(args, densify_lines)),
    ..ScalarDef::BASE
};

pub(super) const GEO_POLYGON_DENSIFY: ScalarDef = ScalarDef {
    name: "geo_polygon_densify",
    signatures: &[sig(&[Param::Is(T::Dynamic), REAL, Param::Is(T::Bool)], Returns::Is(T::Dynamic)).optional(2)],
    summary: "A GeoJSON polygon or multipolygon whose edges are straight on a map, with as many points added that geodesics \
              stay within so many meters of it: 0.1 to 10000, or 10. Null if it reaches over the antimeridian, where it \
              would have to be cut, unless told to keep it whole.",
    source: "kusto/query/geo-polygon-densify-function",
    examples: &[
        ex(
            r#"geo_polygon_densify(dynamic({"type":"Polygon","coordinates":[[[10,10],[11,10],[11,11],[10,11],[10,10]]]}), 0)"#,
            "null",
        ),
        ex(
            r#"geo_polygon_densify(dynamic({"type":"Polygon","coordinates":[[[10,900],[11,10],[11,11],[10,11],[10,10]]]}))"#,
            "null",
        ),
    ],
    eval: Eval::Kernel(|args| densify(args, densify_polygons)),
    ..GEO_LINE_DENSIFY
};

/// What one call asks for.
struct Request {
    /// In radians.
    tolerance: f64,
    keep_whole: bool,
}

fn densify(args: &Args<'_>, write: fn(&str, &Request, &mut String) -> Option<()>) -> KernelResult {
    let shapes = args.text(0);
    let tolerances: Option<Reals<'_>> = (args.len() > 1).then(|| args.real(1));
    let keep: Option<Bools<'_>> = (args.len() > 2).then(|| args.bool(2));
    let request = |row: usize| {
        let meters = tolerances.as_ref().map_or(Some(DEFAULT_TOLERANCE), |it| it.get(row))?;
        let keep_whole = keep.as_ref().map_or(Some(false), |it| it.get(row))?;
        (0.1..=10_000.0).contains(&meters).then_some(Request { tolerance: meters / EARTH_RADIUS, keep_whole })
    };
    Ok(args.texts(|row, out| {
        let shape = shapes.get(row).zip(request(row));
        shape.and_then(|(shape, request)| write(shape, &request, out)).is_some()
    }))
}

fn densify_lines(json: &str, request: &Request, out: &mut String) -> Option<()> {
    let coordinates = get_key(json, "coordinates")?;
    let lines: Vec<Vec<Point>> = match text_of(get_key(json, "type")?).as_ref() {
        "LineString" => vec![planar_points(coordinates)?],
        "MultiLineString" => elements(coordinates)?.map(planar_points).collect::<Option<_>>()?,
        _ => return None,
    };
    let mut dense: Vec<Vec<Point>> = Vec::new();
    for line in lines {
        let line = points_of(&along(&line, request.tolerance)?);
        dense.extend(if request.keep_whole { vec![line] } else { cut(line) });
    }
    let write = |line: &Vec<Point>, out: &mut String| write_points(line, out);
    match dense.as_slice() {
        [line] => write_shape("LineString", out, |out| write(line, out)),
        lines => write_shape("MultiLineString", out, |out| write_list(lines, out, write)),
    }
    Some(())
}

/// Two points or more. Unlike elsewhere their longitudes may be any, as in the service.
fn planar_points(json: &str) -> Option<Vec<Point>> {
    let points: Vec<Point> = elements(json)?
        .map(|pair| {
            let mut numbers = elements(pair)?.map(number);
            let (longitude, latitude) = (numbers.next()??, numbers.next()??);
            (longitude.abs() <= 720.0 && latitude.abs() <= 90.0).then_some(Point { longitude, latitude })
        })
        .collect::<Option<_>>()?;
    (points.len() > 1).then_some(points)
}

fn densify_polygons(json: &str, request: &Request, out: &mut String) -> Option<()> {
    let coordinates = get_key(json, "coordinates")?;
    let polygon = |json| -> Option<Vec<Line>> {
        let rings = elements(json)?.enumerate().map(|(place, ring)| {
            let mut points = geojson::points(ring)?;
            let inner = Ring::new(points.clone())?;
            // The service's order: as given, or all but the end reversed.
            if inner.vertices().first() != points.first().copied().map(Point::vector).as_ref() {
                points.pop();
                points.reverse();
                points.push(*points.first()?);
            }
            let crosses = points.windows(2).any(|edge| (edge[0].longitude - edge[1].longitude).abs() > 180.0);
            if crosses && !request.keep_whole {
                return None;
            }
            let mut dense = along(&points, request.tolerance)?;
            dense.pop();
            if place > 0 {
                dense.reverse();
            }
            Some(dense)
        });
        rings.collect()
    };
    match text_of(get_key(json, "type")?).as_ref() {
        "Polygon" => geojson::write_polygon(&polygon(coordinates)?, out),
        "MultiPolygon" => {
            let polygons = elements(coordinates)?.map(polygon).collect::<Option<Vec<_>>>()?;
            write_shape("MultiPolygon", out, |out| {
                write_list(&polygons, out, |rings, out| geojson::write_rings(rings, out));
            });
        }
        _ => return None,
    }
    Some(())
}

/// The places of a planar line, with those added that the tolerance asks for.
fn along(line: &[Point], tolerance: f64) -> Option<Line> {
    let mut places = vec![line.first()?.vector()];
    for edge in line.windows(2) {
        add_between(edge[0], edge[1], tolerance, &mut places)?;
    }
    Some(places)
}

/// Appends the end of a planar edge, and before it the middles of halves until each is close enough to a geodesic.
fn add_between(from: Point, to: Point, tolerance: f64, places: &mut Line) -> Option<()> {
    if places.len() >= MAX_POINTS {
        return None;
    }
    if error(from, to) <= tolerance * CAUTION {
        places.push(to.vector());
        return Some(());
    }
    let middle = between(from, to, 0.5);
    add_between(from, middle, tolerance, places)?;
    add_between(middle, to, tolerance, places)
}

/// How much of the tolerance the measured error may be, as in the service's library (`S2EdgeTessellator`): the error is
/// measured at two places only, which are chosen so that it is never more than this much too low.
const CAUTION: f64 = 0.838_299_925_698_888_5;
const MEASURED_AT: f64 = 0.312_156_910_822_482_3;

/// About how far, in radians, the planar edge and the geodesic between two points are apart.
fn error(from: Point, to: Point) -> f64 {
    let (start, end) = (from.vector(), to.vector());
    if start.dot(end) < -1e-14 {
        return f64::INFINITY;
    }
    let apart = |part: f64| between(from, to, part).vector().minus(interpolate(start, end, part)).length();
    apart(MEASURED_AT).max(apart(1.0 - MEASURED_AT))
}

fn interpolate(from: Vector, to: Vector, part: f64) -> Vector {
    if from == to { from } else { from.toward(to, part) }
}

fn between(from: Point, to: Point, part: f64) -> Point {
    let mix = |from: f64, to: f64| (1.0 - part) * from + part * to;
    Point { longitude: mix(from.longitude, to.longitude), latitude: mix(from.latitude, to.latitude) }
}

fn points_of(line: &[Vector]) -> Vec<Point> {
    line.iter().map(|place| place.point()).collect()
}

/// Cuts a line where it crosses the antimeridian.
fn cut(line: Vec<Point>) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = vec![Vec::new()];
    let mut before: Option<Point> = None;
    for point in line {
        if let Some(before) = before.filter(|before| (before.longitude - point.longitude).abs() > 180.0) {
            let side = ANTIMERIDIAN.copysign(before.longitude);
            let latitude = latitude_at_antimeridian(before.vector(), point.vector());
            if let Some(last) = parts.last_mut() {
                last.push(Point { longitude: side, latitude });
            }
            parts.push(vec![Point { longitude: -side, latitude }]);
        }
        if let Some(last) = parts.last_mut() {
            last.push(point);
        }
        before = Some(point);
    }
    parts
}

fn latitude_at_antimeridian(from: Vector, to: Vector) -> f64 {
    let Vector([x, _, z]) = from.normal(to);
    // The place that is on the circle and has no second coordinate.
    let place = Vector([-z, 0.0, x]).unit();
    let place = if place.0[0] > 0.0 { place.times(-1.0) } else { place };
    place.0[2].atan2(-place.0[0]).to_degrees()
}

fn write_points(points: &[Point], out: &mut String) {
    write_list(points, out, |point, out| write_pair(point.longitude, point.latitude, out));
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn lines() {
        assert_close(
            &call("geo_line_densify", &[json(r#"{"type":"LineString","coordinates":[[50,50],[51,51]]}"#)]),
            r#"{"type":"LineString","coordinates":[[50.0,50.0],[50.125,50.125],[50.25000000000001,50.25000000000001],[50.375,50.375],[50.5,50.5],[50.625,50.62500000000001],[50.74999999999999,50.74999999999999],[50.875,50.875],[50.99999999999999,51.0]]}"#,
        );
        let around = r#"{"type":"LineString","coordinates":[[300,1],[1,1]]}"#;
        let found = call("geo_line_densify", &[json(around)]);
        assert!(found.contains("MultiLineString") && found.matches("],[").count() == 258, "{}", found.len());
        assert!(found.contains("[-179.999999999999,1.00003972082"), "{}", found.len());
        let whole = [json(around), Value::Real(10.0), Value::Bool(true)];
        assert!(call("geo_line_densify", &whole).contains("\"LineString\""));
        for tolerance in [0.0, -1.0, 10_001.0, f64::NAN] {
            assert_eq!(call("geo_line_densify", &[json(around), Value::Real(tolerance)]), "null");
        }
    }

    #[test]
    fn polygons() {
        for (shape, expected) in [
            (
                "[[10,10],[11,10],[11,11],[10,11],[10,10]]",
                "[[10.0,10.0],[10.25,10.0],[10.5,10.0],[10.75,10.0],[11.0,10.0],[11.0,11.0],[10.75,11.0],[10.5,11.0],[10.25,11.0],[10.0,11.0],[10.0,10.0]]",
            ),
            (
                "[[-73.958244,40.800719],[-73.949146,40.79695],[-73.973093,40.764226],[-73.982062,40.768159],[-73.958244,40.800719]]",
                "[[-73.982062,40.768159],[-73.973093,40.76422600000001],[-73.949146,40.79695],[-73.958244,40.800719],[-73.982062,40.768159]]",
            ),
        ] {
            let [shape, expected] = [shape, expected].map(|it| format!(r#"{{"type":"Polygon","coordinates":[{it}]}}"#));
            assert_close(&call("geo_polygon_densify", &[json(&shape)]), &expected);
        }
        let over = r#"{"type":"Polygon","coordinates":[[[179,0],[-179,0],[-179,1],[179,0]]]}"#;
        assert_eq!(call("geo_polygon_densify", &[json(over)]), "null");
    }
}
