//! Where answers go: standard output, or a file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::failure::Failure;

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 16;

/// Runs `write` with standard output, buffered.
pub(crate) fn to_stdout<T>(write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Failure>) -> Result<T, Failure> {
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout());
    let written = write(&mut out);
    // Rows before a failure are shown as well.
    let flushed = out.flush().map_err(|source| Failure::File { what: "standard output".to_owned(), source });
    let value = written?;
    flushed?;
    Ok(value)
}

/// Runs `write` with a new file beside `path` and gives it that name once all is on the disk.
///
/// What is no ordinary file, such as `/dev/null`, is written to as it is.
pub(crate) fn to_file<T>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let failed = Failure::file(path);
    if fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        let mut out = BufWriter::with_capacity(BUFFER, File::options().write(true).open(path).map_err(&failed)?);
        let value = write(&mut out)?;
        out.flush().map_err(&failed)?;
        return Ok(value);
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".vizsla-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the umask takes away from this.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder).map_err(&failed)?;
    let mut out = BufWriter::with_capacity(BUFFER, file);
    let value = write(&mut out)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(&failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it is there");
        entries.map(|it| it.expect("readable").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("answer.csv");
        fs::write(&path, "old").expect("writable");
        let failed = to_file(&path, |out| {
            out.write_all(b"half of").map_err(Failure::file(&path))?;
            Err::<(), _>(Failure::Usage("stop".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).expect("readable"), "old");
        assert_eq!(names(folder.path()), ["answer.csv"]);
    }

    #[test]
    fn success_replaces_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("answer.csv");
        fs::write(&path, "old").expect("writable");
        to_file(&path, |out| out.write_all(b"new").map_err(Failure::file(&path))).expect("writable");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "new");
        assert_eq!(names(folder.path()), ["answer.csv"]);
    }
}
