//! Why bytes are no Vorbis stream that can be decoded.

/// Why bytes are no Vorbis stream that can be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VorbisError {
    /// No Ogg stream at all.
    #[error("it is no Ogg stream: it does not start with OggS")]
    NotOgg,
    /// A page that is cut short, whose checksum is wrong, or that does not follow the one before.
    #[error("page {page} of its Ogg stream is damaged or missing")]
    Page {
        /// The page, from 1.
        page: usize,
    },
    /// Headers that are missing or make no sense.
    #[error("its Vorbis headers are damaged: {what}")]
    Header {
        /// What is wrong.
        what: &'static str,
    },
    /// More than one channel.
    #[error("it has {channels} channels, and samples have one")]
    Channels {
        /// How many.
        channels: u8,
    },
    /// What nobody writes.
    #[error("it uses Vorbis floor type 0, which is not supported")]
    Floor,
    /// More than memory should have to hold.
    #[error("it is longer than {frames} frames")]
    TooLong {
        /// How many there may be.
        frames: usize,
    },
}
