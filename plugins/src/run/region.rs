//! The memory that a host and a worker share: with [`super::Gives`], which reads one from elsewhere, the
//! only place of this crate that is not safe code.
//!
//! A worker may be any process at all once a plug-in runs in it, so whatever lies here may change at
//! any time. The words that are waited for are atomic; all else is copied out as plain numbers,
//! every bit pattern of which is a value, and what means something is checked after the copy. The
//! memory can neither shrink nor grow, so no touch of it faults.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use memmap2::MmapRaw;
use rustix::fs::{MemfdFlags, SealFlags, Timespec};
use rustix::thread::futex;

use super::layout::Layout;
use super::record::Record;
use super::setup::MOST_TOGETHER;

/// Places of the numbers before the audio.
const REQUEST: usize = 0;
const REPLY: usize = 64;
const TIME: usize = 128;
const EVENTS_IN: usize = 136;
const EVENTS_OUT: usize = 140;
/// Blocks of the batch, 0 for as many as there is room for.
const BLOCKS: usize = 144;
const FAILED: usize = 148;
/// One more than the number of the processor that the worker is to run on, 0 for any.
const PROCESSOR: usize = 152;
/// How the batch goes together with those of other plug-ins, a bit for each field of `Joint`.
const JOINT: usize = 156;
/// Samples of the outputs that were no numbers and are silence.
const SILENCED: usize = 160;
/// What is at work: the block, times the most plug-ins that run on one thread, and which of those.
const AT_WORK: usize = 164;

/// The seals that keep the memory's size.
const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

/// Shared memory as one side sees it.
pub struct Region {
    memory: MmapRaw,
    layout: Layout,
}

/// Memory that cannot be shared.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    /// It is smaller than its layout, or might become so.
    #[error("the shared memory has {found} bytes and not {wanted}, or may change its size")]
    Size {
        /// What there is.
        found: u64,
        /// What there should be.
        wanted: usize,
    },
    /// The system refuses.
    #[error("memory cannot be shared: {0}")]
    System(#[from] std::io::Error),
}

/// What the transport says of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Quarter notes since the start of the timeline at the block's first frame.
    pub quarters: f64,
    /// Tempo there, in quarter notes a minute.
    pub tempo_bpm: f64,
    /// Quarter notes from the start of the timeline to that of the bar.
    pub bar_quarters: f64,
    /// The bar, counted from 0.
    pub bar: f64,
    /// Beats a bar.
    pub numerator: f64,
    /// The note value of a beat.
    pub denominator: f64,
}

impl Default for Transport {
    /// The start of a timeline in four quarters at 120 to the minute.
    fn default() -> Self {
        Self {
            quarters: 0.0,
            tempo_bpm: 120.0,
            bar_quarters: 0.0,
            bar: 0.0,
            numerator: 4.0,
            denominator: 4.0,
        }
    }
}

/// How a batch goes together with those of other plug-ins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joint {
    /// It hears what the plug-in before it gave, in the memory of that one.
    pub follows: bool,
    /// Another one hears what it gives: what is no number is silenced.
    pub leads: bool,
    /// Those behind it in its process run theirs after it, before there is an answer.
    pub runs_all: bool,
}

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The word has another value.
    Changed(u32),
    /// It still has the old one.
    TooLate,
}

impl Region {
    /// Makes memory for `layout`, all zeros; its size is fixed for ever.
    ///
    /// # Errors
    /// [`RegionError::System`].
    pub fn create(layout: Layout) -> Result<(File, Self), RegionError> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file: OwnedFd = rustix::fs::memfd_create("wavemill", flags).map_err(system)?;
        let file = File::from(file);
        file.set_len(layout.bytes() as u64)?;
        rustix::fs::fcntl_add_seals(&file, SEALS).map_err(system)?;
        let region = Self::map(&file, layout)?;
        Ok((file, region))
    }

    /// Maps `file`, which must be as large as `layout` and stay so.
    ///
    /// # Errors
    /// See [`RegionError`].
    pub fn map(file: &File, layout: Layout) -> Result<Self, RegionError> {
        check_size(file, &layout)?;
        let memory = memmap2::MmapOptions::new().len(layout.bytes()).map_raw(file)?;
        Ok(Self { memory, layout })
    }

    /// Its layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The number of the request that was answered last.
    pub fn reply(&self) -> u32 {
        self.word(REPLY).load(Ordering::Acquire)
    }

    /// Asks for request `number`.
    pub fn ask(&self, number: u32) {
        self.post(REQUEST, number);
    }

    /// Answers request `number`.
    pub fn answer(&self, number: u32) {
        self.post(REPLY, number);
    }

    fn post(&self, at: usize, number: u32) {
        let word = self.word(at);
        word.store(number, Ordering::Release);
        // It only fails for addresses that are not mapped.
        let _ = futex::wake(word, futex::Flags::empty(), 1);
    }

    /// Waits until another request than `last` is there.
    pub fn wait_for_request(&self, last: u32) -> u32 {
        loop {
            if let Waited::Changed(now) = self.wait(REQUEST, last, None) {
                return now;
            }
        }
    }

    /// Waits until another reply than `last` is there, for `limit` at most.
    pub fn wait_for_reply(&self, last: u32, limit: Duration) -> Waited {
        let seconds = i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
        let limit = Timespec { tv_sec: seconds, tv_nsec: limit.subsec_nanos().into() };
        self.wait(REPLY, last, Some(&limit))
    }

    fn wait(&self, at: usize, last: u32, limit: Option<&Timespec>) -> Waited {
        let word = self.word(at);
        for _ in 0..2 {
            let now = word.load(Ordering::Acquire);
            if now != last {
                return Waited::Changed(now);
            }
            // Woken, too late, interrupted or changed already: the word says which.
            let _ = futex::wait(word, futex::Flags::empty(), last, limit);
        }
        Waited::TooLate
    }

    /// The node time of a batch's first frame.
    pub fn time(&self) -> i64 {
        self.get(TIME)
    }

    /// Sets it.
    pub fn set_time(&self, time: i64) {
        self.put(TIME, time);
    }

    /// Blocks of the batch.
    pub fn blocks(&self) -> u32 {
        let most = self.layout.shape().blocks;
        match self.get(BLOCKS) {
            0 => most,
            blocks => most.min(blocks),
        }
    }

    /// Sets them: from 1 to as many as there is room for, which is what it is until then.
    pub fn set_blocks(&self, blocks: u32) {
        self.put(BLOCKS, blocks);
    }

    /// How the batch goes together with others.
    pub fn joint(&self) -> Joint {
        let bits = self.get::<u32>(JOINT);
        Joint { follows: bits & 1 != 0, leads: bits & 2 != 0, runs_all: bits & 4 != 0 }
    }

    /// Sets it.
    pub fn set_joint(&self, Joint { follows, leads, runs_all }: Joint) {
        let bits = u32::from(follows) | u32::from(leads) << 1 | u32::from(runs_all) << 2;
        self.put(JOINT, bits);
    }

    /// Samples of the outputs that the worker silenced.
    pub fn silenced(&self) -> u32 {
        self.get(SILENCED)
    }

    /// Says so.
    pub fn set_silenced(&self, samples: u32) {
        self.put(SILENCED, samples);
    }

    /// What is at work: a number that changes from block to block and from plug-in to plug-in, and which
    /// plug-in that is of those that run on this one's thread, counted from itself.
    pub fn at_work(&self) -> (u32, usize) {
        let all = self.word(AT_WORK).load(Ordering::Acquire);
        (all, (all % MOST_TOGETHER) as usize)
    }

    /// Says so, of a block of the batch.
    pub fn set_at_work(&self, block: u32, plugin: u32) {
        let all = block.wrapping_mul(MOST_TOGETHER) + plugin % MOST_TOGETHER;
        self.word(AT_WORK).store(all, Ordering::Release);
    }

    /// True where the plug-in could not run the last batch.
    pub fn has_failed(&self) -> bool {
        self.get::<u32>(FAILED) != 0
    }

    /// Says that it could not.
    pub fn set_failed(&self) {
        self.put(FAILED, 1_u32);
    }

    /// What the transport says of block `block` of the batch.
    pub fn transport(&self, block: usize) -> Transport {
        let Some(at) = self.layout.transport(block) else { return Transport::default() };
        let [quarters, tempo_bpm, bar_quarters, bar, numerator, denominator] =
            self.get::<[f64; 6]>(at);
        Transport { quarters, tempo_bpm, bar_quarters, bar, numerator, denominator }
    }

    /// Sets it.
    pub fn set_transport(&self, block: usize, transport: Transport) {
        if let Some(at) = self.layout.transport(block) {
            let Transport { quarters, tempo_bpm, bar_quarters, bar, numerator, denominator } =
                transport;
            self.put(at, [quarters, tempo_bpm, bar_quarters, bar, numerator, denominator]);
        }
    }

    /// How late the plug-in's output was in block `block` of the batch.
    pub fn latency(&self, block: usize) -> u32 {
        self.layout.latency(block).map_or(0, |at| self.get(at))
    }

    /// Says so.
    pub fn set_latency(&self, block: usize, frames: u32) {
        if let Some(at) = self.layout.latency(block) {
            self.put(at, frames);
        }
    }

    /// Puts a record for the plug-in at place `index`; false where there is no room.
    pub fn put_event(&self, index: usize, record: &Record) -> bool {
        let place = self.layout.event_in(index);
        place.map(|at| self.put(at, record.words())).is_some()
    }

    /// Says how many records there are for the plug-in.
    pub fn set_event_count(&self, count: usize) {
        self.put(EVENTS_IN, u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Says on which processor the worker is to run, counted from 0; on any where there is none.
    pub fn set_processor(&self, processor: Option<usize>) {
        let number = processor.and_then(|at| u32::try_from(at + 1).ok());
        self.put(PROCESSOR, number.unwrap_or(0));
    }

    /// On which processor the worker is to run, if on a certain one.
    pub fn processor(&self) -> Option<usize> {
        self.get::<u32>(PROCESSOR).checked_sub(1).map(|at| at as usize)
    }

    /// The records for the plug-in.
    pub fn events(&self) -> impl Iterator<Item = Record> + '_ {
        self.records(EVENTS_IN, Layout::event_in)
    }

    /// Puts a record of the plug-in at place `index`; false where there is no room.
    pub fn put_event_out(&self, index: usize, record: &Record) -> bool {
        let place = self.layout.event_out(index);
        place.map(|at| self.put(at, record.words())).is_some()
    }

    /// Says how many records of the plug-in there are.
    pub fn set_event_out_count(&self, count: usize) {
        self.put(EVENTS_OUT, u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// The records of the plug-in.
    pub fn events_out(&self) -> impl Iterator<Item = Record> + '_ {
        self.records(EVENTS_OUT, Layout::event_out)
    }

    fn records(
        &self,
        count: usize,
        place: fn(&Layout, usize) -> Option<usize>,
    ) -> impl Iterator<Item = Record> + '_ {
        let count = self.get::<u32>(count) as usize;
        let places = (0..count).map_while(move |index| place(&self.layout, index));
        places.filter_map(|at| Record::of_words(self.get(at), self.layout.frames()))
    }

    /// Puts `samples` into input channel `channel` from frame `first` on.
    pub fn write_input(
        &self,
        channel: usize,
        first: usize,
        samples: impl ExactSizeIterator<Item = f32>,
    ) {
        let Some(place) = self.samples(self.layout.input(channel), first, samples.len()) else {
            return;
        };
        // An iterator may give more than it says.
        let count = samples.len();
        for (index, sample) in samples.enumerate().take(count) {
            // SAFETY: `samples` has checked that so many samples are there.
            unsafe { place.add(index).write(sample) };
        }
    }

    /// The `count` samples of output channel `channel` from frame `first` on; none where they are
    /// not all there.
    pub fn output(
        &self,
        channel: usize,
        first: usize,
        count: usize,
    ) -> impl ExactSizeIterator<Item = f32> + '_ {
        let place = self.samples(self.layout.output(channel), first, count);
        let count = place.map_or(0, |_| count);
        (0..count).map(move |index| {
            // SAFETY: as in `write_input`; without a place there is no index.
            place.map_or(0.0, |place| unsafe { place.add(index).read() })
        })
    }

    /// Copies `from` to input channel `channel` from frame `first` on.
    pub fn put_input(&self, channel: usize, first: usize, from: &[f32]) {
        self.put_samples(self.layout.input(channel), first, from);
    }

    /// Copies input channel `channel` from frame `first` on.
    pub fn read_input(&self, channel: usize, first: usize, to: &mut [f32]) {
        self.get_samples(self.layout.input(channel), first, to);
    }

    /// Copies `from` to output channel `channel` from frame `first` on.
    pub fn write_output(&self, channel: usize, first: usize, from: &[f32]) {
        self.put_samples(self.layout.output(channel), first, from);
    }

    /// Copies output channel `channel` from frame `first` on.
    pub fn get_output(&self, channel: usize, first: usize, to: &mut [f32]) {
        self.get_samples(self.layout.output(channel), first, to);
    }

    fn put_samples(&self, at: Option<usize>, first: usize, from: &[f32]) {
        if let Some(place) = self.samples(at, first, from.len()) {
            // SAFETY: so many samples are there, and `from` is no part of the mapping.
            unsafe { place.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
        }
    }

    fn get_samples(&self, at: Option<usize>, first: usize, to: &mut [f32]) {
        if let Some(place) = self.samples(at, first, to.len()) {
            // SAFETY: so many samples are there, and `to` is no part of the mapping.
            unsafe { place.copy_to_nonoverlapping(to.as_mut_ptr(), to.len()) };
        }
    }

    /// Copies all that a batch of `other`, of the same layout, asks for.
    pub fn copy_request(&self, other: &Self) {
        if self.layout != other.layout {
            return;
        }
        let (from, to) = (other.memory.as_ptr(), self.memory.as_mut_ptr());
        let blocks = other.blocks() as usize;
        let frames = blocks * self.layout.shape().block as usize;
        let inputs = (0..).map_while(|channel| self.layout.input(channel));
        let inputs = inputs.map(|at| at..at + frames * size_of::<f32>());
        let events = other.get::<u32>(EVENTS_IN) as usize;
        let said = self.layout.said_ranges(blocks, events);
        for range in inputs.chain(std::iter::once(TIME..FAILED)).chain(said) {
            // SAFETY: the ranges are of the layout, cut to what there is room for, whatever the other
            // memory says, so they lie within both mappings, which are not the same memory.
            unsafe {
                to.add(range.start).copy_from_nonoverlapping(from.add(range.start), range.len());
            }
        }
    }

    /// The first frame of the `blocks` blocks of the batch at which the outputs of `other`, of the same
    /// layout, are not the same bits; `None` where all are.
    pub fn first_difference(&self, other: &Self, blocks: u32) -> Option<usize> {
        let frames = blocks as usize * self.layout.shape().block as usize;
        let channels = 0..self.layout.shape().outputs as usize;
        let differs = |channel| {
            let mut pairs = self.output(channel, 0, frames).zip(other.output(channel, 0, frames));
            pairs.position(|(a, b)| a.to_bits() != b.to_bits())
        };
        let of_audio = channels.filter_map(differs).min();
        let mut events = self.events_out().zip(other.events_out());
        let of_events = events
            .find(|(a, b)| a.words() != b.words())
            .map(|(a, b)| a.frame.min(b.frame) as usize);
        let counts = self.get::<u32>(EVENTS_OUT) != other.get::<u32>(EVENTS_OUT);
        let shape = self.layout.shape();
        let mut blocks = 0..blocks as usize;
        let of_latency = blocks.find(|block| self.latency(*block) != other.latency(*block));
        let of_latency = of_latency.map(|block| block * shape.block as usize);
        let found = of_audio.into_iter().chain(of_events).chain(of_latency);
        found.min().or(counts.then_some(0))
    }

    /// Where `count` samples of the channel that begins at `at` are from frame `first` on; `None`
    /// where they are not all there.
    fn samples(&self, at: Option<usize>, first: usize, count: usize) -> Option<*mut f32> {
        let fits = first.checked_add(count).is_some_and(|end| end <= self.layout.frames());
        let at = at.filter(|_| fits)?;
        // SAFETY: a place of the layout is inside of the mapping, a multiple of 64 from its start,
        // and has room for all frames of a batch.
        Some(unsafe { self.memory.as_mut_ptr().add(at).cast::<f32>().add(first) })
    }

    fn word(&self, at: usize) -> &AtomicU32 {
        // SAFETY: `at` is one of the places above, inside of the mapping and aligned, as it is a
        // multiple of 4 from the start of a page; words that are only touched atomically may be
        // shared with anyone; the mapping lives as long as `self`.
        unsafe { AtomicU32::from_ptr(self.memory.as_mut_ptr().add(at).cast()) }
    }

    /// Copies a number, or several, out of the place `at`, which is one of those above or of the
    /// layout.
    fn get<T: Number>(&self, at: usize) -> T {
        debug_assert!(at + size_of::<T>() <= self.layout.bytes());
        // SAFETY: the place is inside of the mapping and aligned, and any bits are a `T`.
        unsafe { self.memory.as_ptr().add(at).cast::<T>().read_volatile() }
    }

    fn put<T: Number>(&self, at: usize, value: T) {
        debug_assert!(at + size_of::<T>() <= self.layout.bytes());
        // SAFETY: as in `get`.
        unsafe { self.memory.as_mut_ptr().add(at).cast::<T>().write_volatile(value) };
    }
}

/// What any bits are a value of.
trait Number: Copy {}

impl Number for u32 {}
impl Number for i64 {}
impl Number for [f64; 6] {}
impl Number for [u64; 4] {}

/// Fails where `file` is not as large as `layout`, or might not stay so.
pub(super) fn check_size(file: &File, layout: &Layout) -> Result<(), RegionError> {
    let (found, wanted) = (file.metadata()?.len(), layout.bytes());
    let seals = rustix::fs::fcntl_get_seals(file).map_err(system)?;
    if found < wanted as u64 || !seals.contains(SEALS) {
        return Err(RegionError::Size { found, wanted });
    }
    Ok(())
}

fn system(error: rustix::io::Errno) -> RegionError {
    RegionError::System(error.into())
}
