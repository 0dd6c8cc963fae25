//! Signals whose samples differ between two records, and where the differences come from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wavemill_core::graph::STORE_CHUNK_FRAMES;

use super::BounceRecord;
use super::signals::SignalRecord;
use crate::hash::{MixHasher, hex};

/// A signal whose samples differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalDifference {
    /// Its id.
    pub id: String,
    /// Where it differs first; `None` where only one record has it.
    pub first: Option<FirstDifference>,
    /// Why.
    pub cause: Cause,
    /// The signals, further up, that start what reaches it: only because of those it differs.
    /// Where it has a cause of its own, others may be here besides.
    pub because_of: Vec<String>,
}

/// The first chunk that differs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FirstDifference {
    /// Its number in the range.
    pub chunk: u64,
    /// Its first sample on the timeline.
    pub sample: i64,
    /// The same in seconds.
    pub seconds: f64,
}

/// Why a signal differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Its own settings, versions or clips do, or what it hears is another.
    Own,
    /// Only what it hears does.
    Heard,
    /// Nothing that the records name does: builds or machines that do not compute the same.
    Unexplained,
    /// Only one of the records is traced: what is its own cannot be told.
    Untraced,
    /// Only the first record has it.
    OnlyA,
    /// Only the second one has it.
    OnlyB,
}

/// The signals of `a` and `b` that differ, each after all it follows from.
pub(super) fn signal_differences(a: &BounceRecord, b: &BounceRecord) -> Vec<SignalDifference> {
    let pair = Pair::new(a, b);
    let mut found: Vec<SignalDifference> = Vec::new();
    for signal in &b.signals {
        let Some(old) = pair.a.get(signal.id.as_str()) else {
            if pair.same_detail {
                found.push(alone(signal, Cause::OnlyB));
            }
            continue;
        };
        if let Some(chunk) = pair.first_chunk(old, signal) {
            let difference = pair.explain(old, signal, chunk, &found);
            found.push(difference);
        }
    }
    let gone = a.signals.iter().filter(|signal| !pair.b.contains_key(signal.id.as_str()));
    found.extend(gone.filter(|_| pair.same_detail).map(|signal| alone(signal, Cause::OnlyA)));
    found
}

/// The digest of so many frames of silence.
fn silence(frames: u64) -> String {
    let samples = vec![0.0; 2 * usize::try_from(frames).unwrap_or(0)];
    let mut hasher = MixHasher::default();
    hasher.update(&samples);
    hex(&hasher.finish())
}

fn alone(signal: &SignalRecord, cause: Cause) -> SignalDifference {
    SignalDifference { id: signal.id.clone(), first: None, cause, because_of: Vec::new() }
}

/// Two records, their signals by id.
struct Pair<'r> {
    a: BTreeMap<&'r str, &'r SignalRecord>,
    b: BTreeMap<&'r str, &'r SignalRecord>,
    /// Both are traced or none is: their signals are cut in the same places.
    same_detail: bool,
    frames: (u64, u64),
    from: i64,
    rate_hz: u32,
}

impl<'r> Pair<'r> {
    fn new(a: &'r BounceRecord, b: &'r BounceRecord) -> Self {
        let by_id = |record: &'r BounceRecord| {
            record.signals.iter().map(|signal| (signal.id.as_str(), signal)).collect()
        };
        Self {
            a: by_id(a),
            b: by_id(b),
            same_detail: a.trace == b.trace,
            frames: (a.range.frames, b.range.frames),
            from: a.range.from,
            rate_hz: a.session.sample_rate,
        }
    }

    /// The first chunk of equal length in which the samples differ; silenced is silence.
    fn first_chunk(&self, a: &SignalRecord, b: &SignalRecord) -> Option<u64> {
        let common = self.frames.0.min(self.frames.1);
        let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
        let equally_long =
            |chunk: u64| (chunk + 1) * chunk_frames <= common || self.frames.0 == self.frames.1;
        let whole = silence(chunk_frames);
        let digest = |signal: &SignalRecord, chunk: u64| {
            let left = common - chunk * chunk_frames;
            match (signal.silenced, left < chunk_frames) {
                (true, false) => Some(whole.clone()),
                (true, true) => Some(silence(left)),
                (false, _) => {
                    let chunk = signal.chunks.get(usize::try_from(chunk).ok()?)?;
                    Some(chunk.sha256.clone())
                }
            }
        };
        let mut chunks = 0..common.div_ceil(chunk_frames);
        chunks.find(|chunk| equally_long(*chunk) && digest(a, *chunk) != digest(b, *chunk))
    }

    fn explain(
        &self,
        a: &SignalRecord,
        b: &SignalRecord,
        chunk: u64,
        found: &[SignalDifference],
    ) -> SignalDifference {
        let heard = self.heard(b);
        let is_heard = |difference: &&SignalDifference| heard.contains(difference.id.as_str());
        let upstream: Vec<&SignalDifference> = found.iter().filter(is_heard).collect();
        // What is heard to differ only later is no reason.
        let reaches = |difference: &&SignalDifference| {
            difference.first.is_none_or(|first| first.chunk <= chunk)
        };
        let explained = upstream.iter().any(reaches);
        // Signals cut in other places have other settings of their own.
        let own = a.own_key != b.own_key || a.hears != b.hears;
        let cause = match (self.same_detail, own, explained) {
            (false, ..) => Cause::Untraced,
            (true, true, _) => Cause::Own,
            (true, false, true) => Cause::Heard,
            (true, false, false) => Cause::Unexplained,
        };
        let mut because_of: Vec<String> = Vec::new();
        for difference in upstream {
            because_of.extend(difference.because_of.iter().cloned());
            if difference.cause != Cause::Heard {
                because_of.push(difference.id.clone());
            }
        }
        let mut seen = BTreeSet::new();
        because_of.retain(|id| seen.insert(id.clone()));
        SignalDifference { id: b.id.clone(), first: Some(self.position(chunk)), cause, because_of }
    }

    /// The signals that `b` follows from directly and that both records have.
    fn heard(&self, b: &SignalRecord) -> BTreeSet<&str> {
        let mut heard = BTreeSet::new();
        let mut looked_at = BTreeSet::new();
        let mut waiting: Vec<&str> = b.hears.iter().map(String::as_str).collect();
        while let Some(id) = waiting.pop() {
            let Some((id, signal)) =
                self.b.get_key_value(id).filter(|_| looked_at.insert(id.to_owned()))
            else {
                continue;
            };
            if self.same_detail || self.a.contains_key(id) {
                heard.insert(*id);
            } else {
                waiting.extend(signal.hears.iter().map(String::as_str));
            }
        }
        heard
    }

    fn position(&self, chunk: u64) -> FirstDifference {
        let offset = chunk * u64::from(STORE_CHUNK_FRAMES);
        let sample = self.from.saturating_add(i64::try_from(offset).unwrap_or(i64::MAX));
        FirstDifference { chunk, sample, seconds: sample as f64 / f64::from(self.rate_hz) }
    }
}
