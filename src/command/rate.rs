//! The command that changes the session's rate, and with it everything counted in samples.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Items, SessionValue};
use super::cut::scaled;
use super::{CommandError, Draft, Op, order};
use crate::session::{Clip, ClipContent, TimeValue};
use crate::time::{SampleRate, Samples};

/// Changes the rate the session runs at.
///
/// Everything counted in samples is converted to the nearest sample of the new rate, so that it
/// stays where it is in seconds: positions and lengths of clips, the parts of files they play,
/// fades, automation points and markers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSampleRate {
    /// The new rate, 8,000 to 384,000 Hz.
    pub sample_rate: SampleRate,
}

fn moved(value: TimeValue, factor: f64) -> TimeValue {
    match value {
        TimeValue::Samples(samples) => TimeValue::Samples(scaled(samples, factor)),
        ticks @ TimeValue::Ticks(_) => ticks,
    }
}

/// A length at another rate; never 0 where it was not.
fn length(old: Samples, factor: f64) -> Samples {
    if old > Samples::ZERO { scaled(old, factor).max(Samples(1)) } else { old }
}

fn converted(clip: &Clip, factor: f64) -> Clip {
    let mut clip = clip.clone();
    clip.length = match (clip.start, clip.length) {
        // Ends are converted, not lengths, so that clips that touch still touch.
        (TimeValue::Samples(start), TimeValue::Samples(old)) => {
            let end = scaled(Samples(start.0.saturating_add(old.0)), factor);
            TimeValue::Samples((end - scaled(start, factor)).max(Samples(1)))
        }
        (_, TimeValue::Samples(old)) => TimeValue::Samples(length(old, factor)),
        (_, ticks @ TimeValue::Ticks(_)) => ticks,
    };
    clip.start = moved(clip.start, factor);
    clip.fade_in.length = length(clip.fade_in.length, factor);
    clip.fade_out.length = length(clip.fade_out.length, factor);
    if let TimeValue::Samples(whole) = clip.length {
        clip.fade_in.length = clip.fade_in.length.min(whole);
        clip.fade_out.length = clip.fade_out.length.min(whole);
    }
    if let ClipContent::Audio(audio) = &mut clip.content {
        audio.offset = scaled(audio.offset, factor);
        audio.loop_length = audio.loop_length.map(|old| length(old, factor));
    }
    clip
}

impl Op for SetSampleRate {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let factor = self.sample_rate.hz_f64() / draft.session().sample_rate.hz_f64();
        draft.change(Change::Session(SessionValue::SampleRate(self.sample_rate)))?;
        for index in 0..draft.session().tracks.len() {
            let track = &draft.session().tracks[index];
            let items: Vec<Clip> = track.clips.iter().map(|c| converted(c, factor)).collect();
            if items != track.clips {
                let track = track.id.clone();
                draft.splice(0, items.len(), Items::Clips { track, items })?;
            }
        }
        for track in order::lane_owners(draft.session()) {
            for index in 0..draft.lanes(&track)?.len() {
                let lane = &draft.lanes(&track)?[index];
                let mut items = lane.points.clone();
                items.iter_mut().for_each(|point| point.at = moved(point.at, factor));
                if items != lane.points {
                    let (track, lane) = (track.clone(), lane.id.clone());
                    draft.splice(0, items.len(), Items::Points { track, lane, items })?;
                }
            }
        }
        let mut markers = draft.session().markers.clone();
        markers.iter_mut().for_each(|marker| marker.at = moved(marker.at, factor));
        if markers != draft.session().markers {
            draft.splice(0, markers.len(), Items::Markers(markers))?;
        }
        order::restore(draft)
    }
}
