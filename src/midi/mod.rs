//! Notes and controllers: from what a session writes down to events at samples.

mod chase;
mod overlap;

pub use chase::chase;
pub(crate) use overlap::{SoundingNote, resolve_overlaps};
