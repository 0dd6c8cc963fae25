//! Finding things in a session.

use super::{Session, Track, TrackId};
use crate::time::{Samples, SignatureMap, SignatureMapError, TempoMap, TempoMapError};

impl Session {
    /// The track called `id`.
    pub fn track(&self, id: &TrackId) -> Option<&Track> {
        self.tracks.iter().find(|track| track.id == *id)
    }

    /// The track called `id`, to be changed.
    pub fn track_mut(&mut self, id: &TrackId) -> Option<&mut Track> {
        self.tracks.iter_mut().find(|track| track.id == *id)
    }

    /// Its tempo map.
    pub fn tempo_map(&self) -> Result<TempoMap, TempoMapError> {
        TempoMap::new(&self.tempo, self.sample_rate)
    }

    /// Its signature map.
    pub fn signature_map(&self) -> Result<SignatureMap, SignatureMapError> {
        SignatureMap::new(&self.signatures)
    }

    /// The sample after the last one of its last clip, muted clips included, so that muting never
    /// changes how long a bounce is; 0 without clips.
    pub fn end(&self, tempo: &TempoMap) -> Samples {
        let clips = self.tracks.iter().flat_map(|track| &track.clips);
        let ends = clips.map(|clip| tempo.length(clip.start, clip.length).1);
        ends.max().unwrap_or(Samples::ZERO).max(Samples::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Clip, ClipContent, ClipId, Fade, MidiContent, TimeValue, TrackKind};
    use crate::time::{SampleRate, Ticks};

    fn clip(id: &str, start: TimeValue, length: TimeValue) -> Clip {
        Clip {
            id: ClipId::new(id).unwrap(),
            name: String::new(),
            content: ClipContent::Midi(MidiContent::default()),
            start,
            length,
            gain_db: 0.0,
            fade_in: Fade::default(),
            fade_out: Fade::default(),
            mute: true,
            take_lane: None,
        }
    }

    #[test]
    fn the_end_is_that_of_the_clip_that_ends_last() {
        let mut session = Session::new("x", SampleRate::new(48_000).unwrap());
        let tempo = session.tempo_map().unwrap();
        assert_eq!(session.end(&tempo), Samples(0));
        let id = TrackId::new("keys").unwrap();
        session.tracks.push(Track::new(id.clone(), "Keys", TrackKind::Instrument));
        let [ticks, samples] = [15_360, 30_000];
        session.track_mut(&id).unwrap().clips = vec![
            clip("a", TimeValue::Ticks(Ticks(ticks)), TimeValue::Samples(Samples(samples))),
            clip("b", TimeValue::Samples(Samples(50_000)), TimeValue::Samples(Samples(2_000))),
        ];
        assert_eq!(session.end(&tempo), Samples(54_000));
        assert_eq!(session.track(&id).unwrap().clips.len(), 2);
    }
}
