//! Reading ranges of a Parquet file whose footer is known.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;

use crate::footer::Footer;

/// Reads ranges of one file, and knows its footer already.
///
/// Local files are read where the caller stands: what was read before is in the system's cache, and a hand-over to
/// another thread costs more than the copy.
#[derive(Debug)]
pub struct ParquetReader {
    store: Arc<dyn ObjectStore>,
    object: ObjectMeta,
    footer: Arc<Footer>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Store,
    /// A local file, opened when first read.
    Local(Option<File>),
}

impl ParquetReader {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, object: ObjectMeta, footer: Arc<Footer>, local: bool) -> Self {
        let place = if local && cfg!(unix) { Place::Local(None) } else { Place::Store };
        Self { store, object, footer, place }
    }
}

impl AsyncFileReader for ParquetReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        match &mut self.place {
            Place::Local(file) => {
                let read = read_local(file, &self.object, &range).map_err(|e| ParquetError::External(Box::new(e)));
                std::future::ready(read).boxed()
            }
            Place::Store => {
                let read = self.store.get_range(&self.object.location, range);
                async move { read.await.map_err(|e| ParquetError::External(Box::new(e))) }.boxed()
            }
        }
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        match &mut self.place {
            Place::Local(file) => {
                let object = &self.object;
                let all = ranges.iter().map(|range| read_local(file, object, range));
                let all = all.collect::<std::io::Result<_>>().map_err(|e| ParquetError::External(Box::new(e)));
                std::future::ready(all).boxed()
            }
            Place::Store => async move {
                let all = self.store.get_ranges(&self.object.location, &ranges).await;
                all.map_err(|e| ParquetError::External(Box::new(e)))
            }
            .boxed(),
        }
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        std::future::ready(Ok(Arc::clone(&self.footer.metadata))).boxed()
    }
}

#[cfg(unix)]
fn read_local(file: &mut Option<File>, object: &ObjectMeta, range: &Range<u64>) -> std::io::Result<Bytes> {
    use std::os::unix::fs::FileExt;
    let file = match file {
        Some(file) => file,
        None => file.insert(File::open(format!("/{}", object.location))?),
    };
    let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(std::io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.into())
}

#[cfg(not(unix))]
fn read_local(_: &mut Option<File>, _: &ObjectMeta, _: &Range<u64>) -> std::io::Result<Bytes> {
    Err(std::io::ErrorKind::Unsupported.into())
}
