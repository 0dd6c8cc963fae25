//! Notes, controllers and MIDI messages: from what a session writes down to events at samples, edits
//! of them, what notes say about the music, and notes from text.

mod chase;
mod chord_names;
mod clip_analysis;
mod content_reader;
mod content_writer;
mod drum_map;
pub mod edit;
mod event_messages;
mod flatten;
mod key_estimate;
mod message;
mod mpe;
mod note_names;
mod note_value;
mod overlap;
mod patterns;
mod statistics;

pub use chase::{Chase, EventList};
pub use chord_names::{Chord, ChordError, ChordQuality, detect_chord, parse_chord};
pub use clip_analysis::{ClipAnalysis, analyse_clip};
pub use content_reader::{ContentLimitError, ContentReader, Unmatched};
pub use content_writer::{TimedMessage, content_messages};
pub use drum_map::{DrumMap, general_midi_drum};
pub use event_messages::event_messages;
pub use flatten::{FlatTrack, MAX_FLAT_EVENTS, TooManyEvents, flatten};
pub use key_estimate::{KeyEstimate, Mode, estimate_key};
pub use message::{ChannelMessage, MessageParser, MidiMessage, RealTime, parse_messages};
pub use mpe::{
    FromExpression, MpeZone, TooMuchExpression, expression_to_mpe, mpe_to_expression, mpe_zones,
};
pub use note_names::{NoteNameError, Spelling, note_name, parse_note_name, pitch_class_name};
pub use note_value::{NoteValue, NoteValueError};
pub(crate) use overlap::{SoundingNote, resolve_overlaps};
pub use patterns::{MAX_PATTERN_NOTES, NoteStyle, PatternError, chord_line, drum_grid, melody};
pub use statistics::{NoteStatistics, note_statistics};
