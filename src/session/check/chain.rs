//! Checks of inserts, their ports and plug-in slots.

use super::report::{Place, Report};
use super::{Context, routing};
use crate::session::limits::{
    MAX_FILE_BYTES, MAX_INSERTS, MAX_PARAMETERS, MAX_PORTS, MAX_TEXT_BYTES,
};
use crate::session::{Insert, PLUGIN_PROCESSOR, ParameterValue, PluginSlot};

pub(super) fn inserts(
    inserts: &[Insert],
    context: &Context<'_>,
    owner: &Place<'_>,
    report: &mut Report,
) {
    let place = owner.at("inserts");
    if !report.count(&place, inserts.len(), MAX_INSERTS) {
        return;
    }
    report.unique(&place, inserts.iter().map(|insert| insert.id.as_str()));
    for insert in inserts {
        let place = place.at(insert.id.as_str());
        processor(insert, &place, report);
        file(insert, &place, report);
        preset(insert, &place, report);
        parameters(insert, &place, report);
        ports(insert, context, &place, report);
    }
}

fn file(insert: &Insert, place: &Place<'_>, report: &mut Report) {
    let Some(file) = &insert.file else { return };
    let place = place.at("file");
    if file.is_empty() {
        report
            .add(&place, "is empty: give a path relative to the session's folder, or leave it out");
    }
    report.text(&place, file, MAX_FILE_BYTES);
}

fn ports(insert: &Insert, context: &Context<'_>, place: &Place<'_>, report: &mut Report) {
    if let Some(sidechain) = &insert.sidechain {
        routing::sidechain(sidechain, context, &place.at("sidechain"), report);
    }
    let sidechains = place.at("sidechains");
    if report.count(&sidechains, insert.sidechains.len(), MAX_PORTS) {
        for (port, sidechain) in &insert.sidechains {
            let place = sidechains.at(port);
            report.text(&place, port, MAX_TEXT_BYTES);
            routing::sidechain(sidechain, context, &place, report);
        }
    }
    let outputs = place.at("outputs");
    if report.count(&outputs, insert.outputs.len(), MAX_PORTS) {
        for (port, to) in &insert.outputs {
            let place = outputs.at(port);
            report.text(&place, port, MAX_TEXT_BYTES);
            routing::insert_output(to, context, &place, report);
        }
    }
}

/// The master comes last: nothing that could be heard comes after it.
pub(super) fn no_outputs(inserts: &[Insert], owner: &Place<'_>, report: &mut Report) {
    let place = owner.at("inserts");
    for insert in inserts.iter().filter(|insert| !insert.outputs.is_empty()) {
        let place = place.at(insert.id.as_str());
        report.add(
            &place.at("outputs"),
            "are routed, but the master's signal goes nowhere else: leave them out",
        );
    }
}

fn processor(insert: &Insert, place: &Place<'_>, report: &mut Report) {
    report.text(&place.at("processor"), &insert.processor, MAX_TEXT_BYTES);
    match (&insert.plugin, insert.processor.as_str()) {
        (Some(slot), PLUGIN_PROCESSOR) => plugin(slot, &place.at("plugin"), report),
        (None, PLUGIN_PROCESSOR) => report.add(
            &place.at("plugin"),
            "is missing: a processor \"plugin\" needs the plug-in's format and id here",
        ),
        (Some(_), processor) => {
            let what = format!(
                "is given, but the processor is '{processor}': set it to \"plugin\", or leave the plug-in out"
            );
            report.add(&place.at("plugin"), what);
        }
        (None, _) => {}
    }
}

fn plugin(slot: &PluginSlot, place: &Place<'_>, report: &mut Report) {
    if slot.id.is_empty() {
        report.add(&place.at("id"), "is empty: give the plug-in's id in its format");
    }
    let texts = [
        ("id", &slot.id),
        ("name", &slot.name),
        ("vendor", &slot.vendor),
        ("version", &slot.version),
    ];
    for (field, text) in texts {
        report.text(&place.at(field), text, MAX_TEXT_BYTES);
    }
    let digest = |text: &str| {
        text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if slot.state_sha256.as_deref().is_some_and(|text| !digest(text)) {
        report.add(
            &place.at("state_sha256"),
            "is no SHA-256: use 64 of the digits 0-9 and a-f, as its file in state/ is called",
        );
    }
}

fn preset(insert: &Insert, place: &Place<'_>, report: &mut Report) {
    let Some(preset) = &insert.preset else { return };
    let place = place.at("preset");
    report.text(&place, preset, MAX_TEXT_BYTES);
    if insert.plugin.is_some() {
        report
            .add(&place, "is for built-in processors: a plug-in keeps its own state, leave it out");
    }
}

fn parameters(insert: &Insert, place: &Place<'_>, report: &mut Report) {
    let place = place.at("parameters");
    if !report.count(&place, insert.parameters.len(), MAX_PARAMETERS) {
        return;
    }
    for (id, value) in &insert.parameters {
        let place = place.at(id);
        report.text(&place, id, MAX_TEXT_BYTES);
        match value {
            ParameterValue::Number(number) if !number.is_finite() => {
                report.add(&place, format!("{number} is no value: use a finite number"));
            }
            ParameterValue::Number(_) => {}
            ParameterValue::Choice(choice) => report.text(&place, choice, MAX_TEXT_BYTES),
        }
    }
}
