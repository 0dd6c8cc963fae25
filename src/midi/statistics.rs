//! Notes in numbers.

use serde::Serialize;

use crate::session::Note;

/// What can be counted of notes; muted ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NoteStatistics {
    /// How many there are.
    pub notes: usize,
    /// Lowest key; none of no notes.
    pub lowest_key: Option<u8>,
    /// Highest key; none of no notes.
    pub highest_key: Option<u8>,
    /// Most notes that sound at a time.
    pub polyphony: usize,
    /// Mean velocity, 1 to 127; 0 of no notes.
    pub mean_velocity: f64,
    /// Notes a bar.
    pub notes_a_bar: f64,
    /// How many notes are of each pitch class, from C on.
    pub pitch_classes: [usize; 12],
    /// How long each pitch class sounds, in ticks, from C on; notes that overlap count each.
    pub pitch_class_ticks: [i64; 12],
}

/// The statistics of `notes` that take `bars` bars (more than 0).
pub fn note_statistics(notes: &[Note], bars: f64) -> NoteStatistics {
    let mut statistics = NoteStatistics { polyphony: polyphony(notes), ..Default::default() };
    let mut velocities = 0_u64;
    for note in notes.iter().filter(|note| !note.mute) {
        statistics.notes += 1;
        let lowest = statistics.lowest_key.map_or(note.key, |key| key.min(note.key));
        let highest = statistics.highest_key.map_or(note.key, |key| key.max(note.key));
        (statistics.lowest_key, statistics.highest_key) = (Some(lowest), Some(highest));
        velocities += u64::from(note.velocity);
        let class = usize::from(note.key % 12);
        statistics.pitch_classes[class] += 1;
        let ticks = &mut statistics.pitch_class_ticks[class];
        *ticks = ticks.saturating_add(note.length.0);
    }
    if statistics.notes > 0 {
        statistics.mean_velocity = velocities as f64 / statistics.notes as f64;
        statistics.notes_a_bar = statistics.notes as f64 / bars;
    }
    statistics
}

/// Most notes that sound at a time; one that ends where another starts is not counted with it.
fn polyphony(notes: &[Note]) -> usize {
    let mut changes: Vec<(i64, bool)> = Vec::with_capacity(2 * notes.len());
    for note in notes.iter().filter(|note| !note.mute) {
        changes.push((note.at.0, true));
        changes.push((note.at.0.saturating_add(note.length.0), false));
    }
    // Ends, which are false, come first.
    changes.sort_unstable();
    let (mut sounding, mut most) = (0_usize, 0);
    for (_, starts) in changes {
        sounding = if starts { sounding + 1 } else { sounding.saturating_sub(1) };
        most = most.max(sounding);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Ticks;

    fn note(at: i64, length: i64, key: u8, velocity: u8) -> Note {
        Note::new(Ticks(at), Ticks(length), key, velocity)
    }

    #[test]
    fn notes_are_counted() {
        let muted = Note { mute: true, ..note(0, 1_000, 10, 127) };
        let notes = [note(0, 100, 60, 40), note(50, 100, 64, 80), note(100, 7, 72, 90), muted];
        let statistics = note_statistics(&notes, 2.0);
        assert_eq!((statistics.notes, statistics.notes_a_bar), (3, 1.5));
        assert_eq!((statistics.lowest_key, statistics.highest_key), (Some(60), Some(72)));
        assert_eq!((statistics.polyphony, statistics.mean_velocity), (2, 70.0));
        let classes = [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(statistics.pitch_classes, classes);
        assert_eq!(statistics.pitch_class_ticks[0], 107);
    }

    #[test]
    fn no_notes_are_nothing() {
        assert_eq!(note_statistics(&[], 1.0), NoteStatistics::default());
    }
}
