//! The way in: an engine over a data root, or over the schema alone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kql_parser::ast::Query;
use kql_parser::token::TokenKind;
use kql_parser::{Diagnostic, Parsed};
use vizsla_schema::{Catalog, Ticks};
use vizsla_store::{DataRoot, OnBroken, TableSnapshot};

use crate::answer::{Answer, ResultColumn};
use crate::bind::visible::Visible;
use crate::bind::{self, Context};
use crate::bound::Program;
use crate::catalog::{TableShape, Tables};
use crate::error::EngineError;
use crate::exec::scan::Snapshots;
use crate::exec::{Guard, Run, Session};
use crate::explain::{self, Stage};
use crate::options::{IndexUse, QueryOptions, RowFilter};

/// Answers queries over one data root. Cheap to clone; clones share caches and may be used from several threads.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    catalog: Catalog,
    /// The declared tables, ready for binding.
    declared: Tables,
    root: Option<DataRoot>,
    session: Session,
    on_broken: OnBroken,
    index: IndexUse,
    visible: Option<Visible>,
    library: Query,
    plugins: Query,
}

/// Sets up an [`Engine`].
#[derive(Debug)]
pub struct EngineBuilder {
    catalog: Catalog,
    root: Option<DataRoot>,
    threads: Option<usize>,
    on_broken: OnBroken,
    index: IndexUse,
    visible: Option<Visible>,
}

/// What is known of a query without running it.
#[derive(Debug)]
pub struct Checked {
    /// Mistakes and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Columns of each result; empty if there is an error.
    pub results: Vec<Vec<ResultColumn>>,
    /// Whether a result has further columns that only the data knows.
    pub open: bool,
}

impl Checked {
    /// Whether the query cannot run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

impl EngineBuilder {
    /// Tables by this catalog rather than Defender's.
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = catalog;
        self
    }

    /// Data to answer from.
    pub fn root(mut self, root: DataRoot) -> Self {
        self.root = Some(root);
        self
    }

    /// How many threads a query may use; as many as there are cores if not set.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// What to do with files that cannot be read.
    pub fn on_broken(mut self, on_broken: OnBroken) -> Self {
        self.on_broken = on_broken;
        self
    }

    /// Whether to use indexes; [`IndexUse::Auto`] if not set.
    pub fn index(mut self, index: IndexUse) -> Self {
        self.index = index;
        self
    }

    /// Which rows queries may see.
    ///
    /// # Errors
    /// [`EngineError::Query`] if a condition is not KQL.
    pub fn row_filter(mut self, filter: &RowFilter) -> Result<Self, EngineError> {
        self.visible = Some(Visible::parse(filter)?);
        Ok(self)
    }

    /// The engine.
    pub fn build(self) -> Engine {
        let library = kql_parser::parse(crate::functions::defender::LIBRARY);
        debug_assert!(!library.has_errors(), "{:?}", library.diagnostics);
        let plugins = kql_parser::parse(crate::functions::plugins::PLUGINS);
        debug_assert!(!plugins.has_errors(), "{:?}", plugins.diagnostics);
        let inner = Inner {
            declared: Tables::declared(&self.catalog),
            catalog: self.catalog,
            root: self.root,
            session: Session::new(self.threads),
            on_broken: self.on_broken,
            index: self.index,
            visible: self.visible,
            library: library.query,
            plugins: plugins.query,
        };
        Engine { inner: Arc::new(inner) }
    }
}

impl Engine {
    /// Opens a folder of exports, given as a path or a `file://` address.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn open(address: &str) -> Result<Engine, EngineError> {
        Ok(Engine::builder().root(DataRoot::open(address)?).build())
    }

    /// An engine that knows Defender's tables and has no rows: for checking, and for queries over `datatable` and `print`.
    pub fn without_data() -> Engine {
        Engine::builder().build()
    }

    /// An engine to set up.
    pub fn builder() -> EngineBuilder {
        EngineBuilder {
            catalog: Catalog::defender(),
            root: None,
            threads: None,
            on_broken: OnBroken::Fail,
            index: IndexUse::Auto,
            visible: None,
        }
    }

    /// The tables that are declared; files may hold more.
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The tables that have files, by name.
    ///
    /// # Errors
    /// If the data root cannot be listed.
    pub async fn table_names(&self) -> Result<Vec<String>, EngineError> {
        match &self.inner.root {
            Some(root) => Ok(root.table_names(&self.inner.catalog).await?),
            None => Ok(Vec::new()),
        }
    }

    /// The columns of a table, those that only its files have included; none if there is no such table.
    ///
    /// # Errors
    /// If the data root cannot be listed or a file is broken.
    pub async fn table_columns(&self, name: &str) -> Result<Option<Vec<ResultColumn>>, EngineError> {
        let wanted = BTreeSet::from([name.to_owned()]);
        let (tables, _) = self.look_up(&wanted).await?;
        let shape = tables.table(name);
        let columns = |shape: &Arc<TableShape>| {
            shape.columns.iter().map(|(name, ty)| ResultColumn { name: name.clone(), ty: *ty }).collect()
        };
        Ok(shape.map(columns))
    }

    /// Parses and binds against the declared tables, without data.
    pub fn check(&self, text: &str, options: &QueryOptions) -> Checked {
        let parsed = kql_parser::parse(text);
        let cx = self.context(&self.inner.declared, options, now(options), false, &[]);
        let (program, bound) = bind_parsed(&parsed, &cx);
        let mut diagnostics = parsed.diagnostics;
        diagnostics.extend(bound);
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        let fine = !diagnostics.iter().any(Diagnostic::is_error);
        let results = if fine { program.results.iter().map(columns).collect() } else { Vec::new() };
        let open = program.results.iter().any(|result| result.open);
        Checked { diagnostics, results, open }
    }

    /// Binds a query, runs what has to be known first, and answers tables whose rows come as they are read.
    ///
    /// # Errors
    /// [`EngineError::Query`] if the query is not right, otherwise what stopped it.
    pub async fn query(&self, text: &str, options: &QueryOptions) -> Result<Answer, EngineError> {
        let guard = Guard::new(options);
        let parsed = parse(text)?;
        let (tables, snapshots) = guard.watch(self.look_up(&mentioned(text))).await?;
        let source = self.source(snapshots);
        let (run, program, warnings) = self.prepare(&parsed, &tables, &source, options, guard).await?;
        let mut results = Vec::with_capacity(program.results.len());
        for relation in &program.results {
            results.push(run.result(relation).await?);
        }
        Ok(Answer { warnings, notes: source.notes(), noticed: source.noticed(), tables: results })
    }

    /// A stage of a query as text.
    ///
    /// # Errors
    /// If the query does not get as far as that stage.
    pub async fn explain(&self, text: &str, stage: Stage, options: &QueryOptions) -> Result<String, EngineError> {
        match stage {
            Stage::Tokens => return Ok(explain::tokens(text)),
            Stage::Ast => return Ok(format!("{:#?}\n", kql_parser::parse(text).query)),
            _ => {}
        }
        let parsed = parse(text)?;
        let (tables, snapshots) = self.look_up(&mentioned(text)).await?;
        let source = self.source(snapshots);
        let (run, program, _) = self.prepare(&parsed, &tables, &source, options, Guard::new(options)).await?;
        if stage == Stage::Bound {
            return Ok(explain::bound(&program));
        }
        let mut out = String::new();
        for relation in &program.results {
            let logical = run.logical(relation)?;
            out.push_str(&match stage {
                Stage::Index => explain::indexes(&run.physical(&logical).await?),
                Stage::Physical => {
                    let physical = run.physical(&logical).await?;
                    datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string()
                }
                Stage::Optimized => {
                    format!("{}\n", run.optimized(&logical)?.display_indent())
                }
                _ => format!("{}\n", logical.display_indent()),
            });
        }
        Ok(out)
    }

    /// Binds, and runs steps until nothing about the results' columns is open.
    async fn prepare<'s>(
        &self,
        parsed: &Parsed,
        tables: &Tables,
        source: &'s Snapshots,
        options: &QueryOptions,
        guard: Guard,
    ) -> Result<(Run<'s>, Program, Vec<Diagnostic>), EngineError> {
        let state = self.inner.session.state(options.limits.memory, source.is_empty());
        let state = state.map_err(|error| EngineError::Internal(error.to_string()))?;
        let mut run = Run { state, source, guard, values: Vec::new(), found: Vec::new() };
        let now = now(options);
        loop {
            let (program, diagnostics) = {
                let cx = self.context(tables, options, now, true, &run.found);
                bind_parsed(parsed, &cx)
            };
            if diagnostics.iter().any(Diagnostic::is_error) {
                return Err(EngineError::Query(diagnostics));
            }
            run.steps(&program).await?;
            if !program.unfinished {
                return Ok((run, program, diagnostics));
            }
        }
    }

    fn context<'c>(
        &'c self,
        tables: &'c Tables,
        options: &'c QueryOptions,
        now: i64,
        has_data: bool,
        found: &'c [Vec<(Arc<str>, vizsla_schema::KqlType)>],
    ) -> Context<'c> {
        Context {
            tables,
            now,
            parameters: &options.parameters,
            has_data,
            found,
            visible: self.inner.visible.as_ref(),
            library: &self.inner.library.statements,
            plugins: &self.inner.plugins.statements,
        }
    }

    /// The shapes of the tables that a query may read, and their files.
    async fn look_up(
        &self,
        words: &BTreeSet<String>,
    ) -> Result<(Tables, HashMap<Arc<str>, TableSnapshot>), EngineError> {
        let mut tables = self.inner.declared.clone();
        let mut snapshots = HashMap::new();
        let Some(root) = &self.inner.root else { return Ok((tables, snapshots)) };
        let catalog = &self.inner.catalog;
        let all = words.contains("*");
        let undeclared = words.iter().any(|word| catalog.table(word).is_none());
        let mut names: BTreeSet<String> =
            words.iter().filter_map(|word| catalog.table(word)).map(|table| table.name.clone()).collect();
        if all {
            names.extend(root.table_names(catalog).await?);
        } else if undeclared {
            names.extend(root.undeclared_names(catalog).await?.into_iter().filter(|name| words.contains(name)));
        }
        for name in names {
            if let Some(snapshot) = root.table(&name, catalog, self.inner.on_broken).await? {
                let shape = shape_of(&snapshot);
                snapshots.insert(shape.name.clone(), snapshot);
                tables.add(shape);
            }
        }
        Ok((tables, snapshots))
    }

    fn source(&self, snapshots: HashMap<Arc<str>, TableSnapshot>) -> Snapshots {
        Snapshots::new(self.inner.root.clone(), snapshots, self.inner.on_broken, self.inner.index)
    }
}

fn bind_parsed<'c>(parsed: &'c Parsed, cx: &'c Context<'c>) -> (Program, Vec<Diagnostic>) {
    bind::bind(&parsed.query, cx)
}

fn parse(text: &str) -> Result<Parsed, EngineError> {
    let parsed = kql_parser::parse(text);
    if parsed.has_errors() { Err(EngineError::Query(parsed.diagnostics)) } else { Ok(parsed) }
}

fn columns(relation: &crate::bound::Relation) -> Vec<ResultColumn> {
    relation.columns.iter().map(|it| ResultColumn { name: it.name.clone(), ty: it.ty }).collect()
}

fn shape_of(snapshot: &TableSnapshot) -> TableShape {
    TableShape {
        name: snapshot.name.as_str().into(),
        columns: snapshot.columns.iter().map(|column| (column.name.as_str().into(), column.ty)).collect(),
        time_column: snapshot.time_column.map(|index| snapshot.columns[index].name.as_str().into()),
    }
}

/// Words of the text that may name tables; `*` if it may read tables that it does not name.
fn mentioned(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut star = false;
    for token in kql_parser::lexer::lex(text) {
        let word = token.span.text(text);
        match token.kind {
            TokenKind::Word => drop(words.insert(word.to_owned())),
            // `['name']`, `table("name")`
            TokenKind::String => drop(words.insert(word.trim_matches(['"', '\'']).to_owned())),
            _ => {}
        }
        star |= word.ends_with('*');
    }
    // Elsewhere a star multiplies or stands for columns.
    if ["search", "find"].iter().any(|it| words.contains(*it)) || (star && words.contains("union")) {
        words.insert("*".to_owned());
    }
    words
}

/// The clock, unless the caller sets the time.
fn now(options: &QueryOptions) -> i64 {
    options.now.unwrap_or_else(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ticks::from_unix_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)).0
    })
}
