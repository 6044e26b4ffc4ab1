//! Which files are rewritten, and which of them together.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Type as Physical;
use vizsla_schema::{KqlType, Role, TableDef, Ticks};

use super::{Left, TableReport, write};
use crate::convert::{self, Fidelity};
use crate::footer::Footer;
use crate::journal::Stamp;
use crate::table::{Contents, DataFile, Source, TableSnapshot};

/// The key in a file's metadata that says with which version of this module it was written.
pub(super) const MARK: &str = "vizsla.optimized";
/// Raised when what is written becomes better enough to write it again.
pub(super) const VERSION: &str = "1";
/// A file as small as this is read whole in no time.
const SMALL: u64 = 32 << 10;

/// Files that are rewritten together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) table: String,
    /// Where they lie and what they become lies, relative to the root.
    pub(super) folder: PathBuf,
    /// The name of the only file if it has to stay one: a table's file directly under the root.
    pub(super) only: Option<PathBuf>,
    pub(super) files: Vec<Old>,
    pub(super) keys: Keys,
}

/// The positions of columns that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Keys {
    pub(super) time: Option<usize>,
    pub(super) device: Option<usize>,
    /// Looked up by value, which a bloom filter helps.
    pub(super) looked_up: Vec<usize>,
    /// Long text: its smallest and largest value say nothing.
    pub(super) text: Vec<usize>,
}

/// A file that is rewritten.
#[derive(Debug)]
pub(super) struct Old {
    /// Relative to the root.
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) stamp: Stamp,
    pub(super) footer: Arc<Footer>,
    fine: bool,
}

impl Group {
    pub(super) fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.footer.rows()).sum()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// What messages call it.
    pub(super) fn place(&self) -> String {
        match &self.files[..] {
            [one] => one.path.display().to_string(),
            several => format!("{} files in {}", several.len(), self.folder.display()),
        }
    }
}

/// What makes files fit together.
type Fit = (PathBuf, Option<PathBuf>, Option<i64>, String, Keys);

/// The groups of a table that are worth rewriting; what is not is noted in the report.
pub(super) fn groups(
    root: &Path,
    table: &TableSnapshot,
    def: Option<&TableDef>,
    report: &mut TableReport,
) -> Vec<Group> {
    for warning in &table.warnings {
        report.left.push(Left { place: warning.file.clone(), reason: warning.message.clone(), failed: true });
    }
    let mut groups: BTreeMap<Fit, Vec<Old>> = BTreeMap::new();
    for file in &table.files {
        let Contents::Parquet(footer) = &file.contents else {
            report.ndjson += 1;
            continue;
        };
        let Some(path) = relative(root, file) else { continue };
        let full = root.join(&path);
        if let Some(reason) = obstacle(&full, root, footer) {
            report.left.push(Left { place: path.display().to_string(), reason, failed: false });
            continue;
        }
        let keys = keys(table, def, file, footer);
        let day = keys.time.and_then(|time| first_day(footer, time));
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let only = (folder == Path::new("")).then(|| path.clone());
        let schema = format!("{:?}", footer.metadata.file_metadata().schema_descr().root_schema());
        let old = Old {
            path,
            bytes: file.object.size,
            stamp: Stamp::new(file.object.size, file.object.last_modified.into()),
            footer: Arc::clone(footer),
            fine: is_fine(footer),
        };
        groups.entry((folder, only, day, schema, keys)).or_default().push(old);
    }
    let make = |((folder, only, _, _, keys), files)| Group { table: table.name.clone(), folder, only, files, keys };
    groups.into_iter().map(make).filter_map(|group| worthwhile(group, report)).collect()
}

/// The group without what is fine as it is.
fn worthwhile(mut group: Group, report: &mut TableReport) -> Option<Group> {
    let all = group.files.len();
    // What an earlier run wrote joins what has come since, unless it is large enough by itself.
    group
        .files
        .retain(|file| !(file.fine && (file.footer.rows() >= write::ROWS / 2 || file.bytes >= write::BYTES / 2)));
    let small = matches!(&group.files[..], [one] if one.bytes <= SMALL);
    if group.rows() == 0 || small || group.files.iter().all(|file| file.fine) {
        group.files.clear();
    }
    report.fine += (all - group.files.len()) as u64;
    (!group.files.is_empty()).then_some(group)
}

fn relative(root: &Path, file: &DataFile) -> Option<PathBuf> {
    let full = PathBuf::from(format!("/{}", file.object.location));
    full.strip_prefix(root).ok().map(Path::to_owned)
}

/// Why a file cannot be rewritten.
fn obstacle(path: &Path, root: &Path, footer: &Footer) -> Option<String> {
    if fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink()) {
        return Some("it is a symbolic link".to_owned());
    }
    if !same_device(path, root) {
        return Some("unsupported: it lies on another file system than the data folder".to_owned());
    }
    let columns = footer.metadata.file_metadata().schema_descr().columns();
    let old = columns.iter().find(|column| column.physical_type() == Physical::INT96)?;
    Some(format!("unsupported: column `{}` has times of the type INT96, which cannot be written", old.path()))
}

/// Whether a file can be renamed from one to the other.
#[cfg(unix)]
fn same_device(path: &Path, root: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::metadata(path), fs::metadata(root)) {
        (Ok(path), Ok(root)) => path.dev() == root.dev(),
        _ => true,
    }
}

#[cfg(not(unix))]
fn same_device(_: &Path, _: &Path) -> bool {
    true
}

fn is_fine(footer: &Footer) -> bool {
    let pairs = footer.metadata.file_metadata().key_value_metadata();
    pairs.into_iter().flatten().any(|pair| pair.key == MARK && pair.value.as_deref() == Some(VERSION))
}

fn keys(table: &TableSnapshot, def: Option<&TableDef>, file: &DataFile, footer: &Footer) -> Keys {
    let field = |column: usize| match file.source(column) {
        Source::Field(field) => Some(*field),
        Source::Path(_) | Source::Missing => None,
    };
    let named = |name: &str| table.columns.iter().position(|column| column.name == name).and_then(field);
    let playing = |role: Role| {
        let columns = def.into_iter().flat_map(move |def| def.columns_with(role));
        columns.filter_map(|column| named(&column.name)).collect::<Vec<_>>()
    };
    let is_flat = |field: &usize| !footer.schema.field(*field).data_type().is_nested();
    // An id before a name, which may change.
    let device = named("DeviceId").or_else(|| playing(Role::Device).first().copied()).filter(is_flat);
    let mut looked_up: Vec<usize> =
        [Role::FileHash, Role::Ip, Role::Url, Role::Domain].into_iter().flat_map(playing).collect();
    looked_up.sort_unstable();
    looked_up.dedup();
    Keys { time: table.time_column.and_then(field).filter(is_flat), device, looked_up, text: playing(Role::Text) }
}

/// The day of the earliest row, in days since year 1, by the file's statistics.
fn first_day(footer: &Footer, time: usize) -> Option<i64> {
    let Fidelity::Ticks(ticks) = convert::fidelity(footer.schema.field(time).data_type(), KqlType::DateTime) else {
        return None;
    };
    let (first, _) = footer.range(time)?;
    ticks.to_ticks(first).map(|first| first.div_euclid(Ticks::PER_DAY))
}
