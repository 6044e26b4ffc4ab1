//! What fuzzing checks, as a plain function, so that saved inputs replay as an ordinary test.

use std::sync::LazyLock;
use std::time::Duration;

use crate::{Engine, EngineError, Limits, QueryOptions, Stage};

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::without_data);

/// Any text is refused with diagnostics or gets as far as a plan; never a panic, never an internal error.
///
/// # Panics
/// If that does not hold.
pub fn bind_plan(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let limits = Limits { time: Some(Duration::from_secs(2)), memory: Some(64 << 20), ..Limits::default() };
    let options = QueryOptions { now: Some(0), limits, ..QueryOptions::default() };
    ENGINE.check(text, &options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    if let Err(EngineError::Internal(message)) = runtime.block_on(ENGINE.explain(text, Stage::Physical, &options)) {
        panic!("{message}");
    }
}
