//! Checks of what comes out: numbers, latency, silence, tail and bypass.

use super::outcome::Finding;
use super::subject::{Input, Output, Run, Subject, decibels};
use crate::description::Tail;
use crate::run::{Record, RecordKind};

/// What is below this is silence, as a factor: -120 dB.
const SILENCE: f32 = 1e-6;

/// Gives numbers alone.
pub(super) fn finite_output(subject: &Subject) -> Finding {
    let output = match subject.run(&subject.usual()) {
        Ok(output) => output,
        Err(failure) => return Finding::lost(&failure),
    };
    match first_not_finite(&output, 0) {
        None => Finding::passed("a second of noise"),
        Some((channel, frame)) => {
            let came = format!("channel {channel} has none at frame {frame}");
            Finding::failed("numbers", came)
        }
    }
}

fn first_not_finite(output: &Output, from: usize) -> Option<(usize, usize)> {
    output.channels.iter().enumerate().find_map(|(channel, samples)| {
        let rest = samples.get(from..).unwrap_or_default();
        let at = rest.iter().position(|sample| !sample.is_finite())?;
        Some((channel, from + at))
    })
}

/// An impulse comes out as late as the plug-in says.
pub(super) fn latency(subject: &Subject) -> Finding {
    if !subject.is_effect() {
        return Finding::skipped("it hears no audio");
    }
    let at = 12_000;
    let run = Run { input: Input::Impulse(at), events: Vec::new(), ..subject.usual() };
    let output = match subject.run(&run) {
        Ok(output) => output,
        Err(failure) => return Finding::lost(&failure),
    };
    let told = output.latency_frames as usize;
    let Some(samples) = output.channels.first() else { return Finding::skipped("no output") };
    let energy = |sample: &f32| f64::from(*sample) * f64::from(*sample);
    let peak = (0..samples.len()).max_by(|a, b| samples[*a].abs().total_cmp(&samples[*b].abs()));
    let (Some(peak), whole) = (peak, samples.iter().map(energy).sum::<f64>()) else {
        return Finding::skipped("no output");
    };
    // Only what passes an impulse as one shows where it is.
    if whole < 1e-9 || energy(&samples[peak]) < 0.5 * whole {
        return Finding::skipped(format!(
            "tells {told} frames; an impulse does not come out as one"
        ));
    }
    match peak.checked_sub(at) {
        Some(measured) if measured == told => Finding::passed(format!("{told} frames")),
        Some(measured) => Finding::failed(
            &format!("{told} frames, as it says"),
            format!("{measured} were measured"),
        ),
        None => Finding::failed("nothing before the impulse", format!("it came at frame {peak}")),
    }
}

/// Makes no sound out of silence.
pub(super) fn silence(subject: &Subject) -> Finding {
    let run = Run { input: Input::Silence, events: Vec::new(), ..subject.usual() };
    match subject.run(&run) {
        Err(failure) => Finding::lost(&failure),
        Ok(output) => match loudest(&output, 0) {
            level if level < SILENCE => Finding::passed("silent"),
            level => Finding::failed(
                "less than -120 dB",
                format!("its loudest sample is {:.1} dB", decibels(f64::from(level))),
            ),
        },
    }
}

fn loudest(output: &Output, from: usize) -> f32 {
    let rest = output.channels.iter().flat_map(|samples| samples.iter().skip(from));
    rest.fold(0.0, |loudest, sample| loudest.max(sample.abs()))
}

/// Sounds no longer than it says.
pub(super) fn tail(subject: &Subject) -> Finding {
    let heard = 12_000;
    let opened = subject.run(&Run { frames: 0, ..subject.usual() });
    let (latency, told) = match opened {
        Err(failure) => return Finding::lost(&failure),
        Ok(output) => match output.tail {
            Tail::Frames(frames) => (output.latency_frames as usize, frames as usize),
            Tail::Unknown => return Finding::skipped("it does not say"),
            Tail::Infinite => return Finding::skipped("it says that it never ends"),
        },
    };
    let end = heard + latency + told;
    // Beyond a minute nobody waits for it.
    if !subject.is_effect() || told > 60 * 48_000 {
        return Finding::skipped("it hears no audio, or rings for minutes");
    }
    let run = Run {
        input: Input::Noise(heard),
        events: Vec::new(),
        frames: end + 48_000,
        ..subject.usual()
    };
    match subject.run(&run) {
        Err(failure) => Finding::lost(&failure),
        Ok(output) => match loudest(&output, end) {
            level if level < SILENCE => Finding::passed(format!("{told} frames")),
            level => Finding::failed(
                &format!("silence after {told} frames, as it says"),
                format!("{:.1} dB came later", decibels(f64::from(level))),
            ),
        },
    }
}

/// Gives numbers again after it was given none.
pub(super) fn recovers_from_nan(subject: &Subject) -> Finding {
    if !subject.is_effect() {
        return Finding::skipped("it hears no audio");
    }
    let frames = 10 * 48_000;
    let run = Run {
        input: Input::NotANumber(4_096, 4_608),
        events: Vec::new(),
        frames,
        ..subject.usual()
    };
    match subject.run(&run) {
        Err(failure) => Finding::lost(&failure),
        Ok(output) => match first_not_finite(&output, frames - 48_000) {
            None => Finding::passed("within nine seconds"),
            Some((channel, _)) => Finding::failed(
                "numbers again within nine seconds",
                format!("channel {channel} gives none any more"),
            ),
        },
    }
}

/// Passes its input on when its own bypass is on.
pub(super) fn bypass(subject: &Subject) -> Finding {
    let found = subject.description().parameters.iter().zip(0_u32..).find(|(p, _)| p.bypass);
    let Some((parameter, index)) = found.filter(|_| subject.is_effect()) else {
        return Finding::skipped("it has none of its own");
    };
    // The designation of LV2 is that it is enabled.
    let is_lv2 = subject.format() == wavemill_core::session::PluginFormat::Lv2;
    let value = if is_lv2 { parameter.min } else { parameter.max };
    let on = Record { frame: 0, kind: RecordKind::Parameter { index, value } };
    let at = 12_000;
    let run = Run { input: Input::Impulse(at), events: vec![on], ..subject.usual() };
    let output = match subject.run(&run) {
        Ok(output) => output,
        Err(failure) => return Finding::lost(&failure),
    };
    let at = at + output.latency_frames as usize;
    let is_impulse = |samples: &Vec<f32>| {
        let mut all = samples.iter().enumerate();
        all.all(|(frame, sample)| *sample == if frame == at { 0.5 } else { 0.0 })
    };
    match output.channels.first().is_some_and(is_impulse) {
        true => Finding::passed("sample by sample, as late as ever"),
        false => Finding::failed("its input, as late as ever", "something else came"),
    }
}

/// How long a block takes.
pub(super) fn time_per_block(subject: &Subject) -> Finding {
    let output = match subject.run(&Run { frames: 512 * 400, ..subject.usual() }) {
        Ok(output) => output,
        Err(failure) => return Finding::lost(&failure),
    };
    let mut micros: Vec<f64> = output.seconds.iter().map(|seconds| seconds * 1e6).collect();
    micros.sort_by(f64::total_cmp);
    let mean = micros.iter().sum::<f64>() / micros.len().max(1) as f64;
    let at = |part: usize| micros.get(micros.len() * part / 100).copied().unwrap_or(0.0);
    let worst = micros.last().copied().unwrap_or(0.0);
    Finding::passed(format!(
        "mean {mean:.0} us, 99 % within {:.0} us, worst {worst:.0} us, there and back; a block lasts \
         10667 us",
        at(99)
    ))
}
