//! Zones: for which keys and velocities a preset or an instrument plays what.

use super::SoundFontError;
use super::generator::{Stated, number as generator};
use super::modulator::Modulator;
use super::record::{Level, number};

/// Lowest and highest, both included.
pub(super) type Span = (u8, u8);

/// A zone with what the global zone before it states.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    /// The instrument or sample it plays.
    pub(super) target: usize,
    pub(super) keys: Span,
    pub(super) velocities: Span,
    pub(super) stated: Stated,
    pub(super) modulators: Vec<Modulator>,
}

/// Most modulators of a zone; what is more is refused, so that no file can make a note slow.
const MAX_MODULATORS: usize = 256;

/// The zones of header `header`, without the global one. `target` is the generator that ends a zone
/// and says what it plays, one of `targets`.
pub(super) fn zones<const HEADER: usize>(
    level: &Level<'_, HEADER>,
    header: usize,
    (target, targets): (usize, usize),
) -> Result<Vec<Zone>, SoundFontError> {
    let bags = level.bags_of(header)?;
    let first = bags.start;
    let mut global = (Stated::default(), Vec::new());
    let mut zones = Vec::with_capacity(bags.len());
    for bag in bags {
        let (stated, plays) = stated(level.generators_of(bag)?, target);
        let modulators = modulators(level.modulators_of(bag)?)?;
        let Some(plays) = plays else {
            // Only the first may be global; another one that plays nothing is to be ignored.
            if bag == first {
                global = (stated, modulators);
            }
            continue;
        };
        if plays >= targets {
            let chunk = if target == generator::SAMPLE { "igen" } else { "pgen" };
            let to = targets.saturating_sub(1);
            return Err(SoundFontError::Index { chunk, record: bag, index: plays, from: 0, to });
        }
        let stated = stated.over(&global.0);
        zones.push(Zone {
            target: plays,
            keys: span(&stated, generator::KEY_RANGE),
            velocities: span(&stated, generator::VELOCITY_RANGE),
            stated,
            modulators: replaced(&global.1, &modulators),
        });
    }
    Ok(zones)
}

/// What the generators of a zone state, and what it plays: the generator `target` ends it.
fn stated(records: &[[u8; 4]], target: usize) -> (Stated, Option<usize>) {
    let mut stated = Stated::default();
    for record in records {
        let (generator, value) = (usize::from(number(record, 0)), number(record, 2));
        if generator == target {
            return (stated, Some(usize::from(value)));
        }
        stated.state(generator, value.cast_signed());
    }
    (stated, None)
}

fn modulators(records: &[[u8; 10]]) -> Result<Vec<Modulator>, SoundFontError> {
    if records.len() > MAX_MODULATORS {
        let what = "modulators in a zone";
        return Err(SoundFontError::TooMany { what, limit: MAX_MODULATORS });
    }
    Ok(records.iter().filter_map(Modulator::of_record).collect())
}

/// `before`, where `after` takes the place of what is identical and comes behind the rest.
pub(super) fn replaced(before: &[Modulator], after: &[Modulator]) -> Vec<Modulator> {
    let mut all = before.to_vec();
    for modulator in after {
        match all.iter_mut().find(|other| other.is_identical(modulator)) {
            Some(other) => *other = *modulator,
            None => all.push(*modulator),
        }
    }
    all
}

fn span(stated: &Stated, generator: usize) -> Span {
    let [low, high] = stated.stated(generator).map_or([0, 127], i16::to_le_bytes);
    (low, high.min(127))
}

/// What both spans have; `None` where there is nothing.
pub(super) fn both(one: Span, other: Span) -> Option<Span> {
    let (low, high) = (one.0.max(other.0), one.1.min(other.1));
    (low <= high).then_some((low, high))
}
