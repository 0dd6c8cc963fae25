//! Presets: what is set in a plug-in, in a file of its own that sessions and command lines load.
//!
//! A preset is JSON: the plug-in, its opaque state in hexadecimal digits, and parameters that are set
//! on top of it. One that was written by hand may have parameters alone. VST3 plug-ins have a format
//! of their own for the same, `.vstpreset`, which is read and written as well.

mod file;
mod take;
mod vst3_state;
mod vstpreset;

pub use file::{Preset, PresetError, PresetPlugin};
pub use take::{Settings, take};
pub use vst3_state::Vst3State;
