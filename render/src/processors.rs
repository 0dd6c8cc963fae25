//! The processors of sessions that are opened along the way.

use std::sync::Arc;

use wavemill_core::dsp::BuiltIns;
use wavemill_core::process::ProcessorLibrary;
use wavemill_media::folder::SessionFolder;

/// The processors of a session.
pub type Processors = Arc<dyn ProcessorLibrary + Send + Sync>;

/// Gives the processors of the session in a folder, for one version of it: what is found out about
/// plug-ins that fail holds for that one.
pub type MakeProcessors<'a> = &'a (dyn Fn(&SessionFolder) -> Processors + Sync);

/// Those that are built in, and no plug-ins.
pub fn built_in_processors(_: &SessionFolder) -> Processors {
    Arc::new(BuiltIns)
}
