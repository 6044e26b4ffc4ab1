//! Functions of arrays in dynamics.
//!
//! Where a function wants an array and a row holds something else, the answer is null, never an error (facts 130, 139).
//! Elements stay slices of the text they came from until they are written into the answer.

mod build;
mod places;
mod sets;
mod sort;

use crate::args::Text;
use crate::def::{Returns, ScalarDef};
use crate::dynamic::elements;
use vizsla_schema::KqlType as T;

pub(crate) const ALL: &[ScalarDef] = &[
    build::ARRAY_CONCAT,
    build::ARRAY_IFF,
    build::PACK_ARRAY,
    build::RANGE,
    build::REPEAT,
    build::ZIP,
    places::ARRAY_INDEX_OF,
    places::ARRAY_LENGTH,
    places::ARRAY_REVERSE,
    places::ARRAY_ROTATE_LEFT,
    places::ARRAY_ROTATE_RIGHT,
    places::ARRAY_SHIFT_LEFT,
    places::ARRAY_SHIFT_RIGHT,
    places::ARRAY_SLICE,
    places::ARRAY_SPLIT,
    places::ARRAY_SUM,
    sets::JACCARD_INDEX,
    sets::SET_DIFFERENCE,
    sets::SET_HAS_ELEMENT,
    sets::SET_INTERSECT,
    sets::SET_UNION,
    sort::ARRAY_SORT_ASC,
    sort::ARRAY_SORT_DESC,
];

const DYNAMIC: Returns = Returns::Is(T::Dynamic);

/// Puts the elements of the array in that row into `items`; `None` if there is no array.
fn read<'a>(values: &Text<'a>, row: usize, items: &mut Vec<&'a str>) -> Option<()> {
    items.clear();
    items.extend(elements(values.get(row)?)?);
    Some(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, StringViewArray};
    use vizsla_schema::KqlType as T;

    use crate::args::{Arg, Args};
    use crate::def::Eval;

    #[test]
    fn columns_and_constants_agree() {
        let column: Arc<StringViewArray> = Arc::new(StringViewArray::from(vec![Some("[3,1,2]"), None, Some("{}")]));
        let values = [Arg::Column(column)];
        let def = crate::scalar("array_sort_asc").expect("defined");
        let Eval::Kernel(kernel) = def.eval else { unreachable!("a kernel") };
        let answer = kernel(&Args::new(&values, &[T::Dynamic], T::Dynamic, 3)).expect("no error");
        let expected = StringViewArray::from(vec![Some("[1,2,3]"), None, None]);
        assert_eq!(answer.as_ref(), &expected as &dyn Array);
    }
}
