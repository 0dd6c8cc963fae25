//! Velocities set, scaled and compressed; and humanise, which spreads notes a little by chance.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::random::Random;
use crate::session::Note;
use crate::time::Ticks;

/// What is done to velocities; what comes out lies between 1 and 127.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VelocityChange {
    /// All get this one.
    Set(u8),
    /// This much is added.
    Add(i16),
    /// They are multiplied by this factor, 0 to 16.
    Scale(f64),
    /// Their distances from their mean are multiplied by this factor: 0 makes them equal, 0.5 halves
    /// the distances, 2 doubles them.
    Compress(f64),
}

/// Changes velocities.
pub fn change_velocity(notes: &mut [Note], change: VelocityChange) {
    let sum: i64 = notes.iter().map(|note| i64::from(note.velocity)).sum();
    let mean = sum as f64 / notes.len().max(1) as f64;
    for note in notes {
        let velocity = f64::from(note.velocity);
        note.velocity = seven_bits(match change {
            VelocityChange::Set(to) => f64::from(to),
            VelocityChange::Add(by) => velocity + f64::from(by),
            VelocityChange::Scale(factor) => velocity * factor,
            VelocityChange::Compress(factor) => mean + (velocity - mean) * factor,
        });
    }
}

fn seven_bits(velocity: f64) -> u8 {
    // A float cast saturates, and NaN becomes 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = velocity.round() as u8;
    whole.clamp(1, 127)
}

/// How far chance moves notes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Humanise {
    /// At most this many ticks earlier or later.
    pub timing: Ticks,
    /// At most this much softer or louder.
    pub velocity: u8,
    /// At most this many ticks shorter or longer.
    pub length: Ticks,
    /// What chance depends on, with the place of the note in the list.
    pub seed: u64,
}

/// Spreads `notes` of the clip `clip` evenly within what `how` allows. The same seed does the same
/// again; no note leaves its content or ends before it starts.
pub fn humanise(notes: &mut [Note], how: &Humanise, clip: &str) {
    let random = Random::of_id(how.seed, clip);
    for (position, note) in (0_u64..).step_by(3).zip(notes) {
        let spread = |position: u64, most: i64| {
            // Below 2^53, so exact in a float.
            #[allow(clippy::cast_possible_truncation)]
            let moved = (random.bipolar(position) * most as f64).round() as i64;
            Ticks(moved)
        };
        note.at = (note.at + spread(position, how.timing.0)).max(Ticks::ZERO);
        note.length = (note.length + spread(position + 1, how.length.0)).max(Ticks(1));
        let louder = random.bipolar(position + 2) * f64::from(how.velocity);
        note.velocity = seven_bits(f64::from(note.velocity) + louder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(velocities: &[u8]) -> Vec<Note> {
        let note = |(at, velocity): (i64, &u8)| Note::new(Ticks(at), Ticks(100), 60, *velocity);
        (0..).step_by(1_000).zip(velocities).map(note).collect()
    }

    fn changed(velocities: &[u8], change: VelocityChange) -> Vec<u8> {
        let mut notes = notes(velocities);
        change_velocity(&mut notes, change);
        notes.iter().map(|note| note.velocity).collect()
    }

    #[test]
    fn velocities_stay_between_1_and_127() {
        assert_eq!(changed(&[1, 100, 127], VelocityChange::Add(20)), [21, 120, 127]);
        assert_eq!(changed(&[1, 100, 127], VelocityChange::Add(-100)), [1, 1, 27]);
        assert_eq!(changed(&[10, 100], VelocityChange::Scale(0.5)), [5, 50]);
        assert_eq!(changed(&[10, 100], VelocityChange::Set(0)), [1, 1]);
    }

    #[test]
    fn compression_goes_to_the_mean() {
        assert_eq!(changed(&[40, 80, 120], VelocityChange::Compress(0.5)), [60, 80, 100]);
        assert_eq!(changed(&[40, 80, 120], VelocityChange::Compress(0.0)), [80, 80, 80]);
        assert!(changed(&[], VelocityChange::Compress(0.0)).is_empty());
    }

    #[test]
    fn chance_is_bounded_and_repeats() {
        let how = Humanise { timing: Ticks(30), velocity: 10, length: Ticks(20), seed: 5 };
        let before = notes(&[64; 200]);
        let mut once = before.clone();
        humanise(&mut once, &how, "verse");
        let mut again = before.clone();
        humanise(&mut again, &how, "verse");
        assert_eq!(once, again);
        let mut other = before.clone();
        humanise(&mut other, &Humanise { seed: 6, ..how }, "verse");
        assert_ne!(once, other);
        let moved = |n: usize| once[n].at.0 - before[n].at.0;
        assert!((0..200).all(|n| moved(n).abs() <= 30));
        assert!(once.iter().all(|note| note.velocity.abs_diff(64) <= 10));
        // Of 200 even draws some come near both ends.
        assert!((0..200).any(|n| moved(n) > 25) && (1..200).any(|n| moved(n) < -25));
    }
}
