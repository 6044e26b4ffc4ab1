//! Compiled patterns, kept for the whole process: a query over a thousand batches compiles each pattern once.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

/// A bounded map from a pattern to what it compiles to. When it is full the oldest entry goes; whoever still runs it
/// holds an `Arc`.
pub(crate) struct Cache<K, V> {
    capacity: usize,
    entries: RwLock<Entries<K, V>>,
}

struct Entries<K, V> {
    by_key: HashMap<K, Arc<V>>,
    oldest_first: VecDeque<K>,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    /// Holds at most `capacity` entries.
    pub(crate) fn new(capacity: usize) -> Self {
        Cache { capacity, entries: RwLock::new(Entries { by_key: HashMap::new(), oldest_first: VecDeque::new() }) }
    }

    /// What `key` compiles to. Two threads that meet a new key at once may both compile it; one answer stays.
    pub(crate) fn get_or_try<Q, E>(&self, key: &Q, compile: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized + ToOwned<Owned = K>,
    {
        if let Some(found) = self.entries.read().unwrap_or_else(PoisonError::into_inner).by_key.get(key) {
            return Ok(found.clone());
        }
        let compiled = Arc::new(compile()?);
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.by_key.insert(key.to_owned(), compiled.clone()).is_none() {
            entries.oldest_first.push_back(key.to_owned());
        }
        if entries.oldest_first.len() > self.capacity
            && let Some(oldest) = entries.oldest_first.pop_front()
        {
            entries.by_key.remove(oldest.borrow());
        }
        Ok(compiled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_compiled_once_until_it_falls_out() {
        let cache: Cache<String, String> = Cache::new(2);
        let mut compiled = Vec::new();
        for key in ["a", "a", "b", "c", "a"] {
            let compile = || {
                compiled.push(key);
                Ok::<_, std::convert::Infallible>(key.to_uppercase())
            };
            assert_eq!(*cache.get_or_try(key, compile).unwrap(), key.to_uppercase());
        }
        assert_eq!(compiled, ["a", "b", "c", "a"]);
    }
}
