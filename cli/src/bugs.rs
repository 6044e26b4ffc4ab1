//! Panics: bugs of ours that must neither take a batch down nor print a backtrace at a user.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

/// What the last panic said, and where.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Keeps panics silent, and what they say for [`message`].
pub(crate) fn silence() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(|it| format!(" ({}:{})", it.file(), it.line())).unwrap_or_default();
        let said = info.payload_as_str().unwrap_or("a panic without a message");
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{said}{place}"));
    }));
}

/// What a caught panic said; `payload` is only asked if the hook has not seen it.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let kept = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    let text = || payload.downcast_ref::<String>().cloned();
    let literal = || payload.downcast_ref::<&str>().map(|it| (*it).to_owned());
    kept.or_else(text).or_else(literal).unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Runs `work`, with a panic as its message.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What a panic leaves half-done is dropped with the process or the query.
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message(payload.as_ref()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_becomes_its_message() {
        let caught = super::caught(|| panic!("{} went wrong", "it"));
        assert_eq!(caught, Err::<(), _>("it went wrong".to_owned()));
    }
}
