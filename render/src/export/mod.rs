//! Export: all that happens to a stereo stream at the session's rate on its way into a file.
//!
//! In this order: channels are mixed or kept, the rate is converted, silence is trimmed, fades are
//! drawn, the level is normalised, and the samples are dithered and written. Everything from
//! trimming on is judged by and drawn on the samples that the file will have. Nothing here knows
//! plans or the store, so that many exports can run side by side in one render.

mod exporter;
mod key;
mod level;
mod loudness;
mod normalise;
mod passes;
mod settings;
mod spec;
mod true_peak;
mod writer;

#[cfg(test)]
mod tests;

pub use exporter::{ExportError, ExportFacts, Exported, ExportedFile, Exporter, Show};
pub use key::EXPORT_VERSION;
pub use normalise::{Limit, Normalised};
pub use settings::{BitDepth, ChannelCount, ExportSettings, ExportSettingsError, TrimSides};
pub use spec::{
    ExportChannels, ExportDither, ExportSpec, Fades, FileFormat, Normalise, TrimSilence,
};
