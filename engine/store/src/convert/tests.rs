//! Conversions, one line each.

use arrow::array::*;
use arrow::datatypes::*;
use arrow::util::display::array_value_to_string;
use proptest::prelude::*;
use vizsla_schema::Ticks;

use super::*;

fn shown(array: ArrayRef, ty: KqlType) -> Vec<String> {
    let plan = to_plan(&array, ty).expect("a conversion");
    assert_eq!(plan.data_type(), &ty.plan_type(), "{} as {ty}", array.data_type());
    assert!(ty.is_nullable() || plan.null_count() == 0, "a null string leaked");
    let cell = |row| match plan.is_null(row) {
        true => "null".to_owned(),
        false => array_value_to_string(&plan, row).expect("text"),
    };
    (0..plan.len()).map(cell).collect()
}

fn array<A: Array + 'static>(array: A) -> ArrayRef {
    Arc::new(array)
}

#[test]
fn text_becomes_what_is_declared() {
    use KqlType as T;
    let text = |cell: Option<&str>| array(StringArray::from(vec![cell, None]));
    for (cell, ty, expected) in [
        ("abc", T::String, ["abc", ""]),
        ("5985", T::Long, ["5985", "null"]),
        ("x", T::Long, ["null", "null"]),
        ("True", T::Bool, ["true", "null"]),
        ("2.5", T::Real, ["2.5", "null"]),
        ("2.5", T::Decimal, ["2.500000000000000000", "null"]),
        ("0001-01-01T00:00:01Z", T::DateTime, ["10000000", "null"]),
        ("00:00:01", T::TimeSpan, ["10000000", "null"]),
        ("{74BE27DE-1E4E-49D9-B579-FE0B331D3642}", T::Guid, ["74be27de-1e4e-49d9-b579-fe0b331d3642", "null"]),
        ("{\"a\":1}", T::Dynamic, ["{\"a\":1}", "null"]),
        ("plain", T::Dynamic, ["\"plain\"", "null"]),
        ("", T::Dynamic, ["null", "null"]),
    ] {
        assert_eq!(shown(text(Some(cell)), ty), expected, "{cell:?} as {ty}");
    }
}

#[test]
fn text_comes_in_many_encodings() {
    let cells = vec![Some("a longer text than fits a view"), None, Some("b")];
    let expected = ["a longer text than fits a view", "", "b"];
    let dictionary: DictionaryArray<Int8Type> = cells.iter().copied().collect();
    for array in [
        array(StringArray::from(cells.clone())),
        array(LargeStringArray::from(cells.clone())),
        array(StringViewArray::from(cells.clone())),
        array(dictionary),
        array(BinaryArray::from_iter(cells.iter().map(|c| c.map(str::as_bytes)))),
    ] {
        assert_eq!(shown(array.clone(), KqlType::String), expected, "{}", array.data_type());
        assert_eq!(shown(array.slice(1, 2), KqlType::String), expected[1..], "a slice of {}", array.data_type());
    }
    let invalid = array(BinaryArray::from(vec![&[0xff, b'a'][..]]));
    assert_eq!(shown(invalid, KqlType::String), ["\u{fffd}a"]);
}

#[test]
fn numbers_become_what_is_declared() {
    use KqlType as T;
    let two = |a: ArrayRef| a;
    for (array, ty, expected) in [
        (two(array(Int32Array::from(vec![Some(7), None]))), T::Long, ["7", "null"]),
        (two(array(Int64Array::from(vec![Some(7), Some(i64::MAX)]))), T::Int, ["7", "null"]),
        (two(array(UInt64Array::from(vec![7, u64::MAX]))), T::Long, ["7", "null"]),
        (two(array(UInt64Array::from(vec![7, u64::MAX]))), T::String, ["7", "18446744073709551615"]),
        (two(array(Float64Array::from(vec![7.9, f64::NAN]))), T::Long, ["7", "null"]),
        (two(array(Float64Array::from(vec![7.5, f64::NAN]))), T::Dynamic, ["7.5", "null"]),
        (
            two(array(Int64Array::from(vec![Some(639_199_803_770_463_703), None]))),
            T::String,
            ["639199803770463703", ""],
        ),
        (two(array(Int64Array::from(vec![9_007_199_254_740_993, 0]))), T::Dynamic, ["9007199254740993", "0"]),
        (two(array(Int64Array::from(vec![2, 0]))), T::Bool, ["true", "false"]),
        (two(array(BooleanArray::from(vec![true, false]))), T::Long, ["1", "0"]),
        (two(array(BooleanArray::from(vec![Some(true), None]))), T::String, ["true", ""]),
        (two(array(BooleanArray::from(vec![Some(true), None]))), T::Decimal, ["1.000000000000000000", "null"]),
        (two(array(Int64Array::from(vec![5, -5]))), T::DateTime, ["5", "null"]),
        (two(array(Int64Array::from(vec![5, -5]))), T::TimeSpan, ["5", "-5"]),
        (two(array(Int64Array::from(vec![5, -5]))), T::Guid, ["null", "null"]),
        (two(array(NullArray::new(2))), T::String, ["", ""]),
        (two(array(NullArray::new(2))), T::Dynamic, ["null", "null"]),
    ] {
        assert_eq!(shown(array.clone(), ty), expected, "{} as {ty}", array.data_type());
    }
}

#[test]
fn time_becomes_ticks_or_text() {
    use KqlType as T;
    let stamp = array(TimestampMicrosecondArray::from(vec![Some(1), None]).with_timezone("UTC"));
    assert_eq!(shown(stamp.clone(), T::DateTime), ["621355968000000010", "null"]);
    assert_eq!(shown(stamp.clone(), T::String), ["1970-01-01T00:00:00.0000010Z", ""]);
    assert_eq!(shown(stamp.clone(), T::Dynamic), ["\"1970-01-01T00:00:00.0000010Z\"", "null"]);
    assert_eq!(shown(stamp, T::Bool), ["null", "null"]);
    assert_eq!(shown(array(Date32Array::from(vec![1])), T::DateTime), ["621356832000000000"]);
    assert_eq!(shown(array(Date64Array::from(vec![1])), T::DateTime), ["621355968000010000"]);
    assert_eq!(shown(array(Time32SecondArray::from(vec![1])), T::TimeSpan), ["10000000"]);
    assert_eq!(shown(array(Time64MicrosecondArray::from(vec![1])), T::TimeSpan), ["10"]);
    assert_eq!(shown(array(DurationNanosecondArray::from(vec![-1])), T::TimeSpan), ["-1"]);
    assert_eq!(shown(array(DurationMillisecondArray::from(vec![1500])), T::String), ["00:00:01.5000000"]);
    let beyond = array(TimestampSecondArray::from(vec![253_402_300_799, 253_402_300_800, i64::MIN]));
    assert_eq!(shown(beyond, T::DateTime), [(Ticks::MAX.0 - 9_999_999).to_string(), "null".into(), "null".into()]);
}

#[test]
fn nested_values_become_json() {
    let ids = array(Int64Array::from(vec![9_007_199_254_740_993, 2]));
    let names = array(StringArray::from(vec![Some("a\"b"), None]));
    let field = |name, ty| Arc::new(Field::new(name, ty, true));
    let object =
        array(StructArray::from(vec![(field("id", DataType::Int64), ids), (field("name", DataType::Utf8), names)]));
    let expected = [r#"{"id":9007199254740993,"name":"a\"b"}"#, r#"{"id":2,"name":null}"#];
    assert_eq!(shown(object.clone(), KqlType::Dynamic), expected);
    assert_eq!(shown(object, KqlType::String), expected);
    let list = array(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]));
    assert_eq!(shown(list.clone(), KqlType::Dynamic), ["[1,null]", "null"]);
    assert_eq!(shown(list, KqlType::Long), ["null", "null"]);
}

#[test]
fn sixteen_bytes_are_a_guid() {
    let bytes = (0..16).collect::<Vec<u8>>();
    let guid = array(FixedSizeBinaryArray::try_from_iter([bytes].into_iter()).expect("equal lengths"));
    assert_eq!(kql_type(guid.data_type()), KqlType::Guid);
    assert_eq!(shown(guid, KqlType::Guid), ["00010203-0405-0607-0809-0a0b0c0d0e0f"]);
}

#[test]
fn what_can_be_pushed_down() {
    let us = DataType::Timestamp(TimeUnit::Microsecond, None);
    let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let ticks = FileTicks { ticks_per_unit: 10, units_per_tick: 1, origin: Ticks::UNIX_EPOCH.0 };
    for (file, plan, expected) in [
        (&us, KqlType::DateTime, Fidelity::Ticks(ticks)),
        (&us, KqlType::String, Fidelity::Opaque),
        (&text, KqlType::String, Fidelity::Text),
        (&text, KqlType::Long, Fidelity::Opaque),
        (&DataType::Int32, KqlType::Long, Fidelity::Identity),
        (&DataType::Int64, KqlType::Int, Fidelity::Opaque),
        (&DataType::Int64, KqlType::Real, Fidelity::Opaque),
        (&DataType::Boolean, KqlType::Bool, Fidelity::Identity),
    ] {
        assert_eq!(fidelity(file, plan), expected, "{file} as {plan}");
    }
}

fn units() -> impl Strategy<Value = FileTicks> {
    let types = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    prop::sample::select(types.map(|unit| DataType::Timestamp(unit, None)).to_vec())
        .prop_map(|ty| time::unit(&ty, KqlType::DateTime).expect("a unit of time"))
}

proptest! {
    #[test]
    fn ranges_of_ticks_are_ranges_of_file_values(unit in units(), ticks in 0..=Ticks::MAX.0, step in -150_i64..150) {
        let (first, last) = (unit.first_at(ticks), unit.last_at(ticks));
        for value in [first, last, Some(i64::MAX), Some(i64::MIN)].into_iter().flatten() {
            let value = value.saturating_add(step);
            if let Some(plan) = unit.to_ticks(value) {
                prop_assert_eq!(plan >= ticks, first.is_some_and(|first| value >= first));
                prop_assert_eq!(plan <= ticks, last.is_some_and(|last| value <= last));
            }
        }
    }

    #[test]
    fn timestamps_keep_what_ticks_can_hold(micros in prop::collection::vec(any::<Option<i64>>(), 0..50)) {
        let stamps: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros.clone()));
        let plan = to_plan(&stamps, KqlType::DateTime).expect("a conversion");
        let back = plan.as_primitive::<Int64Type>().iter().map(|t| t.map(|t| Ticks(t).unix_micros()));
        for (before, after) in micros.into_iter().zip(back) {
            prop_assert_eq!(before.filter(|m| Ticks::from_unix_micros(*m).is_some()), after);
        }
    }

    #[test]
    fn nanoseconds_lose_less_than_a_tick(nanos in any::<i64>()) {
        let stamps: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![nanos]));
        let plan = to_plan(&stamps, KqlType::DateTime).expect("a conversion");
        let ticks = Ticks(plan.as_primitive::<Int64Type>().value(0));
        prop_assert_eq!(ticks, Ticks::from_unix_nanos(nanos));
    }
}
