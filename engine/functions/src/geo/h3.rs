//! Cells of H3: hexagons, and twelve pentagons, in sixteen sizes. The crate `h3o` computes them.

use h3o::{CellIndex, LatLng, Resolution};
use vizsla_schema::KqlType as T;

use super::geojson::{write_list, write_pair, write_shape};
use super::s2::write_tokens;
use super::{Points, REAL};
use crate::args::{Args, Longs};
use crate::def::{Eval, KernelResult, Param, Returns, ScalarDef, ex, sig};

pub(super) const DEFAULT_RESOLUTION: i64 = 6;
/// How far rings go, as in the service.
const MAX_DISTANCE: u32 = 142;
/// How many children one call answers: six levels of a hexagon. Our choice.
const MAX_CHILDREN: u64 = 117_649;
const CELL: Param = Param::Is(T::String);
const DYNAMIC: Returns = Returns::Is(T::Dynamic);

pub(super) const GEO_POINT_TO_H3CELL: ScalarDef = ScalarDef {
    name: "geo_point_to_h3cell",
    signatures: &[sig(&[REAL, REAL, Param::Is(T::Long)], Returns::Is(T::String)).optional(1)],
    summary: "The token of the H3 cell that a longitude and a latitude lie in, of resolution 0 to 15, or of 6.",
    source: "kusto/query/geo-point-to-h3cell-function",
    examples: &[
        ex("geo_point_to_h3cell(-74.04450446039874, 40.689250859314974, 6)", "862a1072fffffff"),
        ex("geo_point_to_h3cell(300, 1, 8)", ""),
        ex("geo_point_to_h3cell(1, 1, 16)", ""),
    ],
    eval: Eval::Kernel(point_to_h3cell),
    ..ScalarDef::BASE
};

fn point_to_h3cell(args: &Args<'_>) -> KernelResult {
    let (points, resolutions) = (Points::at(args, 0), optional(args, 2));
    Ok(args.texts(|row, out| {
        let cell = points.get(row).and_then(|point| {
            let resolution = resolution(match &resolutions {
                Some(resolutions) => resolutions.get(row)?,
                None => DEFAULT_RESOLUTION,
            })?;
            Some(LatLng::new(point.latitude, point.longitude).ok()?.to_cell(resolution))
        });
        cell.map(|cell| out.push_str(&cell.to_string())).is_some()
    }))
}

fn optional<'a>(args: &Args<'a>, index: usize) -> Option<Longs<'a>> {
    (args.len() > index).then(|| args.long(index))
}

pub(super) fn resolution(level: i64) -> Option<Resolution> {
    Resolution::try_from(u8::try_from(level).ok()?).ok()
}

pub(super) const GEO_H3CELL_LEVEL: ScalarDef = ScalarDef {
    name: "geo_h3cell_level",
    signatures: &[sig(&[CELL], Returns::Is(T::Int))],
    summary: "The resolution of an H3 cell.",
    source: "kusto/query/geo-h3cell-level-function",
    examples: &[ex("geo_h3cell_level('862a1072fffffff')", "6"), ex("geo_h3cell_level('abc')", "null")],
    eval: Eval::Kernel(|args| {
        let cells = args.text(0);
        Ok(args.longs(|row| Some(i64::from(u8::from(parse(cells.at(row))?.resolution())))))
    }),
    ..ScalarDef::BASE
};

/// The cell of a token; `None` for anything but 15 hexadecimal digits, or 16.
fn parse(token: &str) -> Option<CellIndex> {
    let digits = token.bytes().all(|byte| byte.is_ascii_hexdigit()) && matches!(token.len(), 15 | 16);
    CellIndex::try_from(u64::from_str_radix(digits.then_some(token)?, 16).ok()?).ok()
}

pub(super) const GEO_H3CELL_PARENT: ScalarDef = ScalarDef {
    name: "geo_h3cell_parent",
    signatures: &[sig(&[CELL, Param::Is(T::Long)], Returns::Is(T::String)).optional(1)],
    summary: "The H3 cell that a cell belongs to, of the resolution given, or of the next coarser one.",
    source: "kusto/query/geo-h3cell-parent-function",
    examples: &[
        ex("geo_h3cell_parent('862a1072fffffff')", "852a1073fffffff"),
        ex("geo_h3cell_parent('862a1072fffffff', 1)", "812a3ffffffffff"),
        ex("geo_h3cell_parent('862a1072fffffff', 15)", ""),
        ex("geo_h3cell_parent('123')", ""),
    ],
    eval: Eval::Kernel(parent),
    ..ScalarDef::BASE
};

fn parent(args: &Args<'_>) -> KernelResult {
    let (cells, levels) = (args.text(0), optional(args, 1));
    Ok(args.texts(|row, out| {
        let parent = relative(cells.at(row), &levels, row, -1).and_then(|(cell, resolution)| cell.parent(resolution));
        parent.map(|cell| out.push_str(&cell.to_string())).is_some()
    }))
}

/// The cell and the resolution asked for, else one so much finer.
fn relative(token: &str, levels: &Option<Longs<'_>>, row: usize, step: i64) -> Option<(CellIndex, Resolution)> {
    let cell = parse(token)?;
    let level = match levels {
        Some(levels) => levels.get(row)?,
        None => i64::from(u8::from(cell.resolution())) + step,
    };
    Some((cell, resolution(level)?))
}

pub(super) const GEO_H3CELL_CHILDREN: ScalarDef = ScalarDef {
    name: "geo_h3cell_children",
    signatures: &[sig(&[CELL, Param::Is(T::Long)], DYNAMIC).optional(1)],
    summary: "The H3 cells that belong to a cell, of the resolution given, or of the next finer one.",
    source: "kusto/query/geo-h3cell-children-function",
    examples: &[
        ex("array_length(geo_h3cell_children('862a1072fffffff', 9))", "343"),
        ex("geo_h3cell_children('862a1072fffffff')[0]", "872a10728ffffff"),
        ex("geo_h3cell_children('862a1072fffffff', 3)", "null"),
        ex("geo_h3cell_children('abc')", "null"),
    ],
    eval: Eval::Kernel(children),
    ..ScalarDef::BASE
};

fn children(args: &Args<'_>) -> KernelResult {
    let (cells, levels) = (args.text(0), optional(args, 1));
    Ok(args.texts(|row, out| {
        let cell = relative(cells.at(row), &levels, row, 1).filter(|(cell, resolution)| {
            cell.resolution() <= *resolution && cell.children_count(*resolution) <= MAX_CHILDREN
        });
        let children = cell.map(|(cell, resolution)| cell.children(resolution).map(|it| it.to_string()));
        children.map(|tokens| write_tokens(tokens, out)).is_some()
    }))
}

pub(super) const GEO_H3CELL_NEIGHBORS: ScalarDef = ScalarDef {
    name: "geo_h3cell_neighbors",
    signatures: &[sig(&[CELL], DYNAMIC)],
    // The service's order changes from one version to the next; here it is that of `geo_h3cell_rings`.
    summary: "The H3 cells around a cell.",
    source: "kusto/query/geo-h3cell-neighbors-function",
    examples: &[
        ex("array_length(geo_h3cell_neighbors('862a1072fffffff'))", "6"),
        ex("geo_h3cell_neighbors('abc')", "null"),
    ],
    eval: Eval::Kernel(|args| {
        from_cell(args, |cell, out| write_tokens(cell.grid_ring::<Vec<_>>(1).iter().map(CellIndex::to_string), out))
    }),
    ..ScalarDef::BASE
};

pub(super) const GEO_H3CELL_TO_CENTRAL_POINT: ScalarDef = ScalarDef {
    name: "geo_h3cell_to_central_point",
    summary: "The middle of an H3 cell as a GeoJSON point.",
    source: "kusto/query/geo-h3cell-to-central-point-function",
    examples: &[ex("geo_h3cell_to_central_point('@')", "null")],
    eval: Eval::Kernel(|args| {
        from_cell(args, |cell, out| write_shape("Point", out, |out| write_place(&LatLng::from(cell), out)))
    }),
    ..GEO_H3CELL_NEIGHBORS
};

pub(super) const GEO_H3CELL_TO_POLYGON: ScalarDef = ScalarDef {
    name: "geo_h3cell_to_polygon",
    summary: "An H3 cell as a GeoJSON polygon.",
    source: "kusto/query/geo-h3cell-to-polygon-function",
    examples: &[ex("geo_h3cell_to_polygon('@')", "null")],
    eval: Eval::Kernel(|args| from_cell(args, write_polygon)),
    ..GEO_H3CELL_NEIGHBORS
};

fn write_polygon(cell: CellIndex, out: &mut String) {
    let corners = cell.boundary();
    let ring = corners.iter().chain(corners.first());
    write_shape("Polygon", out, |out| write_list([ring], out, |ring, out| write_list(ring, out, write_place)));
}

fn write_place(place: &LatLng, out: &mut String) {
    write_pair(place.lng(), place.lat(), out);
}

fn from_cell(args: &Args<'_>, write: fn(CellIndex, &mut String)) -> KernelResult {
    let cells = args.text(0);
    Ok(args.texts(|row, out| parse(cells.at(row)).map(|cell| write(cell, out)).is_some()))
}

pub(super) const GEO_H3CELL_RINGS: ScalarDef = ScalarDef {
    name: "geo_h3cell_rings",
    signatures: &[sig(&[CELL, Param::Is(T::Long)], DYNAMIC)],
    summary: "The rings of H3 cells around a cell, up to a distance of 0 to 142 cells: an array of arrays, first the cell's \
              own.",
    source: "kusto/query/geo-h3cell-rings-function",
    examples: &[
        ex(
            "geo_h3cell_rings('861f8894fffffff', 1)[1]",
            r#"["861f88947ffffff","861f8895fffffff","861f88867ffffff","861f8d497ffffff","861f8d4b7ffffff","861f8896fffffff"]"#,
        ),
        ex("geo_h3cell_rings('abc', 3)", "null"),
        ex("geo_h3cell_rings('861f8894fffffff', 150)", "null"),
    ],
    eval: Eval::Kernel(rings),
    ..ScalarDef::BASE
};

fn rings(args: &Args<'_>) -> KernelResult {
    let (cells, distances) = (args.text(0), args.long(1));
    Ok(args.texts(|row, out| {
        let distance = distances.get(row).and_then(|it| u32::try_from(it).ok()).filter(|it| *it <= MAX_DISTANCE);
        let Some((cell, distance)) = parse(cells.at(row)).zip(distance) else { return false };
        let mut rings = vec![Vec::new(); distance as usize + 1];
        for (cell, ring) in cell.grid_disk_distances::<Vec<_>>(distance) {
            rings[ring as usize].push(cell.to_string());
        }
        write_list(rings, out, |ring, out| write_tokens(ring.into_iter(), out));
        true
    }))
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use crate::testing::{call, constant};

    #[test]
    fn cells_to_shapes() {
        for (name, cell, expected) in [
            ("geo_h3cell_to_polygon", "", "null"),
            ("geo_h3cell_to_polygon", "+62a1072fffffff", "null"),
            ("geo_h3cell_neighbors", "862a1072ffffffff", "null"),
        ] {
            assert_eq!(call(name, &[constant(cell)]), expected, "{name} {cell}");
        }
        let center = call("geo_h3cell_to_central_point", &[constant("862a1072fffffff")]);
        assert_close(&center, r#"{"type":"Point","coordinates":[-74.01600847979243,40.704167908350385]}"#);
        assert_close(
            &call("geo_h3cell_to_polygon", &[constant("862a1072fffffff")]),
            r#"{"type":"Polygon","coordinates":[[[-74.0022744646159,40.73537602621501],[-74.04690802968624,40.72798622248911],[-74.06061071222366,40.69677514034901],[-74.02972440815668,40.672970047595456],[-73.98514098370819,40.680349049267576],[-73.97139376102862,40.71154393543933],[-74.0022744646159,40.73537602621501]]]}"#,
        );
    }
}
