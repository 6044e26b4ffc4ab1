//! DataFusion set up for KQL: what is left out of its optimizer, and how memory is bounded.

use std::sync::Arc;

use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool, TrackConsumersPool, UnboundedMemoryPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::prelude::SessionConfig;

/// Builds a [`SessionState`] for each query; what is costly to make is shared.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    state: SessionState,
}

impl Session {
    pub(crate) fn new(threads: Option<usize>) -> Session {
        let mut config = SessionConfig::new().with_batch_size(8192).with_collect_statistics(true);
        if let Some(threads) = threads {
            config = config.with_target_partitions(threads.max(1));
        }
        let options = config.options_mut();
        options.execution.parquet.pushdown_filters = true;
        options.execution.parquet.reorder_filters = true;
        // Lowering prunes columns and folds constants itself: a second pass finds next to nothing and doubles the time.
        options.optimizer.max_passes = 1;
        // Plans are built with their final types; names in them are ours.
        options.sql_parser.enable_ident_normalization = false;
        let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
        Session { state }
    }

    /// A state whose operators may hold `memory` bytes.
    ///
    /// Rows that the query itself holds stay in one partition (`small`): several cost more than they bring, and groups come
    /// out in the order in which they were met.
    pub(crate) fn state(&self, memory: Option<usize>, small: bool) -> datafusion::error::Result<SessionState> {
        let mut builder = SessionStateBuilder::new_from_existing(self.state.clone());
        if small {
            builder = builder.with_config(self.state.config().clone().with_target_partitions(1));
        }
        if let Some(memory) = memory {
            builder = builder.with_runtime_env(runtime(memory)?);
        }
        Ok(builder.build())
    }
}

fn runtime(memory: usize) -> datafusion::error::Result<Arc<RuntimeEnv>> {
    let pool: Arc<dyn MemoryPool> = match memory {
        0 => Arc::new(UnboundedMemoryPool::default()),
        bytes => {
            let largest = std::num::NonZeroUsize::new(3).expect("three is not zero");
            Arc::new(TrackConsumersPool::new(GreedyMemoryPool::new(bytes), largest))
        }
    };
    RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc()
}

/// What operators run in.
pub(crate) fn task(state: &SessionState) -> Arc<TaskContext> {
    state.task_ctx()
}
