//! NDJSON files of a table, read in the background.

use std::io::{BufReader, Read};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::{GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::reader::{NdjsonOptions, NdjsonReader};
use crate::convert;
use crate::error::{OnBroken, Result, StoreError, Warning};
use crate::format::{Compression, Format};
use crate::root::DataRoot;
use crate::table::{Contents, DataFile, Source, TableSnapshot};

/// How much of a remote object is fetched at once.
const FETCH: u64 = 4 << 20;

/// Takes what a reader leaves out under [`OnBroken::Skip`].
pub type OnWarning = Arc<dyn Fn(Warning) + Send + Sync>;

/// The rows of an NDJSON file of `table`, with the columns at `projection` in the plan's types.
///
/// Reads and parses on a blocking thread of the tokio runtime in which this is called, at most two batches ahead of
/// whoever polls; dropping the stream ends it. Warnings come when the file has been read to its end.
pub fn read_ndjson(
    root: &DataRoot,
    table: &TableSnapshot,
    file: &DataFile,
    projection: &[usize],
    on_broken: OnBroken,
    on_warning: OnWarning,
) -> BoxStream<'static, Result<RecordBatch>> {
    let (root, object, format) = (root.clone(), file.object.clone(), file.format);
    let Contents::Ndjson(rows) = file.contents.clone() else {
        let error = StoreError::broken(object.location.to_string(), "it is not NDJSON");
        return futures::stream::iter([Err(error)]).boxed();
    };
    let options = NdjsonOptions { on_broken, ..NdjsonOptions::new(rows) };
    let targets = table.targets();
    let projection = projection.to_vec();
    let constants: Vec<_> = projection.iter().map(|column| constant(table, file, *column)).collect();
    let (send, receive) = mpsc::channel(2);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let reader = match open(root.store(), &object, format, &handle) {
            Ok(reader) => reader,
            Err(error) => return drop(send.blocking_send(Err(error))),
        };
        let name = object.location.to_string();
        let mut batches = NdjsonReader::projected(reader, name, &targets, &projection, options);
        for batch in batches.by_ref() {
            let batch = batch.and_then(|batch| with_constants(batch, &constants));
            if send.blocking_send(batch).is_err() {
                return; // nobody is listening any more
            }
        }
        if let Some(warning) = batches.warning() {
            on_warning(warning);
        }
    });
    futures::stream::unfold(receive, |mut receive| async { receive.recv().await.map(|batch| (batch, receive)) }).boxed()
}

/// The one value of a column that comes from the file's path.
fn constant(table: &TableSnapshot, file: &DataFile, column: usize) -> Option<(String, vizsla_schema::KqlType)> {
    match file.source(column) {
        Source::Path(text) => Some((text.clone(), table.columns[column].ty)),
        Source::Field(_) | Source::Missing => None,
    }
}

fn with_constants(batch: RecordBatch, constants: &[Option<(String, vizsla_schema::KqlType)>]) -> Result<RecordBatch> {
    if constants.iter().all(Option::is_none) {
        return Ok(batch);
    }
    let rows = batch.num_rows();
    let replaced = batch.columns().iter().zip(constants).map(|(read, constant)| match constant {
        Some((text, ty)) => convert::constant(text, *ty, rows),
        None => Ok(Arc::clone(read)),
    });
    let columns: Vec<ArrayRef> = replaced.collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(batch.schema(), columns, &options).map_err(|e| StoreError::arrow("a path", e))
}

/// The unpacked bytes of an object. Blocks, so it is called and read outside of async code.
pub(crate) fn open(
    store: &Arc<dyn ObjectStore>,
    object: &ObjectMeta,
    format: Format,
    handle: &Handle,
) -> Result<Box<dyn Read + Send>> {
    let name = || object.location.to_string();
    let compression = match format {
        Format::Ndjson(compression) => compression,
        Format::Parquet => Compression::None,
    };
    let found = handle.block_on(store.get(&object.location)).map_err(|e| StoreError::object(name(), e))?;
    // A file may grow while it is read: what was listed is what is read.
    let unpacked = match found.payload {
        GetResultPayload::File(file, _) => {
            compression.unpack(BufReader::with_capacity(1 << 18, file.take(object.size)))
        }
        GetResultPayload::Stream(_) => {
            let remote = Remote { store: Arc::clone(store), object: object.clone(), handle: handle.clone(), at: 0 };
            compression.unpack(BufReader::with_capacity(FETCH as usize, remote))
        }
    };
    unpacked.map_err(|e| StoreError::io(name(), e))
}

/// An object that is fetched piece by piece.
struct Remote {
    store: Arc<dyn ObjectStore>,
    object: ObjectMeta,
    handle: Handle,
    at: u64,
}

impl Read for Remote {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = self.object.size.min(self.at + FETCH.min(buffer.len() as u64));
        if end == self.at {
            return Ok(0);
        }
        let bytes = self.handle.block_on(self.store.get_range(&self.object.location, self.at..end))?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}
