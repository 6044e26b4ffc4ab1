//! Lines and polygons, given as GeoJSON.

use vizsla_schema::KqlType as T;

use super::{EARTH_RADIUS, Points, REAL, Vector, geojson};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};

pub(super) const GEO_LINE_LENGTH: ScalarDef = ScalarDef {
    name: "geo_line_length",
    signatures: &[sig(&[Param::Is(T::Dynamic)], Returns::Is(T::Real))],
    summary: "The length of a GeoJSON line or multiline, in meters.",
    source: "kusto/query/geo-line-length-function",
    examples: &[ex(r#"geo_line_length(dynamic({"type":"LineString","coordinates":[[1, 1]]}))"#, "null")],
    eval: Eval::Kernel(line_length),
    ..ScalarDef::BASE
};

fn line_length(args: &Args<'_>) -> KernelResult {
    let lines = args.text(0);
    Ok(args.reals(|row| {
        let angles = geojson::lines(lines.get(row)?)?.into_iter().map(|line| length(&line));
        Some(angles.sum::<f64>() * EARTH_RADIUS)
    }))
}

fn length(line: &[Vector]) -> f64 {
    line.windows(2).map(|edge| edge[0].angle(edge[1])).sum()
}

pub(super) const GEO_POINT_IN_POLYGON: ScalarDef = ScalarDef {
    name: "geo_point_in_polygon",
    signatures: &[sig(&[REAL, REAL, Param::Is(T::Dynamic)], Returns::Is(T::Bool))],
    summary: "Whether a longitude and a latitude lie in a GeoJSON polygon or multipolygon, of which none is larger than half \
              of the Earth.",
    source: "kusto/query/geo-point-in-polygon-function",
    examples: &[ex(
        r#"geo_point_in_polygon(1, 2, dynamic({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]}))"#,
        "True",
    )],
    eval: Eval::Kernel(point_in_polygon),
    ..ScalarDef::BASE
};

fn point_in_polygon(args: &Args<'_>) -> KernelResult {
    let (points, shapes) = (Points::at(args, 0), args.text(2));
    // A literal polygon, the usual case, is read once.
    let constant = if args.is_constant(2) { shapes.get(0).map(geojson::polygons) } else { None };
    Ok(args.bools(|row| {
        let point = points.get(row)?.vector();
        let parsed;
        let polygons = match &constant {
            Some(polygons) => polygons.as_ref()?,
            None => {
                parsed = geojson::polygons(shapes.get(row)?)?;
                &parsed
            }
        };
        Some(polygons.iter().any(|polygon| polygon.contains(point)))
    }))
}

#[cfg(test)]
mod tests {
    use crate::testing::{call, json};
    use crate::value::Value;

    #[test]
    fn lengths() {
        let lines = r#"{"type":"MultiLineString","coordinates":[[[-73.95798683166502,40.800556090021466],[-73.98193359375,40.76819171855746]],[[-73.94940376281738,40.79691751000055],[-73.97317886352539,40.76435634049001]]]}"#;
        assert_eq!(call("geo_line_length", &[json(lines)]), "8262.243397537412");
        let bad = r#"{"type":"LineString","coordinates":[[1,1]]}"#;
        assert_eq!(call("geo_line_length", &[json(bad)]), "null");
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
