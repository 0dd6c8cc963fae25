//! The loops of the equaliser: which sections go over the frames of one cell of the control grid
//! in one pass.
//!
//! Signals stay f64 from one section to the next and are rounded to f32 once, at the end. Up to
//! four fixed bells, the usual case, go straight from the samples to the samples.

use super::design::SectionKind;
use super::processor::LaneSection;
use super::stage::{Bell, Moving, OnePole, Stage, StateVariable, Steady};
use crate::process::CONTROL_GRID_FRAMES;
use crate::simd::{Column, Kernel, Lanes};

/// Frames of the largest cell.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 64.
const CELL: usize = CONTROL_GRID_FRAMES as usize;

/// The frames of one run, which exceeds a cell of the grid only where there are [`only_bells`].
pub(super) struct Cell<'a> {
    pub(super) samples: &'a mut [f32],
    pub(super) lanes: usize,
    /// Node time of the first frame.
    pub(super) time: i64,
    pub(super) sections: &'a mut [LaneSection],
}

/// True where all sections go straight from the samples to the samples, for any number of frames.
pub(super) fn only_bells(sections: &[LaneSection]) -> bool {
    sections.len() <= 4 && sections.iter().all(|section| section.kind == SectionKind::FixedBell)
}

/// What a pass reads and writes, frame by frame.
trait Frames<L> {
    fn count(&self) -> usize;
    fn get(&self, frame: usize) -> L;
    fn put(&mut self, frame: usize, x: L);
}

/// Where a pass stands: the lanes, the time, and how far into a cell of the grid it starts.
#[derive(Clone, Copy)]
struct Place {
    first: usize,
    time: f64,
    into: usize,
}

impl Place {
    /// True where a point of the grid follows `frame`: then what has died away becomes 0.
    #[inline(always)]
    fn ends_cell(self, frame: usize) -> bool {
        (self.into + frame + 1).is_multiple_of(CELL)
    }
}

impl<L: Lanes> Frames<L> for Column<'_, L> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.frames()
    }

    #[inline(always)]
    fn get(&self, frame: usize) -> L {
        Column::get(self, frame)
    }

    #[inline(always)]
    fn put(&mut self, frame: usize, x: L) {
        Column::put(self, frame, x);
    }
}

impl<L: Lanes> Frames<L> for [L] {
    #[inline(always)]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn get(&self, frame: usize) -> L {
        self[frame]
    }

    #[inline(always)]
    fn put(&mut self, frame: usize, x: L) {
        self[frame] = x;
    }
}

impl Kernel for Cell<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let bells = if only_bells(self.sections) { self.sections.len() } else { 0 };
        let (samples, lanes) = (self.samples, self.lanes);
        let into = self.time.rem_euclid(CONTROL_GRID_FRAMES);
        // Below 64.
        let into = usize::try_from(into).unwrap_or(0);
        for first in (0..lanes).step_by(L::WIDTH) {
            let place = Place { first, time: self.time as f64, into };
            let mut rows = Column::new(&mut *samples, lanes, first);
            match bells {
                1 => pass::<L, Bell<L>, _, 1>(self.sections, &mut rows, place),
                2 => pass::<L, Bell<L>, _, 2>(self.sections, &mut rows, place),
                3 => pass::<L, Bell<L>, _, 3>(self.sections, &mut rows, place),
                4 => pass::<L, Bell<L>, _, 4>(self.sections, &mut rows, place),
                _ => series::<L>(self.sections, &mut rows, place),
            };
        }
    }
}

/// Any sections, over a cell in f64.
#[inline(always)]
fn series<L: Lanes>(sections: &mut [LaneSection], rows: &mut Column<'_, L>, place: Place) -> usize {
    let mut cell = [L::splat(0.0); CELL];
    let frames = rows.frames().min(CELL);
    let signal = &mut cell[..frames];
    for (frame, x) in signal.iter_mut().enumerate() {
        *x = rows.get(frame);
    }
    let mut done = 0;
    while done < sections.len() {
        let rest = &mut sections[done..];
        let (kind, moving) = (rest[0].kind, rest[0].moving());
        let alike = rest.iter().take_while(|s| s.kind == kind && s.moving() == moving).count();
        done += match (kind, moving, alike) {
            (SectionKind::FixedBell, _, 4..) => pass::<L, Bell<L>, _, 4>(rest, signal, place),
            (SectionKind::FixedBell, _, 2..) => pass::<L, Bell<L>, _, 2>(rest, signal, place),
            (SectionKind::FixedBell, ..) => pass::<L, Bell<L>, _, 1>(rest, signal, place),
            (SectionKind::StateVariable, false, 2..) => {
                pass::<L, Steady<L, StateVariable>, _, 2>(rest, signal, place)
            }
            (SectionKind::StateVariable, false, _) => {
                pass::<L, Steady<L, StateVariable>, _, 1>(rest, signal, place)
            }
            (SectionKind::StateVariable, true, 2..) => {
                pass::<L, Moving<L, StateVariable>, _, 2>(rest, signal, place)
            }
            (SectionKind::StateVariable, true, _) => {
                pass::<L, Moving<L, StateVariable>, _, 1>(rest, signal, place)
            }
            (SectionKind::OnePole, false, _) => {
                pass::<L, Steady<L, OnePole>, _, 1>(rest, signal, place)
            }
            (SectionKind::OnePole, true, _) => {
                pass::<L, Moving<L, OnePole>, _, 1>(rest, signal, place)
            }
        };
    }
    for (frame, x) in signal.iter().enumerate() {
        rows.put(frame, *x);
    }
    sections.len()
}

/// Runs the first `N` sections over `frames` and returns `N`.
///
/// Each section works one frame behind the section before it, so that within one turn of the
/// loop no section waits for another: a chain of `N` would be longer than what a CPU looks ahead.
#[inline(always)]
fn pass<L: Lanes, S: Stage<L>, F: Frames<L> + ?Sized, const N: usize>(
    sections: &mut [LaneSection],
    frames: &mut F,
    place: Place,
) -> usize {
    // A closure would not be compiled with the features of the level: no `array::from_fn`.
    let mut stages = [S::load(&sections[0], place.first, place.time); N];
    for (stage, section) in stages.iter_mut().zip(&*sections).skip(1) {
        *stage = S::load(section, place.first, place.time);
    }
    let count = frames.count();
    if count < N {
        for frame in 0..count {
            let mut x = frames.get(frame);
            for stage in &mut stages {
                x = stage.tick(x);
                if place.ends_cell(frame) {
                    stage.flush();
                }
            }
            frames.put(frame, x);
        }
    } else {
        staggered(&mut stages, frames, count, place);
    }
    for (stage, section) in stages.iter().zip(sections) {
        stage.store(section, place.first);
    }
    N
}

/// The loop of [`pass`] for at least `N` frames. Every index of an array is a constant once the
/// inner loops are unrolled, which is what keeps the state in registers.
#[inline(always)]
fn staggered<L: Lanes, S: Stage<L>, F: Frames<L> + ?Sized, const N: usize>(
    stages: &mut [S; N],
    frames: &mut F,
    count: usize,
    place: Place,
) {
    // `between[k]` is on its way into stage k.
    let mut between = [L::splat(0.0); N];
    for frame in 0..N - 1 {
        between[0] = frames.get(frame);
        for k in (0..N - 1).rev() {
            if k <= frame {
                between[k + 1] = stages[k].tick(between[k]);
                if place.ends_cell(frame - k) {
                    stages[k].flush();
                }
            }
        }
    }
    // Copies of their own: the loops before and after index with variables, which would keep the
    // arrays in memory here, too.
    let (mut running, mut passing) = (*stages, between);
    let mut frame = N - 1;
    while frame < count {
        // Stage k is k frames behind, and comes to a point of the grid so many turns later.
        let since = (place.into + frame + 1) % CELL;
        let plain = if since < N { 1 } else { (CELL - since).min(count - frame) };
        for frame in frame..frame + plain {
            passing[0] = frames.get(frame);
            let y = running[N - 1].tick(passing[N - 1]);
            for k in (0..N - 1).rev() {
                passing[k + 1] = running[k].tick(passing[k]);
            }
            frames.put(frame + 1 - N, y);
        }
        frame += plain;
        for (k, stage) in running.iter_mut().enumerate() {
            if since == k {
                stage.flush();
            }
        }
    }
    (*stages, between) = (running, passing);
    // What is still on its way: frame `count - first` waits before stage `first`.
    for first in (1..N).rev() {
        let mut x = between[first];
        for (k, stage) in stages.iter_mut().enumerate() {
            if k >= first {
                x = stage.tick(x);
                if place.ends_cell(count - first) {
                    stage.flush();
                }
            }
        }
        frames.put(count - first, x);
    }
}
