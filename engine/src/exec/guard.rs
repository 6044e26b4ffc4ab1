//! Limits while rows flow: rows, bytes, time, and the caller's wish to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::error::{EngineError, LimitError};
use crate::options::{Limits, QueryOptions};

/// Whether a query is to stop, for work between whose pauses much time may go by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    deadline: Option<Instant>,
    cancel: Option<tokio::sync::watch::Receiver<bool>>,
}

impl Stop {
    /// Whether the time is over or the caller no longer waits.
    pub(crate) fn asked(&self) -> bool {
        self.cancelled() || self.expired()
    }

    fn cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(|cancel| *cancel.borrow())
    }

    fn expired(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Watches over one query, all its steps and results together.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    limits: Limits,
    deadline: Option<Instant>,
    cancel: Option<tokio::sync::watch::Receiver<bool>>,
    rows: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl Guard {
    /// The clock starts now.
    pub(crate) fn new(options: &QueryOptions) -> Guard {
        Guard {
            limits: options.limits,
            deadline: options.limits.time.map(|time| Instant::now() + time),
            cancel: options.cancel.clone(),
            rows: Arc::default(),
            bytes: Arc::default(),
        }
    }

    /// For work that goes on for long without a pause.
    pub(crate) fn stop(&self) -> Stop {
        Stop { deadline: self.deadline, cancel: self.cancel.clone() }
    }

    /// Waits for `work`, no longer than the query may run or its caller waits.
    pub(crate) async fn watch<T>(&self, work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
        let time = self.limits.time.unwrap_or(Duration::MAX);
        tokio::select! {
            biased;
            () = cancelled(self.cancel.clone()) => Err(EngineError::Cancelled),
            () = expired(self.deadline) => Err(EngineError::Limit(LimitError::Time(time))),
            // Work that stopped by itself because it was asked to says so in words of its own.
            done = work => done.map_err(|error| match () {
                () if self.stop().cancelled() => EngineError::Cancelled,
                () if self.stop().expired() => EngineError::Limit(LimitError::Time(time)),
                () => error,
            }),
        }
    }

    /// The batches of a result; those of all results together count.
    pub(crate) fn result(
        &self,
        stream: SendableRecordBatchStream,
    ) -> BoxStream<'static, Result<RecordBatch, EngineError>> {
        let guard = self.clone();
        futures::stream::unfold(Some(stream), move |stream| {
            let guard = guard.clone();
            async move {
                let mut stream = stream?;
                match guard.next(&mut stream).await {
                    Ok(Some(batch)) => match guard.count(&batch) {
                        Ok(()) => Some((Ok(batch), Some(stream))),
                        Err(limit) => Some((Err(EngineError::Limit(limit)), None)),
                    },
                    Ok(None) => None,
                    Err(error) => Some((Err(error), None)),
                }
            }
        })
        .boxed()
    }

    /// The next batch of a step or result.
    pub(crate) async fn next(
        &self,
        stream: &mut SendableRecordBatchStream,
    ) -> Result<Option<RecordBatch>, EngineError> {
        let memory = self.limits.memory;
        self.watch(async { stream.next().await.transpose().map_err(|error| from_datafusion(error, memory)) }).await
    }

    fn count(&self, batch: &RecordBatch) -> Result<(), LimitError> {
        let rows = self.rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed) + batch.num_rows() as u64;
        let size = batch.get_array_memory_size() as u64;
        let bytes = self.bytes.fetch_add(size, Ordering::Relaxed) + size;
        match (self.limits.rows, self.limits.bytes) {
            (Some(limit), _) if rows > limit => Err(LimitError::Rows(limit)),
            (_, Some(limit)) if bytes > limit => Err(LimitError::Bytes(limit)),
            _ => Ok(()),
        }
    }

    /// The memory limit, for messages.
    pub(crate) fn memory(&self) -> Option<usize> {
        self.limits.memory
    }
}

async fn expired(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

async fn cancelled(cancel: Option<tokio::sync::watch::Receiver<bool>>) {
    let Some(mut cancel) = cancel else { return std::future::pending().await };
    // A sender that is gone can no longer cancel.
    if cancel.wait_for(|cancelled| *cancelled).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Failures of DataFusion as ours: limits and storage by name, what a query asked for as its own error, the rest as bugs.
pub(crate) fn from_datafusion(error: DataFusionError, memory: Option<usize>) -> EngineError {
    match error {
        DataFusionError::ResourcesExhausted(_) if memory.is_some() => {
            EngineError::Limit(LimitError::Memory(memory.unwrap_or_default()))
        }
        DataFusionError::ResourcesExhausted(message) | DataFusionError::Execution(message) => {
            EngineError::Execution(message)
        }
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => from_datafusion(*inner, memory),
        DataFusionError::ArrowError(inner, _) => from_arrow(*inner),
        DataFusionError::External(inner) => match inner.downcast::<vizsla_store::StoreError>() {
            Ok(store) => EngineError::Storage(*store),
            Err(other) => EngineError::Execution(other.to_string()),
        },
        DataFusionError::Shared(inner) => match Arc::try_unwrap(inner) {
            Ok(inner) => from_datafusion(inner, memory),
            Err(shared) => from_shared(&shared, memory),
        },
        DataFusionError::ParquetError(inner) => {
            EngineError::Execution(format!("a Parquet file cannot be read: {inner}"))
        }
        DataFusionError::ObjectStore(inner) => EngineError::Execution(format!("a file cannot be read: {inner}")),
        other => EngineError::Internal(other.to_string()),
    }
}

/// A failure that several partitions wait for, such as that of a join's one side.
fn from_shared(error: &DataFusionError, memory: Option<usize>) -> EngineError {
    use arrow::error::ArrowError;
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) if memory.is_some() => {
            EngineError::Limit(LimitError::Memory(memory.unwrap_or_default()))
        }
        DataFusionError::ResourcesExhausted(message) | DataFusionError::Execution(message) => {
            EngineError::Execution(message.clone())
        }
        DataFusionError::ArrowError(inner, _) => match &**inner {
            ArrowError::ComputeError(message) => EngineError::Execution(message.clone()),
            other => EngineError::Execution(other.to_string()),
        },
        other => EngineError::Execution(other.to_string()),
    }
}

fn from_arrow(error: arrow::error::ArrowError) -> EngineError {
    use arrow::error::ArrowError;
    match error {
        ArrowError::ExternalError(inner) => match inner.downcast::<DataFusionError>() {
            Ok(inner) => from_datafusion(*inner, None),
            Err(other) => EngineError::Execution(other.to_string()),
        },
        ArrowError::ComputeError(message) | ArrowError::InvalidArgumentError(message) => {
            EngineError::Execution(message)
        }
        other => EngineError::Internal(other.to_string()),
    }
}
