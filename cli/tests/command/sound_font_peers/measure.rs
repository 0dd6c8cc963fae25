//! How far two renders of one note are apart: in pitch, level, balance and the times of the
//! envelope.

use wavemill_core::math::{db_to_gain, log10};

use super::HELD_FRAMES;

/// A note's frames, from its start to before the next one.
pub type Note<'a> = &'a [[f32; 2]];

/// How far one render is from another.
#[derive(Clone, Copy, Debug)]
pub struct Apart {
    /// Of the pitch, in cents; `None` where the sound is too short to tell.
    pub cents: Option<f64>,
    /// Of the level while the key is down, in dB.
    pub level_db: f64,
    /// Of the left against the right, in dB.
    pub balance_db: f64,
    /// Of the time the level takes to rise, in percent of it.
    pub attack_percent: f64,
    /// Of the time it takes to fall while the key is down.
    pub decay_percent: f64,
    /// Of the time it takes to fall once the key is up.
    pub release_percent: f64,
}

/// A millisecond.
const HOP: usize = 48;
/// Levels are means over as much.
const WINDOW: usize = 10 * HOP;
/// Frames in which the other renderer starts, moves and lets go of notes.
const BLOCK: f64 = 64.0;

/// How far `ours` is from `theirs`, which is `gain_db` softer.
pub fn apart(ours: Note, theirs: Note, gain_db: f64) -> Apart {
    let key_up = HELD_FRAMES / HOP;
    let (ours_db, theirs_db) = (levels(ours), levels(theirs));
    let apart_db: Vec<f64> = ours_db.iter().zip(&theirs_db).map(|(a, b)| a - b).collect();
    let risen = risen(&theirs_db[..key_up]);
    Apart {
        cents: cents(&mono(ours), &mono(theirs)),
        level_db: level_db(ours) - level_db(theirs) - gain_db,
        balance_db: balance_db(ours) - balance_db(theirs),
        attack_percent: attack_percent(&apart_db[..key_up], &theirs_db[..key_up], risen),
        decay_percent: fall_percent(&apart_db[risen..key_up], &theirs_db[risen..key_up]),
        release_percent: fall_percent(&apart_db[key_up..], &theirs_db[key_up..]),
    }
}

/// The level while the key is down, in dB.
pub fn level_db(note: Note) -> f64 {
    let held = &note[..HELD_FRAMES];
    db(channel_energy(held, 0) + channel_energy(held, 1))
}

fn balance_db(note: Note) -> f64 {
    let held = &note[..HELD_FRAMES];
    // Where one side is next to silent it does not matter how silent.
    (db(channel_energy(held, 0)) - db(channel_energy(held, 1))).clamp(-30.0, 30.0)
}

fn channel_energy(frames: Note, channel: usize) -> f64 {
    frames.iter().map(|frame| square(f64::from(frame[channel]))).sum()
}

fn square(x: f64) -> f64 {
    x * x
}

fn db(energy: f64) -> f64 {
    10.0 * log10(energy.max(1e-15))
}

fn mono(note: Note) -> Vec<f32> {
    note.iter().map(|[left, right]| left + right).collect()
}

/// The level before each hop, in dB.
fn levels(note: Note) -> Vec<f64> {
    let level = |end: usize| {
        let frames = &note[end.saturating_sub(WINDOW)..end];
        db(channel_energy(frames, 0) + channel_energy(frames, 1))
    };
    (1..=note.len() / HOP).map(|hop| level(hop * HOP)).collect()
}

/// The hop at which a note has come up to its peak.
fn risen(levels: &[f64]) -> usize {
    let peak = levels.iter().copied().fold(f64::MIN, f64::max);
    levels.iter().position(|level| *level > peak - 1.0).unwrap_or(0)
}

/// How much longer or shorter one attack is. Attacks are straight lines of amplitude, so that one
/// that takes twice as long is half as high all the way up; what levels are apart once they are up
/// is another matter. Nothing where it does not make a block.
fn attack_percent(apart_db: &[f64], levels: &[f64], risen: usize) -> f64 {
    let first = levels.iter().position(|level| *level > levels[risen] - 40.0).unwrap_or(0);
    let end = (risen + WINDOW / HOP).min(apart_db.len());
    let (rising, after) = (&apart_db[first..=risen], &apart_db[risen..end]);
    let share = db_to_gain((mean(rising) - mean(after)).abs()) - 1.0;
    let frames = (rising.len() * HOP) as f64;
    if share * frames < BLOCK { 0.0 } else { 100.0 * share }
}

/// How much steeper or flatter one fall of levels is, by the slope of what the two are apart in the
/// slope of theirs. Nothing where it does not make half a dB, or two blocks of 64 frames.
fn fall_percent(apart_db: &[f64], levels: &[f64]) -> f64 {
    let ended = levels.iter().position(|level| *level < levels[0] - 40.0);
    let hops = ended.unwrap_or(levels.len());
    let slope = |of: &[f64]| {
        let points = of.iter().enumerate().map(|(hop, level)| (hop as f64, *level));
        slope(&points.collect::<Vec<_>>())
    };
    // Windows over the corner where it starts to fall tell little.
    let from = (WINDOW / HOP).min(hops / 2);
    if hops < from + 3 {
        return 0.0;
    }
    let (apart, fall) = (slope(&apart_db[from..hops]), slope(&levels[from..hops]));
    let share = (apart / fall).abs();
    let is_small = (apart * hops as f64).abs() < 0.5 || share * ((hops * HOP) as f64) < 2.0 * BLOCK;
    if is_small { 0.0 } else { 100.0 * share }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Frames of a window in which one render is looked for in the other, and between two windows.
const SPAN: usize = 2_048;
const STEP: usize = 1_200;
/// How far it is looked for: at first, and around where it was last.
const RADIUS: (isize, isize) = (40, 12);
/// Windows it takes to tell.
const FEWEST: usize = 5;

/// How much faster ours goes through the same waves: the slope of the lag at which it is most like
/// the other, window by window.
fn cents(ours: &[f32], theirs: &[f32]) -> Option<f64> {
    let first = 1_920;
    let starts = (first..HELD_FRAMES - SPAN).step_by(STEP);
    let energy = |start: usize| dot(&theirs[start..start + SPAN], &theirs[start..start + SPAN]);
    let loudest = starts.clone().map(energy).fold(0.0, f64::max);
    let mut lag = 0.0;
    let mut points = Vec::new();
    for start in starts.take_while(|start| energy(*start) > 1e-5 * loudest) {
        let radius = if points.is_empty() { RADIUS.0 } else { RADIUS.1 };
        lag = best_lag(ours, &theirs[start..start + SPAN], start, (lag, radius));
        points.push((start as f64, lag));
    }
    (points.len() >= FEWEST).then(|| -slope(&points) * 1_200.0 / std::f64::consts::LN_2)
}

/// The lag, within `radius` of `near`, at which ours is most like `theirs`, which lies at `start`.
#[allow(clippy::cast_possible_truncation)] // Some frames.
fn best_lag(ours: &[f32], theirs: &[f32], start: usize, (near, radius): (f64, isize)) -> f64 {
    let near = near.round() as isize;
    let lags: Vec<isize> = (near - radius..=near + radius).collect();
    let likeness = |lag: &isize| {
        let Some(found) = start.checked_add_signed(*lag).and_then(|at| ours.get(at..at + SPAN))
        else {
            return -1.0;
        };
        dot(found, theirs) / dot(found, found).max(1e-15).sqrt()
    };
    let likes: Vec<f64> = lags.iter().map(likeness).collect();
    let best = (0..likes.len()).max_by(|a, b| likes[*a].total_cmp(&likes[*b])).unwrap_or(0);
    // The top of the parabola through the three points there.
    let between = match likes.get(best.wrapping_sub(1)..best + 2) {
        Some([a, b, c]) if a + c < 2.0 * b => (a - c) / (2.0 * (a - 2.0 * b + c)),
        _ => 0.0,
    };
    lags[best] as f64 + between
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    // Eight sums, so that they may be made side by side.
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().copied().map(f64::from).sum()
}

/// The slope of the line through `points`, by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (x, y) = (x / count, y / count);
    let products = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>();
    products / points.iter().map(|point| square(point.0 - x)).sum::<f64>()
}
