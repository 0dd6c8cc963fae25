//! Checks whether a plug-in gives the same again: in other processes, beside others, in other blocks.

use std::sync::Arc;

use super::outcome::Finding;
use super::subject::{Output, Run, Subject, difference};
use crate::failure::WorkerFailure;

fn same(
    expected: &str,
    first: Result<Output, WorkerFailure>,
    second: Result<Output, WorkerFailure>,
) -> Result<(), Finding> {
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(failure), _) | (_, Err(failure)) => return Err(Finding::lost(&failure)),
    };
    match difference(&first, &second) {
        None => Ok(()),
        Some((frame, residual)) => {
            let came = format!("they differ from frame {frame} on, by {residual:.1} dB at most");
            Err(Finding::failed(expected, came))
        }
    }
}

/// Gives the same in fresh processes.
pub(super) fn repeats(subject: &Subject) -> Finding {
    let run = subject.usual();
    let found = same("the same in two fresh processes", subject.run(&run), subject.run(&run));
    found.map_or_else(|finding| finding, |()| Finding::passed("bit by bit"))
}

/// Gives the same beside another instance.
pub(super) fn repeats_beside_another(subject: &Subject) -> Finding {
    let run = subject.usual();
    let link = match subject.link() {
        Ok(link) => link,
        Err(failure) => return Finding::lost(&failure),
    };
    let first = subject.run_in(Arc::clone(&link), &run);
    let second = subject.run_in(link, &run);
    let found = same("the same from a second instance in one process", first, second);
    found.map_or_else(|finding| finding, |()| Finding::passed("bit by bit"))
}

/// Does not depend on the size of blocks.
pub(super) fn block_size(subject: &Subject) -> Finding {
    let of = |block: u32| subject.run(&Run { block, ..subject.usual() });
    for block in [64, 333] {
        let expected = format!("the same for blocks of 512 and of {block} frames");
        if let Err(finding) = same(&expected, of(512), of(block)) {
            return finding;
        }
    }
    Finding::passed("bit by bit")
}

/// Gives the same offline and in real time.
pub(super) fn offline_equals_realtime(subject: &Subject) -> Finding {
    let of = |offline| subject.run(&Run { offline, ..subject.usual() });
    let found = same("the same offline and in real time", of(true), of(false));
    found.map_or_else(|finding| finding, |()| Finding::passed("bit by bit"))
}
