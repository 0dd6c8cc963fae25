//! Why a MIDI file cannot be read, or a session not be written as one.

use wavemill_core::midi::{ContentLimitError, TooManyEvents, TooMuchExpression};
use wavemill_core::session::limits::MAX_TEMPO_POINTS;
use wavemill_core::time::{SignatureMapError, TempoMapError};

use super::read::{MAX_MIDI_EVENTS, MAX_MIDI_FILE_BYTES, MAX_MIDI_TRACKS};

/// Why bytes are no MIDI file that can be read. Tracks are counted from 1, ticks in the file's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadMidiError {
    /// Something else.
    #[error("is no MIDI file: it does not begin with MThd, nor with RIFF and RMID")]
    NotMidi,
    /// More bytes than are read.
    #[error("has more than the {MAX_MIDI_FILE_BYTES} bytes of the longest MIDI file: split it")]
    TooLarge,
    /// The header is not whole, or makes no sense.
    #[error("has a header that cannot be read ({what}): it is damaged, get another copy of it")]
    Header {
        /// What is wrong with it.
        what: String,
    },
    /// A track ends before its time.
    #[error("is cut short: {missing} bytes of track {track} are missing; get another copy of it")]
    Truncated {
        /// The track.
        track: usize,
        /// Bytes that its chunk promises and that are not there.
        missing: usize,
    },
    /// There is nothing behind the header.
    #[error("holds no track: it is cut short, get another copy of it")]
    NoTracks,
    /// An event that is none.
    #[error(
        "is damaged at byte {byte} of track {track}, behind tick {tick}: what is there is no event; \
         get another copy of it, or save it anew with the program that made it"
    )]
    Event {
        /// The track.
        track: usize,
        /// Where in the track's chunk.
        byte: usize,
        /// The tick of the event before.
        tick: u64,
    },
    /// More events than are read.
    #[error("holds more than {MAX_MIDI_EVENTS} events, at tick {tick} of track {track}: split it")]
    TooManyEvents {
        /// The track.
        track: usize,
        /// The tick.
        tick: u64,
    },
    /// More tracks than are read.
    #[error("holds more than {MAX_MIDI_TRACKS} tracks, each channel of a track counted: split it")]
    TooManyTracks,
    /// An event later than any session is long.
    #[error(
        "goes on beyond the longest timeline (2^40 of a session's ticks) at tick {tick} of track \
         {track}: shorten it"
    )]
    TooLong {
        /// The track.
        track: usize,
        /// The tick.
        tick: u64,
    },
    /// More expression than notes hold.
    #[error("cannot be one clip a track: in track {track} {error}")]
    Expression {
        /// The track.
        track: usize,
        /// What there is too much of.
        error: TooMuchExpression,
    },
    /// More of something than a clip holds.
    #[error("cannot be one clip a track: at tick {tick} of track {track} {limit}; split it")]
    Content {
        /// The track.
        track: usize,
        /// The tick.
        tick: u64,
        /// The limit.
        limit: ContentLimitError,
    },
}

/// Why a session cannot be written as a MIDI file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WriteMidiError {
    /// No tempo map.
    #[error("tempo: {0}")]
    Tempo(#[from] TempoMapError),
    /// No signature map.
    #[error("signatures: {0}")]
    Signatures(#[from] SignatureMapError),
    /// Loops that are too long.
    #[error(transparent)]
    TooManyEvents(#[from] TooManyEvents),
    /// A ramp that takes too many steps.
    #[error(
        "tempo/{tempo}: the ramp from here on takes more than {MAX_TEMPO_POINTS} steps of a \
         sixteenth note with those before it: shorten it"
    )]
    LongRamp {
        /// The tempo point, from 0.
        tempo: usize,
    },
    /// More tracks, or more bytes in one, than a file counts.
    #[error("{what}: a MIDI file holds at most 65535 tracks of 2^32 bytes; export fewer")]
    TooLarge {
        /// What is too large.
        what: String,
    },
    /// There is no MIDI in it.
    #[error(
        "the session has no instrument track with notes or controllers: there is nothing to export; \
         put a MIDI clip on an instrument track"
    )]
    Empty,
}
