//! A plan as text, for people and for snapshot tests.

use std::fmt::Write;

use super::model::{Edge, Node, NodeKind, Strip, StripInput};
use super::plan::Plan;

/// Prints `plan`; signal keys only where `keys` is set.
pub fn print_plan(plan: &Plan, keys: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, plan, keys);
    text
}

fn write(out: &mut String, plan: &Plan, keys: bool) -> std::fmt::Result {
    writeln!(
        out,
        "{} Hz, latency {}, content {}, tail {}, {} segments, {} slots",
        plan.rate.hz(),
        plan.latency.0,
        plan.content_end.0,
        plan.tail.0,
        plan.segments.len(),
        plan.slot_count
    )?;
    for (index, segment) in plan.segments.iter().enumerate() {
        let lanes = segment.strips.len() * segment.channels;
        writeln!(out, "\nsegment {index}: {} strips, {lanes} lanes", segment.strips.len())?;
        for strip in &segment.strips {
            write_strip(out, plan, &plan.graph.strips[*strip], keys)?;
        }
    }
    let silent: Vec<&str> =
        plan.graph.strips.iter().filter(|s| !s.audible).map(|s| s.id.as_str()).collect();
    if !silent.is_empty() {
        writeln!(out, "\nnot heard: {}", silent.join(", "))?;
    }
    Ok(())
}

fn write_strip(out: &mut String, plan: &Plan, strip: &Strip, keys: bool) -> std::fmt::Result {
    let input = match &strip.input {
        StripInput::Clips(clips) => format!("{} clips", clips.len()),
        StripInput::Join(join) => {
            let join = &plan.graph.joins[*join];
            let heard =
                join.inputs.iter().filter(|edge| !plan.graph.edges[**edge].silenced).count();
            format!("{} of {heard} signals, {} late", join.id, join.latency.0)
        }
        StripInput::Silence => format!("{} events", strip.events.len()),
    };
    writeln!(out, "  {} ({:?}): {input}{}", strip.id, strip.layout, key(keys, &strip.input_key))?;
    for node in &strip.nodes {
        write_node(out, plan, node, keys)?;
    }
    Ok(())
}

fn write_node(out: &mut String, plan: &Plan, node: &Node, keys: bool) -> std::fmt::Result {
    let what = match &node.kind {
        NodeKind::Processor { factory, controls, .. } => {
            let spec = factory.spec();
            let automated = controls.curves().iter();
            let names: Vec<&str> =
                automated.map(|(i, _)| spec.parameters[*i].id.as_ref()).collect();
            let mut what = format!("{} v{}", spec.name, spec.version);
            if !names.is_empty() {
                let _ = write!(what, ", automated {}", names.join(" "));
            }
            for join in node.hears() {
                let _ = write!(what, ", hears {}", plan.graph.joins[join].id);
            }
            if spec.event_outputs > 0 {
                what.push_str(", puts out events");
            }
            what
        }
        NodeKind::Delay => "delay".to_owned(),
        NodeKind::Fader(fader) if fader.controls.is_automated() => "fader, automated".to_owned(),
        NodeKind::Fader(_) => "fader".to_owned(),
        NodeKind::Outlet { edges, taps, .. } => {
            for edge in edges {
                write_edge(out, plan, &plan.graph.edges[*edge], keys)?;
            }
            for tap in taps.iter().map(|tap| &plan.graph.taps[*tap]) {
                let state = if tap.silenced { ", silenced" } else { "" };
                writeln!(out, "    {} -> handed out{state}{}", tap.id, key(keys, &tap.key))?;
            }
            return Ok(());
        }
    };
    writeln!(
        out,
        "    {}: {what}; at {}, latency {}{}",
        node.id,
        node.input_latency.0,
        node.latency.0,
        key(keys, &node.key)
    )
}

fn write_edge(out: &mut String, plan: &Plan, edge: &Edge, keys: bool) -> std::fmt::Result {
    let join = &plan.graph.joins[edge.to];
    let state = if edge.silenced { ", silenced" } else { "" };
    writeln!(
        out,
        "    {} -> {}, delay {}{state}{}",
        edge.id,
        join.id,
        edge.delay.0,
        key(keys, &edge.key)
    )
}

fn key(keys: bool, key: &super::key::SignalKey) -> String {
    if keys { format!("  [{}]", key.short()) } else { String::new() }
}
