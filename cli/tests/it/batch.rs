//! `batch`

use serde_json::{Value as Json, json};

use super::vizsla;

/// The answers to requests.
fn answers(args: &[&str], requests: &str) -> Vec<Json> {
    let ran = vizsla(&[&["batch"], args].concat(), requests);
    ran.ok().lines().map(|it| serde_json::from_str(it).expect("it is JSON")).collect()
}

#[test]
fn each_line_is_answered() {
    let requests = concat!(
        r#"{"id":"a","query":"print n = 1, r = 1.5, s = \"x\", d = dynamic({\"k\":[1]}), t = datetime(2020-01-01), e = long(null)"}"#,
        "\n\n",
        r#"{"id":2,"query":"print m"}"#,
        "\n",
        "no json\n",
        r#"{"id":3,"query":"print a = 1; print b = real(nan)"}"#,
        "\n",
    );
    let answers = answers(&[], requests);
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_eq!(answers[0]["id"], "a");
    assert_eq!(answers[0]["rows"], json!([[1, 1.5, "x", {"k": [1]}, "2020-01-01T00:00:00.0000000Z", null]]));
    let types: Vec<_> = answers[0]["columns"].as_array().expect("a list").iter().map(|it| &it["type"]).collect();
    assert_eq!(types, ["long", "real", "string", "dynamic", "datetime", "long"]);
    assert_eq!(answers[1]["error"]["span"], json!([6, 7]));
    assert_eq!(answers[1]["error"]["service_code"], "SEM0100");
    assert_eq!((&answers[2]["id"], &answers[2]["error"]["code"]), (&Json::Null, &json!("request")));
    assert_eq!(answers[3]["rows"], json!([[1]]));
    assert_eq!(answers[3]["tables"], json!([{"columns": [{"name": "b", "type": "real"}], "rows": [["NaN"]]}]));
}

#[test]
fn limits_end_one_query_and_not_the_batch() {
    let requests = concat!(
        r#"{"id":1,"query":"range x from 1 to 100 step 1"}"#,
        "\n",
        r#"{"id":2,"query":"range x from 1 to 2 step 1"}"#,
        "\n",
    );
    let answers = answers(&["--max-rows", "10"], requests);
    assert_eq!((&answers[0]["error"]["code"], &answers[0]["rows"]), (&json!("limit"), &json!([])));
    assert_eq!(answers[1]["rows"], json!([[1], [2]]));
}

#[test]
fn checking_answers_columns_only() {
    let requests = concat!(
        r#"{"id":1,"query":"DeviceEvents | project Timestamp, n = 1"}"#,
        "\n",
        r#"{"id":2,"query":"print d = dynamic({}) | evaluate bag_unpack(d)"}"#,
        "\n",
        r#"{"id":3,"query":"DeviceEvents | where x"}"#,
        "\n",
    );
    let answers = answers(&["--check-only"], requests);
    let columns = json!([{"name": "Timestamp", "type": "datetime"}, {"name": "n", "type": "long"}]);
    assert_eq!(answers[0], json!({"id": 1, "columns": columns, "rows": [], "error": null}));
    assert_eq!(answers[1]["open"], true);
    assert_eq!(answers[2]["error"]["code"], "KQL0210");
}
