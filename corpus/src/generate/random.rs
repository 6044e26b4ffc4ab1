//! Chance that can be asked for by position: event 4,711 is the same whoever asks, in any order.

/// A stream of numbers fixed by what it was made from (SplitMix64).
///
/// A stream per event, and not one per run, lets any table look up any process or message, and lets
/// files be written by several threads, without a different outcome.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream for something of a kind, at a place in its kind.
    pub(super) fn of(seed: u64, kind: &str, place: &[u64]) -> Random {
        // FNV-1a; the standard hasher may change between releases of Rust.
        let hash = kind
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        let mut random = Random(seed ^ hash);
        for part in place {
            random.0 = random.next() ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from `0..end`; 0 if there is nothing to choose from.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// From `0..end`, the first far more often than the last, about as 1/rank.
    ///
    /// In whole numbers, because powers of floats differ between machines.
    pub(super) fn skewed(&mut self, end: u64) -> u64 {
        let bits = u64::BITS - end.saturating_sub(1).leading_zeros();
        let reach = self.below(u64::from(bits) + 1);
        self.below((1 << reach).min(end))
    }

    /// From `0..end`, the first several times as often as the last: people and devices, none of them idle.
    pub(super) fn leaning(&mut self, end: u64) -> u64 {
        if self.percent(70) { self.below(end) } else { self.skewed(end) }
    }

    /// From `0..end`, ever less often: a few devices are servers and kiosks, many hardly ever run.
    pub(super) fn trailing(&mut self, end: u64) -> u64 {
        if self.percent(15) {
            return self.skewed(end);
        }
        let reach = self.below(end) + 1;
        self.below(reach)
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    pub(super) fn pick_skewed<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.skewed(items.len() as u64) as usize]
    }

    /// That many hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        self.text(digits, b"0123456789abcdef")
    }

    /// That many characters of base64, as of something compressed.
    pub(super) fn base64(&mut self, length: usize) -> String {
        self.text(length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }

    pub(super) fn guid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFF,
            low >> 48 & 0x3FFF | 0x8000,
            low & 0xFFFF_FFFF_FFFF
        )
    }

    /// Characters from an alphabet whose size is a power of two.
    fn text(&mut self, length: usize, alphabet: &[u8]) -> String {
        let bits = alphabet.len().trailing_zeros();
        let mut word = 0;
        (0..length)
            .map(|at| {
                if at % 8 == 0 {
                    word = self.next();
                }
                word >>= bits;
                char::from(alphabet[word as usize % alphabet.len()])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_stream() {
        let first = |seed, kind, place: &[u64]| Random::of(seed, kind, place).next();
        assert_eq!(first(7, "mail", &[1, 2]), first(7, "mail", &[1, 2]));
        assert_ne!(first(7, "mail", &[1, 2]), first(7, "mail", &[2, 1]));
        assert_ne!(first(7, "mail", &[1, 2]), first(7, "click", &[1, 2]));
        assert_ne!(first(7, "mail", &[1, 2]), first(8, "mail", &[1, 2]));
    }

    #[test]
    fn skew_prefers_the_first_and_reaches_the_last() {
        let mut random = Random::of(1, "test", &[]);
        let mut counts = [0_u32; 100];
        for _ in 0..100_000 {
            counts[random.skewed(100) as usize] += 1;
        }
        assert!(counts[0] > 10 * counts[40], "{counts:?}");
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
        assert_eq!(random.skewed(1), 0);
    }

    #[test]
    fn texts_have_their_length() {
        let mut random = Random::of(3, "test", &[]);
        assert_eq!(random.hex(40).len(), 40);
        assert_eq!(random.guid().len(), 36);
    }
}
