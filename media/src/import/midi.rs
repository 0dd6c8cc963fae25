//! MIDI files become tracks of a session, all of them or none.

use std::io::Read;
use std::path::{Path, PathBuf};

use wavemill_core::command::{self, Batch, EditError};
use wavemill_core::session::{Session, TrackId};
use wavemill_core::time::{SampleRate, SampleRateError};

use super::run::find_or_make;
use crate::audio::WriteError;
use crate::folder::{ApplyError, BeginError, CreateError, FolderError, NewFiles, SessionFolder};
use crate::midi::{
    Instruments, MAX_MIDI_FILE_BYTES, MidiSong, ReadMidiError, SoundFontRefusal, keeps_timeline,
    read_midi, song_commands,
};

/// The rate of a session that is made for MIDI, in hertz.
const NEW_SESSION_HZ: u32 = 48_000;

/// Why nothing was imported. The session is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportMidiError {
    /// A file cannot be read.
    #[error("'{}' cannot be read: {reason}; check its name and that it may be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The SoundFont does not play.
    #[error("the SoundFont '{}' {error}", path.display())]
    SoundFont {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: SoundFontRefusal,
    },
    /// A file is no MIDI file, or is damaged.
    #[error("'{}' {error}", path.display())]
    Midi {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ReadMidiError,
    },
    /// A file without anything to play.
    #[error("'{}' holds no notes and no controllers: there is nothing to import; leave it out", path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
    },
    /// The session does not take a file.
    #[error("'{}' cannot be imported: {error}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        error: Box<EditError>,
    },
    /// No rate for a new session.
    #[error(transparent)]
    Rate(#[from] SampleRateError),
    /// The session could not be found.
    #[error(transparent)]
    Session(#[from] FolderError),
    /// The session could not be made.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The session could not be opened for editing.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The session could not be changed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The disk refused.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// How MIDI files are imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MidiImportOptions<'a> {
    /// The SoundFont that plays the tracks; built-in instruments do where there is none.
    pub soundfont: Option<&'a Path>,
    /// All channels of a file go to one track. Meant for a SoundFont: a built-in instrument has one
    /// sound for all.
    pub one_track: bool,
}

/// A track that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedMidiTrack {
    /// The file it is from.
    pub source: PathBuf,
    /// Its id.
    pub track: TrackId,
    /// Its name.
    pub name: String,
    /// Its notes.
    pub notes: usize,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportMidiReport {
    /// The session.
    pub folder: SessionFolder,
    /// The session was made for it.
    pub created: bool,
    /// The session's revision afterwards.
    pub revision: u64,
    /// The tracks, in their order.
    pub tracks: Vec<ImportedMidiTrack>,
    /// What was left out, in sentences.
    pub warnings: Vec<String>,
}

/// Imports MIDI files into the session at `target`, as [`crate::midi`] says; the whole is one entry
/// of the history, `import`.
///
/// The SoundFont of `options` plays the tracks, where one is given; it stays where it is. Else the
/// built-in instruments do, chosen by program.
///
/// A session is made where there is none. One that has clips, tempo or signatures keeps its
/// timeline, and takes the tracks and markers. On error the session is as it was.
pub fn import_midi(
    target: &Path,
    inputs: &[PathBuf],
    options: MidiImportOptions<'_>,
) -> Result<ImportMidiReport, ImportMidiError> {
    let soundfont = options.soundfont;
    let instruments = Instruments::new(soundfont).map_err(|error| ImportMidiError::SoundFont {
        path: soundfont.unwrap_or(target).to_owned(),
        error,
    })?;
    let mut songs = inputs.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    if options.one_track {
        songs = songs.into_iter().map(MidiSong::on_one_track).collect();
    }
    let mut undo = NewFiles::default();
    let rate = || SampleRate::new(NEW_SESSION_HZ).map_err(ImportMidiError::from);
    let (folder, created) = find_or_make(target, rate, &mut undo)?;
    let mut editor = folder.edit()?;
    // Behind the editor now, and so dropped before it: files go while the lock is held.
    let mut undo = undo;
    let mut warnings = editor.warnings().to_vec();
    let mut session = editor.session().clone();
    let (mut ops, mut tracks) = (Vec::new(), Vec::new());
    for (path, song) in inputs.iter().zip(&songs) {
        let rename = created && ops.is_empty();
        let added = add(&mut session, (path, song), &instruments, rename, &mut warnings)?;
        ops.extend(added.0);
        tracks.extend(added.1);
    }
    let name = Some("import".to_owned());
    let batch = Batch { expected_revision: Some(editor.revision()), name, ops };
    let revision = editor.execute_batch(&batch)?.revision;
    undo.keep();
    Ok(ImportMidiReport { folder, created, revision, tracks, warnings })
}

fn read(path: &Path) -> Result<MidiSong, ImportMidiError> {
    let unreadable = |error: std::io::Error| ImportMidiError::Read {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to be refused.
    file.take(MAX_MIDI_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let path = path.to_owned();
    match read_midi(&bytes) {
        Err(error) => Err(ImportMidiError::Midi { path, error }),
        Ok(song) if song.tracks.is_empty() => Err(ImportMidiError::Nothing { path }),
        Ok(song) => Ok(song),
    }
}

type Added = (Vec<command::Command>, Vec<ImportedMidiTrack>);

/// The commands that add `song`, which are carried out on `session`, and the tracks they make.
fn add(
    session: &mut Session,
    (path, song): (&Path, &MidiSong),
    instruments: &Instruments,
    rename: bool,
    warnings: &mut Vec<String>,
) -> Result<Added, ImportMidiError> {
    let shown = path.display();
    warnings.extend(song.warnings.iter().map(|warning| format!("'{shown}': {warning}")));
    if keeps_timeline(session) && !(song.tempo.is_empty() && song.signatures.is_empty()) {
        warnings.push(format!(
            "'{shown}': its tempo and signatures were left out, since the session has its own"
        ));
    }
    let refused =
        |error: EditError| ImportMidiError::Refused { path: path.to_owned(), error: error.into() };
    let planned = song_commands(session.clone(), song, instruments, rename).map_err(refused)?;
    *session = planned.session;
    let tracks = planned.tracks.into_iter().zip(&song.tracks).map(|(track, of)| {
        let (source, name, notes) = (path.to_owned(), of.name.clone(), of.content.notes.len());
        ImportedMidiTrack { source, track, name, notes }
    });
    Ok((planned.commands, tracks.collect()))
}

#[cfg(test)]
mod tests;
