//! Why a command did not do what it was asked, and the exit code that says so.

use std::io::{self, Write};

use vizsla_corpus::generate::GenerateError;
use vizsla_engine::{EngineError, StoreError};

use crate::diagnostics;
use crate::show::ShowError;

/// Why a command ended without its result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line asks for something that there is not.
    #[error("{0}")]
    Usage(String),
    /// The engine has no answer to `text`.
    #[error("{error}")]
    Engine { error: EngineError, text: String },
    /// The data root cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The answer cannot be put in this form, or not be written.
    #[error(transparent)]
    Show(#[from] ShowError),
    /// A file of ours cannot be read or written.
    #[error("{what}: {source}")]
    File { what: String, source: io::Error },
    /// The demo's events cannot be made.
    #[error(transparent)]
    Demo(#[from] GenerateError),
    /// `vizsla optimize` could not rewrite that many files or groups of files, and has said which.
    #[error("{0} could not be rewritten and stay as they were, see above")]
    LeftAsTheyWere(usize),
    /// `vizsla check` found errors, and has said which.
    #[error("errors were found")]
    Found,
    /// `vizsla index --verify` found indexes that do not fit, and has said which.
    #[error("some indexes do not fit: `vizsla index` builds them again")]
    Unfit,
}

/// The codes that `vizsla --help` promises.
pub(crate) mod code {
    pub(crate) const QUERY: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const DATA: u8 = 3;
    /// `EX_SOFTWARE` of sysexits.h: a bug of ours.
    pub(crate) const BUG: u8 = 70;
    /// What shells answer for a process that Ctrl-C ended.
    pub(crate) const INTERRUPTED: u8 = 130;
}

impl Failure {
    /// For [`Result::map_err`].
    pub(crate) fn engine(text: &str) -> impl Fn(EngineError) -> Failure + '_ {
        |error| Failure::Engine { error, text: text.to_owned() }
    }

    /// For [`Result::map_err`]: the operating system refused to do something with `path`.
    pub(crate) fn file(path: &std::path::Path) -> impl Fn(io::Error) -> Failure + '_ {
        |source| Failure::File { what: path.display().to_string(), source }
    }

    /// What the process answers.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            _ if self.is_closed_pipe() => 0,
            Failure::Usage(_) => code::USAGE,
            Failure::Found => code::QUERY,
            Failure::Engine { error, .. } => match error {
                EngineError::Query(_) | EngineError::Execution(_) => code::QUERY,
                EngineError::Limit(_) | EngineError::Storage(_) => code::DATA,
                EngineError::Cancelled => code::INTERRUPTED,
                _ => code::BUG,
            },
            Failure::Show(ShowError::SeveralTables | ShowError::NoTable) => code::USAGE,
            Failure::Store(_)
            | Failure::Show(_)
            | Failure::File { .. }
            | Failure::Demo(_)
            | Failure::Unfit
            | Failure::LeftAsTheyWere(_) => code::DATA,
        }
    }

    /// Tells a person, on standard error.
    pub(crate) fn report(&self) {
        let mut err = io::stderr().lock();
        // With nowhere left to complain to, the exit code has to do.
        let _ = match self {
            Failure::Found => Ok(()),
            _ if self.is_closed_pipe() => Ok(()),
            Failure::Engine { error: EngineError::Query(found), text } => {
                err.write_all(diagnostics::render_all(text, found).as_bytes())
            }
            _ => {
                let _ = writeln!(err, "error: {self}");
                self.causes().try_for_each(|cause| writeln!(err, "  because: {cause}"))
            }
        };
    }

    /// What is behind the message and not in it.
    fn causes(&self) -> impl Iterator<Item = String> {
        let mut said = self.to_string();
        let chain = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        let texts: Vec<String> = chain.map(ToString::to_string).collect();
        texts.into_iter().filter(move |text| {
            let news = !said.contains(text.as_str());
            said.push_str(text);
            news
        })
    }

    /// `vizsla query … | head` ends when head does, and that is no failure.
    fn is_closed_pipe(&self) -> bool {
        match self {
            Failure::Show(ShowError::Io(source)) | Failure::File { source, .. } => {
                source.kind() == io::ErrorKind::BrokenPipe
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_tell_the_query_from_the_data() {
        let engine = |error| Failure::Engine { error, text: String::new() };
        let io = |kind| Failure::File { what: "f".to_owned(), source: io::Error::from(kind) };
        for (failure, expected) in [
            (engine(EngineError::Query(Vec::new())), 1),
            (engine(EngineError::Execution("assert".to_owned())), 1),
            (Failure::Found, 1),
            (Failure::Unfit, 3),
            (Failure::Usage(String::new()), 2),
            (engine(EngineError::Limit(vizsla_engine::LimitError::Rows(1))), 3),
            (Failure::Store(StoreError::MissingFolder { path: "x".to_owned() }), 3),
            (io(io::ErrorKind::StorageFull), 3),
            (io(io::ErrorKind::BrokenPipe), 0),
            (engine(EngineError::Internal("x".to_owned())), 70),
            (engine(EngineError::Cancelled), 130),
        ] {
            assert_eq!(failure.exit_code(), expected, "{failure:?}");
        }
    }
}
