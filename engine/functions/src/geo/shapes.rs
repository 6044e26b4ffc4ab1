//! Functions of one polygon, or of a polygon and a point.

use std::borrow::Cow;

use vizsla_schema::KqlType as T;

use super::geojson::{self, Polygon, Ring, area_around};
use super::lines::nearest;
use super::regions::unite;
use super::{EARTH_RADIUS, Points, REAL, Vector};
use crate::args::{Args, Text};
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};

const SHAPE: Param = Param::Is(T::Dynamic);

/// An argument that is a polygon or a multipolygon.
struct Polygons<'a> {
    shapes: Text<'a>,
    /// A literal polygon, the usual case, is read once.
    constant: Option<Option<Vec<Polygon>>>,
}

impl<'a> Polygons<'a> {
    fn at(args: &Args<'a>, index: usize) -> Polygons<'a> {
        let shapes = args.text(index);
        Polygons { shapes, constant: args.is_constant(index).then(|| shapes.get(0).and_then(geojson::polygons)) }
    }

    fn get(&self, row: usize) -> Option<Cow<'_, [Polygon]>> {
        match &self.constant {
            Some(constant) => constant.as_deref().map(Cow::Borrowed),
            None => geojson::polygons(self.shapes.get(row)?).map(Cow::Owned),
        }
    }
}

pub(super) const GEO_POINT_IN_POLYGON: ScalarDef = ScalarDef {
    name: "geo_point_in_polygon",
    signatures: &[sig(&[REAL, REAL, SHAPE], Returns::Is(T::Bool))],
    summary: "Whether a longitude and a latitude lie in a GeoJSON polygon or multipolygon, of which none is larger than half \
              of the Earth.",
    source: "kusto/query/geo-point-in-polygon-function",
    examples: &[ex(
        r#"geo_point_in_polygon(1, 2, dynamic({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]}))"#,
        "True",
    )],
    eval: Eval::Kernel(|args| {
        let (points, polygons) = (Points::at(args, 0), Polygons::at(args, 2));
        Ok(args.bools(|row| {
            let place = points.get(row)?.vector();
            Some(polygons.get(row)?.iter().any(|polygon| polygon.contains(place)))
        }))
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_DISTANCE_POINT_TO_POLYGON: ScalarDef = ScalarDef {
    name: "geo_distance_point_to_polygon",
    signatures: &[sig(&[REAL, REAL, SHAPE], Returns::Is(T::Real))],
    summary: "The shortest way from a longitude and a latitude to a GeoJSON polygon or multipolygon, in meters; 0 inside.",
    source: "kusto/query/geo-distance-point-to-polygon-function",
    examples: &[
        ex(
            r#"geo_distance_point_to_polygon(8, 2, dynamic({"type":"Polygon","coordinates":[[[0,0],[10,1],[10,10],[0,0]]]}))"#,
            "0.0",
        ),
        ex(
            r#"geo_distance_point_to_polygon(500, 1, dynamic({"type":"Polygon","coordinates":[[[0,0],[10,10],[10,1],[0,0]]]}))"#,
            "null",
        ),
    ],
    eval: Eval::Kernel(|args| {
        let nearest = nearest_in_polygon(args);
        Ok(args.reals(|row| nearest(row).map(|(place, nearest)| place.angle(nearest) * EARTH_RADIUS)))
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_CLOSEST_POINT_ON_POLYGON: ScalarDef = ScalarDef {
    name: "geo_closest_point_on_polygon",
    signatures: &[sig(&[REAL, REAL, SHAPE], Returns::Is(T::Dynamic))],
    summary: "The point of a GeoJSON polygon or multipolygon that is closest to a longitude and a latitude, as a GeoJSON \
              point; inside it is that place itself.",
    source: "kusto/query/geo-closest-point-on-polygon-function",
    examples: &[ex(
        r#"geo_closest_point_on_polygon(1, 1, dynamic({"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]}))"#,
        "null",
    )],
    eval: Eval::Kernel(|args| {
        let nearest = nearest_in_polygon(args);
        Ok(args.texts(|row, out| nearest(row).map(|(_, nearest)| geojson::write_point(nearest, out)).is_some()))
    }),
    ..ScalarDef::BASE
};

/// For each row the point of the first two arguments and the closest one in the polygon of the third.
fn nearest_in_polygon<'a>(args: &Args<'a>) -> impl Fn(usize) -> Option<(Vector, Vector)> + use<'a> {
    let (points, polygons) = (Points::at(args, 0), Polygons::at(args, 2));
    move |row| {
        let (place, polygons) = (points.get(row)?.vector(), polygons.get(row)?);
        if polygons.iter().any(|polygon| polygon.contains(place)) {
            return Some((place, place));
        }
        Some((place, nearest(place, polygons.iter().flat_map(Polygon::edges))?))
    }
}

pub(super) const GEO_POLYGON_AREA: ScalarDef = ScalarDef {
    name: "geo_polygon_area",
    signatures: &[sig(&[SHAPE], Returns::Is(T::Real))],
    summary: "The area of a GeoJSON polygon, or of the union of a multipolygon, in square meters.",
    source: "kusto/query/geo-polygon-area-function",
    examples: &[ex(
        r#"geo_polygon_area(dynamic({"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]}))"#,
        "null",
    )],
    eval: Eval::Kernel(|args| {
        measure(args, |region| region.iter().map(area).sum::<f64>() * EARTH_RADIUS * EARTH_RADIUS)
    }),
    ..ScalarDef::BASE
};

/// In square radians.
fn area(polygon: &Polygon) -> f64 {
    let inside = |ring: &Ring| area_around(ring.middle(), ring.vertices());
    inside(&polygon.shell) - polygon.holes.iter().map(inside).sum::<f64>()
}

pub(super) const GEO_POLYGON_PERIMETER: ScalarDef = ScalarDef {
    name: "geo_polygon_perimeter",
    summary: "The length of the border of a GeoJSON polygon, or of the union of a multipolygon, with its holes, in meters.",
    source: "kusto/query/geo-polygon-perimeter-function",
    examples: &[ex(r#"geo_polygon_perimeter(dynamic({"type":"Polygon","coordinates":[[[0,0],[1,1]]]}))"#, "null")],
    eval: Eval::Kernel(|args| {
        let length = |edge: (Vector, Vector)| edge.0.angle(edge.1);
        measure(args, |region| region.iter().flat_map(Polygon::edges).map(length).sum::<f64>() * EARTH_RADIUS)
    }),
    ..GEO_POLYGON_AREA
};

fn measure(args: &Args<'_>, measure: impl Fn(&[Polygon]) -> f64) -> KernelResult {
    let shapes = args.text(0);
    Ok(args.reals(|row| Some(measure(&unite(geojson::polygons(shapes.get(row)?)?)?))))
}

pub(super) const GEO_POLYGON_CENTROID: ScalarDef = ScalarDef {
    name: "geo_polygon_centroid",
    signatures: &[sig(&[SHAPE], Returns::Is(T::Dynamic))],
    summary: "The center of mass of a GeoJSON polygon, or of the union of a multipolygon, brought to the surface of the \
              Earth, as a GeoJSON point.",
    source: "kusto/query/geo-polygon-centroid-function",
    examples: &[ex(
        r#"geo_polygon_centroid(dynamic({"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]}))"#,
        "null",
    )],
    eval: Eval::Kernel(|args| {
        let shapes = args.text(0);
        Ok(args.texts(|row, out| {
            let region = shapes.get(row).and_then(geojson::polygons).and_then(unite);
            let center = region.and_then(|region| centroid(&region));
            center.map(|center| geojson::write_point(center, out)).is_some()
        }))
    }),
    ..ScalarDef::BASE
};

fn centroid(region: &[Polygon]) -> Option<Vector> {
    let sum = region.iter().fold(Vector::ZERO, |sum, polygon| {
        let start = polygon.shell.middle();
        polygon.edges().fold(sum, |sum, (from, to)| sum.plus(moment(start, from, to)))
    });
    (sum.length() > 0.0).then(|| sum.unit())
}

/// The integral over the places of a triangle, negative if it goes clockwise.
///
/// By Stokes' theorem it is half the sum of each edge's length at right angles to its circle. Written with the sides of
/// the triangle rather than its corners, so that small triangles keep their digits.
fn moment(a: Vector, b: Vector, c: Vector) -> Vector {
    let stretch = |from: Vector, to: Vector| {
        let angle = from.angle(to);
        if angle > 0.0 { angle / angle.sin() } else { 1.0 }
    };
    let (at_a, at_b, at_c) = (stretch(b, c), stretch(c, a), stretch(a, b));
    let rows = [a, b.minus(a), c.minus(a)];
    let [x, y, z] = [0, 1, 2].map(|axis| Vector(rows.map(|row| row.0[axis])));
    let right = Vector([at_a, at_b - at_a, at_c - at_a]);
    Vector([y.cross(z).dot(right), z.cross(x).dot(right), x.cross(y).dot(right)]).times(0.5)
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use crate::testing::{call, json};
    use crate::value::Value;

    const PARK: &str = r#"{"type":"Polygon","coordinates":[[[-73.9495,40.7969],[-73.95807266235352,40.80068603561921],[-73.98201942443848,40.76825672305777],[-73.97317886352539,40.76455136505513],[-73.9495,40.7969]]]}"#;
    const OVERLAPPING: &str = r#"{"type":"MultiPolygon","coordinates":[[[[-73.9495,40.7969],[-73.95807266235352,40.80068603561921],[-73.98201942443848,40.76825672305777],[-73.97317886352539,40.76455136505513],[-73.9495,40.7969]]],[[[-73.94262313842773,40.775991804565585],[-73.98107528686523,40.791849155467695],[-73.99600982666016,40.77092185281977],[-73.96150588989258,40.75609977566361],[-73.94262313842773,40.775991804565585]]]]}"#;

    #[test]
    fn measures() {
        for (name, shape, expected) in [
            ("geo_polygon_area", PARK, "3475207.28346606"),
            ("geo_polygon_area", OVERLAPPING, "10889971.534347963"),
            ("geo_polygon_perimeter", PARK, "9930.301496049382"),
            ("geo_polygon_perimeter", OVERLAPPING, "15943.538457874045"),
            ("geo_polygon_centroid", PARK, r#"{"type":"Point","coordinates":[-73.96573568990762,40.78255053805781]}"#),
        ] {
            assert_close(&call(name, &[json(shape)]), expected);
        }
        let octant = r#"{"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]}"#;
        let eighth = std::f64::consts::FRAC_PI_2 * 6_371_010.0 * 6_371_010.0;
        let area: f64 = call("geo_polygon_area", &[json(octant)]).parse().expect("a number");
        assert!((area / eighth - 1.0).abs() < 1e-12, "{area} is not {eighth}");
    }

    #[test]
    fn closest() {
        let place = [Value::Real(-73.9839), Value::Real(40.7705), json(PARK)];
        assert_close(&call("geo_distance_point_to_polygon", &place), "259.9407560705964");
        assert_close(
            &call("geo_closest_point_on_polygon", &place),
            r#"{"type":"Point","coordinates":[-73.98120558015391,40.76935945284321]}"#,
        );
        let inside = [Value::Real(-73.96), Value::Real(40.79), json(PARK)];
        assert_eq!(call("geo_distance_point_to_polygon", &inside), "0.0");
    }

    #[test]
    fn polygons() {
        let square = r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]}"#;
        let clockwise = r#"{"type":"Polygon","coordinates":[[[0,0],[0,10],[10,10],[10,0],[0,0]]]}"#;
        let holed =
            r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[4,6],[6,6],[6,4],[4,4]]]}"#;
        let two = r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[179,-1],[-179,-1],[180,1],[179,-1]]]]}"#;
        let bad = r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]}"#;
        for (longitude, latitude, shape, expected) in [
            (5.0, 5.0, square, "true"),
            (5.0, 5.0, clockwise, "true"),
            (15.0, 5.0, square, "false"),
            (-175.0, -5.0, square, "false"), // opposite
            (5.0, 10.01, square, "true"),    // edges are geodesics, so they bulge to the pole
            (5.0, -0.01, square, "false"),
            (5.0, 5.0, holed, "false"),
            (2.0, 5.0, holed, "true"),
            (0.6, 0.3, two, "true"),
            (180.0, 0.0, two, "true"),
            (-180.0, 0.0, two, "true"),
            (170.0, 0.0, two, "false"),
            (1.0, 1.0, bad, "null"),
            (200.0, 1.0, square, "null"),
        ] {
            let arguments = [Value::Real(longitude), Value::Real(latitude), json(shape)];
            assert_eq!(call("geo_point_in_polygon", &arguments), expected, "{longitude} {latitude} in {shape}");
        }
    }
}
