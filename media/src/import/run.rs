//! The import itself: look, bring in, identify, and then change the document in one batch.

use std::path::{Path, PathBuf};

use wavemill_core::audio::{AudioLibrary, AudioLibraryError};
use wavemill_core::command::{
    AddClip, AddTrack, Batch, Command, EditError, Editor, RecordKind, SetTempo,
};
use wavemill_core::session::{ChannelLayout, OutputTarget, Session, TempoShape, TrackKind};
use wavemill_core::time::{MAX_POSITION, SampleRate, Samples, Ticks};

use super::copy::{Progress, absolute_name, copy, name_inside};
use super::gather::{Candidate, gather};
use super::name::track_name;
use super::{ImportError, ImportOptions, ImportReport, ImportedFile, ProgressSink};
use crate::audio::{AudioFiles, CodecRegistry};
use crate::folder::{CreateError, FolderError, NewFiles, SessionEditor, SessionFolder};

/// Imports `inputs` (audio files and folders of them) into the session at `target`, each as a
/// track of its own with one clip; the whole is one entry of the history, `import`.
///
/// A session is made where there is none, at the rate of the first file. On error, and where
/// `progress` cancels, the session is as it was and what was copied is removed.
pub fn import(
    target: &Path,
    inputs: &[PathBuf],
    options: &ImportOptions,
    progress: ProgressSink<'_>,
) -> Result<ImportReport, ImportError> {
    let (candidates, skipped) = gather(inputs, &CodecRegistry::builtin())?;
    let mut undo = NewFiles::default();
    let first = candidates.first().map(|first| first.opened.source.sample_rate());
    let rate = || first.ok_or(ImportError::NothingGiven);
    let (folder, created) = find_or_make(target, rate, &mut undo)?;
    let mut editor = folder.edit()?;
    // Behind the editor now, and so dropped before it: files go while the lock is held.
    let mut undo = undo;
    let each = if options.copy { 2 } else { 1 };
    let bytes = candidates.iter().map(|candidate| candidate.opened.stamp.size);
    let total_bytes = bytes.sum::<u64>().saturating_mul(each);
    let mut progress = Progress { sink: progress, done_bytes: 0, total_bytes };
    let mut warnings = editor.warnings().to_vec();

    let places = bring_in(&folder, &candidates, options, &mut undo, &mut progress)?;
    let mut plan = Plan::new(editor.session());
    plan.tempo(options.tempo_bpm)?;
    let audio = folder.audio_files();
    for (candidate, place) in candidates.iter().zip(places) {
        plan.add(candidate, &place.name, &audio, &mut warnings)?;
        if place.copied {
            // Nobody but this import has written it.
            audio.index().settle(&place.name);
        }
        progress.advance(candidate.opened.stamp.size)?;
    }
    let revision = apply(&mut editor, plan.commands)?;
    undo.keep();
    if let Err(error) = audio.save_index() {
        // Identities are a cache: its failure is told, and no more.
        warnings.push(format!("the audio files will be read again at the next use: {error}"));
    }
    Ok(ImportReport { folder, created, revision, files: plan.files, skipped, warnings })
}

/// The session at `target`; a new, empty one at `rate` where there is none.
pub(super) fn find_or_make<E: From<FolderError> + From<CreateError>>(
    target: &Path,
    rate: impl FnOnce() -> Result<SampleRate, E>,
    undo: &mut NewFiles,
) -> Result<(SessionFolder, bool), E> {
    match SessionFolder::open(target) {
        Ok(folder) => return Ok((folder, false)),
        Err(FolderError::Missing { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let rate = rate()?;
    let (folder, made) = SessionFolder::create_new(target, |name| Session::new(name, rate))?;
    undo.folders(made);
    undo.file(folder.document_path());
    let (private, own) = folder.private_files();
    undo.folders(vec![private]);
    for path in own {
        undo.file(path);
    }
    Ok((folder, true))
}

/// Where a file is now.
struct Place {
    /// What the session calls it.
    name: String,
    copied: bool,
}

/// Copies or names every file.
fn bring_in(
    folder: &SessionFolder,
    candidates: &[Candidate],
    options: &ImportOptions,
    undo: &mut NewFiles,
    progress: &mut Progress<'_>,
) -> Result<Vec<Place>, ImportError> {
    let mut places = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let inside = name_inside(folder, &candidate.path);
        let copied = options.copy && inside.is_none();
        if options.copy && !copied {
            progress.advance(candidate.opened.stamp.size)?;
        }
        let name = match inside {
            Some(inside) => inside,
            None if copied => copy(folder, &candidate.path, undo, progress)?,
            None => absolute_name(&candidate.path)?,
        };
        places.push(Place { name, copied });
    }
    Ok(places)
}

/// The commands of an import as they come together, tried one by one on a copy of the session.
struct Plan {
    trial: Editor,
    rate: SampleRate,
    commands: Vec<Command>,
    files: Vec<ImportedFile>,
}

impl Plan {
    fn new(session: &Session) -> Self {
        let (trial, rate) = (Editor::new(session.clone(), 0), session.sample_rate);
        Self { trial, rate, commands: Vec::new(), files: Vec::new() }
    }

    /// Tries a command and keeps it with the ids it chose.
    fn push(&mut self, command: impl Into<Command>) -> Result<&Command, EditError> {
        let outcome = self.trial.execute(&command.into(), None)?;
        if let RecordKind::Do { commands, .. } = outcome.record.kind {
            self.commands.extend(commands);
        }
        self.commands.last().ok_or(EditError::Empty)
    }

    fn tempo(&mut self, bpm: Option<f64>) -> Result<(), ImportError> {
        if let Some(bpm) = bpm {
            let command = SetTempo { at: Ticks::ZERO, bpm, shape: TempoShape::Step };
            self.push(command).map_err(ImportError::Tempo)?;
        }
        Ok(())
    }

    /// Adds the track and clip of `file`, which is in its place now; reads all of it.
    fn add(
        &mut self,
        candidate: &Candidate,
        file: &str,
        audio: &AudioFiles,
        warnings: &mut Vec<String>,
    ) -> Result<(), ImportError> {
        let source = &candidate.path;
        let damaged = |error| {
            let what = match error {
                AudioLibraryError::Unreadable { reason, .. } => reason,
                other => other.to_string(),
            };
            ImportError::Audio { path: source.clone(), what }
        };
        let info = audio.info(file).map_err(damaged)?;
        let frames = audio.open(file, self.rate).map_err(damaged)?.frames();
        let own = candidate.opened.source.sample_rate();
        let shown = source.display();
        warnings.extend(info.warnings.iter().map(|warning| format!("'{shown}': {warning}")));
        let start = match info.time_reference.map(|frame| at_rate(frame, own, self.rate)) {
            Some(Some(start)) => start,
            Some(None) => {
                warnings.push(format!(
                    "'{shown}': its time stamp is beyond the end of any session; its clip starts \
                     at 0"
                ));
                Samples::ZERO
            }
            None => Samples::ZERO,
        };
        let length = Samples(i64::try_from(frames).unwrap_or(i64::MAX));
        let refused = |error: EditError| ImportError::Refused {
            path: source.clone(),
            error: Box::new(error),
        };
        let channels = info.record.channels;
        let name = track_name(source);
        let track = match self.push(track(&name, channels)).map_err(refused)? {
            Command::AddTrack(AddTrack { id: Some(id), .. }) => id.clone(),
            _ => return Err(refused(EditError::Empty)),
        };
        let command = AddClip::audio(track.clone(), file, start, length);
        let clip = match self.push(command).map_err(refused)? {
            Command::AddClip(AddClip { id: Some(id), .. }) => id.clone(),
            _ => return Err(refused(EditError::Empty)),
        };
        let (source, file, sample_rate) = (source.clone(), file.to_owned(), own);
        let imported =
            ImportedFile { source, file, track, clip, start, length, sample_rate, channels };
        self.files.push(imported);
        Ok(())
    }
}

fn track(name: &str, channels: usize) -> AddTrack {
    AddTrack {
        id: None,
        name: name.to_owned(),
        kind: TrackKind::Audio,
        layout: if channels == 1 { ChannelLayout::Mono } else { ChannelLayout::Stereo },
        output: OutputTarget::Master,
        index: None,
    }
}

/// Frame `frame` of a file of rate `from`, in the nearest sample at rate `to`; none where no
/// session is so long.
pub(super) fn at_rate(frame: u64, from: SampleRate, to: SampleRate) -> Option<Samples> {
    let (from, to) = (u128::from(from.hz()), u128::from(to.hz()));
    let sample = (u128::from(frame) * to + from / 2) / from;
    let sample = Samples(i64::try_from(sample).ok()?);
    (sample <= MAX_POSITION).then_some(sample)
}

fn apply(editor: &mut SessionEditor, ops: Vec<Command>) -> Result<u64, ImportError> {
    let name = Some("import".to_owned());
    let batch = Batch { expected_revision: Some(editor.revision()), name, ops };
    Ok(editor.execute_batch(&batch)?.revision)
}
