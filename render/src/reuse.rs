//! What a render takes from the store and leaves there: where each segment starts, the sums and
//! states it starts from, and those it keeps on its way.
//!
//! Kept are the exact sums at the master's input, chunk by chunk, and the state of every strip
//! after every fourth chunk, unless it runs a processor whose state cannot be saved: what needs that
//! one starts from the beginning. Nothing is kept of a render from the chunk on in which it had
//! something to warn of: what is served from the store could not warn again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use wavemill_core::execute::SegmentRunner;
use wavemill_core::graph::{
    ChunkKeys, JoinIndex, KeyedEdge, Node, NodeKind, Plan, Remix, STORE_CHUNK_FRAMES, Segment,
    SignalKey, StripIndex, TapIndex, master_input, master_inputs,
};
use wavemill_core::job::CancelToken;
use wavemill_core::process::StateWriter;

use crate::signals::Signals;
use crate::store::{Kind, Store};
use crate::sums;

/// Chunks from one checkpoint to the next: 5.5 s at 48 kHz.
const STATE_INTERVAL: u64 = 4;

/// Larger states are kept after every sixteenth chunk only, and those beyond the limit never.
const LARGE_STATE_BYTES: usize = 2 * 1024 * 1024;
const LARGE_STATE_INTERVAL: u64 = 16;
const MAX_STATE_BYTES: usize = 64 * 1024 * 1024;

/// Longer streams (37 hours at 48 kHz) are rendered without a store.
const MAX_CHUNKS: u64 = 100_000;

/// The keys of everything a render may find or keep.
pub(crate) struct Reuse<'s> {
    store: &'s Store,
    /// The join that feeds the master, where its sums are all the master hears.
    master_input: Option<JoinIndex>,
    sums: Vec<SumKeys>,
    /// The sums of an older mix, out of which those of this one are made.
    older_sums: Option<Vec<SumKeys>>,
    /// Sums that are made are kept.
    keeps_sums: bool,
    /// What enters the faders of a remix.
    signals: Option<Signals<'s>>,
    /// What meets at the master's input, over all chunks.
    inputs: Option<Vec<KeyedEdge>>,
    /// Number of chunks.
    chunks: u64,
    /// Key of the master's whole output.
    output: SignalKey,
    /// Keys of all that each tap hands out.
    taps: Vec<SignalKey>,
    /// Keys of strips' whole states by number of chunks run.
    states: BTreeMap<u64, BTreeMap<StripIndex, SignalKey>>,
    /// The parts in which strips run.
    parts: BTreeMap<Part, PartState>,
    warned: AtomicBool,
    /// The stored sum that is being used.
    base: Mutex<Base>,
    /// Bytes of sums kept. Beyond half of the store the first ones would have to go again, and
    /// without the first ones the others are of no use to a whole bounce.
    sum_bytes: AtomicU64,
}

/// A stored sum in use, and room for it.
#[derive(Default)]
struct Base {
    chunk: Option<u64>,
    payload: Vec<u8>,
    /// The part of it that is asked for, `[frame][2]`.
    sums: Vec<f64>,
}

/// How many stream frames of a plan are of interest.
#[derive(Clone, Copy)]
pub(crate) struct Lengths<'a> {
    /// Of all that is rendered.
    pub(crate) stream: u64,
    /// Of the master's output.
    pub(crate) mix: u64,
    /// Of what each tap hands out.
    pub(crate) taps: &'a [u64],
}

/// Takes sums, `[frame][2]`.
pub(crate) type Add<'a> = &'a mut dyn FnMut(&[f64]);

/// A strip, and the first of its nodes in a segment.
type Part = (StripIndex, usize);

/// What is kept of the state of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PartState {
    /// It is the whole strip.
    Whole,
    /// It is of these nodes alone.
    Of(Range<usize>),
    /// Nothing: there is a processor in it whose state cannot be saved.
    Unsaved,
}

/// The names of one chunk's sums.
#[derive(Clone, Copy)]
struct SumKeys {
    /// Of as many frames as are rendered: fewer than a chunk's only at the end.
    rendered: SignalKey,
    /// Of the whole chunk, which holds those.
    whole: SignalKey,
}

/// Where a render starts, in chunks of [`STORE_CHUNK_FRAMES`], and from what.
pub(crate) struct Start {
    /// The master's first chunk.
    pub(crate) master: u64,
    /// The first chunk of everything before the master; `None` where nothing of it has to run.
    pub(crate) others: Option<u64>,
    /// The states to start from.
    states: BTreeMap<Part, StoredState>,
}

/// A state and its name.
type StoredState = (SignalKey, StateWriter);

impl<'s> Reuse<'s> {
    /// True where so many stream frames are few enough to be named chunk by chunk.
    pub(crate) fn may_name(frames: u64) -> bool {
        frames / u64::from(STORE_CHUNK_FRAMES) < MAX_CHUNKS
    }

    /// The keys of all that `plan` puts out; `None` where it was cancelled.
    pub(crate) fn new(
        plan: &Plan,
        store: &'s Store,
        lengths: Lengths<'_>,
        cancel: &CancelToken,
    ) -> Option<Self> {
        let frames = lengths.stream;
        let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
        let mut keys = ChunkKeys::new(plan);
        let runs = plan.graph.strips[plan.master()].audible;
        let master_input = master_input(&plan.graph).filter(|_| runs);
        let mut reuse = Self {
            store,
            master_input,
            sums: Vec::new(),
            older_sums: None,
            keeps_sums: true,
            signals: None,
            inputs: None,
            chunks: frames.div_ceil(chunk_frames),
            output: SignalKey::default(),
            taps: vec![SignalKey::default(); lengths.taps.len()],
            states: BTreeMap::new(),
            parts: parts(plan),
            warned: AtomicBool::new(false),
            base: Mutex::default(),
            sum_bytes: AtomicU64::new(0),
        };
        for chunk in 0..reuse.chunks {
            if cancel.is_cancelled() {
                return None;
            }
            keys.advance();
            let here = (frames - chunk * chunk_frames).min(chunk_frames);
            if let Some(join) = master_input {
                let whole = keys.join(join);
                reuse.sums.push(SumKeys { rendered: whole.of_frames(here), whole });
            }
            if (chunk + 1).is_multiple_of(STATE_INTERVAL) {
                let strips = plan.segments.iter().flat_map(|segment| &segment.strips);
                let states = strips.map(|strip| (*strip, keys.state(*strip)));
                reuse.states.insert(chunk + 1, states.collect());
            }
            // Of a signal that ends in this chunk.
            let start = chunk * chunk_frames;
            let ends = |frames: u64| (start + 1..=start + chunk_frames).contains(&frames);
            if ends(lengths.mix) {
                reuse.output = keys.output().of_frames(lengths.mix - start);
            }
            for (tap, frames) in lengths.taps.iter().enumerate().filter(|(_, f)| ends(**f)) {
                reuse.taps[tap] = keys.tap(tap).of_frames(*frames - start);
            }
        }
        reuse.inputs = master_inputs(plan, &keys);
        Some(reuse)
    }

    /// What the plan of `remix` may find and keep: `newer` and `older` are of the plans that it is
    /// made of.
    pub(crate) fn of_remix(
        (plan, remix): (&Plan, &Remix),
        newer: &Self,
        older: &Self,
        keeps_sums: bool,
        signals: Option<Signals<'s>>,
    ) -> Self {
        let mut states = newer.states.clone();
        for (boundary, keys) in &older.states {
            let keys = keys.iter().map(|(strip, key)| (strip + remix.new_strips, *key));
            states.entry(*boundary).or_default().extend(keys);
        }
        Self {
            store: newer.store,
            master_input: newer.master_input,
            sums: newer.sums.clone(),
            older_sums: Some(older.sums.clone()),
            keeps_sums,
            signals,
            inputs: None,
            chunks: newer.chunks,
            output: newer.output,
            taps: Vec::new(),
            states,
            parts: parts(plan),
            warned: AtomicBool::new(false),
            base: Mutex::default(),
            sum_bytes: AtomicU64::new(0),
        }
    }

    /// What meets at the master's input, where that is all the master hears.
    pub(crate) fn master_inputs(&self) -> Option<&[KeyedEdge]> {
        self.inputs.as_deref()
    }

    /// True where every sum of the mix is in the store.
    pub(crate) fn has_all_sums(&self) -> bool {
        self.master_input.is_some() && self.first_missing_sum(0) == self.chunks
    }

    /// True where the sums of an older mix are there from `chunk` on, or none are needed.
    pub(crate) fn has_older_sums(&self, chunk: u64) -> bool {
        let rest = self.older_sums.iter().flatten();
        rest.skip(usize::try_from(chunk).unwrap_or(usize::MAX)).all(|keys| self.has_sum(keys))
    }

    fn has_sum(&self, keys: &SumKeys) -> bool {
        let has = |key: &SignalKey| self.store.has(Kind::Sum, key);
        has(&keys.rendered) || has(&keys.whole)
    }

    /// The key of the master's whole output.
    pub(crate) fn output_key(&self) -> SignalKey {
        self.output
    }

    /// The key of all that a tap hands out.
    pub(crate) fn tap_key(&self, tap: TapIndex) -> SignalKey {
        self.taps[tap]
    }

    /// Where a render that is asked for what comes after stream frame `first` may start.
    pub(crate) fn start(&self, plan: &Plan, first: u64) -> Start {
        let master = plan.master();
        let wanted = first / u64::from(STORE_CHUNK_FRAMES);
        let all = self.parts.keys().copied();
        let (of_master, others): (Vec<Part>, Vec<Part>) = all.partition(|part| part.0 == master);
        let (from, states) = self.latest_states(&of_master, wanted);
        let missing = self.first_missing_sum(from);
        if missing == self.sums.len() as u64 && self.master_input.is_some() {
            return Start { master: from, others: None, states };
        }
        let (others_from, others_states) = self.latest_states(&others, missing.min(self.chunks));
        if missing > from && others_from >= from {
            let states = states.into_iter().chain(others_states).collect();
            return Start { master: from, others: Some(others_from), states };
        }
        // The sums give nothing.
        self.start_together(first)
    }

    /// Where all segments may start that are asked for what comes after stream frame `first`.
    pub(crate) fn start_together(&self, first: u64) -> Start {
        let wanted = first / u64::from(STORE_CHUNK_FRAMES);
        let all: Vec<Part> = self.parts.keys().copied().collect();
        let (from, states) = self.latest_states(&all, wanted);
        Start { master: from, others: Some(from), states }
    }

    /// The first chunk from `from` on whose sum is not stored.
    fn first_missing_sum(&self, from: u64) -> u64 {
        if self.master_input.is_none() {
            return from;
        }
        let rest = self.sums.iter().skip(usize::try_from(from).unwrap_or(usize::MAX));
        from + rest.take_while(|keys| self.has_sum(keys)).count() as u64
    }

    /// The latest chunk, at most `limit`, at which the states of all `parts` are stored, and
    /// those states; chunk 0 needs none.
    fn latest_states(&self, parts: &[Part], limit: u64) -> (u64, BTreeMap<Part, StoredState>) {
        let boundaries = self.states.range(..=limit).rev();
        let mut found = boundaries.filter_map(|(boundary, keys)| {
            let present = |part: &Part| {
                self.state_key(keys, part).is_some_and(|key| self.store.has(Kind::State, &key))
            };
            if !parts.iter().all(present) {
                return None;
            }
            let load = |part: &Part| {
                let key = self.state_key(keys, part)?;
                let state = self.store.get(Kind::State, &key)?;
                Some((*part, (key, StateWriter::from_words(words(&state)?))))
            };
            let states: Option<BTreeMap<_, _>> = parts.iter().map(load).collect();
            Some((*boundary, states?))
        });
        found.next().unwrap_or_default()
    }

    /// The name of the state of a part of a strip, given those of whole strips; `None` where it is
    /// not kept.
    fn state_key(&self, whole: &BTreeMap<StripIndex, SignalKey>, part: &Part) -> Option<SignalKey> {
        let whole = whole.get(&part.0)?;
        match self.parts.get(part)? {
            PartState::Whole => Some(*whole),
            PartState::Of(nodes) => Some(whole.of_part(nodes.clone())),
            PartState::Unsaved => None,
        }
    }

    /// Hands `add` the stored sum (`[frame][2]`) to start with at `frames` of `chunk` of the master's
    /// input, where its inputs do not run; false where it is lost.
    pub(crate) fn add_base(&self, chunk: u64, frames: Range<usize>, add: Add<'_>) -> bool {
        self.add_sums(&self.sums, chunk, frames, add)
    }

    /// The same where some of its inputs run, which is nothing where all of them do.
    pub(crate) fn add_older_base(&self, chunk: u64, frames: Range<usize>, add: Add<'_>) -> bool {
        self.older_sums.as_ref().is_none_or(|sums| self.add_sums(sums, chunk, frames, add))
    }

    /// Only one sum of a chunk is ever asked for.
    fn add_sums(&self, sums: &[SumKeys], chunk: u64, frames: Range<usize>, add: Add<'_>) -> bool {
        let Some(keys) = usize::try_from(chunk).ok().and_then(|chunk| sums.get(chunk)) else {
            return false;
        };
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let Base { chunk: held, payload, sums } = &mut *base;
        if *held != Some(chunk) {
            *held = None;
            if ![keys.rendered, keys.whole].iter().any(|key| self.load_sum(key, payload)) {
                return false;
            }
            *held = Some(chunk);
        }
        sums.resize(2 * frames.len(), 0.0);
        let there = sums::unpack(payload, 2 * frames.start, sums);
        if there {
            add(sums);
        }
        there
    }

    /// Puts a stored sum into `payload`; false where there is none.
    fn load_sum(&self, key: &SignalKey, payload: &mut Vec<u8>) -> bool {
        if !self.store.get_into(Kind::Sum, key, payload) {
            return false;
        }
        let fits = sums::count(payload).is_some();
        if !fits {
            self.store.reject(Kind::Sum, key);
        }
        fits
    }

    /// What enters the faders of a remix.
    pub(crate) fn signals(&self) -> Option<&Signals<'s>> {
        self.signals.as_ref()
    }

    /// False from where on something was warned of, and nothing is kept any more.
    pub(crate) fn may_keep(&self) -> bool {
        !self.warned.load(Ordering::Acquire)
    }

    /// Removes a state that did not fit.
    pub(crate) fn reject_state(&self, key: &SignalKey) {
        self.store.reject(Kind::State, key);
    }

    /// True where the sums at `join` are kept.
    pub(crate) fn keeps_sum(&self, join: JoinIndex) -> bool {
        self.master_input == Some(join)
    }

    /// True where the sums that are made are kept.
    pub(crate) fn keeps_sums(&self) -> bool {
        self.keeps_sums
    }

    /// Keeps the sums of one chunk of the master's input.
    pub(crate) fn keep_sum(&self, chunk: u64, sums: &[f64]) {
        let keys = usize::try_from(chunk).ok().and_then(|chunk| self.sums.get(chunk));
        let Some(keys) = keys.filter(|_| !self.warned.load(Ordering::Acquire)) else { return };
        let payload = sums::pack(sums);
        let bytes = payload.len() as u64;
        let fits = self.sum_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes
            <= self.store.quota_bytes() / 2;
        if fits && !self.store.touch(Kind::Sum, &keys.rendered) {
            self.store.put(Kind::Sum, &keys.rendered, &payload);
        }
    }

    /// Ends all keeping where a segment has something to warn of.
    pub(crate) fn note_warnings(&self, runner: &SegmentRunner) {
        let clips = runner.not_finite_in_clips().any(|(_, count)| count > 0);
        let processors = runner.processor_warnings().next().is_some();
        if clips || processors || !runner.warnings().is_empty() {
            self.warned.store(true, Ordering::Release);
        }
    }

    /// Keeps the states of a segment's strips after `chunks` chunks.
    pub(crate) fn keep_states(&self, plan: &Plan, runner: &SegmentRunner, chunks: u64) {
        let Some(keys) = self.states.get(&chunks).filter(|_| !self.warned.load(Ordering::Acquire))
        else {
            return;
        };
        for (instance, strip) in runner.strips().iter().enumerate() {
            let Some(key) = self.state_key(keys, &(*strip, runner.first_node())) else { continue };
            let mut state = StateWriter::default();
            runner.save_strip(plan, instance, &mut state);
            let words = state.words();
            let large = words.len() * 8 > LARGE_STATE_BYTES;
            let skipped = large && !chunks.is_multiple_of(LARGE_STATE_INTERVAL);
            if !skipped && words.len() * 8 <= MAX_STATE_BYTES {
                self.keep_state(&key, words);
            }
        }
    }

    fn keep_state(&self, key: &SignalKey, words: &[u64]) {
        if self.store.touch(Kind::State, key) {
            return;
        }
        let mut bytes = vec![0; 8 * words.len()];
        for (to, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *to = word.to_le_bytes();
        }
        self.store.put(Kind::State, key, &bytes);
    }
}

impl Start {
    /// The beginning, from silence.
    pub(crate) fn beginning() -> Self {
        Self { master: 0, others: Some(0), states: BTreeMap::new() }
    }

    /// The first stream frame that the master puts out.
    pub(crate) fn first_frame(&self) -> u64 {
        self.master * u64::from(STORE_CHUNK_FRAMES)
    }

    /// The first chunk of a segment; `None` where it does not run.
    pub(crate) fn of(&self, is_master: bool) -> Option<u64> {
        if is_master { Some(self.master) } else { self.others }
    }

    /// Puts the states into a segment that starts with them; the name of one that does not fit,
    /// where there is one.
    pub(crate) fn restore(&self, plan: &Plan, runner: &mut SegmentRunner) -> Result<(), SignalKey> {
        let strips = runner.strips().to_vec();
        for (instance, strip) in strips.iter().enumerate() {
            let part = (*strip, runner.first_node());
            let Some((key, state)) = self.states.get(&part) else { continue };
            let mut reader = state.reader();
            let restored = runner.restore_strip(plan, instance, &mut reader);
            restored.and_then(|()| reader.finish()).map_err(|_| *key)?;
        }
        Ok(())
    }
}

/// The key of the master's output over the first `frames` stream frames of `plan`, which is
/// [`Reuse::output_key`]; `None` where it was cancelled.
pub(crate) fn output_key(plan: &Plan, frames: u64, cancel: &CancelToken) -> Option<SignalKey> {
    let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
    let mut keys = ChunkKeys::new(plan);
    for _ in 0..frames.div_ceil(chunk_frames) {
        if cancel.is_cancelled() {
            return None;
        }
        keys.advance();
    }
    let last = frames - frames.saturating_sub(1) / chunk_frames * chunk_frames;
    Some(keys.output().of_frames(last))
}

/// The parts in which the strips of `plan` run.
fn parts(plan: &Plan) -> BTreeMap<Part, PartState> {
    let of_segment = |segment: &Segment| {
        let nodes = segment.nodes.clone();
        let saved = match segment.is_whole() {
            true => PartState::Whole,
            false => PartState::Of(nodes_with_state(plan, segment)),
        };
        let strips = segment.strips.clone().into_iter();
        strips.map(move |strip| {
            let mut runs = plan.graph.strips[strip].nodes[nodes.clone()].iter();
            let state = match runs.all(Node::is_checkpointable) {
                true => saved.clone(),
                false => PartState::Unsaved,
            };
            ((strip, nodes.start), state)
        })
    };
    plan.segments.iter().flat_map(of_segment).collect()
}

/// The nodes of a segment, counted without outlets that only hand signals out: those are there or
/// not by what is asked for, and have no state.
fn nodes_with_state(plan: &Plan, segment: &Segment) -> Range<usize> {
    let hands_out =
        |node: &Node| matches!(&node.kind, NodeKind::Outlet { edges, .. } if edges.is_empty());
    let nodes = segment.strips.first().map(|strip| plan.graph.strips[*strip].nodes.as_slice());
    let before = |end: usize| {
        nodes.unwrap_or_default().iter().take(end).filter(|node| !hands_out(node)).count()
    };
    before(segment.nodes.start)..before(segment.nodes.end)
}

/// Little-endian words; `None` where there are not whole ones.
fn words(bytes: &[u8]) -> Option<Vec<u64>> {
    let (words, rest) = bytes.as_chunks::<8>();
    rest.is_empty().then(|| words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wavemill_core::audio::MemoryLibrary;
    use wavemill_core::dsp::BuiltIns;
    use wavemill_core::graph::{
        CompileConfig, PlanOutputs, TapPoint, TapRequest, TapSource, compile_outputs, cut,
    };
    use wavemill_core::process::ProcessorTraits;
    use wavemill_core::session::{Insert, InsertId, Session, Track, TrackId, TrackKind};
    use wavemill_core::time::SampleRate;

    use super::*;
    use crate::testing::Unlike;

    fn song() -> Session {
        let mut session = Session::new("song", SampleRate::new(48_000).unwrap());
        let mut track = Track::new(TrackId::new("a").unwrap(), "a", TrackKind::Audio);
        track.inserts = (0..14)
            .map(|n| Insert {
                id: InsertId::new(format!("eq-{n}")).unwrap(),
                processor: "equaliser".to_owned(),
                plugin: None,
                file: None,
                bypass: false,
                preset: None,
                parameters: BTreeMap::new(),
                sidechain: None,
                sidechains: BTreeMap::new(),
                outputs: BTreeMap::new(),
            })
            .collect();
        session.tracks.push(track);
        session
    }

    /// Two parts of one name run the same processors, whatever is tapped and however it is cut:
    /// otherwise one would start from the other's state.
    #[test]
    fn the_name_of_a_part_says_what_it_runs() {
        let session = song();
        let track = || TapSource::Track(session.tracks[0].id.clone());
        let tap = |point| TapRequest { source: track(), point };
        let after = |insert: &Insert| tap(TapPoint::AfterInsert(insert.id.clone()));
        let tapped: [Vec<TapRequest>; 3] = [
            Vec::new(),
            vec![tap(TapPoint::PreFx)],
            session.tracks[0].inserts.iter().map(after).collect(),
        ];
        let mut names: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        let mut found_again = 0;
        for taps in tapped {
            let config = CompileConfig { audio: &MemoryLibrary::default(), processors: &BuiltIns };
            let outputs = PlanOutputs { mix: true, taps };
            let plan = Arc::new(compile_outputs(&session, &config, &outputs).unwrap());
            for threads in 2..9 {
                let plan = cut(&plan, threads);
                let of_track = plan.segments.iter().filter(|segment| segment.strips == [0]);
                for segment in of_track.filter(|segment| !segment.is_whole()) {
                    let nodes = &plan.graph.strips[0].nodes[segment.nodes.clone()];
                    let is_processor =
                        |node: &&Node| matches!(node.kind, NodeKind::Processor { .. });
                    let runs: Vec<String> =
                        nodes.iter().filter(is_processor).map(|node| node.id.clone()).collect();
                    let state = parts(&plan)[&(0, segment.nodes.start)].clone();
                    let PartState::Of(name) = state else { panic!("{state:?}") };
                    let known = names.entry((name.start, name.end)).or_insert(runs.clone());
                    assert_eq!(*known, runs, "{name:?}");
                    found_again += usize::from(name.start > 0);
                }
            }
        }
        assert!(found_again > names.len(), "no name came twice");
    }

    /// Of a chain that is cut only the part that holds it.
    #[test]
    fn a_part_whose_state_cannot_be_saved_has_no_name() {
        let mut session = song();
        session.tracks[0].inserts[6].processor = "compressor".to_owned();
        let traits = ProcessorTraits { checkpointable: false, ..ProcessorTraits::BUILT_IN };
        let processors = &Unlike { name: "compressor", traits };
        let config = CompileConfig { audio: &MemoryLibrary::default(), processors };
        let plan = Arc::new(compile_outputs(&session, &config, &PlanOutputs::MIX).unwrap());
        let unsaved = |plan: &Plan| {
            let parts = parts(plan).into_iter();
            parts.filter(|(_, state)| *state == PartState::Unsaved).map(|(part, _)| part)
        };
        assert_eq!(unsaved(&plan).collect::<Vec<_>>(), [(0, 0)]);
        let plan = cut(&plan, 4);
        let is_it = |node: &Node| node.id == "tracks/a/inserts/eq-6";
        let at = plan.graph.strips[0].nodes.iter().position(is_it).unwrap();
        let segment = &plan.segments[plan.segment_of(0, at).unwrap()];
        assert!(segment.nodes.start > 0 && segment.link_out.is_some());
        assert_eq!(unsaved(&plan).collect::<Vec<_>>(), [(0, segment.nodes.start)]);
    }
}
