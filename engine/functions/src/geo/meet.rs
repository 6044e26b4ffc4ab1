//! Functions of two shapes, or of an array of them: whether they meet, what they share, their union.

use std::collections::HashSet;

use vizsla_schema::KqlType as T;

use super::Vector;
use super::geojson::{self, Line, Polygon, write_list};
use super::overlay::{Edge, Overlay};
use super::regions::{self, Shared, paths};
use crate::args::Args;
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};
use crate::dynamic::elements;

const SHAPE: Param = Param::Is(T::Dynamic);
const INTERSECTS: &[crate::def::Signature] = &[sig(&[SHAPE, SHAPE], Returns::Is(T::Bool))];
const INTERSECTION: &[crate::def::Signature] = &[sig(&[SHAPE, SHAPE], Returns::Is(T::Dynamic))];

pub(super) const GEO_INTERSECTS_2LINES: ScalarDef = ScalarDef {
    name: "geo_intersects_2lines",
    signatures: INTERSECTS,
    summary: "Whether two GeoJSON lines or multilines share a point.",
    source: "kusto/query/geo-intersects-2lines-function",
    examples: &[ex(
        r#"geo_intersects_2lines(dynamic({"type":"LineString","coordinates":[[0,0],[2,2]]}), dynamic({"type":"LineString","coordinates":[[0,2],[2,0]]}))"#,
        "True",
    )],
    eval: Eval::Kernel(|args| {
        intersects(args, |left, right| shared_by_lines(&geojson::lines(left)?, &geojson::lines(right)?))
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_INTERSECTS_LINE_WITH_POLYGON: ScalarDef = ScalarDef {
    name: "geo_intersects_line_with_polygon",
    summary: "Whether a GeoJSON line or multiline and a polygon or multipolygon share a point.",
    source: "kusto/query/geo-intersects-line-with-polygon-function",
    examples: &[ex(
        r#"geo_intersects_line_with_polygon(dynamic({"type":"LineString","coordinates":[[0,0],[2,2]]}), dynamic({"type":"Polygon","coordinates":[[[1,1],[5,1],[5,5],[1,1]]]}))"#,
        "True",
    )],
    eval: Eval::Kernel(|args| {
        intersects(args, |line, polygon| shared_with_polygons(&geojson::lines(line)?, geojson::polygons(polygon)?))
    }),
    ..GEO_INTERSECTS_2LINES
};

pub(super) const GEO_INTERSECTS_2POLYGONS: ScalarDef = ScalarDef {
    name: "geo_intersects_2polygons",
    summary: "Whether two GeoJSON polygons or multipolygons share a point.",
    source: "kusto/query/geo-intersects-2polygons-function",
    examples: &[
        ex(
            r#"geo_intersects_2polygons(dynamic({"type":"Polygon","coordinates":[[[2,45],[0,45],[1,44],[2,45]]]}), dynamic({"type":"Polygon","coordinates":[[[3,44],[2,45],[2,43],[3,44]]]}))"#,
            "True",
        ),
        ex(
            r#"geo_intersects_2polygons(dynamic({"type":"Polygon"}), dynamic({"type":"Polygon","coordinates":[[[3,44],[2,45],[2,43],[3,44]]]}))"#,
            "null",
        ),
    ],
    eval: Eval::Kernel(|args| intersects(args, shared_by_polygons)),
    ..GEO_INTERSECTS_2LINES
};

pub(super) const GEO_INTERSECTION_2LINES: ScalarDef = ScalarDef {
    name: "geo_intersection_2lines",
    signatures: INTERSECTION,
    summary: "What two GeoJSON lines or multilines share: points, lines, or a collection of both.",
    source: "kusto/query/geo-intersection-2lines-function",
    examples: &[ex(
        r#"geo_intersection_2lines(dynamic({"type":"LineString","coordinates":[[1,1],[2,2]]}), dynamic({"type":"LineString","coordinates":[[3,3],[4,4]]}))"#,
        r#"{"type":"GeometryCollection","geometries":[]}"#,
    )],
    eval: Eval::Kernel(|args| {
        intersection(args, |left, right| shared_by_lines(&geojson::lines(left)?, &geojson::lines(right)?))
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_INTERSECTION_LINE_WITH_POLYGON: ScalarDef = ScalarDef {
    name: "geo_intersection_line_with_polygon",
    summary: "The parts of a GeoJSON line or multiline that are in a polygon or multipolygon, which contains its border.",
    source: "kusto/query/geo-intersection-line-with-polygon-function",
    examples: &[ex(
        r#"geo_intersection_line_with_polygon(dynamic({"type":"LineString","coordinates":[[1,1]]}), dynamic({"type":"Polygon","coordinates":[[[1,1],[5,1],[5,5],[1,1]]]}))"#,
        "null",
    )],
    eval: Eval::Kernel(|args| {
        intersection(args, |line, polygon| shared_with_polygons(&geojson::lines(line)?, geojson::polygons(polygon)?))
    }),
    ..GEO_INTERSECTION_2LINES
};

pub(super) const GEO_INTERSECTION_2POLYGONS: ScalarDef = ScalarDef {
    name: "geo_intersection_2polygons",
    summary: "What two GeoJSON polygons or multipolygons share: polygons, and where they only touch lines and points.",
    source: "kusto/query/geo-intersection-2polygons-function",
    examples: &[ex(
        r#"geo_intersection_2polygons(dynamic({"type":"Polygon"}), dynamic({"type":"Polygon","coordinates":[[[3,44],[2,45],[2,43],[3,44]]]}))"#,
        "null",
    )],
    eval: Eval::Kernel(|args| intersection(args, shared_by_polygons)),
    ..GEO_INTERSECTION_2LINES
};

fn intersects(args: &Args<'_>, share: impl Fn(&str, &str) -> Option<Shared>) -> KernelResult {
    let (left, right) = (args.text(0), args.text(1));
    Ok(args.bools(|row| {
        let shared = share(left.get(row)?, right.get(row)?)?;
        Some(!shared.polygons.is_empty() || !shared.lines.is_empty() || !shared.points.is_empty())
    }))
}

fn intersection(args: &Args<'_>, share: impl Fn(&str, &str) -> Option<Shared>) -> KernelResult {
    let (left, right) = (args.text(0), args.text(1));
    Ok(args.texts(|row, out| {
        let shared = left.get(row).zip(right.get(row)).and_then(|(left, right)| share(left, right));
        shared.map(|shared| write(&shared, out)).is_some()
    }))
}

fn shared_by_polygons(left: &str, right: &str) -> Option<Shared> {
    let (left, right) = (geojson::polygons(left)?, geojson::polygons(right)?);
    regions::intersect(&regions::unite(left)?, &regions::unite(right)?)
}

fn edges_of(lines: &[Line]) -> Vec<Edge> {
    lines.iter().flat_map(|line| line.windows(2)).map(|edge| (edge[0], edge[1])).collect()
}

fn shared_by_lines(left: &[Line], right: &[Line]) -> Option<Shared> {
    let mut edges = edges_of(left);
    let middle = edges.len();
    edges.extend(edges_of(right));
    let overlay = Overlay::new(&edges, |a, b| (a < middle) != (b < middle))?;
    let others: HashSet<(usize, usize)> = overlay.pieces(middle..edges.len()).collect();
    let is_shared = |(from, to): &(usize, usize)| others.contains(&(*from, *to)) || others.contains(&(*to, *from));
    let along: Vec<(usize, usize)> = overlay.pieces(0..middle).filter(is_shared).collect();
    let points = touched(&overlay, 0..middle, middle..edges.len(), &along);
    Some(Shared { polygons: Vec::new(), lines: paths(&overlay, &along), points })
}

fn shared_with_polygons(lines: &[Line], polygons: Vec<Polygon>) -> Option<Shared> {
    let region = regions::unite(polygons)?;
    let mut edges = edges_of(lines);
    let middle = edges.len();
    edges.extend(region.iter().flat_map(|polygon| polygon.edges().collect::<Vec<Edge>>()));
    let overlay = Overlay::new(&edges, |a, b| (a < middle) != (b < middle))?;
    let border: HashSet<(usize, usize)> = overlay.pieces(middle..edges.len()).collect();
    let inside = |(from, to): &(usize, usize)| {
        let middle = overlay.at(*from).plus(overlay.at(*to)).unit();
        border.contains(&(*from, *to))
            || border.contains(&(*to, *from))
            || region.iter().any(|polygon| polygon.contains(middle))
    };
    let along: Vec<(usize, usize)> = overlay.pieces(0..middle).filter(inside).collect();
    let points = touched(&overlay, 0..middle, middle..edges.len(), &along);
    Some(Shared { polygons: Vec::new(), lines: paths(&overlay, &along), points })
}

/// The places of the first edges, each once, that are places of the others, too, and of none of the pieces.
fn touched(
    overlay: &Overlay,
    edges: std::ops::Range<usize>,
    others: std::ops::Range<usize>,
    pieces: &[(usize, usize)],
) -> Vec<Vector> {
    let others: HashSet<usize> = others.flat_map(|edge| overlay.chain(edge)).copied().collect();
    let mut seen: HashSet<usize> = pieces.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let places = edges.flat_map(|edge| overlay.chain(edge)).copied();
    places.filter(|place| others.contains(place) && seen.insert(*place)).map(|place| overlay.at(place)).collect()
}

/// One shape where one type suffices, else a collection: points, lines, polygons.
fn write(shared: &Shared, out: &mut String) {
    let mut shapes = Vec::new();
    let mut add = |write: &dyn Fn(&mut String)| {
        let mut shape = String::new();
        write(&mut shape);
        shapes.push(shape);
    };
    match shared.points.as_slice() {
        [] => {}
        [point] => add(&|out| geojson::write_point(*point, out)),
        points => add(&|out| geojson::write_points(points, out)),
    }
    if !shared.lines.is_empty() {
        add(&|out| geojson::write_lines(&shared.lines, out));
    }
    if !shared.polygons.is_empty() {
        add(&|out| geojson::write_polygons(&shared.polygons, out));
    }
    match shapes.as_slice() {
        [shape] => out.push_str(shape),
        shapes => {
            out.push_str(r#"{"type":"GeometryCollection","geometries":"#);
            write_list(shapes, out, |shape, out| out.push_str(shape));
            out.push('}');
        }
    }
}

pub(super) const GEO_UNION_LINES_ARRAY: ScalarDef = ScalarDef {
    name: "geo_union_lines_array",
    signatures: &[sig(&[SHAPE], Returns::Is(T::Dynamic))],
    summary: "The union of an array of GeoJSON lines and multilines: what several share is there once, and lines end where \
              more than two meet.",
    source: "kusto/query/geo-union-lines-array-function",
    examples: &[ex(r#"geo_union_lines_array(dynamic([{"type":"LineString"}]))"#, "null")],
    eval: Eval::Kernel(|args| union(args, union_of_lines)),
    ..ScalarDef::BASE
};

pub(super) const GEO_UNION_POLYGONS_ARRAY: ScalarDef = ScalarDef {
    name: "geo_union_polygons_array",
    summary: "The union of an array of GeoJSON polygons and multipolygons.",
    source: "kusto/query/geo-union-polygons-array-function",
    examples: &[ex(r#"geo_union_polygons_array(dynamic([{"type":"Polygon"}]))"#, "null")],
    eval: Eval::Kernel(|args| union(args, union_of_polygons)),
    ..GEO_UNION_LINES_ARRAY
};

fn union(args: &Args<'_>, union: fn(&str, &mut String) -> Option<()>) -> KernelResult {
    let arrays = args.text(0);
    Ok(args.texts(|row, out| arrays.get(row).and_then(|array| union(array, out)).is_some()))
}

fn union_of_lines(array: &str, out: &mut String) -> Option<()> {
    let lines: Vec<Vec<Line>> = elements(array)?.map(geojson::lines).collect::<Option<_>>()?;
    let edges = edges_of(&lines.concat());
    let overlay = Overlay::new(&edges, |_, _| true)?;
    let pieces: Vec<(usize, usize)> = overlay.pieces(0..edges.len()).collect();
    write(&Shared { polygons: Vec::new(), lines: paths(&overlay, &pieces), points: Vec::new() }, out);
    Some(())
}

fn union_of_polygons(array: &str, out: &mut String) -> Option<()> {
    let polygons: Vec<Vec<Polygon>> = elements(array)?.map(geojson::polygons).collect::<Option<_>>()?;
    let polygons = regions::unite(polygons.concat())?;
    write(&Shared { polygons, lines: Vec::new(), points: Vec::new() }, out);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use crate::testing::{call, json};

    fn polygon(rings: &str) -> String {
        format!(r#"{{"type":"Polygon","coordinates":[{rings}]}}"#)
    }

    fn line(points: &str) -> String {
        format!(r#"{{"type":"LineString","coordinates":[{points}]}}"#)
    }

    #[test]
    fn lines_with_lines() {
        let (down, across) = (
            line("[-73.978929,40.785155],[-73.980903,40.782621]"),
            line("[-73.985195,40.788275],[-73.974552,40.779761]"),
        );
        for (left, right, expected) in [
            (&down, &across, r#"{"type":"Point","coordinates":[-73.97983711667098,40.783989289772165]}"#),
            (&down, &down, down.as_str()),
            (&down, &line("[1,1],[2,2]"), r#"{"type":"GeometryCollection","geometries":[]}"#),
            (
                &line("[0,0],[10,0],[10,5]"),
                &line("[20,0],[5,0],[5,5],[10,5],[12,9]"),
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[10.0,5.0]},{"type":"LineString","coordinates":[[5.0,0.0],[10.0,0.0]]}]}"#,
            ),
        ] {
            assert_close(&call("geo_intersection_2lines", &[json(left), json(right)]), expected);
            let expected = if expected.contains("[]") { "false" } else { "true" };
            assert_eq!(call("geo_intersects_2lines", &[json(left), json(right)]), expected);
        }
    }

    #[test]
    fn lines_with_polygons() {
        let wide = line("[-110.522,39.198],[-91.428,40.880]");
        let holed = polygon(
            "[[-90.263,36.738],[-102.041,45.274],[-109.335,36.527],[-90.263,36.738]],[[-100.393,41.705],[-103.139,38.925],[-97.558,39.113],[-100.393,41.705]]",
        );
        assert_close(
            &call("geo_intersection_line_with_polygon", &[json(&wide), json(&holed)]),
            r#"{"type":"MultiLineString","coordinates":[[[-106.89353655881905,39.769226209776306],[-101.74448553679453,40.373506008712525]],[[-99.13649943132886,40.589336512699994],[-95.28452773731179,40.79906024224635]]]}"#,
        );
        let park = polygon(
            "[[-73.9712905883789,40.78580561168767],[-73.98004531860352,40.775276834803655],[-73.97000312805176,40.77852663535664],[-73.9712905883789,40.78580561168767]]",
        );
        let street = line("[-73.985195,40.788275],[-73.974552,40.779761]");
        assert_close(
            &call("geo_intersection_line_with_polygon", &[json(&street), json(&park)]),
            r#"{"type":"LineString","coordinates":[[-73.97561195657819,40.78060906714618],[-73.974552,40.77976100000001]]}"#,
        );
        assert_eq!(call("geo_intersects_line_with_polygon", &[json(&street), json(&park)]), "true");
        assert_eq!(call("geo_intersects_line_with_polygon", &[json(&street), json(&holed)]), "false");
    }

    #[test]
    fn polygons_with_polygons() {
        let triangle = polygon("[[2,45],[0,45],[1,44],[2,45]]");
        for (left, right, expected) in [
            (
                polygon(
                    "[[-73.9630937576294,40.77498840732385],[-73.963565826416,40.774383111780914],[-73.96205306053162,40.773745311181585],[-73.96160781383514,40.7743912365898],[-73.9630937576294,40.77498840732385]]",
                ),
                polygon(
                    "[[-73.96213352680206,40.775045280447145],[-73.9631313085556,40.774578106920345],[-73.96207988262177,40.77416780398293],[-73.96213352680206,40.775045280447145]]",
                ),
                r#"{"type":"Polygon","coordinates":[[[-73.96210577643716,40.77459136099968],[-73.96264240316687,40.77480702025178],[-73.9631313085556,40.77457810692035],[-73.96207988262177,40.77416780398293],[-73.96210577643716,40.77459136099968]]]}"#,
            ),
            (triangle.clone(), polygon("[[3,44],[2,45],[2,43],[3,44]]"), r#"{"type":"Point","coordinates":[2.0,45.0]}"#),
            (
                triangle.clone(),
                polygon("[[3,44],[3,45],[2,43],[3,44]]"),
                r#"{"type":"GeometryCollection","geometries":[]}"#,
            ),
            (
                triangle.clone(),
                r#"{"type":"MultiPolygon","coordinates":[[[[3,44],[2,45],[2,43],[3,44]]],[[[1.192,45.265],[1.005,44.943],[1.356,44.937],[1.192,45.265]]]]}"#.into(),
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[2.0,45.0]},{"type":"Polygon","coordinates":[[[1.3227075526410679,45.003909145068739],[1.0404565374899824,45.004356403066552],[1.005,44.943],[1.356,44.937],[1.3227075526410679,45.003909145068739]]]}]}"#,
            ),
            (triangle.clone(), triangle.clone(), triangle.as_str()),
        ] {
            assert_close(&call("geo_intersection_2polygons", &[json(&left), json(&right)]), expected);
            let expected = if expected.contains("[]") { "false" } else { "true" };
            assert_eq!(call("geo_intersects_2polygons", &[json(&left), json(&right)]), expected);
        }
    }

    #[test]
    fn unions() {
        let park = polygon(
            "[[-73.9495,40.7969],[-73.95807,40.80068],[-73.98201,40.76825],[-73.97317,40.76455],[-73.9495,40.7969]]",
        );
        let part = polygon("[[-73.94622,40.79249],[-73.96888,40.79282],[-73.9577,40.7789],[-73.94622,40.79249]]");
        assert_close(
            &call("geo_union_polygons_array", &[json(&format!("[{park},{part}]"))]),
            r#"{"type":"Polygon","coordinates":[[[-73.9495,40.7969],[-73.95807,40.80068],[-73.9639277517478,40.792748258673875],[-73.96888,40.79281999999999],[-73.9662719791645,40.7895734224338],[-73.98201,40.768249999999995],[-73.97317,40.76455],[-73.96030238370618,40.782140794645024],[-73.9577,40.7789],[-73.94622,40.79249],[-73.9526593223173,40.79258422771647],[-73.9495,40.7969]]]}"#,
        );
        // A frame of four bars has a hole.
        let bars = [
            "[[0,0],[9,0],[9,1],[0,1],[0,0]]",
            "[[0,8],[9,8],[9,9],[0,9],[0,8]]",
            "[[0,0],[1,0],[1,9],[0,9],[0,0]]",
            "[[8,0],[9,0],[9,9],[8,9],[8,0]]",
        ];
        let frame = call("geo_union_polygons_array", &[json(&format!("[{}]", bars.map(polygon).join(",")))]);
        assert!(frame.starts_with(r#"{"type":"Polygon""#), "{frame}");
        assert_eq!(frame.matches("],[[").count(), 1, "one hole: {frame}");
        let lines = [
            line(
                "[-73.95683884620665,40.80502891480884],[-73.95633727312088,40.8057171711177],[-73.95489156246185,40.80510200431311]",
            ),
            line(
                "[-73.95633727312088,40.8057171711177],[-73.95489156246185,40.80510200431311],[-73.95537436008453,40.804413741624515]",
            ),
            line("[-73.95633727312088,40.8057171711177],[-73.95489156246185,40.80510200431311]"),
        ];
        assert_close(
            &call("geo_union_lines_array", &[json(&format!("[{}]", lines.join(",")))]),
            r#"{"type":"LineString","coordinates":[[-73.95683884620665,40.80502891480884],[-73.95633727312088,40.8057171711177],[-73.95489156246185,40.80510200431312],[-73.95537436008453,40.80441374162452]]}"#,
        );
    }
}
