//! Ctrl-C stops the query that runs, not the process; a second one, or one while nothing runs, stops the process.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::failure::{Failure, code};

/// Turns Ctrl-C into the [`cancel`](vizsla_engine::QueryOptions::cancel) of the query that runs.
#[derive(Debug, Clone)]
pub(crate) struct Interrupts {
    running: Arc<Mutex<watch::Sender<bool>>>,
}

impl Interrupts {
    /// From now on, Ctrl-C comes here. Once in a process.
    pub(crate) fn listen() -> Result<Interrupts, Failure> {
        let running = Arc::new(Mutex::new(watch::Sender::new(false)));
        let interrupts = Interrupts { running: Arc::clone(&running) };
        let handler = move || {
            let sender = running.lock().unwrap_or_else(PoisonError::into_inner);
            let asked_before = sender.send_replace(true);
            if asked_before || sender.receiver_count() == 0 {
                std::process::exit(i32::from(code::INTERRUPTED));
            }
        };
        ctrlc::set_handler(handler).map_err(|error| Failure::Usage(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(interrupts)
    }

    /// Becomes true at the next Ctrl-C; for the next query.
    pub(crate) fn next(&self) -> watch::Receiver<bool> {
        let (sender, receiver) = watch::channel(false);
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = sender;
        receiver
    }
}
