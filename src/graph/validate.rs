//! Pass: validate. The limits that only the graph shows; the document's own rules are checked
//! before it is lowered, circles when it is ordered.

use super::error::CompileError;
use super::model::Graph;

/// Most signals that may meet at a join. With every input within +-2^6 and on a grid of 2^-36,
/// 2^11 of them sum to at most 2^17: 53 bits, which f64 holds exactly.
pub const MAX_JOIN_INPUTS: usize = 2_048;

/// Refuses joins with more inputs than can be summed exactly.
pub(super) fn validate(graph: &Graph) -> Result<(), CompileError> {
    match graph.joins.iter().find(|join| join.inputs.len() > MAX_JOIN_INPUTS) {
        Some(join) => Err(CompileError::TooManyInputs {
            join: join.id.clone(),
            count: join.inputs.len(),
            limit: MAX_JOIN_INPUTS,
        }),
        None => Ok(()),
    }
}
