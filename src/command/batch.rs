//! Batches: lists of commands applied together, and the text form they come in.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Command;

/// Most commands in a batch.
pub const MAX_BATCH_OPS: usize = 100_000;

/// Commands applied together or not at all, undone as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Refused where the session has another revision; any where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_revision: Option<u64>,
    /// What the history calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The commands in order.
    pub ops: Vec<Command>,
}

/// A text that is no batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Not JSON at all.
    #[error("not valid JSON: {0}")]
    Json(String),
    /// Neither an object nor an array, or an object of other fields.
    #[error(
        "{0}: give {{\"ops\": [...]}} with optional expected_revision and name, or a bare array of ops"
    )]
    Shape(String),
    /// A command that is none.
    #[error("ops[{index}] ({op}): {what}")]
    Op {
        /// Its place, from 0.
        index: usize,
        /// What it calls itself.
        op: String,
        /// What is wrong with it.
        what: String,
    },
    /// More commands than a batch takes.
    #[error("{0} ops are more than the {MAX_BATCH_OPS} of a batch: split it")]
    TooMany(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    #[serde(default)]
    expected_revision: Option<u64>,
    #[serde(default)]
    name: Option<String>,
    ops: Vec<Value>,
}

impl Batch {
    /// A nameless batch for any revision.
    pub const fn of(ops: Vec<Command>) -> Self {
        Self { expected_revision: None, name: None, ops }
    }

    /// Reads a batch, or a bare array of commands, from JSON.
    pub fn parse(text: &str) -> Result<Self, BatchError> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| BatchError::Json(error.to_string()))?;
        let head = match value {
            Value::Array(ops) => Head { expected_revision: None, name: None, ops },
            Value::Object(_) => serde_json::from_value(value)
                .map_err(|error| BatchError::Shape(error.to_string()))?,
            _ => return Err(BatchError::Shape("neither an object nor an array".to_owned())),
        };
        if head.ops.len() > MAX_BATCH_OPS {
            return Err(BatchError::TooMany(head.ops.len()));
        }
        let read = |(index, value): (usize, Value)| {
            let op = value.get("op").and_then(Value::as_str).unwrap_or("no op").to_owned();
            serde_json::from_value(value).map_err(|error| BatchError::Op {
                index,
                op,
                what: error.to_string(),
            })
        };
        let ops = head.ops.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { expected_revision: head.expected_revision, name: head.name, ops })
    }
}

/// Commands for 'wavemill edit': a batch, or a bare array of them. All of them are applied, or none.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // Described, never made.
enum Ops {
    Batch(Batch),
    Bare(Vec<Command>),
}

/// The JSON Schema of `ops.json`: a batch, or a bare array of commands.
pub fn ops_schema() -> Schema {
    schema_for!(Ops)
}
