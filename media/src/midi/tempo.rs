//! Tempo changes: from a file's microseconds to beats a minute, and back.

use super::error::WriteMidiError;
use wavemill_core::session::limits::MAX_TEMPO_POINTS;
use wavemill_core::session::{Session, TempoPoint, TempoShape};
use wavemill_core::time::{DEFAULT_BPM, MAX_BPM, MIN_BPM, TICKS_PER_QUARTER, TempoMap, Ticks};

const MICROSECONDS_PER_MINUTE: f64 = 60_000_000.0;

/// The longest quarter note of a file: 24 bits.
const MAX_MICROSECONDS: f64 = 16_777_215.0;

/// Ticks of a step of a ramp: a sixteenth note.
const RAMP_STEP_TICKS: i64 = TICKS_PER_QUARTER / 4;

/// The tempo points of `changes` (ticks, and microseconds a quarter note), which may be in any
/// order; of those on one tick the last one counts.
pub(super) fn points(
    mut changes: Vec<(Ticks, u32)>,
    warnings: &mut Vec<String>,
) -> Vec<TempoPoint> {
    changes.sort_by_key(|(at, _)| *at);
    let (mut empty, mut clamped) = (0_usize, 0_usize);
    let mut points: Vec<TempoPoint> = Vec::new();
    for (at, told) in changes {
        if told == 0 {
            empty += 1;
            continue;
        }
        let bpm = (MICROSECONDS_PER_MINUTE / f64::from(told)).clamp(MIN_BPM, MAX_BPM);
        // What is written for a tempo at the end of the range may be a little beyond it.
        clamped += usize::from(microseconds(MICROSECONDS_PER_MINUTE / bpm) != told);
        let point = TempoPoint { at, bpm, shape: TempoShape::Step };
        if points.last().is_none_or(|last| last.at < at) {
            points.push(point);
        } else if let Some(last) = points.last_mut() {
            *last = point;
        }
    }
    if points.first().is_some_and(|first| first.at > Ticks::ZERO) {
        let at = Ticks::ZERO;
        points.insert(0, TempoPoint { at, bpm: DEFAULT_BPM, shape: TempoShape::Step });
    }
    if empty > 0 {
        warnings.push(format!("{empty} tempo changes to quarter notes of no length were left out"));
    }
    if clamped > 0 {
        warnings.push(format!(
            "{clamped} tempo changes were beyond {MIN_BPM} to {MAX_BPM} bpm, and are the nearest of \
             these"
        ));
    }
    if points.len() > MAX_TEMPO_POINTS {
        points.truncate(MAX_TEMPO_POINTS);
        warnings.push(format!("tempo changes after the first {MAX_TEMPO_POINTS} were left out"));
    }
    points
}

/// The tempo changes of `session` as a file has them: ticks, and microseconds a quarter note. Ramps
/// become steps a sixteenth note long, each as long as the ramp is there, so that no drift adds up.
///
/// # Errors
/// Where ramps make more changes than a session has.
pub(super) fn changes(
    session: &Session,
    map: &TempoMap,
) -> Result<Vec<(Ticks, u32)>, WriteMidiError> {
    let mut changes = Vec::new();
    for (index, point) in session.tempo.iter().enumerate() {
        match session.tempo.get(index + 1).filter(|_| point.shape == TempoShape::Ramp) {
            Some(next) => {
                let steps = (next.at - point.at).0 / RAMP_STEP_TICKS;
                let steps = usize::try_from(steps).unwrap_or(usize::MAX);
                if steps.saturating_add(changes.len()) > MAX_TEMPO_POINTS {
                    return Err(WriteMidiError::LongRamp { tempo: index });
                }
                ramp(point.at, next.at, map, &mut changes);
            }
            None => changes.push((point.at, microseconds(MICROSECONDS_PER_MINUTE / point.bpm))),
        }
    }
    Ok(changes)
}

fn ramp(from: Ticks, to: Ticks, map: &TempoMap, changes: &mut Vec<(Ticks, u32)>) {
    let per_sample = 1_000_000.0 / map.sample_rate().hz_f64();
    let start = map.exact_samples_at(from);
    let mut written = 0.0;
    let mut at = from;
    while at < to {
        let end = Ticks(at.0 + RAMP_STEP_TICKS).min(to);
        let quarters = (end - at).0 as f64 / TICKS_PER_QUARTER as f64;
        let until = (map.exact_samples_at(end) - start) * per_sample;
        let told = microseconds((until - written) / quarters);
        changes.push((at, told));
        written += f64::from(told) * quarters;
        at = end;
    }
}

/// The nearest whole number of microseconds that a file can say.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped to 24 bits.
fn microseconds(exact: f64) -> u32 {
    (exact + 0.5).clamp(1.0, MAX_MICROSECONDS) as u32
}

#[cfg(test)]
mod tests {
    use wavemill_core::time::SampleRate;

    use super::*;

    fn session(tempo: Vec<TempoPoint>) -> Session {
        Session { tempo, ..Session::new("Song", SampleRate::new(48_000).unwrap()) }
    }

    #[test]
    fn every_tempo_of_a_file_comes_back() {
        for told in (60_060..12_000_000).step_by(997).chain([500_000, 12_000_000]) {
            let mut warnings = Vec::new();
            let session = session(points(vec![(Ticks::ZERO, told)], &mut warnings));
            assert_eq!(warnings, [""; 0]);
            let map = session.tempo_map().unwrap();
            assert_eq!(changes(&session, &map).unwrap(), [(Ticks::ZERO, told)]);
        }
    }

    #[test]
    fn odd_tempos_are_told() {
        let mut warnings = Vec::new();
        let told =
            [(Ticks(9), 1), (Ticks(9), 16_000_000), (Ticks(5), 0), (Ticks(7), 500_000)].to_vec();
        let points = points(told, &mut warnings);
        let bpm: Vec<_> = points.iter().map(|point| (point.at.0, point.bpm)).collect();
        assert_eq!(bpm, [(0, 120.0), (7, 120.0), (9, 5.0)]);
        assert!(warnings[0].contains("1 tempo changes to quarter notes of no length"));
        assert!(warnings[1].contains("2 tempo changes were beyond 5 to 999 bpm"), "{warnings:?}");
    }

    #[test]
    fn steps_of_a_ramp_take_as_long_as_the_ramp() {
        let point = |at, bpm, shape| TempoPoint { at: Ticks(at), bpm, shape };
        let ramped = session(vec![
            point(0, 60.0, TempoShape::Ramp),
            point(153_600 + 7, 180.0, TempoShape::Step),
        ]);
        let map = ramped.tempo_map().unwrap();
        let steps = changes(&ramped, &map).unwrap();
        assert_eq!(steps.len(), 42);
        let mut warnings = Vec::new();
        let stepped = session(points(steps, &mut warnings)).tempo_map().unwrap();
        for at in (0..=153_607).step_by(3_840).chain([153_607]) {
            let apart = stepped.exact_samples_at(Ticks(at)) - map.exact_samples_at(Ticks(at));
            // Half a microsecond a quarter is a fortieth of a sample.
            assert!(apart.abs() < 0.05, "{at}: {apart}");
        }
    }
}
