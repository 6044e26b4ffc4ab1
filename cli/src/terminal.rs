//! What the terminal can do.

use std::io::{IsTerminal, stderr, stdout};

/// Size and abilities of the terminal behind standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Characters in a line.
    pub(crate) width: u16,
    /// Whether to colour.
    pub(crate) colour: bool,
}

/// The terminal behind standard output, if there is one.
pub(crate) fn screen() -> Option<Screen> {
    let (_, width) = console::Term::stdout().size_checked().filter(|_| stdout().is_terminal())?;
    Some(Screen { width: width.max(20), colour: wants_colour() })
}

/// Whether messages on standard error are coloured.
pub(crate) fn stderr_has_colour() -> bool {
    stderr().is_terminal() && wants_colour()
}

/// <https://no-color.org>
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}
