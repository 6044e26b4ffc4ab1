//! Numbers of a few bits, packed.

/// Packs bits, the lowest first.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    pending: u64,
    filled: u32,
}

impl Writer {
    /// The lowest `width` bits of a number; at most 32.
    pub(super) fn put(&mut self, number: u64, width: u32) {
        debug_assert!(width <= 32 && number >> width == 0, "{number} does not fit {width} bits");
        self.pending |= number << self.filled;
        self.filled += width;
        if self.filled >= 32 {
            self.bytes.extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.filled -= 32;
        }
    }

    /// A number that is about as large as `1 << shift` (Rice's code).
    pub(super) fn put_rice(&mut self, number: u64, shift: u32) {
        let mut ones = number >> shift;
        while ones >= 32 {
            self.put(u64::from(u32::MAX), 32);
            ones -= 32;
        }
        // The ones, and the zero that ends them.
        self.put((1 << ones) - 1, ones as u32 + 1);
        self.put(number & ((1 << shift) - 1), shift);
    }

    /// A number that is usually one (Elias' gamma code). It is at least one and has at most 32 bits.
    pub(super) fn put_gamma(&mut self, number: u64) {
        let below = number.ilog2();
        self.put(1 << below, below + 1);
        self.put(number - (1 << below), below);
    }

    /// The bytes; the last is padded with zeros.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let left = self.filled.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&self.pending.to_le_bytes()[..left]);
        self.bytes
    }
}

/// Reads what [`Writer`] wrote. `None` means that the bytes end before.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn take(&mut self, width: u32) -> Option<u64> {
        let mut number = 0;
        let mut done = 0;
        while done < width {
            let byte = u64::from(*self.bytes.get(self.at / 8)?);
            let used = (self.at % 8) as u32;
            let step = (8 - used).min(width - done);
            number |= (byte >> used & ((1 << step) - 1)) << done;
            done += step;
            self.at += step as usize;
        }
        Some(number)
    }

    pub(super) fn skip(&mut self, width: u64) {
        self.at = self.at.saturating_add(usize::try_from(width).unwrap_or(usize::MAX));
    }

    pub(super) fn take_rice(&mut self, shift: u32) -> Option<u64> {
        let mut high = 0;
        while self.take(1)? == 1 {
            high += 1;
        }
        Some(high << shift | self.take(shift)?)
    }

    pub(super) fn take_gamma(&mut self) -> Option<u64> {
        let mut below = 0;
        while self.take(1)? == 0 {
            below += 1;
        }
        if below > 32 {
            return None;
        }
        Some(1 << below | self.take(below)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, 2, 3, 7, 8, 100, 255, 256, 1023, 1024, 2048, 4095];
        let mut writer = Writer::default();
        for number in numbers {
            writer.put(number, 12);
            writer.put_rice(number, 5);
            writer.put_gamma(number + 1);
        }
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        for number in numbers {
            assert_eq!(reader.take(12), Some(number));
            assert_eq!(reader.take_rice(5), Some(number));
            assert_eq!(reader.take_gamma(), Some(number + 1));
        }
        assert_eq!(Reader::new(&[]).take(1), None);
        assert_eq!(Reader::new(&[0xff]).take_rice(3), None);
        assert_eq!(Reader::new(&[0; 8]).take_gamma(), None);
    }
}
