//! Note effects: processors in front of an instrument that change its notes and let audio pass.
//!
//! Each hears events and puts out others in their place. Controllers pass as they are. What an
//! effect holds is bounded: at most [`held::MAX_HELD`] notes at a time, more are not played.

mod arpeggiator;
mod chord;
mod grid;
mod held;
mod mapped;
mod note_filter;
mod note_repeat;
mod scale;
mod stage;
mod transpose;
mod velocity;
mod waiting;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod test_notes;

pub(super) use arpeggiator::Arpeggiator;
pub(super) use chord::Chord;
pub(super) use mapped::Mapped;
pub(super) use note_filter::NoteFilter;
pub(super) use note_repeat::NoteRepeat;
pub(super) use scale::Scale;
pub(super) use stage::factory;
pub(super) use transpose::Transpose;
pub(super) use velocity::Velocity;
