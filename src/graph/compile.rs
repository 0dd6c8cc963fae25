//! The compiler: runs the passes in order.

use super::error::CompileError;
use super::plan::Plan;
use super::tap::PlanOutputs;
use super::{
    audible, buffers, keys, latency, lower, memory, order, plan, segments, validate, verify,
};
use crate::audio::AudioLibrary;
use crate::process::ProcessorLibrary;
use crate::session::Session;
use crate::time::{SignatureMap, TempoMap};

/// Where the compiler gets what a session only names.
pub struct CompileConfig<'a> {
    /// Opens audio files.
    pub audio: &'a dyn AudioLibrary,
    /// Makes processors.
    pub processors: &'a dyn ProcessorLibrary,
}

/// Compiles `session` into a plan of its mix.
///
/// # Errors
/// The first problem found, with its path in the session and what to do; see [`CompileError`].
pub fn compile(session: &Session, config: &CompileConfig<'_>) -> Result<Plan, CompileError> {
    compile_outputs(session, config, &PlanOutputs::MIX)
}

/// Compiles `session` into a plan that puts out what `outputs` names, and runs what that needs.
///
/// # Errors
/// Like [`compile`]; also where a tap names a track that is not there.
pub fn compile_outputs(
    session: &Session,
    config: &CompileConfig<'_>,
    outputs: &PlanOutputs,
) -> Result<Plan, CompileError> {
    let problems = session.check();
    if !problems.is_empty() {
        return Err(CompileError::Invalid(problems));
    }
    let invalid = |what: String| {
        CompileError::Invalid(vec![crate::session::Problem { path: "tempo".to_owned(), what }])
    };
    let rate = session.sample_rate;
    let tempo = TempoMap::new(&session.tempo, rate).map_err(|error| invalid(error.to_string()))?;
    let signatures =
        SignatureMap::new(&session.signatures).map_err(|error| invalid(error.to_string()))?;
    let (mut graph, roles) = lower::lower(session, (&tempo, &signatures), config, &outputs.taps)?;
    validate::validate(&graph)?;
    order::order(&mut graph)?;
    latency::latency(&mut graph);
    audible::audible(&mut graph, session, &roles, outputs.mix);
    keys::keys(&mut graph, &tempo, session.seed);
    let segments = segments::segments(&graph);
    memory::memory(&graph, &segments, &tempo)?;
    let slots = buffers::buffers(&graph, &segments);
    let plan = plan::assemble(session, graph, segments, slots, tempo, signatures);
    if cfg!(debug_assertions) {
        verify::verify(&plan).map_err(CompileError::Verify)?;
    }
    Ok(plan)
}
