//! What enters the faders of a remix: kept chunk by chunk, and given to the remixes after it.
//!
//! Whoever changes a track changes it again: its fader, or the fader of the bus that it feeds. A
//! remix keeps what enters the faders of the strips it runs, old and new; the next one then starts
//! there. Payload: the samples as little-endian f32, `[frame][channel]`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use wavemill_core::graph::{
    ChunkKeys, FaderInput, FaderLink, LinkIndex, Remix, STORE_CHUNK_FRAMES, SignalKey, StripIndex,
};
use wavemill_core::job::CancelToken;

use crate::store::{Kind, Store};

/// The share of the store that what one remix keeps may take, as its divisor.
const QUOTA_SHARE: u64 = 8;

/// Strips of which a remix keeps something: those nearest to the master.
const MOST_STRIPS: usize = 16;

const SAMPLE_BYTES: usize = size_of::<f32>();

/// The signals at the fader links of a remix.
pub(crate) struct Signals<'s> {
    store: &'s Store,
    /// By link.
    links: Vec<Linked>,
}

struct Linked {
    channels: usize,
    given: bool,
    strips: Vec<Kept>,
    held: Mutex<Held>,
}

/// The signal of one strip.
struct Kept {
    /// Its names, chunk by chunk.
    keys: Vec<SignalKey>,
    /// It is to be kept: nobody has, or is about to.
    missing: bool,
    /// The first strip of the link that plays the same.
    same: usize,
}

/// The chunk in use: by strip its payload, or as much as there is of it yet.
#[derive(Default)]
struct Held {
    chunk: Option<u64>,
    payloads: Vec<Vec<u8>>,
}

impl<'s> Signals<'s> {
    /// Cuts `remix`, which renders `frames` frames from the start on, before its faders: what is
    /// stored is given. `None` where there is nothing to cut.
    pub(crate) fn cut(
        remix: &mut Remix,
        store: &'s Store,
        frames: u64,
        cancel: &CancelToken,
    ) -> Option<Self> {
        let strips = nearest(remix);
        if strips.is_empty() {
            return None;
        }
        let keys = keys(remix, &strips, frames, cancel)?;
        let mut most = store.quota_bytes() / QUOTA_SHARE;
        let mut inputs = BTreeMap::new();
        for (strip, keys) in &keys {
            let channels = remix.plan.graph.strips[*strip].layout.channels();
            let bytes = frames * (channels * SAMPLE_BYTES) as u64;
            let given = keys.iter().all(|key| store.has(Kind::Signal, key));
            let input = match (given, most.checked_sub(bytes)) {
                (true, _) => FaderInput::Given,
                (false, Some(left)) => {
                    most = left;
                    FaderInput::Linked
                }
                (false, None) => FaderInput::Chain,
            };
            inputs.insert(*strip, input);
        }
        let input = |strip| inputs.get(&strip).copied().unwrap_or(FaderInput::Chain);
        let links = remix.link_faders(&input);
        (!links.is_empty()).then(|| Self::new(store, links, keys))
    }

    fn new(
        store: &'s Store,
        links: Vec<FaderLink>,
        mut keys: BTreeMap<StripIndex, Vec<SignalKey>>,
    ) -> Self {
        let links = links.into_iter().map(|link| {
            let mut strips: Vec<Kept> = Vec::with_capacity(link.strips.len());
            for (instance, strip) in link.strips.iter().enumerate() {
                let keys = keys.remove(strip).unwrap_or_default();
                // Two strips may play the same: the old and the new version of one.
                let same = strips.iter().position(|other| other.keys == keys).unwrap_or(instance);
                strips.push(Kept { keys, missing: !link.given && same == instance, same });
            }
            Linked { channels: link.channels, given: link.given, strips, held: Mutex::default() }
        });
        Self { store, links: links.collect() }
    }

    /// Bytes of the chunks that are held.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let of_link = |linked: &Linked| linked.strips.len() * linked.channels;
        let channels = self.links.iter().map(of_link).sum::<usize>() as u64;
        channels * u64::from(STORE_CHUNK_FRAMES) * SAMPLE_BYTES as u64
    }

    /// Fills a link (`[frame][lane]`) with `frames` of `chunk`; `None` where it is not given, false
    /// where what it was given is lost.
    pub(crate) fn fill(
        &self,
        link: LinkIndex,
        chunk: u64,
        frames: Range<usize>,
        (out, lanes): (&mut [f32], usize),
    ) -> Option<bool> {
        let linked = self.links.get(link).filter(|linked| linked.given)?;
        let mut held = linked.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.chunk != Some(chunk) {
            held.chunk = None;
            held.payloads.resize(linked.strips.len(), Vec::new());
            let strips = linked.strips.iter().enumerate().zip(&mut held.payloads);
            for ((_, strip), payload) in strips.filter(|((index, strip), _)| *index == strip.same) {
                let key = usize::try_from(chunk).ok().and_then(|chunk| strip.keys.get(chunk));
                if !key.is_some_and(|key| self.store.get_into(Kind::Signal, key, payload)) {
                    return Some(false);
                }
            }
            held.chunk = Some(chunk);
        }
        let frame_bytes = linked.channels * SAMPLE_BYTES;
        for (instance, strip) in linked.strips.iter().enumerate() {
            let payload = &held.payloads[strip.same];
            let bytes = frames.start * frame_bytes..frames.end * frame_bytes;
            let Some(samples) = payload.get(bytes) else { return Some(false) };
            deal(samples, linked.channels, &mut out[instance * linked.channels..], lanes);
        }
        Some(true)
    }

    /// Takes what passed a link (`[frame][lane]`) from frame `first` of `chunk` on, and keeps the
    /// chunk where it `ends` and `may_keep` says so.
    pub(crate) fn keep(
        &self,
        link: LinkIndex,
        (chunk, first): (u64, usize),
        (passed, lanes): (&[f32], usize),
        ends: bool,
        may_keep: bool,
    ) {
        let Some(linked) = self.links.get(link).filter(|linked| !linked.given) else { return };
        let mut held = linked.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.payloads.resize(linked.strips.len(), Vec::new());
        let strips = linked.strips.iter().enumerate().zip(&mut held.payloads);
        for ((instance, strip), payload) in strips.filter(|((_, strip), _)| strip.missing) {
            if first == 0 {
                payload.clear();
            }
            let channels = instance * linked.channels..(instance + 1) * linked.channels;
            let samples = passed.chunks_exact(lanes).flat_map(|frame| &frame[channels.clone()]);
            payload.extend(samples.flat_map(|sample| sample.to_le_bytes()));
            let key = usize::try_from(chunk).ok().and_then(|chunk| strip.keys.get(chunk));
            if let Some(key) = key.filter(|_| ends && may_keep)
                && !self.store.touch(Kind::Signal, key)
            {
                self.store.put(Kind::Signal, key, payload);
            }
        }
    }
}

/// The strips that can be cut before their faders, the nearest to the master first, as many as are.
fn nearest(remix: &Remix) -> Vec<StripIndex> {
    let can_be = remix.fader_strips();
    let order = remix.plan.graph.order.iter().rev().copied();
    order.filter(|strip| can_be.contains(strip)).take(MOST_STRIPS).collect()
}

/// The names of what enters the faders of `strips`, chunk by chunk; `None` where it was cancelled.
fn keys(
    remix: &Remix,
    strips: &[StripIndex],
    frames: u64,
    cancel: &CancelToken,
) -> Option<BTreeMap<StripIndex, Vec<SignalKey>>> {
    let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
    let mut all: BTreeMap<_, Vec<_>> = strips.iter().map(|strip| (*strip, Vec::new())).collect();
    let mut keys = ChunkKeys::new(&remix.plan);
    for chunk in 0..frames.div_ceil(chunk_frames) {
        if cancel.is_cancelled() {
            return None;
        }
        keys.advance();
        let here = (frames - chunk * chunk_frames).min(chunk_frames);
        for (strip, of_strip) in &mut all {
            of_strip.push(keys.fader_input(*strip).of_frames(here));
        }
    }
    Some(all)
}

/// Deals the samples of a strip, as bytes, to its lanes, which are the first of `out`.
fn deal(samples: &[u8], channels: usize, out: &mut [f32], lanes: usize) {
    let samples = samples.as_chunks::<SAMPLE_BYTES>().0;
    // All strips are stereo or mono; with two samples a turn the compiler knows it.
    if channels == 2 {
        for (frame, pair) in out.chunks_mut(lanes).zip(samples.as_chunks::<2>().0) {
            frame[..2].copy_from_slice(&pair.map(f32::from_le_bytes));
        }
        return;
    }
    for (frame, samples) in out.chunks_mut(lanes).zip(samples.chunks_exact(channels)) {
        for (sample, bytes) in frame.iter_mut().zip(samples) {
            *sample = f32::from_le_bytes(*bytes);
        }
    }
}
