//! Functions of the language that are not built: a call says so, rather than that there is no such function.

/// By name, sorted. A function that gets built leaves this list.
const NAMES: &[&str] = &[
    "current_principal_is_member_of",
    "cursor_after",
    "cursor_before_or_at",
    "cursor_current",
    "extent_id",
    "extent_tags",
    "external_table",
    "geo_line_to_s2cells",
    "geo_simplify_polygons_array",
    "graph",
    "labels",
    "materialized_view",
    "percentile_array_tdigest",
    "percentiles_array_tdigest",
    "percentrank_tdigest",
    "rank_tdigest",
    "row_rank",
    "series_fit_poly",
    "stored_query_result",
];

/// Whether this is a function of the language that is not built.
pub(crate) fn is_function(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::NAMES;

    #[test]
    fn names_are_sorted_and_not_built() {
        assert!(NAMES.is_sorted());
        for name in NAMES {
            assert!(crate::functions::scalar(name).is_none(), "`{name}` is built: take it off the list");
        }
    }
}
