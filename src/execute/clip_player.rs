//! Plays the clips of one strip: any range of the timeline, whatever was played before.

use crate::audio::{FrameError, FrameReader};
use crate::execute::join::snap_stereo;
use crate::execute::segment_io::SegmentConfig;
use crate::graph::PlannedClip;
use crate::time::frame_count;

/// Plays clips into the lanes of one strip.
///
/// A sample of a clip is the file's frame times gain and fades, rounded to f32. Where clips
/// overlap their samples are summed exactly, like at a join. NaN and infinity are silence.
pub(super) struct ClipPlayer {
    clips: Vec<PlannedClip>,
    /// For each clip the latest end of it and all before: bounds the search backwards.
    latest_end: Vec<i64>,
    material: Vec<Material>,
    readers: Vec<Box<dyn FrameReader>>,
    channels: usize,
    /// Interleaved frames as they come from the file.
    raw: Vec<f32>,
    /// One clip, `[frame][2]`, and the sum of several.
    voice: Vec<f32>,
    sums: Vec<f64>,
    snapped: Vec<f64>,
    /// Samples that were not finite.
    pub(super) not_finite: u64,
}

/// What there is to know of a clip's audio, so that nobody asks while playing.
#[derive(Clone, Copy)]
struct Material {
    /// The reader it uses; clips of the same audio share one.
    reader: usize,
    channels: usize,
    /// No sample can be NaN or infinite.
    finite: bool,
}

impl ClipPlayer {
    /// Opens the clips' readers; `channels` is 1 or 2.
    pub(super) fn new(
        clips: &[PlannedClip],
        channels: usize,
        config: SegmentConfig,
    ) -> Result<Self, FrameError> {
        let max_frames = config.max_frames;
        let mut latest = i64::MIN;
        let latest_end = clips.iter().map(|clip| {
            latest = latest.max(clip.end);
            latest
        });
        let latest_end = latest_end.collect();
        let mut opened: Vec<[u8; 32]> = Vec::new();
        let mut readers = Vec::new();
        let mut material = Vec::with_capacity(clips.len());
        for clip in clips {
            let reader = match opened.iter().position(|other| *other == clip.identity) {
                Some(index) => index,
                None => {
                    opened.push(clip.identity);
                    readers.push(clip.source.reader(config.level)?);
                    readers.len() - 1
                }
            };
            let (channels, finite) = (clip.source.channels(), clip.source.is_finite());
            material.push(Material { reader, channels, finite });
        }
        Ok(Self {
            clips: clips.to_vec(),
            latest_end,
            material,
            readers,
            channels,
            raw: vec![0.0; 2 * max_frames],
            voice: vec![0.0; 2 * max_frames],
            sums: vec![0.0; 2 * max_frames],
            snapped: vec![0.0; 2 * max_frames],
            not_finite: 0,
        })
    }

    /// Fails where a file has changed since its content was identified.
    pub(super) fn check_sources(&self) -> Result<(), FrameError> {
        self.readers.iter().try_for_each(|reader| reader.check_unchanged())
    }

    /// Writes `frames` frames from timeline sample `time` on into lanes `first_lane ..` of `block`
    /// (`[frame][lanes]`), overwriting what is there.
    pub(super) fn play(
        &mut self,
        time: i64,
        frames: usize,
        block: &mut [f32],
        lanes: usize,
        first_lane: usize,
    ) -> Result<(), FrameError> {
        let end = time + frame_count(frames);
        let mut at = time;
        while at < end {
            let (active, until) = self.active(at, end);
            let count = usize::try_from(until - at).unwrap_or(0);
            let skip = usize::try_from(at - time).unwrap_or(0) * lanes;
            let target = &mut block[skip..skip + count * lanes];
            if !self.play_directly(&active, at, target, lanes, first_lane)? {
                self.stretch(active, at, count)?;
                deal(&self.voice, self.channels, target, lanes, first_lane);
            }
            at = until;
        }
        Ok(())
    }

    /// The clips that sound at `at`, as a range that contains them, and how far that holds.
    fn active(&self, at: i64, end: i64) -> (std::ops::Range<usize>, i64) {
        let after = self.clips.partition_point(|clip| clip.start <= at);
        let first = self.latest_end[..after].partition_point(|latest| *latest <= at);
        let mut until = self.clips.get(after).map_or(end, |next| next.start.min(end));
        for clip in self.clips[first..after].iter().filter(|clip| clip.end > at) {
            until = until.min(clip.end);
        }
        (first..after, until)
    }

    /// Lets the file's reader write into the lanes, where a single clip sounds as it is in the file;
    /// false, and nothing was done, everywhere else.
    fn play_directly(
        &mut self,
        range: &std::ops::Range<usize>,
        at: i64,
        target: &mut [f32],
        lanes: usize,
        first_lane: usize,
    ) -> Result<bool, FrameError> {
        let mut sounding = range.clone().filter(|index| self.clips[*index].end > at);
        let (Some(index), None) = (sounding.next(), sounding.next()) else { return Ok(false) };
        let (clip, material) = (&self.clips[index], self.material[index]);
        let position = at - clip.start;
        let end = position + frame_count(target.len() / lanes);
        let as_it_is = clip.gain == 1.0
            && !clip.reverse
            && clip.loop_length.is_none()
            && clip.is_steady(position, end);
        if !as_it_is || !material.finite || (material.channels, self.channels) != (2, 2) {
            return Ok(false);
        }
        let reader = &mut self.readers[material.reader];
        reader.read_pairs(clip.offset + position, target, lanes, first_lane)
    }

    /// Renders `count` frames from `at` on into `self.voice`, in which no clip starts or ends.
    fn stretch(
        &mut self,
        range: std::ops::Range<usize>,
        at: i64,
        count: usize,
    ) -> Result<(), FrameError> {
        let sounding = range.clone().filter(|index| self.clips[*index].end > at).count();
        if sounding == 0 {
            self.voice[..2 * count].fill(0.0);
            return Ok(());
        }
        if sounding > 1 {
            self.sums[..2 * count].fill(0.0);
        }
        for index in range {
            if self.clips[index].end <= at {
                continue;
            }
            self.voice(index, at, count)?;
            if sounding > 1 {
                snap_stereo(&self.voice[..2 * count], &mut self.snapped[..2 * count]);
                for (sum, more) in self.sums.iter_mut().zip(&self.snapped[..2 * count]) {
                    *sum += more;
                }
            }
        }
        if sounding > 1 {
            round(&self.sums[..2 * count], &mut self.voice[..2 * count]);
        }
        Ok(())
    }

    /// Renders `count` frames of one clip into `self.voice`.
    fn voice(&mut self, index: usize, at: i64, count: usize) -> Result<(), FrameError> {
        let clip = &self.clips[index];
        let material = self.material[index];
        // Stereo on a stereo track is already laid out as a voice.
        let direct = (material.channels, self.channels) == (2, 2);
        let voice = &mut self.voice[..2 * count];
        let raw = &mut self.raw[..count * material.channels];
        let fetched = if direct { &mut *voice } else { &mut *raw };
        fetch(clip, material.channels, self.readers[material.reader].as_mut(), at, fetched)?;
        if !material.finite && !all_finite(fetched) {
            for sample in fetched.iter_mut().filter(|sample| !sample.is_finite()) {
                *sample = 0.0;
                self.not_finite += 1;
            }
        }
        if !direct {
            spread(raw, material.channels, self.channels, voice);
        }
        let position = at - clip.start;
        let steady = clip.is_steady(position, position + frame_count(count));
        if steady && clip.gain == 1.0 {
            return Ok(());
        }
        for (offset, frame) in voice.chunks_exact_mut(2).enumerate() {
            let level = if steady { clip.gain } else { clip.level(position + frame_count(offset)) };
            for sample in frame {
                *sample = scaled(*sample, level);
            }
        }
        Ok(())
    }
}

/// Reads the frames `clip` plays from `at` on into `out`, loops and reversal applied.
fn fetch(
    clip: &PlannedClip,
    channels: usize,
    reader: &mut dyn FrameReader,
    at: i64,
    out: &mut [f32],
) -> Result<(), FrameError> {
    let count = out.len() / channels;
    let part = clip.loop_length.unwrap_or(clip.end - clip.start);
    let mut done = 0;
    while done < count {
        let position = at - clip.start + frame_count(done);
        let inside = if clip.loop_length.is_some() { position.rem_euclid(part) } else { position };
        let left = usize::try_from(part - inside).unwrap_or(0);
        let step = left.min(count - done);
        let out = &mut out[done * channels..(done + step) * channels];
        if clip.reverse {
            reader.read(clip.offset + part - inside - frame_count(step), out)?;
            reverse_frames(out, channels);
        } else {
            reader.read(clip.offset + inside, out)?;
        }
        done += step;
    }
    Ok(())
}

/// Writes frames (`[frame][2]`) into their lanes of a block, single samples and pairs: a copy of a
/// length the compiler does not know would cost a call a frame.
fn deal(voice: &[f32], channels: usize, block: &mut [f32], lanes: usize, first: usize) {
    let frames = block.chunks_exact_mut(lanes).zip(voice.chunks_exact(2));
    if channels == 1 {
        for (frame, voice) in frames {
            frame[first] = voice[0];
        }
    } else {
        for (frame, voice) in frames {
            let pair = &mut frame[first..first + 2];
            (pair[0], pair[1]) = (voice[0], voice[1]);
        }
    }
}

/// True where no sample is NaN or infinite; without branches, so that it is vectorised.
fn all_finite(samples: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let odd = |sample: &f32| u32::from(sample.to_bits() & EXPONENT == EXPONENT);
    samples.iter().fold(0, |found, sample| found | odd(sample)) == 0
}

/// Frames in the opposite order.
fn reverse_frames(samples: &mut [f32], channels: usize) {
    samples.reverse();
    for frame in samples.chunks_exact_mut(channels) {
        frame.reverse();
    }
}

/// Two channels as one: what a mono track hears of a stereo file, and a mono group of its input.
pub(super) fn mean(left: f32, right: f32) -> f32 {
    (left + right) * 0.5
}

/// Channels of a file to those of a track (`[frame][2]`, the second unused where the track is
/// mono): one becomes two equal ones, two become their mean.
fn spread(raw: &[f32], from: usize, to: usize, out: &mut [f32]) {
    match (from, to) {
        (1, _) => {
            for (out, sample) in out.chunks_exact_mut(2).zip(raw) {
                out.fill(*sample);
            }
        }
        (_, 2) => out.copy_from_slice(raw),
        _ => {
            for (out, frame) in out.chunks_exact_mut(2).zip(raw.chunks_exact(2)) {
                out.fill(mean(frame[0], frame[1]));
            }
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
fn scaled(sample: f32, level: f64) -> f32 {
    (f64::from(sample) * level) as f32
}

#[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
fn round(sums: &[f64], out: &mut [f32]) {
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = *sum as f32 + 0.0;
    }
}
