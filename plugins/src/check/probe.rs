//! Checks that a worker does by itself: what a plug-in leaves behind, on which threads it calls, the
//! text of its values, its buses, and activation a second time.

use std::ffi::OsStr;
use std::time::Instant;

use wavemill_core::job::CancelToken;

use super::message::{Answer, Question};
use super::outcome::Finding;
use super::subject::Subject;
use crate::failure::{FailureKind, WorkerFailure};
use crate::format::format_word;
use crate::worker::{Heard, Worker};

/// Is destroyed without harm.
pub(super) fn end(subject: &Subject) -> Finding {
    ask(subject, Question::End)
}

/// Leaves nothing behind.
pub(super) fn leaks(subject: &Subject) -> Finding {
    ask(subject, Question::Leaks)
}

/// Calls its host from the right threads. What is lost over its state, which comes last, is not for
/// this to say.
pub(super) fn threads(subject: &Subject) -> Finding {
    let (finding, steps) = ask_counting(subject, Question::Threads);
    match finding {
        Err(_) if steps > 0 => Finding::passed("no call on a wrong thread while it runs"),
        Err(failure) => Finding::lost(&failure),
        Ok(finding) => finding,
    }
}

/// Reads the text of values as it writes it.
pub(super) fn text(subject: &Subject) -> Finding {
    ask(subject, Question::Text)
}

/// Runs with all the buses that it may have.
pub(super) fn arrangements(subject: &Subject) -> Finding {
    ask(subject, Question::Arrangements)
}

/// Is the same once it is activated again.
pub(super) fn activation(subject: &Subject) -> Finding {
    ask(subject, Question::Activation)
}

/// Has a worker of its own find out about `question`.
fn ask(subject: &Subject, question: Question) -> Finding {
    let (finding, _) = ask_counting(subject, question);
    finding.unwrap_or_else(|failure| Finding::lost(&failure))
}

/// The same; also how many steps were done before the end.
fn ask_counting(subject: &Subject, question: Question) -> (Result<Finding, WorkerFailure>, usize) {
    let source = subject.source();
    let arguments =
        ["probe", question.name(), format_word(source.format), &source.path, &source.id];
    let mut worker = match Worker::start(subject.program(), arguments.map(OsStr::new)) {
        Ok(worker) => worker,
        Err(failure) => return (Err(failure), 0),
    };
    let mut steps = 0;
    let finding = loop {
        match answer(&mut worker, subject) {
            Ok(Answer::Profile(_)) => {}
            Ok(Answer::Step) => steps += 1,
            Ok(Answer::Passed { what }) => break Ok(Finding::passed(what)),
            Ok(Answer::Failed { expected, came }) => break Ok(Finding::failed(&expected, came)),
            Ok(Answer::Skipped { what }) => break Ok(Finding::skipped(what)),
            Ok(Answer::Refused { what }) => {
                break Err(WorkerFailure::new(FailureKind::Refused, what));
            }
            Ok(Answer::Crashed(crash)) => break Err(WorkerFailure::of_crash(&crash)),
            Err(failure) => break Err(failure),
        }
    };
    (finding, steps)
}

/// What the worker says next; it may take as long as for anything else.
fn answer(worker: &mut Worker, subject: &Subject) -> Result<Answer, WorkerFailure> {
    let limit = subject.limit();
    match worker.line(Instant::now() + limit, &CancelToken::default()) {
        Heard::Line(line) => serde_json::from_str(&line).map_err(|_| {
            WorkerFailure::new(FailureKind::Worker, "the worker said what makes no sense")
        }),
        Heard::End => Err(worker.end()),
        // Nobody cancels here.
        Heard::TooLate | Heard::Cancelled => {
            worker.kill();
            let what = format!("no answer within {} s", limit.as_secs());
            Err(WorkerFailure::new(FailureKind::Hang, what))
        }
    }
}
