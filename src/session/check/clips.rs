//! Checks of clips, their fades and audio.

use super::Context;
use super::midi::midi;
use super::report::{Place, Report, choices};
use super::timeline::span;
use crate::session::limits::{
    MAX_DB, MAX_FILE_BYTES, MAX_PITCH_SEMITONES, MAX_STRETCH, MAX_TEXT_BYTES, MIN_DB, MIN_STRETCH,
};
use crate::session::{AudioContent, Clip, ClipContent, Track, TrackKind};
use crate::time::{MAX_POSITION, Samples};

pub(super) fn clip(
    clip: &Clip,
    track: &Track,
    context: &Context<'_>,
    place: &Place<'_>,
    report: &mut Report,
) {
    report.text(&place.at("name"), &clip.name, MAX_TEXT_BYTES);
    report.range(&place.at("gain_db"), clip.gain_db, MIN_DB..=MAX_DB, "dB");
    let length = span(place, clip.start, clip.length, context, report);
    for (field, fade) in [("fade_in", &clip.fade_in), ("fade_out", &clip.fade_out)] {
        let longest = length.unwrap_or(MAX_POSITION);
        if fade.length < Samples::ZERO || fade.length > longest {
            let what = format!(
                "a fade of {} samples does not fit the clip: use 0 to {}",
                fade.length.0, longest.0
            );
            report.add(&place.at(field).at("length"), what);
        }
    }
    if let Some(id) = &clip.take_lane
        && !track.take_lanes.iter().any(|lane| lane.id == *id)
    {
        let choices = choices("take lanes", track.take_lanes.iter().map(|lane| lane.id.as_str()));
        report.add(&place.at("take_lane"), format!("there is no take lane '{id}': {choices}"));
    }
    let content = place.at("content");
    match (&clip.content, track.kind) {
        (ClipContent::Audio(audio), TrackKind::Audio) => {
            self::audio(audio, &content.at("audio"), report);
        }
        (ClipContent::Midi(played), TrackKind::Instrument) => {
            midi(played, &content.at("midi"), report);
        }
        (_, TrackKind::Audio) => {
            report.add(&content, "MIDI on an audio track: put the clip on an instrument track");
        }
        (_, TrackKind::Instrument) => {
            report.add(&content, "audio on an instrument track: put the clip on an audio track");
        }
        (_, TrackKind::Group | TrackKind::Return) => report.add(
            &content,
            "groups and returns play no clips: put the clip on an audio or instrument track",
        ),
    }
}

fn audio(audio: &AudioContent, place: &Place<'_>, report: &mut Report) {
    if audio.file.is_empty() {
        report.add(&place.at("file"), "is empty: name a file, such as audio/kick.wav");
    }
    report.text(&place.at("file"), &audio.file, MAX_FILE_BYTES);
    if audio.offset < Samples::ZERO || audio.offset > MAX_POSITION {
        let what = format!("{} is out of range: use 0 to 2^40 frames", audio.offset.0);
        report.add(&place.at("offset"), what);
    }
    let looped =
        audio.loop_length.filter(|length| *length <= Samples::ZERO || *length > MAX_POSITION);
    if let Some(length) = looped {
        let what = format!("{} is out of range: use 1 to 2^40 frames, or leave it out", length.0);
        report.add(&place.at("loop_length"), what);
    }
    report.range(&place.at("stretch"), audio.stretch, MIN_STRETCH..=MAX_STRETCH, "");
    let pitches = -MAX_PITCH_SEMITONES..=MAX_PITCH_SEMITONES;
    report.range(&place.at("pitch_semitones"), audio.pitch_semitones, pitches, "semitones");
}
