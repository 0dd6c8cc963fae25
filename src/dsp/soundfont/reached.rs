//! Where the numbers of a voice that move in lines have come to: lines are only set where they change.

use super::lanes::Group;
use super::reader::Line;
use crate::process::{CONTROL_GRID_FRAMES, StateError, StateReader, StateWriter};

/// Where numbers that move in lines stand at the end of the cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reached<const N: usize> {
    pub(super) at: [f64; N],
    /// They stood there at its start as well.
    pub(super) is_steady: bool,
}

impl<const N: usize> Default for Reached<N> {
    fn default() -> Self {
        Self { at: [0.0; N], is_steady: false }
    }
}

impl<const N: usize> Reached<N> {
    /// Moves on from there, at frame `start` of a cell, to where they are at its end: the lines
    /// `first` and on of a voice.
    #[inline(always)]
    pub(super) fn head_for(
        &mut self,
        to: [f64; N],
        start: i64,
        (group, lane): (&mut Group, usize),
        first: usize,
    ) {
        let from = self.at;
        if self.is_steady && from == to {
            return;
        }
        let mut lines = [Line::default(); N];
        for (line, (from, to)) in lines.iter_mut().zip(from.into_iter().zip(to)) {
            *line = Line::new((start, from), (CONTROL_GRID_FRAMES, to));
        }
        group.set(lane, first, lines);
        *self = Self { at: to, is_steady: from == to };
    }

    /// Appends the state, but for `is_steady`.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.numbers(self.at);
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn restore(
        state: &mut StateReader<'_>,
        is_steady: bool,
    ) -> Result<Self, StateError> {
        let mut reached = Self { is_steady, ..Self::default() };
        for at in &mut reached.at {
            *at = state.number()?;
        }
        Ok(reached)
    }
}
