//! Which job may start now, and with how many threads.
//!
//! Where renders share a store, the first job of a session runs before its others: they start from
//! what it leaves there, and would otherwise all do the same work side by side. A job whose result
//! is being made by another one waits for that without taking a place.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use wavemill_core::graph::SignalKey;

use super::copy::Source;
use super::jobs::Job;

/// The places of the jobs of each session, in the order in which the sessions come first.
pub(super) fn groups(jobs: &[Job]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: BTreeMap<&Path, usize> = BTreeMap::new();
    for (place, job) in jobs.iter().enumerate() {
        let group = *known.entry(&job.session_path).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(place);
    }
    groups
}

/// The jobs of a batch that have still to run.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    groups: Vec<Group>,
    /// Groups before this one are empty.
    first: usize,
    /// The group of every job.
    group_of: Vec<usize>,
    /// Jobs whose result was being made elsewhere when they were looked at first.
    again: VecDeque<usize>,
    results: BTreeMap<SignalKey, Owner>,
    running: usize,
    slots: usize,
    threads_free: usize,
    stopped: bool,
}

struct Group {
    jobs: VecDeque<usize>,
    gate: Gate,
}

/// Whether a group's jobs may run side by side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// One has to go ahead.
    Closed,
    /// One is going ahead.
    Leading,
    /// They may.
    Open,
}

/// Who makes, or made, what has a key.
enum Owner {
    /// Somebody is at it; these wait.
    Running(Vec<usize>),
    /// It is there.
    Done(Arc<Source>),
}

/// A job that may run.
pub(super) struct Task {
    /// Its place in the list of jobs.
    pub(super) job: usize,
    /// Threads it may use.
    pub(super) threads: usize,
    leads: bool,
}

/// What to do about a key.
pub(super) enum Claim {
    /// Make it.
    Make,
    /// Nothing now: somebody is at it, and the job comes again.
    Wait,
    /// It was made.
    Copy(Arc<Source>),
}

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its signals are in the store, if there is one.
    Kept,
    /// It did nothing that others could start from.
    Without,
}

impl Queue {
    /// Jobs in groups (those of one session each) of which at most `slots` run at once, with
    /// `threads` threads together. With `shares`, one of a group goes ahead.
    pub(super) fn new(groups: Vec<Vec<usize>>, slots: usize, threads: usize, shares: bool) -> Self {
        let jobs = groups.iter().flatten().max().map_or(0, |last| last + 1);
        let mut group_of = vec![0; jobs];
        for (group, job) in
            groups.iter().enumerate().flat_map(|(g, jobs)| jobs.iter().map(move |j| (g, *j)))
        {
            group_of[job] = group;
        }
        let gate = if shares { Gate::Closed } else { Gate::Open };
        let groups = groups.into_iter().map(|jobs| Group { jobs: jobs.into(), gate }).collect();
        let threads_free = threads.max(1);
        let state = State {
            groups,
            first: 0,
            group_of,
            again: VecDeque::new(),
            results: BTreeMap::new(),
            running: 0,
            slots: slots.clamp(1, threads_free),
            threads_free,
            stopped: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The next job; waits while others have to end first. `None` where nothing is left.
    pub(super) fn take(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if state.running < state.slots
                && state.threads_free > 0
                && let Some(task) = state.start()
            {
                return Some(task);
            }
            if state.running == 0 {
                // Nothing runs that could still let anything start.
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says what to do about `key` for `job`, which runs.
    pub(super) fn claim(&self, key: SignalKey, job: usize) -> Claim {
        let mut state = self.lock();
        match state.results.get_mut(&key) {
            None => {
                state.results.insert(key, Owner::Running(Vec::new()));
                Claim::Make
            }
            Some(Owner::Running(waiting)) => {
                waiting.push(job);
                Claim::Wait
            }
            Some(Owner::Done(made)) => Claim::Copy(Arc::clone(made)),
        }
    }

    /// Ends a claim: what has `key` was made, or could not be, and those who wait come again.
    pub(super) fn settle(&self, key: SignalKey, made: Option<Arc<Source>>) {
        let mut state = self.lock();
        let before = match made {
            Some(made) => state.results.insert(key, Owner::Done(made)),
            None => state.results.remove(&key),
        };
        if let Some(Owner::Running(waiting)) = before {
            state.again.extend(waiting);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Ends a task.
    pub(super) fn finish(&self, task: &Task, ended: Ended) {
        let mut state = self.lock();
        state.running -= 1;
        state.threads_free += task.threads;
        if task.leads {
            let group = state.group_of[task.job];
            state.groups[group].gate = match ended {
                Ended::Kept => Gate::Open,
                Ended::Without => Gate::Closed,
            };
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Lets nothing start any more.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole after every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn start(&mut self) -> Option<Task> {
        let free_slots = self.slots - self.running;
        let ready = self.ready(free_slots);
        if ready == 0 {
            return None;
        }
        let threads = (self.threads_free / ready.min(free_slots)).max(1);
        let (job, leads) = self.next()?;
        self.running += 1;
        self.threads_free -= threads;
        Some(Task { job, threads, leads })
    }

    /// How many jobs could start now, counted up to `enough`.
    fn ready(&mut self, enough: usize) -> usize {
        while self.groups.get(self.first).is_some_and(|group| group.jobs.is_empty()) {
            self.first += 1;
        }
        let mut ready = self.again.len();
        for group in &self.groups[self.first..] {
            if ready >= enough {
                return enough;
            }
            ready += match group.gate {
                Gate::Open => group.jobs.len(),
                Gate::Closed => group.jobs.len().min(1),
                Gate::Leading => 0,
            };
        }
        ready.min(enough)
    }

    fn next(&mut self) -> Option<(usize, bool)> {
        if let Some(job) = self.again.pop_front() {
            return Some((job, false));
        }
        let mut groups = self.groups[self.first..].iter_mut();
        let group = groups.find(|group| group.gate != Gate::Leading && !group.jobs.is_empty())?;
        let leads = group.gate == Gate::Closed;
        if leads {
            group.gate = Gate::Leading;
        }
        group.jobs.pop_front().map(|job| (job, leads))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be taken without waiting, as (job, threads).
    fn takeable(queue: &Queue) -> Vec<Task> {
        let mut tasks = Vec::new();
        loop {
            let mut state = queue.lock();
            if state.running == state.slots || state.threads_free == 0 {
                return tasks;
            }
            match state.start() {
                Some(task) => tasks.push(task),
                None => return tasks,
            }
        }
    }

    fn jobs(tasks: &[Task]) -> Vec<(usize, usize)> {
        tasks.iter().map(|task| (task.job, task.threads)).collect()
    }

    #[test]
    fn one_of_a_session_goes_ahead_where_they_share_and_gets_the_threads_nobody_can_use() {
        let queue = Queue::new(vec![vec![0, 1, 2]], 4, 4, true);
        let first = takeable(&queue);
        assert_eq!(jobs(&first), [(0, 4)]);
        queue.finish(&first[0], Ended::Kept);
        assert_eq!(jobs(&takeable(&queue)), [(1, 2), (2, 2)]);
    }

    #[test]
    fn another_goes_ahead_where_the_first_kept_nothing() {
        let queue = Queue::new(vec![vec![0, 1, 2]], 2, 2, true);
        let first = takeable(&queue);
        queue.finish(&first[0], Ended::Without);
        assert_eq!(jobs(&takeable(&queue)), [(1, 2)]);
    }

    #[test]
    fn sessions_run_side_by_side() {
        let queue = Queue::new(vec![vec![0, 1], vec![2], vec![3]], 2, 5, true);
        assert_eq!(jobs(&takeable(&queue)), [(0, 2), (2, 3)]);
        let queue = Queue::new(vec![vec![0, 1], vec![2]], 8, 3, false);
        assert_eq!(jobs(&takeable(&queue)), [(0, 1), (1, 1), (2, 1)]);
    }

    #[test]
    fn what_is_being_made_is_waited_for_and_copied() {
        let queue = Queue::new(vec![vec![0], vec![1], vec![2]], 2, 2, true);
        let key = SignalKey([1; 32]);
        let tasks = takeable(&queue);
        assert!(matches!(queue.claim(key, 0), Claim::Make));
        assert!(matches!(queue.claim(key, 1), Claim::Wait));
        queue.finish(&tasks[1], Ended::Without);
        let third = takeable(&queue);
        assert_eq!(jobs(&third), [(2, 1)]);
        queue.finish(&third[0], Ended::Kept);
        assert!(takeable(&queue).is_empty());
        queue.settle(key, Some(Arc::default()));
        queue.finish(&tasks[0], Ended::Kept);
        let second = takeable(&queue);
        assert_eq!(jobs(&second), [(1, 2)]);
        assert!(matches!(queue.claim(key, 1), Claim::Copy(_)));
        queue.finish(&second[0], Ended::Kept);
        assert!(queue.take().is_none());
    }

    #[test]
    fn those_who_wait_make_it_themselves_where_it_failed() {
        let queue = Queue::new(vec![vec![0], vec![1]], 2, 2, false);
        let key = SignalKey([1; 32]);
        let tasks = takeable(&queue);
        assert!(matches!(queue.claim(key, 0), Claim::Make));
        assert!(matches!(queue.claim(key, 1), Claim::Wait));
        queue.finish(&tasks[1], Ended::Without);
        queue.settle(key, None);
        queue.finish(&tasks[0], Ended::Without);
        assert_eq!(jobs(&takeable(&queue)), [(1, 2)]);
        assert!(matches!(queue.claim(key, 1), Claim::Make));
    }

    #[test]
    fn nothing_starts_after_a_stop() {
        let queue = Queue::new(vec![vec![0], vec![1]], 2, 2, false);
        queue.stop();
        assert!(queue.take().is_none());
    }
}
