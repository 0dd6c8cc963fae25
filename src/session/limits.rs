//! The limits of a session: what is more, or further out, is refused with a message.
//!
//! They are far beyond any real session, and keep a broken or hostile document from exhausting
//! memory or overflowing a position. Limits of time: [`crate::time::MAX_POSITION`],
//! [`crate::time::MIN_BPM`], [`crate::time::MAX_BPM`]. The limit of running state:
//! [`crate::graph::MAX_STATE_BYTES`].

/// Longest session document, in bytes: 256 MiB.
pub const MAX_SESSION_BYTES: u64 = 256 << 20;
/// Most tracks of all kinds.
pub const MAX_TRACKS: usize = 16_384;
/// Most inserts in a chain.
pub const MAX_INSERTS: usize = 256;
/// Most sends of a track.
pub const MAX_SENDS: usize = 256;
/// Most clips on a track.
pub const MAX_CLIPS: usize = 100_000;
/// Most notes in a clip.
pub const MAX_NOTES: usize = 1_000_000;
/// Most controller lanes in a clip.
pub const MAX_CONTROLLER_LANES: usize = 4_096;
/// Most expression points of a note.
pub const MAX_EXPRESSION_POINTS: usize = 65_536;
/// Most system exclusive messages in a clip.
pub const MAX_SYSTEM_EXCLUSIVES: usize = 65_536;
/// Longest system exclusive message, in bytes.
pub const MAX_SYSTEM_EXCLUSIVE_BYTES: usize = 65_536;
/// Most automation lanes of a track, of the master or of a VCA.
pub const MAX_LANES: usize = 4_096;
/// Most points in an automation lane.
pub const MAX_POINTS: usize = 1_000_000;
/// Most take lanes of a track.
pub const MAX_TAKE_LANES: usize = 4_096;
/// Most parameters stated for an insert.
pub const MAX_PARAMETERS: usize = 65_536;
/// Most further sidechains, and most routed outputs, of an insert.
pub const MAX_PORTS: usize = 64;
/// Most tempo changes.
pub const MAX_TEMPO_POINTS: usize = 1_000_000;
/// Most signature changes.
pub const MAX_SIGNATURES: usize = 100_000;
/// Most markers, and most sections.
pub const MAX_MARKERS: usize = 100_000;
/// Most VCAs, and most groups.
pub const MAX_GROUPS: usize = 16_384;

/// Longest name or other short text, in bytes.
pub const MAX_TEXT_BYTES: usize = 1_024;
/// Longest path of a file, in bytes.
pub const MAX_FILE_BYTES: usize = 4_096;

/// The lowest level, in dB; it is silence.
pub const MIN_DB: f64 = -144.0;
/// The highest level, in dB.
pub const MAX_DB: f64 = 36.0;
/// The smallest time stretch.
pub const MIN_STRETCH: f64 = 0.1;
/// The largest time stretch.
pub const MAX_STRETCH: f64 = 10.0;
/// The largest pitch shift up or down, in semitones.
pub const MAX_PITCH_SEMITONES: f64 = 48.0;
/// The smallest block shown to plug-ins, in frames.
pub const MIN_PLUGIN_BLOCK: u32 = 16;
/// The largest block shown to plug-ins, in frames.
pub const MAX_PLUGIN_BLOCK: u32 = 8_192;
/// Most bars counted in before recording.
pub const MAX_COUNT_IN_BARS: u32 = 64;
