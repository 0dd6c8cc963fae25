//! Notes and controllers: from what a session writes down to events at samples, and edits of them.

mod chase;
pub mod edit;
mod note_value;
mod overlap;

pub use chase::{Chase, EventList};
pub use note_value::{NoteValue, NoteValueError};
pub(crate) use overlap::{SoundingNote, resolve_overlaps};
