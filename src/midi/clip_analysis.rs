//! What the notes of a clip say about the music: numbers, key, and a chord for each bar.

use std::collections::BTreeMap;

use super::chord_names::{Chord, detect_chord};
use super::key_estimate::{KeyEstimate, estimate_key};
use super::statistics::{NoteStatistics, note_statistics};
use crate::session::{MidiContent, Note};
use crate::time::{SignatureMap, Ticks};

/// What was found out of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipAnalysis {
    /// Its notes in numbers.
    pub statistics: NoteStatistics,
    /// Keys, the one that fits best first; none where none does.
    pub keys: Vec<KeyEstimate>,
    /// Bars and the chord of all notes that sound in them; those without a name are left out.
    pub chords: Vec<(i64, Chord)>,
}

/// Analyses what a clip plays of `content` from `start` to `end`, once through where it is looped.
pub fn analyse_clip(
    content: &MidiContent,
    start: Ticks,
    end: Ticks,
    signatures: &SignatureMap,
) -> ClipAnalysis {
    let end = content.loop_length.map_or(end, |length| end.min(start + length));
    let notes = heard(content, start, end);
    let first_bar = signatures.to_bars(start).bar;
    let last_bar = signatures.to_bars(Ticks(end.0.saturating_sub(1).max(start.0))).bar;
    let statistics = note_statistics(&notes, (last_bar - first_bar + 1) as f64);
    let durations = statistics.pitch_class_ticks.map(|ticks| ticks as f64);
    // A bit a key.
    let mut keys_of: BTreeMap<i64, u128> = BTreeMap::new();
    for note in &notes {
        let note_end = Ticks(note.at.0 + note.length.0 - 1);
        let sounding = signatures.to_bars(note.at).bar..=signatures.to_bars(note_end).bar;
        for bar in sounding.take(MAX_BARS_A_NOTE) {
            *keys_of.entry(bar).or_default() |= 1 << note.key;
        }
    }
    let keys_in = |bits: u128| (0..128_u8).filter(move |key| bits >> key & 1 == 1);
    let chords = keys_of
        .into_iter()
        .filter_map(|(bar, bits)| Some((bar, detect_chord(&keys_in(bits).collect::<Vec<_>>())?)));
    ClipAnalysis { statistics, keys: estimate_key(&durations), chords: chords.collect() }
}

/// Bars of one note that are looked at.
const MAX_BARS_A_NOTE: usize = 1_024;

/// The notes that are played, at ticks of the timeline, cut off where the clip ends.
fn heard(content: &MidiContent, start: Ticks, end: Ticks) -> Vec<Note> {
    let to = content.loop_length.map_or(Ticks(i64::MAX), |length| content.offset + length);
    let played = content.notes.iter().filter(|note| {
        !note.mute
            && (content.offset..to).contains(&note.at)
            && start + note.at - content.offset < end
    });
    let placed = played.map(|note| {
        let at = start + note.at - content.offset;
        let length = Ticks(note.length.0.min(end.0 - at.0));
        Note { at, length, ..note.clone() }
    });
    placed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::midi::{NoteStyle, chord_line};

    const WHOLE: i64 = 61_440;

    fn analysed(text: &str, start: i64, bars: i64) -> ClipAnalysis {
        let notes = chord_line(text, 4, NoteStyle { velocity: 80, channel: 0 }).unwrap();
        let signatures = SignatureMap::new(&[]).unwrap();
        let content = MidiContent::from(notes);
        analyse_clip(&content, Ticks(start), Ticks(start + bars * WHOLE), &signatures)
    }

    fn chords(analysis: &ClipAnalysis) -> Vec<(i64, String)> {
        analysis.chords.iter().map(|(bar, chord)| (*bar, chord.to_string())).collect()
    }

    #[test]
    fn each_bar_has_its_chord() {
        let analysis = analysed("C:1/1 Am7:1/1 r:1/1 G7:1/1", 2 * WHOLE, 4);
        let wanted = [(3, "C"), (4, "Am7"), (6, "G7")].map(|(bar, name)| (bar, name.to_owned()));
        assert_eq!(chords(&analysis), wanted);
        assert_eq!(analysis.keys[0].name(), "C major");
        assert_eq!((analysis.statistics.notes, analysis.statistics.notes_a_bar), (11, 2.75));
    }

    #[test]
    fn a_loop_counts_as_the_bars_of_its_part() {
        let notes = chord_line("C:1/1 G7:1/1", 4, NoteStyle { velocity: 80, channel: 0 }).unwrap();
        let content = MidiContent { loop_length: Some(Ticks(WHOLE)), ..notes.into() };
        let signatures = SignatureMap::new(&[]).unwrap();
        let analysis = analyse_clip(&content, Ticks(0), Ticks(16 * WHOLE), &signatures);
        assert_eq!((analysis.statistics.notes, analysis.statistics.notes_a_bar), (3, 3.0));
    }

    #[test]
    fn what_the_clip_does_not_play_is_not_counted() {
        let analysis = analysed("C:2/1 Am:1/1", 0, 1);
        assert_eq!(chords(&analysis), [(1, "C".to_owned())]);
        assert_eq!(analysis.statistics.notes, 3);
        assert_eq!(analysis.statistics.pitch_class_ticks[0], WHOLE);
    }
}
