//! Watching a session: rendered again on every save, from what the store has of it.
//!
//! The document and the files it plays are looked at five times a second. That costs a handful of
//! system calls, works the same on every system and file system (shared folders and containers
//! tell nobody of changes made elsewhere), and sees a save by renaming like one in place.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wavemill_core::graph::{CompileConfig, CompileError, SignalKey, compile};
use wavemill_core::job::{CancelToken, NoProgress};
use wavemill_core::process::ProcessorLibrary;
use wavemill_core::session::Session;
use wavemill_media::audio::{AudioFiles, FileStamp, HeardFiles};
use wavemill_media::folder::{FolderError, SessionFolder};

use crate::attempts::{OfPlugin, attempts};
use crate::bounce::{bounce, bounce_key};
use crate::inputs::{InputError, inputs_of, refuse_inputs};
use crate::processors::MakeProcessors;
use crate::remix::Origin;
use crate::request::{BounceError, BounceRequest, Bounced};
use crate::store::Store;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Between two looks at whether to stop.
const STOP_EVERY: Duration = Duration::from_millis(20);

/// What a watch tells.
#[derive(Debug)]
pub enum WatchEvent<R> {
    /// The output is new.
    Rendered {
        /// What was bounced.
        bounced: Box<Bounced>,
        /// What is not quite right with the audio files.
        audio_warnings: Vec<String>,
        /// Plug-ins that failed, and what was done instead.
        failures: Vec<String>,
        /// How long it took.
        wall: Duration,
    },
    /// What was saved cannot be rendered; the output is as it was. The next save is waited for.
    Failed(Unrendered<R>),
}

/// Why what was saved was not rendered. `R` is the error of the request.
#[derive(Debug, thiserror::Error)]
pub enum Unrendered<R> {
    /// The session could not be read.
    #[error(transparent)]
    Session(#[from] FolderError),
    /// There is no such bounce of the session.
    #[error("{0}")]
    Request(R),
    /// The output is part of the session.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The session cannot be rendered.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Rendering or writing failed.
    #[error(transparent)]
    Bounce(#[from] BounceError),
}

impl<R: Display> OfPlugin for Unrendered<R> {
    fn plugin(&self) -> Option<&str> {
        match self {
            Self::Compile(error) => error.plugin(),
            Self::Bounce(error) => error.plugin(),
            _ => None,
        }
    }
}

/// Why a watch could not begin.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is no session.
    #[error(transparent)]
    Session(#[from] FolderError),
}

/// What is bounced of a session as it is now; the output may be replaced where the flag says so.
pub type MakeRequest<'a, R> = &'a dyn Fn(&Session, bool) -> Result<BounceRequest, R>;

/// Renders the session at `path` now and after every save until `cancel` asks to stop. What
/// sounds as before is not rendered again. A render that is under way when the session is saved
/// again is broken off. The first output is written as the request says; from then on it is
/// the watch's own and replaced. An error of `tell` ends the watch.
///
/// # Errors
/// Where there is no session to begin with.
pub fn watch<R: Display, E>(
    path: &Path,
    request: MakeRequest<'_, R>,
    processors: MakeProcessors<'_>,
    store: Option<&Store>,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(WatchEvent<R>) -> Result<(), E>,
) -> Result<Result<(), E>, WatchError> {
    let folder = SessionFolder::open(path)?;
    let mut watch =
        Watch { folder, request, processors, store, watched: Vec::new(), written: None };
    watch.watched.push(watch.folder.document_path());
    let mut seen = stamps_of(&watch.watched);
    while !cancel.is_cancelled() {
        let (event, saved) = watch.render(&seen, cancel);
        if let Some(event) = event
            && let Err(error) = tell(event)
        {
            return Ok(Err(error));
        }
        if let Some(newly_watched) = saved {
            seen = newly_watched;
        }
        let Some(changed) = watch.next_save(&seen, cancel) else { break };
        seen = changed;
    }
    Ok(Ok(()))
}

/// When each watched file was last written, as far as it is there.
type Stamps = Vec<Option<FileStamp>>;

fn stamps_of(files: &[PathBuf]) -> Stamps {
    let stamp = |path: &PathBuf| Some(FileStamp::of(&std::fs::metadata(path).ok()?));
    files.iter().map(stamp).collect()
}

struct Watch<'a, R> {
    folder: SessionFolder,
    request: MakeRequest<'a, R>,
    processors: MakeProcessors<'a>,
    store: Option<&'a Store>,
    /// The document, then the files it plays.
    watched: Vec<PathBuf>,
    /// The name of what the output holds; `None` before it was written.
    written: Option<SignalKey>,
}

impl<R: Display> Watch<'_, R> {
    /// Waits until something was saved and has not changed for a look; `None` where asked to stop.
    fn next_save(&self, seen: &Stamps, cancel: &CancelToken) -> Option<Stamps> {
        let mut before = seen.clone();
        loop {
            if !pause(LOOK_EVERY, &|| cancel.is_cancelled()) {
                return None;
            }
            let now = stamps_of(&self.watched);
            if now == before && now != *seen {
                return Some(now);
            }
            before = now;
        }
    }

    /// Renders what is saved now; what there is to tell, and, where other files are watched from
    /// now on, their stamps as they were before they were read.
    fn render(
        &mut self,
        seen: &Stamps,
        cancel: &CancelToken,
    ) -> (Option<WatchEvent<R>>, Option<Stamps>) {
        let start = Instant::now();
        let session = match self.folder.load() {
            Ok(session) => session,
            Err(error) => return (Some(WatchEvent::Failed(error.into())), None),
        };
        let audio = self.folder.audio_files();
        let inputs = inputs_of(&self.folder, &session, &audio);
        let mut watched: Vec<PathBuf> = inputs.into_iter().map(|(path, _)| path).collect();
        watched.dedup();
        let mut stamps = None;
        let document = seen.first().copied().flatten();
        if watched != self.watched {
            self.watched = watched;
            let mut now = stamps_of(&self.watched);
            // The document's is that from before it was read, so that no later save is missed.
            if let Some(first) = now.first_mut() {
                *first = document;
            }
            stamps = Some(now);
        }
        let seen = stamps.as_ref().unwrap_or(seen);
        let stop = CancelToken::default();
        let audio = audio.stopped_by(&stop);
        let processors = (self.processors)(&self.folder, &stop);
        let heard = HeardFiles::new(&audio);
        let (session, audio, heard) = (&session, &audio, &heard);
        let attempt =
            Attempt { session, audio, heard, processors: processors.as_ref(), stop: &stop };
        let mut failures = Vec::new();
        let mut told = |what| failures.push(what);
        let done = until_saved(&self.watched, seen, cancel, &stop, || {
            attempts(processors.as_ref(), &mut told, &mut || attempt.run(self))
        });
        let event = match done {
            Ok(None) => None,
            Ok(Some((key, bounced))) => {
                self.written = Some(key);
                let (audio_warnings, wall) = (heard.warnings(), start.elapsed());
                let bounced = Box::new(bounced);
                Some(WatchEvent::Rendered { bounced, audio_warnings, failures, wall })
            }
            // It was broken off.
            Err(_) if stop.is_cancelled() => None,
            Err(error) => Some(WatchEvent::Failed(error)),
        };
        (event, stamps)
    }
}

/// Does `work`, and asks it to `stop` where one of `watched` is not as it was `seen` any more, or
/// `cancel` asks for it.
fn until_saved<T>(
    watched: &[PathBuf],
    seen: &Stamps,
    cancel: &CancelToken,
    stop: &CancelToken,
    work: impl FnOnce() -> T,
) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let over = || cancel.is_cancelled() || done.load(Ordering::Acquire);
            while pause(LOOK_EVERY, &over) {
                if stamps_of(watched) != *seen {
                    break;
                }
            }
            if !done.load(Ordering::Acquire) {
                stop.cancel();
            }
        });
        // Set even where the work panics, for the other thread would go on looking.
        let _ended = Ended(&done);
        work()
    })
}

/// Says that something is over when it goes.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// One render of what was saved.
struct Attempt<'a> {
    session: &'a Session,
    audio: &'a AudioFiles,
    /// Those of this version; to remix, an older one is compiled, too.
    heard: &'a HeardFiles<'a>,
    processors: &'a dyn ProcessorLibrary,
    stop: &'a CancelToken,
}

impl Attempt<'_> {
    /// The new output and its name; `None` where it would be the one there is.
    fn run<R>(&self, watch: &Watch<'_, R>) -> Result<Option<(SignalKey, Bounced)>, Unrendered<R>> {
        let request = (watch.request)(self.session, watch.written.is_some());
        let request = request.map_err(Unrendered::Request)?;
        for path in request.export.paths() {
            refuse_inputs(&watch.folder, self.session, self.audio, &path)?;
        }
        let config = CompileConfig { audio: self.heard, processors: self.processors };
        let plan = Arc::new(compile(self.session, &config)?);
        // A cache: a session's folder that may not be written is read all the same.
        let _ = self.audio.save_index();
        let key = bounce_key(&plan, &request, self.stop)?;
        let there = request.export.paths().iter().all(|path| path.is_file());
        if watch.written == Some(key) && there && plan.repeats() {
            return Ok(None);
        }
        let others = CompileConfig { audio: self.audio, processors: self.processors };
        let compile_other = |session: &_| compile(session, &others);
        let origin = Origin { session: self.session, compile: &compile_other, budget_bytes: None };
        let bounced = bounce(&plan, &request, Some(&origin), watch.store, &NoProgress, self.stop)?;
        Ok(Some((key, bounced)))
    }
}

/// Waits; false where `over` said so meanwhile.
fn pause(time: Duration, over: &dyn Fn() -> bool) -> bool {
    let end = Instant::now() + time;
    loop {
        if over() {
            return false;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(STOP_EVERY));
    }
}
