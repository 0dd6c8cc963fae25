//! How long a sampler may go on once its notes have ended.

use super::channel::Channel;
use super::voice::STOLEN_SECONDS;
use crate::math::exp2;
use crate::process::{Event, EventKind};
use crate::sampler::{OffMode, Region, SampledInstrument};
use crate::session::ExpressionKind;

/// Longest tail that a file can ask for, in seconds.
pub(super) const MAX_TAIL_SECONDS: f64 = 3_600.0;

/// How far down notes are taken, which makes samples longer, and what is left of them at the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    /// Where the wheel was lowest and highest, -1 to 1, in the middle at first.
    wheel: (f64, f64),
    /// The widest range that a channel was told.
    range_semitones: f64,
    /// The lowest that a note's own tuning was, 0 at first.
    tuning_semitones: f64,
    /// A pedal is left down: what it holds sounds on.
    is_held: bool,
}

impl Course {
    /// Of a wheel that may be anywhere, in the ranges that regions have themselves.
    pub(super) fn unknown() -> Self {
        Self { wheel: (-1.0, 1.0), range_semitones: 0.0, tuning_semitones: 0.0, is_held: false }
    }

    /// Of all events of a track.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut course = Self { wheel: (0.0, 0.0), ..Self::unknown() };
        let mut channels = vec![Channel::default(); 16];
        for event in events {
            match event.kind {
                EventKind::Controller { channel, target, value } => {
                    let channel = &mut channels[usize::from(channel & 0xf)];
                    channel.set(target, value);
                    let (wheel, range) = channel.wheel();
                    course.wheel = (course.wheel.0.min(wheel), course.wheel.1.max(wheel));
                    course.range_semitones = course.range_semitones.max(range.unwrap_or(0.0));
                }
                EventKind::Expression { kind: ExpressionKind::Tuning, value, .. } => {
                    course.tuning_semitones = course.tuning_semitones.min(value);
                }
                _ => {}
            }
        }
        course.is_held = channels.iter().any(Channel::holds);
        course
    }

    /// The lowest that all this takes a region: not above 0.
    fn lowest_cents(&self, region: &Region) -> f64 {
        let (down, up) = self.wheel;
        // Before a channel is told a range, regions have their own; a wheel may go the other way.
        let bent = [
            -down * region.bend_down_cents,
            up * region.bend_up_cents,
            down * self.range_semitones * 100.0,
        ];
        bent.into_iter().fold(0.0, f64::min) + self.tuning_semitones * 100.0
    }
}

/// The longest that anything sounds after the last note has ended.
pub(super) fn tail_seconds(sampled: &SampledInstrument, course: &Course) -> f64 {
    let regions = sampled.instrument().regions().iter();
    let tails = regions.map(|region| region_seconds(sampled, region, course));
    // Whatever gives way to the last note fades for so long.
    tails.fold(STOLEN_SECONDS, f64::max).min(MAX_TAIL_SECONDS)
}

fn region_seconds(sampled: &SampledInstrument, region: &Region, course: &Course) -> f64 {
    let release = region.envelope.release_seconds;
    // What the last note turns off.
    let off = match region.off_mode {
        OffMode::Time(seconds) if region.off_by != 0 => seconds,
        _ => 0.0,
    };
    let Some((sample, stretch)) = sampled.stretch(region) else { return release.max(off) };
    if !region.rings_out() && !course.is_held {
        return release.max(off);
    }
    if !stretch.looped.is_empty() {
        return MAX_TAIL_SECONDS;
    }
    let (low, high) = region.keys;
    let own = region.cents_at(low).min(region.cents_at(high));
    let cents = own + course.lowest_cents(region);
    let frames_a_second = sample.rate().hz_f64() * exp2(cents / 1_200.0);
    (region.delay_seconds + stretch.frames.len() as f64 / frames_a_second).max(off)
}
