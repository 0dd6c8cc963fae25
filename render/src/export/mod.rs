//! Export: all that happens to a stereo stream at the session's rate on its way into a file.
//!
//! Nothing here knows plans or the store, so that many exports can run side by side in one render.

mod exporter;
mod settings;
mod spec;

pub use exporter::{ExportFacts, Exported, ExportedFile, Exporter, Show};
pub use settings::{BitDepth, ExportSettings};
pub use spec::{ExportSpec, FileFormat};
