//! `wavemill info`: what is in a session, at a glance.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_core::session::{ClipContent, Insert, Track, TrackKind};
use wavemill_core::time::DEFAULT_BPM;
use wavemill_render::samples_of;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::sessions::Opened;
use wavemill_plugins::run::HostOptions;

/// Arguments of `info`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wavemill info song\n  wavemill info song --json\n\n\
                        A session that cannot be rendered is shown too; the exit code is 3 then.")]
pub struct Info {
    /// The session.
    session: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A session at a glance.
#[derive(Serialize)]
struct Summary {
    name: String,
    sample_rate: u32,
    /// End of the last clip, in samples; null where the tempo makes no map.
    length_samples: Option<i64>,
    length_seconds: Option<f64>,
    /// Tempo at the start, in quarter notes a minute.
    tempo_bpm: f64,
    tempo_points: usize,
    tracks: Vec<TrackSummary>,
    master_chain: Vec<String>,
    markers: usize,
    sections: Vec<String>,
    missing_files: Vec<String>,
    /// What keeps it from being rendered, beyond missing files; the command fails for them.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct TrackSummary {
    id: String,
    name: String,
    kind: TrackKind,
    output: String,
    chain: Vec<String>,
    sends: Vec<String>,
    clips: usize,
    volume_db: f64,
    muted: bool,
    soloed: bool,
    frozen: bool,
}

impl Info {
    /// Reads the document, and the texts of SFZ files for the samples they name: no audio file is
    /// opened, so that it is quick.
    ///
    /// A session that cannot be rendered is shown too, and then refused as a bounce refuses it.
    pub fn run(&self) -> Result<ExitStatus, Failure> {
        let opened = Opened::open(&self.session, HostOptions::default())?;
        let summary = Summary::of(&opened);
        if self.json { output::json(&summary) } else { output::text(&summary.text()) }?;
        let Some(first) = summary.problems.first() else { return Ok(ExitStatus::Done) };
        let more = match summary.problems.len() {
            1 => String::new(),
            count => format!(" (and {} more problems, listed above)", count - 1),
        };
        // Not as a failure, which --json would tell in a second object.
        output::note(&format!("error: {first}{more}"));
        Ok(ExitStatus::Invalid)
    }
}

impl Summary {
    fn of(opened: &Opened) -> Self {
        let session = &opened.session;
        // Where there is no map, the problems say why.
        let length = session.tempo_map().ok().map(|tempo| session.end(&tempo).0);
        Self {
            name: session.name.clone(),
            sample_rate: session.sample_rate.hz(),
            length_samples: length,
            length_seconds: length.map(|length| length as f64 / session.sample_rate.hz_f64()),
            tempo_bpm: session.tempo.first().map_or(DEFAULT_BPM, |point| point.bpm),
            tempo_points: session.tempo.len(),
            tracks: session.tracks.iter().map(TrackSummary::of).collect(),
            master_chain: chain(&session.master.inserts),
            markers: session.markers.len(),
            sections: session.sections.iter().map(|section| section.name.clone()).collect(),
            missing_files: missing_files(opened),
            problems: session.check().iter().map(ToString::to_string).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}\n  {} Hz, {}, {} bpm{}\n",
            self.name,
            self.sample_rate,
            self.length_seconds.map_or_else(|| "of no length".to_owned(), clock),
            self.tempo_bpm,
            if self.tempo_points > 1 { " at the start, then changing" } else { "" },
        );
        if !self.sections.is_empty() {
            text.push_str(&format!("  sections: {}\n", self.sections.join(", ")));
        }
        text.push('\n');
        text.push_str(&table(&self.tracks));
        if !self.master_chain.is_empty() {
            text.push_str(&format!("master: {}\n", self.master_chain.join(" > ")));
        }
        for file in &self.missing_files {
            text.push_str(&format!("missing: {file}\n"));
        }
        for problem in &self.problems {
            text.push_str(&format!("problem: {problem}\n"));
        }
        text
    }
}

impl TrackSummary {
    fn of(track: &Track) -> Self {
        Self {
            id: track.id.to_string(),
            name: track.name.clone(),
            kind: track.kind,
            output: track.output.to_string(),
            chain: chain(&track.inserts),
            sends: track.sends.iter().map(|send| send.to.to_string()).collect(),
            clips: track.clips.len(),
            volume_db: track.volume_db,
            muted: track.mute,
            soloed: track.solo,
            frozen: track.frozen.is_some(),
        }
    }

    fn cells(&self) -> [String; 6] {
        let mut state = format!("{} dB", self.volume_db);
        state.push_str(if self.muted { ", muted" } else { "" });
        state.push_str(if self.soloed { ", solo" } else { "" });
        state.push_str(if self.frozen { ", frozen" } else { "" });
        let mut to = self.output.clone();
        for send in &self.sends {
            to.push_str(&format!(" + {send}"));
        }
        let kind = match self.kind {
            TrackKind::Audio => "audio",
            TrackKind::Instrument => "instrument",
            TrackKind::Group => "group",
            TrackKind::Return => "return",
        };
        let chain = if self.chain.is_empty() { "-".to_owned() } else { self.chain.join(" > ") };
        [self.id.clone(), kind.to_owned(), self.clips.to_string(), state, to, chain]
    }
}

/// Names of a chain's processors; what is bypassed is in brackets.
fn chain(inserts: &[Insert]) -> Vec<String> {
    let name = |insert: &Insert| match &insert.plugin {
        Some(plugin) => format!("plugin {}", plugin.id),
        None => insert.processor.clone(),
    };
    let bracketed = |insert: &Insert| {
        if insert.bypass { format!("({})", name(insert)) } else { name(insert) }
    };
    inserts.iter().map(bracketed).collect()
}

fn missing_files(opened: &Opened) -> Vec<String> {
    let clips = opened.session.tracks.iter().flat_map(|track| &track.clips);
    let files = clips.filter_map(|clip| match &clip.content {
        ClipContent::Audio(audio) => Some(audio.file.clone()),
        ClipContent::Midi(_) => None,
    });
    let frozen = opened.session.tracks.iter().filter_map(|track| track.frozen.as_ref());
    let mut files: Vec<String> = files.chain(frozen.map(|frozen| frozen.file.clone())).collect();
    let tracks = opened.session.tracks.iter().flat_map(|track| &track.inserts);
    for insert in tracks.chain(&opened.session.master.inserts) {
        files.extend(insert.file.clone());
        files.extend(samples_of(insert, &opened.audio));
    }
    files.sort_unstable();
    files.dedup();
    let is_there = |file: &str| opened.audio.path_of(file).is_ok_and(|path| path.is_file());
    files.retain(|file| !is_there(file));
    files
}

/// Seconds as `1:02.500`.
fn clock(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    format!("{minutes}:{:06.3}", seconds - minutes * 60.0)
}

fn table(tracks: &[TrackSummary]) -> String {
    let head = ["track", "kind", "clips", "level", "to", "chain"].map(str::to_owned);
    let rows: Vec<[String; 6]> =
        std::iter::once(head).chain(tracks.iter().map(TrackSummary::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
