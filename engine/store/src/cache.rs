//! What was learned about files, kept as long as the files do not change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use object_store::ObjectMeta;
use object_store::path::Path;

/// Values by file. An entry counts only while the file has the size, time and etag it was made from; when the weights
/// exceed the budget, what was not used for longest goes first.
#[derive(Debug)]
pub(crate) struct FileCache<T> {
    state: Mutex<State<T>>,
    budget: usize,
}

#[derive(Debug)]
struct State<T> {
    entries: HashMap<Path, Entry<T>>,
    weight: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry<T> {
    object: ObjectMeta,
    value: Arc<T>,
    weight: usize,
    used: u64,
}

impl<T> FileCache<T> {
    /// An empty cache for values of `budget` bytes in all.
    pub(crate) fn new(budget: usize) -> Self {
        let state = State { entries: HashMap::new(), weight: 0, clock: 0 };
        Self { state: Mutex::new(state), budget }
    }

    /// What is known of the file as it is now.
    pub(crate) fn get(&self, object: &ObjectMeta) -> Option<Arc<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let now = state.clock;
        let entry = state.entries.get_mut(&object.location)?;
        let same = entry.object.size == object.size
            && entry.object.last_modified == object.last_modified
            && entry.object.e_tag == object.e_tag;
        same.then(|| {
            entry.used = now;
            Arc::clone(&entry.value)
        })
    }

    /// Keeps `value` of `weight` bytes for the file.
    pub(crate) fn put(&self, object: &ObjectMeta, value: Arc<T>, weight: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clock += 1;
        let entry = Entry { object: object.clone(), value, weight, used: state.clock };
        state.weight += weight;
        if let Some(old) = state.entries.insert(object.location.clone(), entry) {
            state.weight -= old.weight;
        }
        if state.weight > self.budget {
            state.shrink(self.budget * 3 / 4);
        }
    }
}

impl<T> State<T> {
    fn shrink(&mut self, target: usize) {
        let mut ages: Vec<_> = self.entries.iter().map(|(path, entry)| (entry.used, path.clone())).collect();
        ages.sort_unstable();
        for (_, path) in ages {
            if self.weight <= target {
                return;
            }
            if let Some(entry) = self.entries.remove(&path) {
                self.weight -= entry.weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_files_and_old_entries_are_forgotten() {
        let object = |name: &str, size| ObjectMeta {
            location: name.into(),
            last_modified: Default::default(),
            size,
            e_tag: None,
            version: None,
        };
        let cache = FileCache::new(10);
        cache.put(&object("a", 1), Arc::new("a"), 4);
        cache.put(&object("b", 1), Arc::new("b"), 4);
        assert!(cache.get(&object("a", 1)).is_some());
        assert!(cache.get(&object("a", 2)).is_none(), "the file has grown");
        cache.put(&object("c", 1), Arc::new("c"), 3);
        let left = ["a", "b", "c"].map(|name| cache.get(&object(name, 1)).is_some());
        assert_eq!(left, [true, false, true]);
    }
}
