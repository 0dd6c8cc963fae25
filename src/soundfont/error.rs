//! Why bytes are no SoundFont that can be played.

use crate::vorbis::VorbisError;

/// Why bytes are no SoundFont that can be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundFontError {
    /// No SoundFont at all.
    #[error(
        "it is no SoundFont 2 file: it does not start with RIFF and sfbk; name one, or get another copy of it"
    )]
    Format,
    /// A compressed sample that cannot be decoded.
    #[error(
        "sample {sample} '{name}' cannot be decoded: {error}; get another copy of the file, or convert it to SF2 with a SoundFont editor"
    )]
    Sample {
        /// The sample, from 0.
        sample: usize,
        /// What the file calls it.
        name: String,
        /// What is wrong with it.
        error: VorbisError,
    },
    /// A chunk that reaches beyond what holds it.
    #[error(
        "it is cut short: the chunk '{chunk}' says {size} bytes and {left} are left; get a whole copy of the file"
    )]
    Truncated {
        /// The chunk.
        chunk: String,
        /// What it says.
        size: u64,
        /// What is there.
        left: u64,
    },
    /// A chunk that has to be there.
    #[error("the chunk '{chunk}' is missing: get a whole copy of the file")]
    Missing {
        /// The chunk.
        chunk: &'static str,
    },
    /// A list that is no whole number of records, or lacks the one that ends it.
    #[error(
        "the chunk '{chunk}' has {size} bytes, which is not a positive multiple of {record}: the file is damaged, get another copy of it"
    )]
    Records {
        /// The chunk.
        chunk: &'static str,
        /// Its bytes.
        size: usize,
        /// Bytes of a record.
        record: usize,
    },
    /// An index that points nowhere, or before the one before it.
    #[error(
        "record {record} of the chunk '{chunk}' points to {index}, outside of {from} to {to}: the file is damaged, get another copy of it"
    )]
    Index {
        /// The chunk.
        chunk: &'static str,
        /// The record, from 0.
        record: usize,
        /// Where it points.
        index: usize,
        /// The first it may point to.
        from: usize,
        /// The last it may point to.
        to: usize,
    },
    /// More than memory should have to hold.
    #[error("it comes to more than {limit} {what}: leave some out with a SoundFont editor")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// Nothing to play.
    #[error("it has no preset, so there is nothing to play: choose another file")]
    NoPresets,
}
