//! The text of values: that it is text, and that the plug-in reads it as it has written it.

use wavemill_plugins::PluginParameter;
use wavemill_plugins::check::message::Answer;

use super::audio_thread::AudioThread;
use super::rig::Rig;
use super::{Place, failed, passed, skipped};

/// Parameters that are looked at.
const MOST: usize = 256;

/// Values between the ends of a range that are looked at.
const BETWEEN: u32 = 5;

/// How near a value has to be to be the same, as a part of the range.
const NEAR: f64 = 1e-4;

/// Goes from values to text and back, and to text again.
pub fn text(place: &Place) -> Result<Answer, String> {
    let audio_thread = AudioThread::start()?;
    let mut rig = Rig::open(place, &audio_thread)?;
    let parameters = rig.description.parameters.clone();
    let (mut written, mut read) = (0, 0);
    for (index, parameter) in parameters.iter().enumerate().take(MOST) {
        for value in values(parameter) {
            let told = match rig.plugin.text_of(index, value) {
                None => continue,
                Some(Err(what)) => {
                    let came = format!("that of '{}' at {value} {what}", parameter.name);
                    return Ok(failed("text", came));
                }
                Some(Ok(told)) => told,
            };
            written += 1;
            // What nobody sets and what a plug-in does not read, it need not read.
            if parameter.read_only {
                continue;
            }
            let Some(back) = rig.plugin.value_of(index, &told) else { continue };
            read += 1;
            let again = match rig.plugin.text_of(index, back) {
                Some(Ok(again)) => again,
                _ => String::new(),
            };
            // Text rounds, and so do 32 bits.
            let is_near = (back - value).abs() <= NEAR * (parameter.max - parameter.min);
            if again != told && !is_near {
                let name = &parameter.name;
                let expected = format!("'{told}', as '{name}' writes {value}, to mean that");
                let came = format!("it reads {back}, which it writes as '{again}'");
                return Ok(failed(expected, came));
            }
        }
    }
    Ok(match (written, read) {
        (0, _) => skipped("its values have no text"),
        (_, 0) => skipped("it reads no text"),
        _ => passed(format!("{written} texts, {read} of them read")),
    })
}

/// The ends of a range, the default, and some values between.
fn values(parameter: &PluginParameter) -> Vec<f64> {
    let PluginParameter { min, max, default, stepped, .. } = *parameter;
    let part = |number: u32| min + (max - min) * f64::from(number) / f64::from(BETWEEN + 1);
    let mut values = vec![min, default, max];
    values.extend((1..=BETWEEN).map(part));
    if stepped && max - min > 1.0 {
        values.iter_mut().for_each(|value| *value = value.round());
    }
    values.iter().map(|value| parameter.nearest(*value)).collect()
}
