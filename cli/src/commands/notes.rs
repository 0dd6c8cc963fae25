//! `wavemill notes`: what the notes of a session say about the music.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_core::midi::{ClipAnalysis, Mode, NoteStatistics, Spelling, analyse_clip, note_name};
use wavemill_core::session::{Clip, ClipContent, MidiContent, Session, Track};
use wavemill_core::time::{SignatureMap, TempoMap};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::sessions::Opened;
use wavemill_plugins::run::HostOptions;

/// Arguments of `notes`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  wavemill notes song\n  wavemill notes song --track bass --json\n\n\
                        Looped clips are counted once through; C4 is key 60. Keys are those of\n\
                        Krumhansl and Schmuckler, with their correlation."
)]
pub struct Notes {
    /// The session.
    session: PathBuf,
    /// Only this track, by its id.
    #[arg(long, value_name = "TRACK")]
    track: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// The note clips of a session.
#[derive(Serialize)]
struct Report {
    clips: Vec<ClipReport>,
}

#[derive(Serialize)]
struct ClipReport {
    track: String,
    clip: String,
    #[serde(flatten)]
    statistics: NoteStatistics,
    /// The keys that fit best, the best one first.
    keys: Vec<KeyReport>,
    /// The bars of which the chord has a name.
    chords: Vec<ChordReport>,
}

#[derive(Serialize)]
struct KeyReport {
    name: String,
    tonic: &'static str,
    mode: Mode,
    correlation: f64,
}

#[derive(Serialize)]
struct ChordReport {
    bar: i64,
    chord: String,
}

/// Keys that are told.
const KEYS: usize = 3;

/// Chords of a clip that the table shows.
const CHORDS_SHOWN: usize = 8;

impl Notes {
    /// Reads the document only.
    pub fn run(&self) -> Result<ExitStatus, Failure> {
        let opened = Opened::open(&self.session, HostOptions::default())?;
        let session = &opened.session;
        if let Some(problem) = session.check().first() {
            return Err(Failure::invalid(problem));
        }
        let tempo = session.tempo_map().map_err(Failure::invalid)?;
        let signatures = SignatureMap::new(&session.signatures).map_err(Failure::invalid)?;
        let tracks = self.tracks(session)?;
        let clips = tracks.into_iter().flat_map(|track| {
            let clips = track.clips.iter().filter_map(|clip| match &clip.content {
                ClipContent::Midi(content) => Some((clip, content)),
                ClipContent::Audio(_) => None,
            });
            clips.map(|(clip, content)| ClipReport::of(track, clip, content, &tempo, &signatures))
        });
        let report = Report { clips: clips.collect() };
        if self.json { output::json(&report) } else { output::text(&report.text()) }?;
        Ok(ExitStatus::Done)
    }

    fn tracks<'s>(&self, session: &'s Session) -> Result<Vec<&'s Track>, Failure> {
        let Some(id) = &self.track else { return Ok(session.tracks.iter().collect()) };
        if let Some(track) = session.tracks.iter().find(|track| track.id.as_str() == id) {
            return Ok(vec![track]);
        }
        let ids: Vec<&str> = session.tracks.iter().map(|track| track.id.as_str()).collect();
        let there = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        Err(Failure::usage(format!("there is no track '{id}': there is {there}")))
    }
}

impl ClipReport {
    fn of(
        track: &Track,
        clip: &Clip,
        content: &MidiContent,
        tempo: &TempoMap,
        signatures: &SignatureMap,
    ) -> Self {
        let (start, end) = tempo.length(clip.start, clip.length);
        let (start, end) = (tempo.ticks_at(start), tempo.ticks_at(end));
        let ClipAnalysis { statistics, keys, chords } =
            analyse_clip(content, start, end, signatures);
        let keys = keys.into_iter().take(KEYS).map(|key| KeyReport {
            name: key.name(),
            tonic: key.tonic_name(),
            mode: key.mode,
            correlation: key.correlation,
        });
        let chords =
            chords.into_iter().map(|(bar, chord)| ChordReport { bar, chord: chord.to_string() });
        Self {
            track: track.id.to_string(),
            clip: clip.id.to_string(),
            statistics,
            keys: keys.collect(),
            chords: chords.collect(),
        }
    }

    fn cells(&self) -> [String; COLUMNS] {
        let NoteStatistics { notes, polyphony, mean_velocity, notes_a_bar, .. } = self.statistics;
        let range = match (self.statistics.lowest_key, self.statistics.highest_key) {
            (Some(low), Some(high)) => {
                format!(
                    "{} to {}",
                    note_name(low, Spelling::Usual),
                    note_name(high, Spelling::Usual)
                )
            }
            _ => "-".to_owned(),
        };
        let key = self
            .keys
            .first()
            .map_or_else(|| "-".to_owned(), |key| format!("{} ({:.2})", key.name, key.correlation));
        [
            self.track.clone(),
            self.clip.clone(),
            notes.to_string(),
            range,
            polyphony.to_string(),
            format!("{mean_velocity:.0}"),
            format!("{notes_a_bar:.1}"),
            key,
            self.chords_text(),
        ]
    }

    /// Bars and their chords; those that follow with the same chord are left out.
    fn chords_text(&self) -> String {
        let mut texts: Vec<String> = Vec::new();
        let mut before: Option<(i64, &str)> = None;
        for ChordReport { bar, chord } in &self.chords {
            if before != Some((bar - 1, chord)) {
                texts.push(format!("{bar}:{chord}"));
            }
            before = Some((*bar, chord));
        }
        if texts.is_empty() {
            return "-".to_owned();
        }
        let more = texts.len().saturating_sub(CHORDS_SHOWN);
        texts.truncate(CHORDS_SHOWN);
        if more > 0 {
            texts.push(format!("and {more} more"));
        }
        texts.join(" ")
    }
}

const COLUMNS: usize = 9;

impl Report {
    fn text(&self) -> String {
        if self.clips.is_empty() {
            return "no note clips\n".to_owned();
        }
        let head = ["track", "clip", "notes", "range", "poly", "vel", "a bar", "key", "chords"];
        let rows: Vec<[String; COLUMNS]> = std::iter::once(head.map(str::to_owned))
            .chain(self.clips.iter().map(ClipReport::cells))
            .collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..COLUMNS).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}
