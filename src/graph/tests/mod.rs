//! Plans as text, with a drawing of the session above each case, and what the compiler refuses.

mod chunk_keys;
mod flat_notes;
mod midi_events;
mod plans;
mod refusals;
mod remixes;
