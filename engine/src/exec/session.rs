//! DataFusion set up for KQL: what is left out of its optimizer, and how memory is bounded.

use std::sync::Arc;

use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool, TrackConsumersPool, UnboundedMemoryPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::common_subexpr_eliminate::CommonSubexprEliminate;
use datafusion::optimizer::eliminate_filter::EliminateFilter;
use datafusion::optimizer::eliminate_limit::EliminateLimit;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::propagate_empty_relation::PropagateEmptyRelation;
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::push_down_limit::PushDownLimit;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::aggregate_statistics::AggregateStatistics;
use datafusion::physical_optimizer::combine_partial_final_agg::CombinePartialFinalAggregate;
use datafusion::physical_optimizer::ensure_requirements::EnsureRequirements;
use datafusion::physical_optimizer::filter_pushdown::FilterPushdown;
use datafusion::physical_optimizer::join_selection::JoinSelection;
use datafusion::physical_optimizer::limit_pushdown::LimitPushdown;
use datafusion::physical_optimizer::limited_distinct_aggregation::LimitedDistinctAggregation;
use datafusion::physical_optimizer::output_requirements::OutputRequirements;
use datafusion::physical_optimizer::projection_pushdown::ProjectionPushdown;
use datafusion::physical_optimizer::pushdown_sort::PushdownSort;
use datafusion::physical_optimizer::topk_aggregation::TopKAggregation;
use datafusion::physical_optimizer::update_aggr_exprs::OptimizeAggregateOrder;
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
        let state = SessionStateBuilder::new()
            .with_config(config)
            // Bound trees have their types: there is nothing to resolve or to coerce.
            .with_analyzer_rules(Vec::new())
            .with_optimizer_rules(logical_rules())
            .with_physical_optimizer_rules(physical_rules())
            .build();
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

/// Rules that find something in plans as lowering writes them.
///
/// The others undo what SQL writes and lowering never does (subqueries, cross joins, grouping sets, `DISTINCT`), and each
/// walks the whole plan. Expressions come simplified from the binder; DataFusion's rule for them multiplies out conditions
/// over `case`, which took a tenth of a second for single queries (`cargo bench --bench plan`).
fn logical_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    vec![
        Arc::new(EliminateFilter::new()),
        Arc::new(EliminateLimit::new()),
        Arc::new(PropagateEmptyRelation::new()),
        Arc::new(PushDownLimit::new()),
        Arc::new(PushDownFilter::new()),
        Arc::new(CommonSubexprEliminate::new()),
        Arc::new(OptimizeProjections::new()),
    ]
}

/// In the order of DataFusion's own list; left out are rules about windows' row numbers, buffering and checks of its own work.
fn physical_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    vec![
        Arc::new(OutputRequirements::new_add_mode()),
        Arc::new(AggregateStatistics::new()),
        Arc::new(JoinSelection::new()),
        Arc::new(LimitedDistinctAggregation::new()),
        Arc::new(FilterPushdown::new()),
        Arc::new(EnsureRequirements::new()),
        Arc::new(CombinePartialFinalAggregate::new()),
        Arc::new(OptimizeAggregateOrder::new()),
        Arc::new(OutputRequirements::new_remove_mode()),
        Arc::new(TopKAggregation::new()),
        Arc::new(LimitPushdown::new()),
        Arc::new(ProjectionPushdown::new()),
        Arc::new(PushdownSort::new()),
        Arc::new(FilterPushdown::new_post_optimization()),
    ]
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
