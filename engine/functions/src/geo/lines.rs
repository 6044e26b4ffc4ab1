//! Functions of one line, or of a line and a point.

use vizsla_schema::KqlType as T;

use super::geojson::{self, Line};
use super::vector::closest;
use super::{EARTH_RADIUS, Points, REAL, Vector};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};

const SHAPE: Param = Param::Is(T::Dynamic);
const DYNAMIC: Returns = Returns::Is(T::Dynamic);

pub(super) const GEO_LINE_LENGTH: ScalarDef = ScalarDef {
    name: "geo_line_length",
    signatures: &[sig(&[SHAPE], Returns::Is(T::Real))],
    summary: "The length of a GeoJSON line or multiline, in meters.",
    source: "kusto/query/geo-line-length-function",
    examples: &[ex(r#"geo_line_length(dynamic({"type":"LineString","coordinates":[[1, 1]]}))"#, "null")],
    eval: Eval::Kernel(|args| {
        let lines = args.text(0);
        Ok(args.reals(|row| {
            let lines = geojson::lines(lines.get(row)?)?;
            Some(lines.iter().map(|line| length(line)).sum::<f64>() * EARTH_RADIUS)
        }))
    }),
    ..ScalarDef::BASE
};

/// Radians along a line.
pub(super) fn length(line: &[Vector]) -> f64 {
    line.windows(2).map(|edge| edge[0].angle(edge[1])).sum()
}

pub(super) const GEO_LINE_CENTROID: ScalarDef = ScalarDef {
    name: "geo_line_centroid",
    signatures: &[sig(&[SHAPE], DYNAMIC)],
    summary: "The center of mass of a GeoJSON line or multiline, brought to the surface of the Earth, as a GeoJSON point.",
    source: "kusto/query/geo-line-centroid-function",
    examples: &[ex(r#"geo_line_centroid(dynamic({"type":"LineString","coordinates":[[1, 1]]}))"#, "null")],
    eval: Eval::Kernel(|args| {
        let lines = args.text(0);
        Ok(args.texts(|row, out| {
            let center = lines.get(row).and_then(geojson::lines).and_then(|lines| centroid(&lines));
            center.map(|center| geojson::write_point(center, out)).is_some()
        }))
    }),
    ..ScalarDef::BASE
};

fn centroid(lines: &[Line]) -> Option<Vector> {
    // The center of an arc is in the direction of its middle; its distance times its length is the chord.
    let edges = lines.iter().flat_map(|line| line.windows(2));
    let sum = edges.fold(Vector::ZERO, |sum, edge| {
        let chord = edge[1].minus(edge[0]).length();
        sum.plus(edge[0].plus(edge[1]).unit().times(chord))
    });
    (sum.length() > 0.0).then(|| sum.unit())
}

pub(super) const GEO_LINE_INTERPOLATE_POINT: ScalarDef = ScalarDef {
    name: "geo_line_interpolate_point",
    signatures: &[sig(&[SHAPE, REAL], DYNAMIC)],
    summary: "The point at a part of the length of a GeoJSON line, from 0 to 1, as a GeoJSON point.",
    source: "kusto/query/geo-line-interpolate-point-function",
    examples: &[
        ex(
            r#"round(todouble(geo_line_interpolate_point(dynamic({"type":"LineString","coordinates":[[0,0],[10,0],[20,0]]}), 0.75).coordinates[0]), 9)"#,
            "15.0",
        ),
        ex(r#"geo_line_interpolate_point(dynamic({"type":"LineString","coordinates":[[0,0],[10,0]]}), 1.5)"#, "null"),
    ],
    eval: Eval::Kernel(|args| {
        let (lines, parts) = (args.text(0), args.real(1));
        Ok(args.texts(|row, out| {
            let line = lines.get(row).and_then(single);
            let part = parts.get(row).filter(|part| (0.0..=1.0).contains(part));
            let place = line.zip(part).and_then(|(line, part)| place_at(&line, part));
            place.map(|place| geojson::write_point(place, out)).is_some()
        }))
    }),
    ..ScalarDef::BASE
};

/// A line that is not a multiline.
fn single(json: &str) -> Option<Line> {
    let mut lines = geojson::lines(json)?;
    let line = lines.pop()?;
    (lines.is_empty() && !json.contains("MultiLineString")).then_some(line)
}

fn place_at(line: &[Vector], part: f64) -> Option<Vector> {
    let mut rest = part * length(line);
    for edge in line.windows(2) {
        let angle = edge[0].angle(edge[1]);
        if rest < angle {
            return Some(edge[0].toward(edge[1], rest / angle));
        }
        rest -= angle;
    }
    line.last().copied()
}

pub(super) const GEO_LINE_LOCATE_POINT: ScalarDef = ScalarDef {
    name: "geo_line_locate_point",
    signatures: &[sig(&[SHAPE, REAL, REAL], Returns::Is(T::Real))],
    summary: "How far along a GeoJSON line the place is that is closest to a longitude and a latitude, as a part of its \
              length, from 0 to 1.",
    source: "kusto/query/geo-line-locate-point-function",
    examples: &[
        ex(r#"geo_line_locate_point(dynamic({"type":"LineString","coordinates":[[0,0],[10,0]]}), 20, 0)"#, "1.0"),
        ex(r#"geo_line_locate_point(dynamic({"type":"LineString","coordinates":[[1, 1]]}), 1, 1)"#, "null"),
    ],
    eval: Eval::Kernel(|args| {
        let (lines, points) = (args.text(0), Points::at(args, 1));
        Ok(args.reals(|row| part_of(&single(lines.get(row)?)?, points.get(row)?.vector())))
    }),
    ..ScalarDef::BASE
};

fn part_of(line: &[Vector], place: Vector) -> Option<f64> {
    let mut before = 0.0;
    let along = line.windows(2).map(|edge| {
        let nearest = closest(place, edge[0], edge[1]);
        let at = before + edge[0].angle(nearest);
        before += edge[0].angle(edge[1]);
        (nearest.minus(place).length(), at)
    });
    let (_, at) = along.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let length = length(line);
    Some(if length > 0.0 { at / length } else { 0.0 })
}

pub(super) const GEO_DISTANCE_POINT_TO_LINE: ScalarDef = ScalarDef {
    name: "geo_distance_point_to_line",
    signatures: &[sig(&[REAL, REAL, SHAPE], Returns::Is(T::Real))],
    summary: "The shortest way from a longitude and a latitude to a GeoJSON line or multiline, in meters.",
    source: "kusto/query/geo-distance-point-to-line-function",
    examples: &[
        ex(r#"geo_distance_point_to_line(5, 0, dynamic({"type":"LineString","coordinates":[[0,0],[10,0]]}))"#, "0.0"),
        ex(r#"geo_distance_point_to_line(1, 1, dynamic({"type":"LineString"}))"#, "null"),
    ],
    eval: Eval::Kernel(|args| {
        Ok(args.reals({
            let nearest = nearest_on_line(args);
            move |row| nearest(row).map(|(place, nearest)| place.angle(nearest) * EARTH_RADIUS)
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_CLOSEST_POINT_ON_LINE: ScalarDef = ScalarDef {
    name: "geo_closest_point_on_line",
    signatures: &[sig(&[REAL, REAL, SHAPE], DYNAMIC)],
    summary: "The point of a GeoJSON line or multiline that is closest to a longitude and a latitude, as a GeoJSON point.",
    source: "kusto/query/geo-closest-point-on-line-function",
    examples: &[
        ex(
            r#"geo_closest_point_on_line(20, 0, dynamic({"type":"LineString","coordinates":[[-10,0],[0,0]]}))"#,
            r#"{"type":"Point","coordinates":[0.0,0.0]}"#,
        ),
        ex(r#"geo_closest_point_on_line(300, 3, dynamic({"type":"LineString","coordinates":[[1,1],[2,2]]}))"#, "null"),
    ],
    eval: Eval::Kernel(closest_point_on_line),
    ..ScalarDef::BASE
};

fn closest_point_on_line(args: &Args<'_>) -> KernelResult {
    let nearest = nearest_on_line(args);
    Ok(args.texts(|row, out| nearest(row).map(|(_, nearest)| geojson::write_point(nearest, out)).is_some()))
}

/// For each row the point of the first two arguments and the closest one on the line of the third.
fn nearest_on_line<'a>(args: &Args<'a>) -> impl Fn(usize) -> Option<(Vector, Vector)> + use<'a> {
    let (points, lines) = (Points::at(args, 0), args.text(2));
    // A literal line, the usual case, is read once.
    let constant = if args.is_constant(2) { lines.get(0).map(geojson::lines) } else { None };
    move |row| {
        let place = points.get(row)?.vector();
        let parsed;
        let lines = match &constant {
            Some(lines) => lines.as_ref()?,
            None => {
                parsed = geojson::lines(lines.get(row)?)?;
                &parsed
            }
        };
        let edges = lines.iter().flat_map(|line| line.windows(2)).map(|edge| (edge[0], edge[1]));
        Some((place, nearest(place, edges)?))
    }
}

/// The closest place on any of the edges.
pub(super) fn nearest(place: Vector, edges: impl Iterator<Item = (Vector, Vector)>) -> Option<Vector> {
    let candidates = edges.map(|(from, to)| closest(place, from, to));
    candidates.min_by(|a, b| a.minus(place).length().total_cmp(&b.minus(place).length()))
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use crate::testing::{call, json};
    use crate::value::Value;

    const LINES: &str = r#"{"type":"MultiLineString","coordinates":[[[-73.95798683166502,40.800556090021466],[-73.98193359375,40.76819171855746]],[[-73.94940376281738,40.79691751000055],[-73.97317886352539,40.76435634049001]]]}"#;
    const LINE: &str = r#"{"type":"LineString","coordinates":[[-73.95807266235352,40.800426144169315],[-73.94966125488281,40.79691751000055],[-73.97317886352539,40.764486356930334],[-73.98210525512695,40.76786669510221],[-73.96004676818848,40.7980870753293]]}"#;

    #[test]
    fn lengths() {
        assert_close(&call("geo_line_length", &[json(LINES)]), "8262.243397537412");
        let bad = r#"{"type":"LineString","coordinates":[[1,1]]}"#;
        assert_eq!(call("geo_line_length", &[json(bad)]), "null");
    }

    #[test]
    fn places_on_lines() {
        assert_close(
            &call("geo_line_centroid", &[json(LINES)]),
            r#"{"type":"Point","coordinates":[-73.96562218400669,40.78250336313828]}"#,
        );
        assert_close(
            &call("geo_line_interpolate_point", &[json(LINE), Value::Real(0.9)]),
            r#"{"type":"Point","coordinates":[-73.96556545832799,40.79052937973534]}"#,
        );
        let short = r#"{"type":"LineString","coordinates":[[-73.95796,40.80042],[-73.97317,40.764486]]}"#;
        let arguments = [json(short), Value::Real(-73.965), Value::Real(40.792)];
        assert_close(&call("geo_line_locate_point", &arguments), "0.2556013510030755");
        assert_eq!(call("geo_line_locate_point", &[json(LINES), Value::Real(0.0), Value::Real(0.0)]), "null");
    }

    #[test]
    fn distances() {
        let line = r#"{"type":"LineString","coordinates":[[-115.115385,36.229195],[-115.136995,36.200366],[-115.140252,36.192470],[-115.143558,36.188523],[-115.144076,36.181954],[-115.154662,36.174483],[-115.166431,36.176388],[-115.183289,36.175007],[-115.192612,36.176736],[-115.202485,36.173439],[-115.225355,36.174365]]}"#;
        let arguments = [Value::Real(-115.199625), Value::Real(36.210419), json(line)];
        assert_close(&call("geo_distance_point_to_line", &arguments), "3797.8888725332145");
        assert_close(
            &call("geo_closest_point_on_line", &arguments),
            r#"{"type":"Point","coordinates":[-115.19261200000001,36.176736]}"#,
        );
    }
}
