//! The texts of one column, numbered over all threads of a query.

use std::collections::VecDeque;
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::datatypes::{DataType, Field, FieldRef, UInt32Type};
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{Texts, ViewMemo};

/// Texts and numbers that stand for them in a plan.
pub(crate) struct Dictionary {
    texts: Mutex<Texts>,
    /// One for each thread that is at work, the longest unused first.
    memos: Mutex<VecDeque<ViewMemo<u32>>>,
    memory: Mutex<MemoryReservation>,
}

impl Dictionary {
    /// A dictionary whose memory is the query's.
    pub(crate) fn new(pool: &Arc<dyn MemoryPool>) -> Arc<Dictionary> {
        let memory = MemoryConsumer::new("texts of groups").register(pool);
        Arc::new(Dictionary { texts: Mutex::default(), memos: Mutex::default(), memory: Mutex::new(memory) })
    }

    /// The numbers of a column of texts.
    pub(crate) fn numbers(self: &Arc<Self>, texts: Expr) -> Expr {
        self.call(Direction::Number).call(vec![texts])
    }

    /// The texts of a column of numbers.
    pub(crate) fn texts(self: &Arc<Self>, numbers: Expr) -> Expr {
        self.call(Direction::Text).call(vec![numbers])
    }

    fn call(self: &Arc<Self>, direction: Direction) -> ScalarUDF {
        let signature = Signature::any(1, Volatility::Immutable);
        ScalarUDF::new_from_impl(Call { dictionary: Arc::clone(self), direction, signature })
    }

    fn encode(&self, texts: &StringViewArray) -> Result<UInt32Array> {
        let mut memo = self.memo(texts);
        let mut column = memo.column(texts);
        let mut numbers = vec![0; texts.len()];
        let mut unknown = Vec::new();
        for (row, number) in numbers.iter_mut().enumerate() {
            match column.find(row) {
                Some(known) => *number = known,
                None => unknown.push(row),
            }
        }
        // What one thread has not met yet is looked up at once, so that the others seldom wait.
        let mut all = lock(&self.texts);
        for row in unknown {
            numbers[row] = column.get(row, |text| all.number(text));
        }
        let size = all.size();
        drop(all);
        lock(&self.memos).push_back(memo);
        lock(&self.memory).try_resize(size)?;
        Ok(numbers.into())
    }

    /// The memo that knows the column's buffer; else the one that was not used for longest.
    fn memo(&self, texts: &StringViewArray) -> ViewMemo<u32> {
        let mut memos = lock(&self.memos);
        let known = memos.iter().position(|memo| memo.has_seen(texts));
        memos.remove(known.unwrap_or(0)).unwrap_or_else(ViewMemo::new)
    }

    fn decode(&self, numbers: &UInt32Array) -> StringViewArray {
        let texts = lock(&self.texts);
        let mut out = StringViewBuilder::with_capacity(numbers.len());
        numbers.values().iter().for_each(|number| out.append_value(texts.text(*number)));
        out.finish()
    }
}

impl Debug for Dictionary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dictionary").field("texts", &lock(&self.texts).len()).finish_non_exhaustive()
    }
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A dictionary as a function in a plan.
#[derive(Debug)]
struct Call {
    dictionary: Arc<Dictionary>,
    direction: Direction,
    signature: Signature,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Direction {
    Number,
    Text,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dictionary, &other.dictionary) && self.direction == other.direction
    }
}

impl Eq for Call {}

impl Hash for Call {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.dictionary).hash(state);
        self.direction.hash(state);
    }
}

impl ScalarUDFImpl for Call {
    fn name(&self) -> &str {
        match self.direction {
            Direction::Number => "number_of",
            Direction::Text => "text_of",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.direction {
            Direction::Number => DataType::UInt32,
            Direction::Text => DataType::Utf8View,
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|it| it.data_type().clone()).collect();
        Ok(Arc::new(Field::new(self.name(), self.return_type(&types)?, false)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let column = args.args[0].to_array(args.number_rows)?;
        let answer: ArrayRef = match self.direction {
            Direction::Number => Arc::new(self.dictionary.encode(column.as_string_view())?),
            Direction::Text => Arc::new(self.dictionary.decode(column.as_primitive::<UInt32Type>())),
        };
        Ok(ColumnarValue::Array(answer))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::{GreedyMemoryPool, UnboundedMemoryPool};

    use super::*;

    #[test]
    fn threads_agree_on_numbers() {
        let dictionary = Dictionary::new(&(Arc::new(UnboundedMemoryPool::default()) as Arc<dyn MemoryPool>));
        let round_trip = |seed: u64| {
            for batch in 0..50 {
                let text = |row: u64| format!("{}", (row * seed + batch) % 97 * 1_000_000_007);
                let texts = StringViewArray::from_iter_values((0..500).map(text));
                let numbers = dictionary.encode(&texts).expect("there is memory");
                assert_eq!(dictionary.decode(&numbers), texts);
            }
        };
        std::thread::scope(|threads| {
            for seed in [3, 5, 7, 11] {
                threads.spawn(move || round_trip(seed));
            }
        });
        assert_eq!(lock(&dictionary.texts).len(), 97);
    }

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        let dictionary = Dictionary::new(&(Arc::new(GreedyMemoryPool::new(10_000)) as Arc<dyn MemoryPool>));
        let texts = StringViewArray::from_iter_values((0..5000).map(|row| format!("the text of row {row}")));
        assert!(dictionary.encode(&texts).is_err());
    }
}
