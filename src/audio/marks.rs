//! Marks: what an audio file itself says of how an instrument plays it.

/// What an audio file says of how an instrument plays it, in the manner of the `smpl` chunk of WAV
/// files; nothing where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleMarks {
    /// First and last frame of its loop, which lie in the file, in this order.
    pub looped: Option<(u64, u64)>,
    /// The pitch it is at: a key from 0 to 127, and by how many 2^-32ths of a semitone it is higher.
    pub pitch: Option<(u8, u32)>,
}
