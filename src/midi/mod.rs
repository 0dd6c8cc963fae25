//! Notes, controllers and MIDI messages: from one to another, and to events at samples.

mod chase;
mod content_reader;
mod content_writer;
mod flatten;
mod message;
mod mpe;
mod overlap;

pub use chase::chase;
pub use content_reader::{ContentLimitError, ContentReader, Unmatched};
pub use content_writer::{TimedMessage, content_messages};
pub use flatten::{FlatTrack, MAX_FLAT_EVENTS, TooManyEvents, flatten};
pub use message::{ChannelMessage, MessageParser, MidiMessage, RealTime, parse_messages};
pub use mpe::{FromExpression, MpeZone, expression_to_mpe, mpe_to_expression, mpe_zones};
pub(crate) use overlap::{SoundingNote, resolve_overlaps};
