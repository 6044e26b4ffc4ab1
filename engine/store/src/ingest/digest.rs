//! The identity of an input: a digest of its bytes.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Passes bytes on and digests them.
///
/// SHA-256, because an input with a digest that is already known is passed over: who can write logs must not be able to
/// make one that hides another.
pub(super) struct Digesting<R> {
    inner: R,
    digest: Sha256,
    counter: Counter,
}

/// How many bytes have passed.
#[derive(Debug, Clone, Default)]
pub(super) struct Counter(Arc<AtomicU64>);

impl Counter {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl<R: Read> Digesting<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new(), counter: Counter::default() }
    }

    pub(super) fn counter(&self) -> Counter {
        self.counter.clone()
    }

    /// The first 96 bits of the digest in hexadecimal digits, and the number of bytes.
    pub(super) fn finish(self) -> (String, u64) {
        let digest = self.digest.finalize();
        (digest[..12].iter().map(|byte| format!("{byte:02x}")).collect(), self.counter.bytes())
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.digest.update(&buffer[..n]);
        self.counter.0.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
