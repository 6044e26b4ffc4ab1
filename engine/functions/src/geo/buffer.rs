//! Buffers: all places within a distance of a shape, as polygons.
//!
//! The border of a shape is followed at that distance to its right: along edges, in arcs around corners that stick out,
//! and through the corner itself where one goes in. Such a curve may cross itself; the buffer is where it goes around more
//! often counter-clockwise than clockwise. That is how the service's library does it, so vertices are the same.

use std::collections::{HashMap, HashSet};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

use vizsla_schema::KqlType as T;

use super::geojson::{self, Line, Polygon};
use super::overlay::{Edge, Overlay};
use super::regions;
use super::{EARTH_RADIUS, Points, REAL, Vector};
use crate::args::{Args, Reals};
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};

const DEFAULT_TOLERANCE: f64 = 10.0;
/// The smallest part of the radius that the tolerance may be, as in the service.
const FINEST: f64 = 1e-6;
/// How many turns around places are computed before an answer is given up (null). Our choice.
const MAX_TURNS: usize = 200_000_000;
/// How many vertices a curve may have. Our choice.
const MAX_VERTICES: usize = 1_000_000;
const SHAPE: Param = Param::Is(T::Dynamic);
const DYNAMIC: Returns = Returns::Is(T::Dynamic);

pub(super) const GEO_POINT_BUFFER: ScalarDef = ScalarDef {
    name: "geo_point_buffer",
    signatures: &[sig(&[REAL, REAL, REAL, REAL], DYNAMIC).optional(1)],
    summary: "A GeoJSON polygon around a longitude and a latitude with a radius in meters, within a tolerance in meters, or \
              10. Null for more than a quarter around the Earth.",
    source: "kusto/query/geo-point-buffer-function",
    examples: &[
        ex("array_length(geo_point_buffer(-115.1745008278, 36.1497251277, 20000).coordinates[0])", "101"),
        ex("geo_point_buffer(200, 1, 0.1)", "null"),
        ex("geo_point_buffer(10, 10, -1)", "null"),
    ],
    eval: Eval::Kernel(|args| {
        let (points, radii) = (Points::at(args, 0), Radii::at(args, 2));
        Ok(args.texts(|row, out| {
            let ring = points.get(row).zip(radii.get(row)).map(|(point, radius)| radius.around(point.vector()));
            ring.map(|ring| geojson::write_polygon(&[ring], out)).is_some()
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_LINE_BUFFER: ScalarDef = ScalarDef {
    name: "geo_line_buffer",
    signatures: &[sig(&[SHAPE, REAL, REAL], DYNAMIC).optional(1)],
    summary: "GeoJSON polygons of all places within so many meters of a line or multiline, within a tolerance in meters, or \
              10. Null if they do not fit on half of the Earth.",
    source: "kusto/query/geo-line-buffer-function",
    examples: &[
        ex(r#"geo_line_buffer(dynamic({"type":"LineString"}), 5)"#, "null"),
        ex(r#"geo_line_buffer(dynamic({"type":"LineString","coordinates":[[0,0],[1,1]]}), 0)"#, "null"),
    ],
    eval: Eval::Kernel(|args| {
        buffer(args, |json, radius| geojson::lines(json)?.iter().map(|line| radius.along_line(line)).collect())
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_POLYGON_BUFFER: ScalarDef = ScalarDef {
    name: "geo_polygon_buffer",
    signatures: &[sig(&[SHAPE, REAL, REAL], DYNAMIC).optional(1)],
    summary: "GeoJSON polygons of all places within so many meters of a polygon or multipolygon, within a tolerance in \
              meters, or 10. Null if they do not fit on half of the Earth.",
    source: "kusto/query/geo-polygon-buffer-function",
    examples: &[
        ex(r#"geo_polygon_buffer(dynamic({"type":"p"}), 1)"#, "null"),
        ex(
            r#"geo_polygon_buffer(dynamic({"type":"Polygon","coordinates":[[[10,10],[0,10],[0,0],[10,10]]]}), 0)"#,
            "null",
        ),
    ],
    eval: Eval::Kernel(|args| {
        buffer(args, |json, radius| {
            let rings = |polygon: &Polygon| -> Vec<Option<Line>> {
                let holes = polygon.holes.iter().map(|hole| hole.vertices().iter().rev().copied().collect::<Line>());
                let shell = radius.along_ring(polygon.shell.vertices());
                std::iter::once(shell).chain(holes.map(|hole| radius.along_ring(&hole))).collect()
            };
            geojson::polygons(json)?.iter().flat_map(rings).collect()
        })
    }),
    ..GEO_LINE_BUFFER
};

fn buffer(args: &Args<'_>, curves: fn(&str, &Radius) -> Option<Vec<Line>>) -> KernelResult {
    let (shapes, radii) = (args.text(0), Radii::at(args, 1));
    Ok(args.texts(|row, out| {
        let shape = shapes.get(row).zip(radii.get(row));
        let polygons = shape.and_then(|(shape, radius)| inside(&curves(shape, &radius)?));
        polygons.map(|polygons| geojson::write_polygons(&polygons, out)).is_some()
    }))
}

/// Two arguments that are a radius and a tolerance, both in meters.
struct Radii<'a> {
    radii: Reals<'a>,
    tolerances: Option<Reals<'a>>,
}

impl<'a> Radii<'a> {
    fn at(args: &Args<'a>, index: usize) -> Radii<'a> {
        Radii { radii: args.real(index), tolerances: (args.len() > index + 1).then(|| args.real(index + 1)) }
    }

    fn get(&self, row: usize) -> Option<Radius> {
        let radius = self.radii.get(row)?;
        let tolerance = self.tolerances.as_ref().map_or(Some(DEFAULT_TOLERANCE), |it| it.get(row))?;
        let valid = radius > 0.0 && radius / EARTH_RADIUS < FRAC_PI_2 && tolerance >= FINEST * radius;
        valid.then(|| Radius::new(radius / EARTH_RADIUS, tolerance.min(radius) / EARTH_RADIUS))
    }
}

/// A distance and how the curve at that distance is made of edges, all in radians.
struct Radius {
    radius: f64,
    /// Between the vertices of an arc around a corner, seen from there.
    corner_step: f64,
    /// Between the vertices of a curve along an edge.
    edge_step: f64,
}

impl Radius {
    fn new(radius: f64, tolerance: f64) -> Radius {
        Radius { radius, corner_step: span(radius, tolerance), edge_step: span(FRAC_PI_2 - radius, tolerance) }
    }

    /// The place at this distance in the direction of a unit vector.
    fn from(&self, place: Vector, direction: Vector) -> Vector {
        place.ray(direction, self.radius)
    }

    /// A regular polygon.
    fn around(&self, place: Vector) -> Line {
        let count = (TAU / self.corner_step).ceil();
        let (start, turn) = (place.orthogonal(), place.cross(place.orthogonal()).unit());
        (0..count as usize).map(|at| self.from(place, start.ray(turn, at as f64 * TAU / count))).collect()
    }

    /// The curve to the right of a line there and back.
    fn along_line(&self, line: &[Vector]) -> Option<Line> {
        let mut places: Line = line.iter().chain(line.iter().rev().skip(1)).copied().collect();
        places.pop();
        let mut curve = self.along_ring(&places)?;
        // It starts to the left of the first place, as in the service, and goes around that place first.
        let mut cap = Vec::new();
        if let Some(next) = line.iter().find(|place| **place != line[0]) {
            self.add_corner(*next, line[0], *next, &mut cap);
        }
        let count = curve.len();
        curve.rotate_right((cap.len() + 1).min(count));
        Some(curve)
    }

    /// The curve to the right of a closed line; `None` if it has too many vertices.
    fn along_ring(&self, ring: &[Vector]) -> Option<Line> {
        let mut distinct: Line = ring.to_vec();
        distinct.dedup();
        let (count, mut curve) = (distinct.len(), Vec::new());
        for at in 0..count {
            let [a, b, c] = [0, 1, 2].map(|next| distinct[(at + next) % count]);
            self.add_edge(a, b, &mut curve);
            self.add_corner(a, b, c, &mut curve);
            if curve.len() > MAX_VERTICES {
                return None;
            }
        }
        Some(curve)
    }

    fn add_edge(&self, a: Vector, b: Vector, curve: &mut Line) {
        let (right, length) = (b.normal(a).unit(), a.angle(b));
        let forward = right.cross(a).unit().times(-1.0);
        let forward = if forward.dot(b) < 0.0 { forward.times(-1.0) } else { forward };
        let mut angle = 0.0;
        while angle < length && curve.len() <= MAX_VERTICES {
            curve.push(self.from(a.ray(forward, angle), right));
            angle += self.edge_step;
        }
        curve.push(self.from(b, right));
    }

    fn add_corner(&self, a: Vector, b: Vector, c: Vector, curve: &mut Line) {
        let turns_back = a == c;
        if !turns_back && a.normal(b).dot(c) < 0.0 {
            curve.push(b);
            return;
        }
        let (start, end) = (b.normal(a).unit(), c.normal(b).unit());
        let (turn, span) = (b.cross(start).unit(), if turns_back { PI } else { start.angle(end) });
        let mut angle = self.corner_step;
        while angle < span {
            curve.push(self.from(b, start.ray(turn, angle)));
            angle += self.corner_step;
        }
    }
}

/// How long edges may be along an arc with that radius, so that they are nowhere further inside than the tolerance.
fn span(radius: f64, tolerance: f64) -> f64 {
    // A circle has three edges at least.
    let longest = TAU / 3.0 + 1e-15;
    if radius < FRAC_PI_2 { longest.min(2.0 * ((radius - tolerance).tan() / radius.tan()).acos()) } else { longest }
}

/// The polygons that closed curves go around, more often counter-clockwise than clockwise.
fn inside(curves: &[Line]) -> Option<Vec<Polygon>> {
    let edges: Vec<Edge> =
        curves.iter().flat_map(|curve| (0..curve.len()).map(|at| (curve[at], curve[(at + 1) % curve.len()]))).collect();
    let middle = edges.iter().fold(Vector::ZERO, |sum, edge| sum.plus(edge.0)).unit();
    if edges.iter().any(|edge| edge.0.dot(middle) <= 0.0) {
        return None;
    }
    let overlay = Overlay::new(&edges, |_, _| true)?;
    let pieces: Vec<(usize, usize)> = overlay.pieces(0..edges.len()).collect();
    Some(regions::polygons(&overlay, &border(&overlay, &pieces)?))
}

/// Those pieces that have the inside to their left and the outside to their right.
fn border(overlay: &Overlay, pieces: &[(usize, usize)]) -> Option<Vec<(usize, usize)>> {
    let mut counts: HashMap<(usize, usize), i32> = HashMap::new();
    let mut ways: HashMap<usize, usize> = HashMap::new();
    for (from, to) in pieces {
        *counts.entry((*from, *to)).or_default() += 1;
        *counts.entry((*to, *from)).or_default() -= 1;
        *ways.entry(*from).or_default() += 1;
    }
    let (mut seen, mut before, mut turns) = (HashSet::new(), None, 0);
    let mut border = Vec::new();
    for piece in pieces {
        // Pieces there and back cancel out; of others there is a surplus in one direction.
        let count = counts[piece];
        if count <= 0 || !seen.insert(*piece) {
            before = None;
            continue;
        }
        let left = match before {
            // How often a curve goes around only changes where curves meet.
            Some((end, left, 1)) if end == piece.0 && count == 1 && ways[&end] == 1 => left,
            _ => {
                turns += pieces.len();
                if turns > MAX_TURNS {
                    return None;
                }
                winding_to_the_left(overlay, pieces, *piece, count)
            }
        };
        before = Some((piece.1, left, count));
        if left > 0 && left - count <= 0 {
            border.push(*piece);
        }
    }
    Some(border)
}

/// How often the pieces go around a place just to the left of one of them, which is there `count` times more often than
/// backwards.
fn winding_to_the_left(overlay: &Overlay, pieces: &[(usize, usize)], (from, to): (usize, usize), count: i32) -> i32 {
    let place = overlay.at(from).plus(overlay.at(to)).unit();
    let others = pieces.iter().filter(|piece| **piece != (from, to) && **piece != (to, from));
    let turns = others.map(|(from, to)| {
        let (from, to) = (place.cross(overlay.at(*from)), place.cross(overlay.at(*to)));
        from.cross(to).dot(place).atan2(from.dot(to))
    });
    // Seen from just beside it, a piece is half a turn.
    ((turns.sum::<f64>() + f64::from(count) * PI) / TAU).round() as i32
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use crate::testing::{call, json};
    use crate::value::Value;

    fn area(shape: &str) -> f64 {
        call("geo_polygon_area", &[json(shape)]).parse().expect("a number")
    }

    #[test]
    fn points() {
        let arguments = [-115.1745008278, 36.1497251277, 20_000.0].map(Value::Real);
        let circle = call("geo_point_buffer", &arguments);
        let start = r#"{"type":"Polygon","coordinates":[[[-115.23572342504431,36.32267760568711],[-115.24907930550225,36.31923150743684],[-115.26213894131708,36.31511508767727]"#;
        let cut = circle.match_indices("],[").nth(2).map_or(0, |it| it.0 + 1);
        assert_close(&circle[..cut], start);
        assert!((area(&circle) / (std::f64::consts::PI * 4e8) - 1.0).abs() < 1e-3);
        for (radius, tolerance) in [(0.0, 10.0), (1e8, 10.0), (1e6, 0.5), (f64::NAN, 1.0), (10.0, f64::NAN)] {
            let arguments = [0.0, 0.0, radius, tolerance].map(Value::Real);
            assert_eq!(call("geo_point_buffer", &arguments), "null", "{radius} {tolerance}");
        }
        let coarse = call("geo_point_buffer", &[0.0, 0.0, 1.0, 100.0].map(Value::Real));
        assert_eq!(coarse.matches("],[").count(), 3, "a triangle: {coarse}");
    }

    #[test]
    fn lines() {
        let buffers = [
            "[14.429214068940496,50.10043066548272],[14.431184174126173,50.10046525983731]",
            "[14.43030222687753,50.100780677801936],[14.4303847111523,50.10020274910934]",
        ]
        .map(|line| {
            let line = format!(r#"{{"type":"LineString","coordinates":[{line}]}}"#);
            call("geo_line_buffer", &[json(&line), Value::Real(2.0), Value::Real(0.1)])
        });
        assert_close(
            &call("geo_union_polygons_array", &[json(&format!("[{}]", buffers.join(",")))]),
            r#"{"type":"Polygon","coordinates":[[[14.430379985498913,50.100433149459214],[14.431184941083481,50.100447280162655],[14.431201421029831,50.1004510780654],[14.43121117468886,50.10046040685819],[14.431210398131071,50.10047162831366],[14.431199394207672,50.10048036606396],[14.431183407168286,50.100483239511945],[14.430374862262692,50.10046904578679],[14.4303301508027,50.100782317593676],[14.430323188975462,50.10079262427633],[14.430308051924593,50.10079827183345],[14.430290643103154,50.100797057715944],[14.430277751957822,50.100789455430096],[14.430274302954269,50.1007790380035],[14.430318687476372,50.10046805944899],[14.42921330124376,50.100448645144375],[14.429196821455863,50.10044484696024],[14.42918706819227,50.1004355179987],[14.429187845223419,50.100424296556724],[14.429198849500828,50.100415558996545],[14.429214836636651,50.100412685821055],[14.430323810754578,50.1004321631239],[14.430356787563086,50.10020110933069],[14.430363749297133,50.100190802646026],[14.430378886149494,50.10018515508167],[14.430396294750803,50.100186369185984],[14.430409185752664,50.100193971458694],[14.430412634743428,50.10020438888131],[14.430379985498913,50.100433149459214]]]}"#,
        );
        // Two legs of an angle overlap near their corner; a closed line has a hole.
        let angle = r#"{"type":"LineString","coordinates":[[0,0],[0.1,0],[0.1,0.1]]}"#;
        let wide = area(&call("geo_line_buffer", &[json(angle), Value::Real(1000.0), Value::Real(0.1)]));
        let legs = 2.0 * 0.1_f64.to_radians() * 6_371_010.0 * 2000.0;
        let expected = legs + std::f64::consts::PI * 1e6 + (std::f64::consts::FRAC_PI_4 - 1.0) * 1e6;
        assert!((wide / expected - 1.0).abs() < 1e-3, "{wide} is not {expected}");
        let closed = r#"{"type":"LineString","coordinates":[[0,0],[1,0],[1,1],[0,1],[0,0]]}"#;
        let frame = call("geo_line_buffer", &[json(closed), Value::Real(1000.0)]);
        assert_eq!(frame.matches("],[[").count(), 1, "one hole: {frame}");
    }

    #[test]
    fn polygons() {
        let shape = r#"{"type":"Polygon","coordinates":[[[139.813757,35.719666],[139.72558,35.71813],[139.727471,35.653231],[139.818721,35.657264],[139.813757,35.719666]]]}"#;
        let wide = call("geo_polygon_buffer", &[json(shape), Value::Real(10_000.0)]);
        let start = r#"{"type":"Polygon","coordinates":[[[139.8114280519897,35.80957816216173],[139.72315148622184,35.808040426974344],[139.71325749406012,35.80750442521031]"#;
        let cut = wide.match_indices("],[").nth(2).map_or(0, |it| it.0 + 1);
        assert_close(&wide[..cut], start);
        assert_eq!(wide.matches("],[").count(), 76);
        // A hole that the buffer fills, and one that it does not.
        let holed = |size: f64| {
            let ring = |low: f64, high: f64| {
                format!("[[{low},{low}],[{high},{low}],[{high},{high}],[{low},{high}],[{low},{low}]]")
            };
            let shape =
                format!(r#"{{"type":"Polygon","coordinates":[{},{}]}}"#, ring(0.0, 1.0), ring(0.5 - size, 0.5 + size));
            call("geo_polygon_buffer", &[json(&shape), Value::Real(1000.0)])
        };
        assert_eq!(holed(0.005).matches("],[[").count(), 0);
        assert_eq!(holed(0.05).matches("],[[").count(), 1);
    }
}
