//! The processors of sessions that are opened along the way.

use std::sync::Arc;

use wavemill_core::dsp::BuiltIns;
use wavemill_core::process::ProcessorLibrary;
use wavemill_media::folder::SessionFolder;

/// The processors of a session.
pub type Processors = Arc<dyn ProcessorLibrary + Send + Sync>;

/// Gives the processors of the session in a folder.
pub type MakeProcessors = fn(&SessionFolder) -> Processors;

/// Those that are built in, and no plug-ins.
pub fn built_in_processors(_: &SessionFolder) -> Processors {
    Arc::new(BuiltIns)
}
