//! The library as a driver of the corpus.

use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use vizsla_corpus::case::Case;
use vizsla_corpus::{CaseOptions, Driver, Failure, Table};
use vizsla_engine::{Diagnostic, Engine, EngineError, KqlType, QueryOptions, ResultTable, Value};
use vizsla_functions::{convert, format};
use vizsla_schema::Catalog;
use vizsla_store::DataRoot;
use vizsla_store::index::{IndexOptions, build_all};

pub(crate) struct Library {
    runtime: Runtime,
    engine: Engine,
}

impl Library {
    pub(crate) fn new() -> Library {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        Library { runtime, engine: Engine::without_data() }
    }

    /// Builds the indexes of all files.
    pub(crate) fn index(&self, root: &DataRoot, catalog: &Catalog) {
        let options = IndexOptions { threads: Some(1), ..IndexOptions::default() };
        self.runtime.block_on(build_all(root, catalog, &options, |_, _, _| ())).unwrap();
    }

    /// All result tables of a query.
    pub(crate) fn ask(&self, query: &str, options: &QueryOptions) -> Result<Vec<ResultTable>, EngineError> {
        self.ask_of(&self.engine, query, options)
    }

    /// The same of an engine with data.
    pub(crate) fn ask_of(
        &self,
        engine: &Engine,
        query: &str,
        options: &QueryOptions,
    ) -> Result<Vec<ResultTable>, EngineError> {
        self.runtime.block_on(async { engine.query(query, options).await?.collect().await })
    }
}

impl Driver for Library {
    fn name(&self) -> &str {
        "library"
    }

    fn honours(&self, case: &Case) -> bool {
        case.options.tables.is_empty()
    }

    fn run(&mut self, query: &str, options: &CaseOptions) -> Result<Vec<Table>, Failure> {
        answered(self.ask(query, &query_options(options)))
    }
}

/// The options of a case as the engine's.
pub(crate) fn query_options(options: &CaseOptions) -> QueryOptions {
    let now = options.now.as_deref().and_then(convert::parse_datetime);
    QueryOptions { now, ..QueryOptions::default() }
}

/// The engine's answer as the corpus'.
pub(crate) fn answered(answer: Result<Vec<ResultTable>, EngineError>) -> Result<Vec<Table>, Failure> {
    answer.map(|tables| tables.iter().map(table).collect()).map_err(failure)
}

fn failure(error: EngineError) -> Failure {
    match &error {
        EngineError::Query(diagnostics) => {
            let first = diagnostics.iter().find(|it| it.is_error()).unwrap();
            of_diagnostic(first)
        }
        other => Failure { code: String::new(), service_code: None, message: other.to_string(), span: None },
    }
}

fn of_diagnostic(it: &Diagnostic) -> Failure {
    Failure {
        code: it.code.id.to_owned(),
        service_code: it.code.service.map(str::to_owned),
        message: it.message.clone(),
        span: Some(it.span.range()),
    }
}

fn table(result: &ResultTable) -> Table {
    let columns = result.columns.iter().map(|it| (it.name.to_string(), it.ty.name().to_owned())).collect();
    Table { columns, rows: result.values().map(|row| row.iter().map(cell).collect()).collect() }
}

/// A cell in the encoding of `compare.py`.
fn cell(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Bool(it) => json!(it),
        Value::Int(it) => json!(it),
        Value::Long(it) => json!(it),
        Value::Real(it) if it.is_finite() => json!(it),
        Value::Real(it) if it.is_nan() => json!("NaN"),
        Value::Real(it) => json!(if *it > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::String(it) | Value::Guid(it) => json!(it.to_string()),
        Value::Dynamic(it) => serde_json::from_str(it).unwrap(),
        Value::Decimal(_) => serde_json::from_str(&text(value)).unwrap(),
        Value::DateTime(_) | Value::TimeSpan(_) => json!(text(value)),
    }
}

/// The text form of a value.
pub(crate) fn text(value: &Value) -> String {
    let mut out = String::new();
    format::text(value.to_array().as_ref(), 0, value.ty(), &mut out);
    out
}

/// What `tostring` shows of a value, and `null` for a null.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null(KqlType::String) => String::new(),
        Value::Null(_) => "null".to_owned(),
        other => text(other),
    }
}
