//! Which chunk of which segment may run: dependency counting for the wavefront.
//!
//! A segment at chunk k needs itself at k-1, everything it hears at k, and, so that memory stays
//! bounded, everything that hears it at k - [`WINDOW`].

use wavemill_core::graph::Plan;

/// Chunks a segment may be ahead of what hears it.
pub(crate) const WINDOW: usize = 4;

/// How far every segment is. The last entries are the sinks, which hear what is put out.
#[derive(Debug)]
pub(crate) struct Ledger {
    hears: Vec<Vec<usize>>,
    heard_by: Vec<Vec<usize>>,
    done: Vec<u64>,
    running: Vec<bool>,
    chunks: u64,
}

impl Ledger {
    /// A ledger for `chunks` chunks of `plan`. `starts` says for each segment which chunk it runs
    /// first; one that does not run starts at `chunks`. `sinks` says for each sink the segment that
    /// it hears; one that hears none starts with the first segment.
    pub(crate) fn new(plan: &Plan, chunks: u64, starts: Vec<u64>, sinks: &[Option<usize>]) -> Self {
        let count = plan.segments.len() + sinks.len();
        let mut hears = vec![Vec::new(); count];
        let mut done = starts;
        let first = done.iter().copied().min().unwrap_or(0);
        done.extend(
            sinks
                .iter()
                .map(|heard| heard.map_or(first, |segment| done[segment]))
                .collect::<Vec<_>>(),
        );
        let mut heard_by = vec![Vec::new(); count];
        let mut writers = vec![Vec::new(); plan.graph.joins.len()];
        for (index, segment) in plan.segments.iter().enumerate() {
            for join in &segment.writes {
                writers[*join].push(index);
            }
        }
        for (index, segment) in plan.segments.iter().enumerate() {
            let from = segment.reads.iter().flat_map(|join| writers[*join].iter().copied());
            hears[index] = from.collect();
        }
        for (sink, heard) in sinks.iter().enumerate() {
            hears[plan.segments.len() + sink].extend(*heard);
        }
        for (index, sources) in hears.iter_mut().enumerate() {
            sources.sort_unstable();
            sources.dedup();
            for source in sources {
                heard_by[*source].push(index);
            }
        }
        Self { hears, heard_by, done, running: vec![false; count], chunks }
    }

    /// Everything that can start now, marked as running.
    pub(crate) fn start_all(&mut self) -> Vec<(usize, u64)> {
        (0..self.done.len()).filter_map(|task| self.start(task)).collect()
    }

    /// Marks the running chunk of `task` as done; returns what can start because of it, marked as
    /// running: consumers first, so that memory is freed before more is filled.
    pub(crate) fn finish(&mut self, task: usize) -> Vec<(usize, u64)> {
        self.running[task] = false;
        self.done[task] += 1;
        let mut candidates = self.heard_by[task].clone();
        candidates.push(task);
        candidates.extend(&self.hears[task]);
        candidates.into_iter().filter_map(|task| self.start(task)).collect()
    }

    fn start(&mut self, task: usize) -> Option<(usize, u64)> {
        let chunk = self.done[task];
        let fed = self.hears[task].iter().all(|source| self.done[*source] > chunk);
        let room = |reader: &usize| chunk < self.done[*reader] + WINDOW as u64;
        let roomy = self.heard_by[task].iter().all(room);
        if self.running[task] || chunk == self.chunks || !fed || !roomy {
            return None;
        }
        self.running[task] = true;
        Some((task, chunk))
    }
}
