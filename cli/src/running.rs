//! A query at work in a task of its own, so that the one who waits can stop waiting: for Ctrl-C, for a deadline that a
//! long computation does not notice, and for a panic, which here is an error like any other.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use futures::StreamExt;
use kql_parser::Diagnostic;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use vizsla_engine::{Engine, EngineError, LimitError, QueryOptions, Render, ResultColumn};

use crate::bugs;

/// Batches that wait to be shown.
const AHEAD: usize = 2;
/// How long after its deadline a query may take to notice it.
const GRACE: Duration = Duration::from_secs(2);

/// What a running query tells, in this order; `Table` and its `Batch`es once for each result.
#[derive(Debug)]
pub(crate) enum Event {
    /// It runs, and this is to be known about it.
    Started { warnings: Vec<Diagnostic>, notes: Vec<String> },
    /// The batches that follow are rows of this table.
    Table { columns: Vec<ResultColumn>, render: Option<Arc<Render>> },
    /// Some rows.
    Batch(RecordBatch),
    /// All is read, and this was noticed on the way.
    Noticed(Vec<String>),
}

/// A query that runs. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Running {
    events: mpsc::Receiver<Event>,
    task: JoinHandle<Result<(), EngineError>>,
    cancel: Option<watch::Receiver<bool>>,
    deadline: Option<(Duration, Instant)>,
}

impl Running {
    /// Starts a query. Has to be called in a runtime.
    pub(crate) fn start(engine: &Engine, text: &str, options: QueryOptions) -> Running {
        let (sender, events) = mpsc::channel(AHEAD);
        let cancel = options.cancel.clone();
        let deadline =
            options.limits.time.and_then(|time| Some((time, Instant::now().checked_add(time.saturating_add(GRACE))?)));
        let (engine, text) = (engine.clone(), text.to_owned());
        let task = tokio::spawn(async move { pump(&engine, &text, &options, &sender).await });
        Running { events, task, cancel, deadline }
    }

    /// What it tells next; none when it has ended well.
    ///
    /// # Errors
    /// What ended it; nothing comes after that.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, EngineError> {
        let event = tokio::select! {
            biased;
            () = asked_to_stop(&mut self.cancel) => return Err(EngineError::Cancelled),
            () = expired(self.deadline) => {
                let time = self.deadline.map(|it| it.0).unwrap_or_default();
                return Err(EngineError::Limit(LimitError::Time(time)));
            }
            event = self.events.recv() => event,
        };
        if event.is_some() {
            return Ok(event);
        }
        match (&mut self.task).await {
            Ok(ended) => ended.map(|()| None),
            Err(error) if error.is_panic() => Err(EngineError::Internal(bugs::message(error.into_panic().as_ref()))),
            Err(_) => Err(EngineError::Cancelled),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs the query and sends what it tells. A receiver that is gone ends it.
async fn pump(
    engine: &Engine,
    text: &str,
    options: &QueryOptions,
    sender: &mpsc::Sender<Event>,
) -> Result<(), EngineError> {
    let gone = |_| EngineError::Cancelled;
    let answer = engine.query(text, options).await?;
    sender.send(Event::Started { warnings: answer.warnings, notes: answer.notes }).await.map_err(gone)?;
    let noticed = answer.noticed;
    for mut table in answer.tables {
        sender.send(Event::Table { columns: table.columns, render: table.render }).await.map_err(gone)?;
        while let Some(batch) = table.batches.next().await {
            sender.send(Event::Batch(batch?)).await.map_err(gone)?;
        }
    }
    sender.send(Event::Noticed(noticed.notes())).await.map_err(gone)?;
    Ok(())
}

async fn asked_to_stop(cancel: &mut Option<watch::Receiver<bool>>) {
    // A sender that is gone can no longer ask.
    let asked = match cancel {
        Some(cancel) => cancel.wait_for(|asked| *asked).await.is_ok(),
        None => false,
    };
    if !asked {
        std::future::pending::<()>().await;
    }
}

async fn expired(deadline: Option<(Duration, Instant)>) {
    match deadline {
        Some((_, at)) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
