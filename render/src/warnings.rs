//! What a render has to warn of: of its plan, and of what happened in its segments.

use std::collections::BTreeMap;

use wavemill_core::execute::SegmentRunner;
use wavemill_core::graph::Plan;

use crate::scheduler::RenderWarning;

/// One warning of all processors of `plan` that do not give the same output twice.
pub(crate) fn of_plan(plan: &Plan) -> Option<RenderWarning> {
    // A master may run more than once.
    let found: BTreeMap<&str, &str> =
        plan.unrepeatable().map(|(node, spec)| (node, spec.name.as_ref())).collect();
    let on_track = found.keys().any(|node| node.starts_with("tracks/"));
    let mut found = found.into_iter();
    let (path, name) = found.next()?;
    let others: String = found.map(|(node, name)| format!(", nor does {node} ({name})")).collect();
    let mend = match on_track {
        true => "freeze the track to pin it",
        false => "keep the file to pin it",
    };
    Some(RenderWarning {
        path: path.to_owned(),
        what: format!(
            "{name} does not give the same output twice{others}: nothing of this render is kept; \
             {mend}"
        ),
    })
}

/// What happened in a segment of `plan` so far.
pub(crate) fn of_segment(plan: &Plan, runner: &SegmentRunner) -> Vec<RenderWarning> {
    let mut warnings = Vec::new();
    for (strip, count) in runner.not_finite_in_clips().filter(|(_, count)| *count > 0) {
        warnings.push(RenderWarning {
            path: plan.graph.strips[strip].id.clone(),
            what: format!("{count} samples of its clips are not numbers: heard as silence"),
        });
    }
    for (node, what) in runner.processor_warnings() {
        warnings.push(RenderWarning { path: node.to_owned(), what });
    }
    for warning in runner.warnings() {
        let counts = [
            (warning.not_finite, "are not numbers: heard as silence"),
            (warning.clamped, "are above +36 dBFS: clamped"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            warnings.push(RenderWarning {
                path: plan.graph.edges[warning.edge].id.clone(),
                what: format!("{count} samples {what}"),
            });
        }
    }
    warnings
}
