//! The processors of sessions that are opened along the way.

use std::sync::Arc;

use wavemill_core::dsp::BuiltIns;
use wavemill_core::job::CancelToken;
use wavemill_core::process::ProcessorLibrary;
use wavemill_media::folder::SessionFolder;

/// The processors of a session.
pub type Processors = Arc<dyn ProcessorLibrary + Send + Sync>;

/// Gives the processors of the session in a folder, for one version of it: what is found out about
/// plug-ins that fail holds for that one. None of them is waited for any more once the token asks to
/// stop.
pub type MakeProcessors<'a> = &'a (dyn Fn(&SessionFolder, &CancelToken) -> Processors + Sync);

/// Those that are built in, and no plug-ins.
pub fn built_in_processors(_: &SessionFolder, _: &CancelToken) -> Processors {
    Arc::new(BuiltIns)
}
