//! Running state as numbers, saved and restored when plans are swapped and at checkpoints.

/// State that does not fit the processor it is restored to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved state does not fit this processor: start it from its reset state")]
pub struct StateError;

/// Collects the state of one instance. Reused between instances, so that saving allocates only
/// until it has grown to the largest state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateWriter {
    words: Vec<u64>,
}

impl StateWriter {
    /// Forgets what was written and keeps the memory.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// Writes a number, by its bits.
    pub fn number(&mut self, value: f64) {
        self.words.push(value.to_bits());
    }

    /// Writes a word.
    pub fn word(&mut self, value: u64) {
        self.words.push(value);
    }

    /// Writes numbers, their count known to the reader.
    pub fn numbers(&mut self, values: impl IntoIterator<Item = f64>) {
        self.words.extend(values.into_iter().map(f64::to_bits));
    }

    /// Writes what `write` writes, and before it the number of its words.
    pub fn counted(&mut self, write: impl FnOnce(&mut Self)) {
        let at = self.words.len();
        self.words.push(0);
        write(self);
        self.words[at] = (self.words.len() - at - 1) as u64;
    }

    /// All words, for storing.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// What was stored.
    pub fn from_words(words: Vec<u64>) -> Self {
        Self { words }
    }

    /// Starts reading what was written.
    pub fn reader(&self) -> StateReader<'_> {
        StateReader { words: &self.words }
    }
}

/// Reads what a [`StateWriter`] collected, in the same order.
#[derive(Clone, Copy, Debug)]
pub struct StateReader<'a> {
    words: &'a [u64],
}

impl<'a> StateReader<'a> {
    /// A reader of what one [`StateWriter::counted`] wrote.
    pub fn counted(&mut self) -> Result<StateReader<'a>, StateError> {
        let count = usize::try_from(self.word()?).map_err(|_| StateError)?;
        let (words, rest) = self.words.split_at_checked(count).ok_or(StateError)?;
        self.words = rest;
        Ok(StateReader { words })
    }

    /// The next number.
    pub fn number(&mut self) -> Result<f64, StateError> {
        self.word().map(f64::from_bits)
    }

    /// The next word.
    pub fn word(&mut self) -> Result<u64, StateError> {
        let (first, rest) = self.words.split_first().ok_or(StateError)?;
        self.words = rest;
        Ok(*first)
    }

    /// True where all was read.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Fails unless all was read.
    pub fn finish(self) -> Result<(), StateError> {
        if self.words.is_empty() { Ok(()) } else { Err(StateError) }
    }
}
