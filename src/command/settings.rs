//! Commands that edit the session's own settings: name, rate, pan law, seed, click.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, SessionValue};
use super::{CommandError, Draft, Op};
use crate::session::PanLaw;

/// Renames the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSessionName {
    /// The title.
    pub name: String,
}

/// Sets the frames per block shown to plug-ins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPluginBlock {
    /// Frames a block.
    pub frames: u32,
}

/// Sets how panning from the centre changes a track's level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPanLaw {
    /// The law.
    pub pan_law: PanLaw,
}

/// Sets the seed of everything random.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSeed {
    /// The seed.
    pub seed: u64,
}

/// Changes the metronome; what is left out stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetClick {
    /// Sounds during playback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Level in dB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_db: Option<f64>,
    /// Accents the first beat of a bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<bool>,
    /// Bars counted before recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_in_bars: Option<u32>,
}

impl Op for SetSessionName {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.change(Change::Session(SessionValue::Name(self.name.clone())))
    }
}

impl Op for SetPluginBlock {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.change(Change::Session(SessionValue::PluginBlock(self.frames)))
    }
}

impl Op for SetPanLaw {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.change(Change::Session(SessionValue::PanLaw(self.pan_law)))
    }
}

impl Op for SetSeed {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.change(Change::Session(SessionValue::Seed(self.seed)))
    }
}

impl Op for SetClick {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let mut click = draft.session().click.clone();
        click.enabled = self.enabled.unwrap_or(click.enabled);
        click.level_db = self.level_db.unwrap_or(click.level_db);
        click.accent = self.accent.unwrap_or(click.accent);
        click.count_in_bars = self.count_in_bars.unwrap_or(click.count_in_bars);
        draft.change(Change::Session(SessionValue::Click(click)))
    }
}
