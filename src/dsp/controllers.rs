//! The controllers of a MIDI channel that end, hold or reset notes.

/// The pedal that holds notes.
pub(super) const SUSTAIN_PEDAL: u8 = 64;
/// Ends every sound at once.
pub(super) const ALL_SOUND_OFF: u8 = 120;
/// Puts controllers back.
pub(super) const RESET_CONTROLLERS: u8 = 121;
/// Ends every note; so do the four mode messages after it.
pub(super) const ALL_NOTES_OFF: u8 = 123;

/// From here on the pedal is down.
pub(super) const PEDAL_DOWN: f64 = 64.0;
