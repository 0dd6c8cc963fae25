//! Beginning again where a plug-in ended a render, as the library of processors says.

use std::fmt::Display;

use wavemill_core::execute::RunError;
use wavemill_core::graph::CompileError;
use wavemill_core::process::ProcessorLibrary;

use crate::request::BounceError;
use crate::scheduler::RenderError;

/// An error that may be a plug-in's.
pub trait OfPlugin: Display {
    /// The node whose plug-in failed or cannot be had, where that is what happened.
    fn plugin(&self) -> Option<&str>;
}

impl OfPlugin for CompileError {
    fn plugin(&self) -> Option<&str> {
        match self {
            Self::Plugin { path, .. } => Some(path),
            _ => None,
        }
    }
}

impl OfPlugin for BounceError {
    fn plugin(&self) -> Option<&str> {
        let Self::Render(RenderError::Run(error)) = self else { return None };
        match error {
            RunError::Prepare(refused) if refused.is_of_plugin => Some(&refused.node),
            RunError::Fault(fault) if fault.is_of_plugin => Some(&fault.node),
            _ => None,
        }
    }
}

/// Does `attempt` until it is done, or fails and `processors` know nothing more to try. `told` hears
/// of each that failed.
///
/// # Errors
/// That of the last attempt.
pub fn attempts<T, E: OfPlugin>(
    processors: &dyn ProcessorLibrary,
    told: &mut dyn FnMut(String),
    attempt: &mut dyn FnMut() -> Result<T, E>,
) -> Result<T, E> {
    loop {
        let error = match attempt() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match error.plugin().and_then(|node| processors.tries_again(node)) {
            Some(instead) => told(format!("{error}; {instead}")),
            None => return Err(error),
        }
    }
}
