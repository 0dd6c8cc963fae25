//! What a command line sets in a plug-in: parameters by name, and presets by file or program.

use std::path::Path;
use std::time::Duration;

use wavemill_core::session::PluginSlot;
use wavemill_plugins::preset::{Preset, PresetPlugin, Settings, take};
use wavemill_plugins::{BundleReport, PluginDescription, PluginParameter, WorkerProgram};

use crate::failure::Failure;

/// Which of several plug-ins a text is about, from 0, and the rest of it: `2:Gain` is the second's.
/// `None` where there are several and it does not say, or there is no such one.
pub fn numbered(text: &str, plugins: usize) -> Option<(usize, &str)> {
    let number = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
    let found = text.split_once(':').and_then(|(n, rest)| Some((number(n)?, rest)));
    match found {
        Some((at, rest)) => (at < plugins).then_some((at, rest)),
        None => (plugins == 1).then_some((0, text)),
    }
}

/// The parameter and its value that `name=value` sets in `plugin`, or what is wrong with it.
pub fn parameter<'a>(
    (name, value): (&str, &str),
    plugin: &'a PluginDescription,
) -> Result<(&'a PluginParameter, f64), String> {
    let by_id = plugin.parameters.iter().find(|parameter| parameter.id == name);
    let by_name = || plugin.parameters.iter().find(|p| p.name.eq_ignore_ascii_case(name));
    let parameter = by_id.or_else(by_name).ok_or_else(|| {
        let names: Vec<&str> = plugin.parameters.iter().take(12).map(|p| p.name.as_str()).collect();
        format!(
            "{} has no such parameter; it has {}{}",
            plugin.name,
            names.join(", "),
            if plugin.parameters.len() > 12 { ", ..." } else { "" }
        )
    })?;
    let value: f64 = value.trim().parse().map_err(|_| "the value is no number".to_owned())?;
    if !(parameter.min..=parameter.max).contains(&value) {
        return Err(format!("{} goes from {} to {}", parameter.name, parameter.min, parameter.max));
    }
    Ok((parameter, value))
}

/// The preset of `plugin` that `word` means: a file, or a program it comes with by its name or id.
pub fn preset(
    word: &str,
    (report, plugin): (&BundleReport, &PluginDescription),
    limit: Duration,
) -> Result<Preset, Failure> {
    let path = Path::new(word);
    if path.is_file() {
        let preset = Preset::read(path)?;
        preset.check(&PresetPlugin::of(plugin), path)?;
        for (id, value) in &preset.parameters {
            parameter((id, &value.to_string()), plugin)
                .map_err(|what| Failure::invalid(format!("the preset '{word}': '{id}': {what}")))?;
        }
        return Ok(preset);
    }
    let programs = &plugin.programs;
    let by_id = programs.iter().find(|program| program.id == word);
    let by_name = || programs.iter().find(|program| program.name.eq_ignore_ascii_case(word));
    let program = by_id.or_else(by_name).ok_or_else(|| no_program(word, plugin))?;
    if let Some(chosen) = &program.parameter {
        let parameters = [(chosen.id.clone(), chosen.value)].into();
        return Ok(Preset { plugin: PresetPlugin::of(plugin), parameters, state: None });
    }
    let settings = Settings { program: Some(program.id.clone()), ..Settings::default() };
    take(&WorkerProgram::find()?, (&report.path, plugin), &settings, limit)
        .map_err(|failure| Failure::of_worker(&plugin.name, &failure))
}

fn no_program(word: &str, plugin: &PluginDescription) -> Failure {
    let names: Vec<&str> = plugin.programs.iter().take(12).map(|p| p.name.as_str()).collect();
    let has = match names.as_slice() {
        [] => "has no programs of its own".to_owned(),
        names => {
            let more = if plugin.programs.len() > 12 { ", ..." } else { "" };
            format!("has the programs {}{more}", names.join(", "))
        }
    };
    Failure::invalid(format!("'{word}' is no file, and {} {has}", plugin.name))
}

/// The plug-in of a session that `plugin` describes, with nothing set.
pub fn slot(plugin: &PluginDescription) -> PluginSlot {
    PluginSlot {
        format: plugin.format,
        id: plugin.id.clone(),
        name: plugin.name.clone(),
        vendor: plugin.vendor.clone(),
        version: plugin.version.clone(),
        state_sha256: None,
        mpe: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_which_of_several_plug_ins() {
        assert_eq!(numbered("Gain=-6", 1), Some((0, "Gain=-6")));
        assert_eq!(numbered("2:Gain", 2), Some((1, "Gain")));
        assert_eq!(numbered("Filter: Cutoff", 1), Some((0, "Filter: Cutoff")));
        for unclear in ["Gain", "0:Gain", "3:Gain"] {
            assert_eq!(numbered(unclear, 2), None, "{unclear}");
        }
    }
}
