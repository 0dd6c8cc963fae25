//! Commands on tempo and signature changes.
//!
//! Clips and points in ticks and those in samples change places when the tempo does, so their
//! lists are put in order again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Items;
use super::{CommandError, Draft, Op, order};
use crate::session::{SignaturePoint, TempoPoint, TempoShape};
use crate::time::{DEFAULT_BPM, Ticks};

/// Sets the tempo from a position on: adds a tempo change, or replaces the one there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTempo {
    /// Where; the start where left out.
    #[serde(default)]
    pub at: Ticks,
    /// Quarter notes a minute, 5 to 999.
    pub bpm: f64,
    /// How it goes on from here.
    #[serde(default)]
    pub shape: TempoShape,
}

/// Removes a tempo change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveTempo {
    /// Where it is.
    pub at: Ticks,
}

/// Replaces all tempo changes; none means 120 bpm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceTempo {
    /// The changes, in order; the first is at tick 0.
    pub points: Vec<TempoPoint>,
}

/// Sets the signature from a bar on: adds a change, or replaces the one there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSignature {
    /// The bar, counted from 1; the first where left out.
    #[serde(default = "first_bar")]
    pub bar: u32,
    /// Beats a bar, 1 to 64.
    pub numerator: u32,
    /// The note value of a beat: 1, 2, 4, 8, 16, 32 or 64.
    pub denominator: u32,
}

/// Removes a signature change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveSignature {
    /// The bar it starts at.
    pub bar: u32,
}

/// Replaces all signature changes; none means 4/4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceSignatures {
    /// The changes, in order; the first is at bar 1.
    pub points: Vec<SignaturePoint>,
}

const fn first_bar() -> u32 {
    1
}

/// What holds where there is no tempo change at all.
pub(super) fn implied_tempo() -> TempoPoint {
    TempoPoint { at: Ticks::ZERO, bpm: DEFAULT_BPM, shape: TempoShape::Step }
}

fn implied_signature() -> SignaturePoint {
    SignaturePoint { bar: 1, numerator: 4, denominator: 4 }
}

pub(super) fn replace_tempo(
    draft: &mut Draft<'_>,
    points: Vec<TempoPoint>,
) -> Result<(), CommandError> {
    let old = draft.session().tempo.len();
    draft.splice(0, old, Items::Tempo(points))?;
    order::restore(draft)
}

fn first_stays(path: &str) -> CommandError {
    let what = "the first change cannot go while others follow it";
    CommandError::refused(path, what, "set it to another value, or replace all")
}

impl Op for SetTempo {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        if draft.session().tempo.is_empty() && self.at != Ticks::ZERO {
            draft.splice(0, 0, Items::Tempo(vec![implied_tempo()]))?;
        }
        let points = &draft.session().tempo;
        let at = points.partition_point(|point| point.at < self.at);
        let there = points.get(at).is_some_and(|point| point.at == self.at);
        let point = TempoPoint { at: self.at, bpm: self.bpm, shape: self.shape };
        draft.splice(at, usize::from(there), Items::Tempo(vec![point]))?;
        order::restore(draft)
    }
}

impl Op for RemoveTempo {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let points = &draft.session().tempo;
        let Some(index) = points.iter().position(|point| point.at == self.at) else {
            let there: Vec<String> = points.iter().map(|p| format!("tick {}", p.at.0)).collect();
            let id = format!("tick {}", self.at.0);
            let there = there.iter().map(String::as_str);
            return Err(CommandError::not_found("tempo", "tempo change at", id, there));
        };
        if index == 0 && points.len() > 1 {
            return Err(first_stays("tempo"));
        }
        draft.splice(index, 1, Items::Tempo(Vec::new()))?;
        order::restore(draft)
    }
}

impl Op for ReplaceTempo {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        replace_tempo(draft, self.points.clone())
    }
}

impl Op for SetSignature {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        if draft.session().signatures.is_empty() && self.bar != 1 {
            draft.splice(0, 0, Items::Signatures(vec![implied_signature()]))?;
        }
        let points = &draft.session().signatures;
        let at = points.partition_point(|point| point.bar < self.bar);
        let there = points.get(at).is_some_and(|point| point.bar == self.bar);
        let (bar, numerator, denominator) = (self.bar, self.numerator, self.denominator);
        let point = SignaturePoint { bar, numerator, denominator };
        draft.splice(at, usize::from(there), Items::Signatures(vec![point]))
    }
}

impl Op for RemoveSignature {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let points = &draft.session().signatures;
        let Some(index) = points.iter().position(|point| point.bar == self.bar) else {
            let there: Vec<String> = points.iter().map(|p| format!("bar {}", p.bar)).collect();
            let id = format!("bar {}", self.bar);
            let there = there.iter().map(String::as_str);
            return Err(CommandError::not_found("signatures", "signature change at", id, there));
        };
        if index == 0 && points.len() > 1 {
            return Err(first_stays("signatures"));
        }
        draft.splice(index, 1, Items::Signatures(Vec::new()))
    }
}

impl Op for ReplaceSignatures {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let old = draft.session().signatures.len();
        draft.splice(0, old, Items::Signatures(self.points.clone()))
    }
}
