//! Distances and directions between points.

use vizsla_schema::KqlType as T;

use super::{EARTH_RADIUS, Point, Points, REAL};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Returns, ScalarDef, ex, sig};

pub(super) const GEO_DISTANCE_2POINTS: ScalarDef = ScalarDef {
    name: "geo_distance_2points",
    signatures: &[sig(&[REAL, REAL, REAL, REAL], Returns::Is(T::Real))],
    summary: "The shortest way between two points, in meters. Each is a longitude and a latitude.",
    source: "kusto/query/geo-distance-2points-function",
    examples: &[ex("geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056)", "1546754.3519738096")],
    eval: Eval::Kernel(distance_2points),
    ..ScalarDef::BASE
};

fn distance_2points(args: &Args<'_>) -> KernelResult {
    let (from, to) = (Points::at(args, 0), Points::at(args, 2));
    Ok(args.reals(|row| Some(distance(from.get(row)?, to.get(row)?))))
}

/// Meters between two points, by the haversine formula.
fn distance(from: Point, to: Point) -> f64 {
    let half_chord = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let across = from.latitude.to_radians().cos() * to.latitude.to_radians().cos();
    let square = half_chord(from.latitude, to.latitude) + half_chord(from.longitude, to.longitude) * across;
    2.0 * square.min(1.0).sqrt().asin() * EARTH_RADIUS
}

pub(super) const GEO_POINT_IN_CIRCLE: ScalarDef = ScalarDef {
    name: "geo_point_in_circle",
    signatures: &[sig(&[REAL, REAL, REAL, REAL, REAL], Returns::Is(T::Bool))],
    summary: "Whether a point lies within so many meters of another.",
    source: "kusto/query/geo-point-in-circle-function",
    examples: &[
        ex("geo_point_in_circle(-122.201741, 47.677084, -122.317404, 47.609119, 18000)", "True"),
        ex("geo_point_in_circle(1, 1, 1, 1, -1)", "null"),
    ],
    eval: Eval::Kernel(point_in_circle),
    ..ScalarDef::BASE
};

fn point_in_circle(args: &Args<'_>) -> KernelResult {
    let (point, center, radius) = (Points::at(args, 0), Points::at(args, 2), args.real(4));
    Ok(args.bools(|row| {
        let radius = radius.get(row).filter(|radius| *radius >= 0.0)?;
        Some(distance(point.get(row)?, center.get(row)?) <= radius)
    }))
}

pub(super) const GEO_AZIMUTH: ScalarDef = ScalarDef {
    name: "geo_azimuth",
    summary: "The direction from one point to another: the angle to true north, clockwise, in radians. Null for equal and \
              for opposite points.",
    source: "kusto/query/geo-azimuth-function",
    examples: &[ex("geo_azimuth(5, 10, 10, -40)", "3.054599397964492"), ex("geo_azimuth(5, 10, 5, 10)", "null")],
    eval: Eval::Kernel(azimuth),
    ..GEO_DISTANCE_2POINTS
};

fn azimuth(args: &Args<'_>) -> KernelResult {
    let (from, to) = (Points::at(args, 0), Points::at(args, 2));
    Ok(args.reals(|row| {
        let (from, to) = (from.get(row)?, to.get(row)?);
        let turn = (to.longitude - from.longitude).to_radians();
        let (here, there) = (from.latitude.to_radians(), to.latitude.to_radians());
        let east = turn.sin() * there.cos();
        let north = here.cos() * there.sin() - here.sin() * there.cos() * turn.cos();
        let somewhere = east.hypot(north) > 1e-15;
        let angle = east.atan2(north);
        somewhere.then_some(if angle < 0.0 { angle + std::f64::consts::TAU } else { angle })
    }))
}

pub(super) const GEO_ANGLE: ScalarDef = ScalarDef {
    name: "geo_angle",
    signatures: &[sig(&[REAL; 6], Returns::Is(T::Real))],
    summary: "The angle at the second point between the lines to it from the first and from it to the third, clockwise, in \
              radians. Null where two neighbours are equal.",
    source: "kusto/query/geo-angle-function",
    examples: &[
        ex("round(geo_angle(0, 10, 0, 5, 3, -10), 6)", "2.944938"),
        ex("geo_angle(0, 10, 0, 10, 3, -10)", "null"),
    ],
    eval: Eval::Kernel(angle),
    ..ScalarDef::BASE
};

fn angle(args: &Args<'_>) -> KernelResult {
    let points = [0, 2, 4].map(|index| Points::at(args, index));
    Ok(args.reals(|row| {
        let [first, middle, last] = [points[0].get(row)?, points[1].get(row)?, points[2].get(row)?];
        let distinct = first != middle && middle != last;
        let (first, middle, last) = (first.vector(), middle.vector(), last.vector());
        let (before, after) = (first.cross(middle), last.cross(middle));
        let angle = before.angle(after);
        let clockwise = first.cross(middle).dot(last) <= 0.0;
        distinct.then_some(if clockwise { std::f64::consts::TAU - angle } else { angle })
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::call;
    use crate::value::Value;

    fn of(name: &str, numbers: &[f64]) -> String {
        call(name, &numbers.iter().copied().map(Value::Real).collect::<Vec<_>>())
    }

    #[test]
    fn distances() {
        assert_eq!(of("geo_distance_2points", &[-122.407628, 47.578557, -118.275287, 34.019056]), "1546754.3519738095");
        assert_eq!(of("geo_distance_2points", &[1.0, 1.0, 1.0, 1.0]), "0.0");
        assert_eq!(of("geo_distance_2points", &[300.0, 1.0, 1.0, 1.0]), "null");
        assert_eq!(of("geo_distance_2points", &[f64::NAN, 1.0, 1.0, 1.0]), "null");
    }

    #[test]
    fn circles() {
        for (longitude, latitude, expected) in [
            (-122.317404, 47.609119, "true"),
            (-123.497688, 47.458098, "false"),
            (-122.201741, 47.677084, "true"),
            (200.0, 1.0, "null"),
        ] {
            assert_eq!(of("geo_point_in_circle", &[longitude, latitude, -122.317404, 47.609119, 18000.0]), expected);
        }
        assert_eq!(of("geo_point_in_circle", &[1.0, 1.0, 1.0, 1.0, -1.0]), "null");
    }

    #[test]
    fn directions() {
        assert_eq!(of("geo_azimuth", &[5.0, 10.0, 10.0, -40.0]), "3.054599397964492");
        assert_eq!(of("geo_azimuth", &[5.0, 10.0, 5.0, 10.0]), "null");
        assert_eq!(of("geo_azimuth", &[0.0, 0.0, 180.0, 0.0]), "null");
        assert_eq!(of("geo_angle", &[0.0, 10.0, 0.0, 5.0, 3.0, -10.0])[..14], "2.944938434068"[..]);
        assert_eq!(of("geo_angle", &[0.0, 10.0, 0.0, 10.0, 3.0, -10.0]), "null");
    }
}
