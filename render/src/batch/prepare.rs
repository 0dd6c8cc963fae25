//! From a job to a plan: the session, its edits, the request, and the name of what comes of it.

use std::path::Path;
use std::sync::Arc;

use wavemill_core::command::{Batch, Editor};
use wavemill_core::graph::{CompileConfig, Plan, SignalKey, compile};
use wavemill_core::job::CancelToken;
use wavemill_core::session::Session;
use wavemill_media::audio::HeardFiles;

use super::job_error::JobError;
use super::jobs::Job;
use super::manifest::Variant;
use super::sessions::OpenSession;
use crate::bounce::bounce_key;
use crate::estimate::memory_bytes;
use crate::inputs::refuse_inputs;
use crate::processors::Processors;
use crate::request::BounceRequest;
use crate::scheduler::RenderConfig;

/// A job that can be rendered.
pub(super) struct Prepared {
    pub(super) opened: Arc<OpenSession>,
    /// What its inserts name.
    pub(super) processors: Processors,
    /// The session, the variant's edits made.
    pub(super) session: Session,
    pub(super) plan: Arc<Plan>,
    pub(super) request: BounceRequest,
    /// Names the file and its report: jobs with one key give the same.
    pub(super) key: SignalKey,
    /// The memory it takes, by estimate, with as many threads as it may ever get.
    pub(super) memory_bytes: u64,
    /// What is not quite right with the audio files it plays.
    pub(super) audio_warnings: Vec<String>,
}

/// Makes the plan of `job`, whose session is open. Nothing is replaced yet; `most_threads` is how
/// many threads it may get at most.
pub(super) fn prepare(
    job: &Job,
    (opened, processors): (Arc<OpenSession>, &Processors),
    render: RenderConfig,
    most_threads: usize,
    cancel: &CancelToken,
) -> Result<Prepared, JobError> {
    let editor = job.variant.as_deref().map(|variant| edited(&opened.session, variant));
    let editor = editor.transpose()?.flatten();
    let session = editor.as_ref().map_or(&opened.session, Editor::session);
    let request = job.settings.request(session, &job.output, false, render)?;
    for path in request.export.paths() {
        refuse_inputs(&opened.folder, session, &opened.audio, &path)?;
    }
    let heard = HeardFiles::new(&opened.audio);
    let config = CompileConfig { audio: &heard, processors: processors.as_ref() };
    let plan = compile(session, &config);
    // A cache: a session's folder that may not be written is read all the same.
    let _ = opened.audio.save_index();
    let plan = Arc::new(plan.map_err(Box::new)?);
    let key = bounce_key(&plan, &request, cancel)?;
    let memory_bytes = memory_bytes(&plan, RenderConfig { jobs: most_threads, ..render });
    let (session, audio_warnings) = (session.clone(), heard.warnings());
    let processors = Arc::clone(processors);
    Ok(Prepared { opened, processors, session, plan, request, key, memory_bytes, audio_warnings })
}

/// The session with the variant's edits, all of them; `None` where it has none.
fn edited(session: &Session, variant: &Variant) -> Result<Option<Editor>, JobError> {
    if variant.ops.is_empty() {
        return Ok(None);
    }
    let mut editor = Editor::new(session.clone(), 0);
    match editor.execute_batch(&Batch::of(variant.ops.clone())) {
        Ok(_) => Ok(Some(editor)),
        Err(error) => {
            let (variant, error) = (variant.name.clone(), Box::new(error));
            Err(JobError::Variant { variant, error })
        }
    }
}

/// Makes the folder that `output` is to lie in.
pub(super) fn make_folder(output: &Path) -> Result<(), JobError> {
    let Some(folder) = output.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| JobError::Folder { folder: folder.to_owned(), reason: error.to_string() })
}
