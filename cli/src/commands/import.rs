//! `wavemill import`: audio or MIDI files become tracks of a session.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_core::job::{CancelToken, Progress};
use wavemill_media::import::{
    ImportMidiReport, ImportOptions, ImportProgress, ImportReport, MidiImportOptions, import,
    import_midi,
};
use wavemill_media::midi::is_midi;

use crate::failure::Failure;
use crate::{interrupt, output, progress};

const EXAMPLES: &str = "\
Examples:
  wavemill import drums.wav bass.flac -o song
  wavemill import loops/ -o beat --tempo 95
  wavemill import /mnt/takes -o song --reference
  wavemill import song.mid -o song
  wavemill import song.mid -o song --soundfont gm.sf2

Each audio file becomes a track with one clip, at its BWF time stamp where it has one, else at the
start. A session that exists gets the tracks added; else one is made at the first file's rate.

A MIDI file (.mid, .midi, .kar, .smf, .rmi) becomes an instrument track for each channel of each of
its tracks, played by the SoundFont or by built-in instruments like its programs;
--one-track makes one track of all, played by one player. Its tempo, signatures and name are those of
a new session; one with clips, tempo or signatures keeps its own.";

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Import {
    /// Audio files and folders of them, or MIDI files.
    #[arg(required = true, value_name = "FILE|DIR")]
    inputs: Vec<PathBuf>,
    /// The session.
    #[arg(long, short, value_name = "SESSION")]
    output: PathBuf,
    /// Tempo at the session's start, in quarter notes a minute; MIDI files have their own.
    #[arg(long, value_name = "T")]
    tempo: Option<f64>,
    /// Leave the files where they are instead of copying them into the session.
    #[arg(long)]
    reference: bool,
    /// SoundFont (SF2 or SF3) that plays MIDI files; it stays where it is.
    #[arg(long, value_name = "FILE")]
    soundfont: Option<PathBuf>,
    /// One track for all channels of a MIDI file, played by one SoundFont player.
    #[arg(long, requires = "soundfont")]
    one_track: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    session: String,
    created: bool,
    revision: u64,
    files: Vec<File>,
    skipped: Vec<Skipped>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct File {
    source: String,
    file: String,
    track: String,
    clip: String,
    start_samples: i64,
    length_samples: i64,
    sample_rate: u32,
    channels: usize,
}

#[derive(Serialize)]
struct Skipped {
    path: String,
    reason: String,
}

impl From<ImportReport> for Report {
    fn from(report: ImportReport) -> Self {
        let files = report.files.into_iter().map(|file| File {
            source: file.source.display().to_string(),
            file: file.file,
            track: file.track.to_string(),
            clip: file.clip.to_string(),
            start_samples: file.start.0,
            length_samples: file.length.0,
            sample_rate: file.sample_rate.hz(),
            channels: file.channels,
        });
        let skipped = report.skipped.into_iter().map(|skipped| Skipped {
            path: skipped.path.display().to_string(),
            reason: skipped.reason,
        });
        Self {
            session: report.folder.root().display().to_string(),
            created: report.created,
            revision: report.revision,
            files: files.collect(),
            skipped: skipped.collect(),
            warnings: report.warnings,
        }
    }
}

/// What `--json` prints of MIDI files.
#[derive(Serialize)]
struct MidiReport {
    session: String,
    created: bool,
    revision: u64,
    tracks: Vec<MidiTrack>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct MidiTrack {
    source: String,
    track: String,
    name: String,
    notes: usize,
}

impl From<ImportMidiReport> for MidiReport {
    fn from(report: ImportMidiReport) -> Self {
        let tracks = report.tracks.into_iter().map(|track| MidiTrack {
            source: track.source.display().to_string(),
            track: track.track.to_string(),
            name: track.name,
            notes: track.notes,
        });
        Self {
            session: report.folder.root().display().to_string(),
            created: report.created,
            revision: report.revision,
            tracks: tracks.collect(),
            warnings: report.warnings,
        }
    }
}

impl Import {
    /// Imports.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        match self.inputs.iter().filter(|path| is_midi(path)).count() {
            0 if self.soundfont.is_some() => {
                Err(Failure::usage("--soundfont: audio files are not played by one; leave it out"))
            }
            0 => self.audio(quiet),
            files if files == self.inputs.len() => self.midi(quiet),
            _ => Err(Failure::usage(
                "audio and MIDI files do not go together: import them one kind after the other",
            )),
        }
    }

    fn midi(&self, quiet: bool) -> Result<(), Failure> {
        if self.tempo.is_some() {
            let what = "--tempo: a MIDI file has its own tempo; change it afterwards with edit";
            return Err(Failure::usage(what));
        }
        if self.reference {
            let what = "--reference: a MIDI file becomes part of the session; leave it out";
            return Err(Failure::usage(what));
        }
        let options =
            MidiImportOptions { soundfont: self.soundfont.as_deref(), one_track: self.one_track };
        let report = MidiReport::from(import_midi(&self.output, &self.inputs, options)?);
        if !quiet {
            output::warnings(&report.warnings);
        }
        if self.json {
            return output::json(&report);
        }
        if quiet {
            return Ok(());
        }
        let made = if report.created { "made" } else { "added to" };
        let mut text = format!("{made} {}: {} tracks\n", report.session, report.tracks.len());
        for track in &report.tracks {
            text.push_str(&format!("  {}  {}, {} notes\n", track.track, track.name, track.notes));
        }
        output::text(&text)
    }

    fn audio(&self, quiet: bool) -> Result<(), Failure> {
        let cancel = CancelToken::default();
        interrupt::ends(self.json);
        interrupt::cancels(&cancel);
        let bar = progress::Bar::new("importing", quiet || self.json, None);
        let options = ImportOptions { copy: !self.reference, tempo_bpm: self.tempo };
        let imported = import(&self.output, &self.inputs, &options, &mut |at: ImportProgress| {
            bar.frames(at.done_bytes, at.total_bytes);
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        bar.finish();
        let report = Report::from(imported?);
        if !quiet {
            output::warnings(&report.warnings);
            for Skipped { path, reason } in &report.skipped {
                output::note(&format!("skipped: {path}: {reason}"));
            }
        }
        if self.json {
            return output::json(&report);
        }
        if quiet {
            return Ok(());
        }
        let made = if report.created { "made" } else { "added to" };
        let mut text = format!("{made} {}: {} tracks\n", report.session, report.files.len());
        for file in &report.files {
            text.push_str(&format!("  {}  {}\n", file.track, file.file));
        }
        output::text(&text)
    }
}
