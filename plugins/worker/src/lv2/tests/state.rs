//! States, and what is refused.

use std::collections::BTreeMap;

use super::super::open;
use super::super::saved::{Saved, Value, words_of};
use super::super::urid::map;
use super::bundle::Bundle;
use crate::run::Setup;
use crate::tests::host::{Host, RATE_HZ, SETUP, installed, noise};

const COMP: &str = "urn:zamaudio:ZamComp";

#[test]
fn a_state_gives_the_same_sound_again() {
    let Some(path) = installed("lv2/ZamComp.lv2") else { return };
    let mut first = Host::new(open(&path, COMP).unwrap());
    let set = [("Threshold", -31.3), ("Ratio", 7.7)].map(|(name, v)| first.set(0, name, v));
    let (wanted, _) = first.run(RATE_HZ, noise, &set);
    let state = first.main.save().unwrap();
    let mut again = Host::try_new(open(&path, COMP).unwrap(), SETUP, Some(&state)).unwrap();
    assert_eq!(again.main.values(), first.main.values());
    assert_eq!(again.main.save().unwrap(), state);
    assert_eq!(again.run(RATE_HZ, noise, &[]).0, wanted);
    let mut other = Host::new(open(&path, COMP).unwrap());
    assert_ne!(other.run(RATE_HZ, noise, &[]).0, wanted);
}

/// What it convolves with is a file whose path is in its state; it is loaded when that is restored,
/// and there from the first sample on.
#[test]
fn a_convolution_has_the_file_again_that_is_in_its_state() {
    let id = "http://gareus.org/oss/lv2/zeroconvolv#CfgMono";
    let Some(path) = installed("lv2/zeroconvo.lv2") else { return };
    let file = path.join("ir/delta-48k.wav").to_str().unwrap().to_owned() + "\0";
    let value = Value {
        key: map(c"http://gareus.org/oss/lv2/zeroconvolv#ir"),
        kind: map(c"http://lv2plug.in/ns/ext/atom#Path"),
        flags: 1,
        bytes: file.len(),
        words: words_of(file.as_bytes()),
    };
    let mut state = Saved::new(id.to_owned(), BTreeMap::new());
    state.keep(std::slice::from_ref(&value)).unwrap();
    let state = state.to_bytes().unwrap();
    let mut host = Host::try_new(open(&path, id).unwrap(), SETUP, Some(&state)).unwrap();
    let (heard, _) = host.run(4_000, noise, &[]);
    let late = host.latency_frames;
    for (frame, sample) in (0..).zip(&heard[0]) {
        let wanted = if frame < late { 0.0 } else { noise(0, frame - late) };
        assert!((sample - wanted).abs() < 1.0e-6, "{frame}: {sample} {wanted}");
    }
    // It saves the same file, so what is saved gives the same again.
    let saved = host.main.save().unwrap();
    let values = Saved::of_bytes(&saved, id).unwrap().values().unwrap();
    let saved_file = values.iter().find(|saved| saved.key == value.key).unwrap();
    assert_eq!((saved_file.kind, &saved_file.words), (value.kind, &value.words));
    let mut again = Host::try_new(open(&path, id).unwrap(), SETUP, Some(&saved)).unwrap();
    assert_eq!(again.run(4_000, noise, &[]).0, heard);
    assert_eq!(again.main.save().unwrap(), saved);
}

#[test]
fn states_are_told_before_anything_runs() {
    let Some(path) = installed("lv2/ZamComp.lv2") else { return };
    let mut opened = open(&path, COMP).unwrap();
    let defaults: Vec<f64> = opened.description.parameters.iter().map(|p| p.default).collect();
    assert_eq!(opened.plugin.values(), defaults);
    let state = opened.plugin.save().unwrap();
    let mut again = open(&path, COMP).unwrap();
    again.plugin.restore(&state).unwrap();
    assert_eq!(again.plugin.values(), defaults);
    assert_eq!(again.plugin.save().unwrap(), state);
    let mut other = open(&installed("lv2/ZamDelay.lv2").unwrap(), "urn:zamaudio:ZamDelay").unwrap();
    assert!(other.plugin.restore(&state).unwrap_err().contains(COMP));
}

#[test]
fn a_plug_in_starts_with_the_state_that_its_bundle_says() {
    let Some(binary) = installed("lv2/amp-swh.lv2/plugin-linux.so") else { return };
    let id = "http://plugin.org.uk/swh-plugins/amp";
    let bundle = Bundle::of_text(&format!(
        "<{id}> a lv2:Plugin ; lv2:binary <file://{}> ; doap:name \"Amp\" ; state:state [] ;\n\
         lv2:optionalFeature state:loadDefaultState ;\n\
         lv2:port [ a lv2:InputPort, lv2:ControlPort ; lv2:index 0 ; lv2:symbol \"gain\" ;\n\
         lv2:name \"Gain\" ; lv2:default 0.0 ; pset:value 20.0 ] ,\n\
         [ a lv2:InputPort, lv2:AudioPort ; lv2:index 1 ; lv2:symbol \"in\" ; lv2:name \"In\" ] ,\n\
         [ a lv2:OutputPort, lv2:AudioPort ; lv2:index 2 ; lv2:symbol \"out\" ; lv2:name \"Out\" ] .",
        binary.display()
    ));
    let amplified = |state: Option<&[u8]>| {
        let mut host = Host::try_new(open(bundle.path(), id).unwrap(), SETUP, state).unwrap();
        (host.run(100, |_, _| 0.25, &[]).0[0][0], host.main.values())
    };
    assert_eq!(amplified(None), (2.5, vec![20.0]));
    // What is restored counts more.
    let state = Saved::new(id.to_owned(), [("gain".to_owned(), 40.0)].into()).to_bytes().unwrap();
    assert_eq!(amplified(Some(&state)), (25.0, vec![40.0]));
}

#[test]
fn what_a_plug_in_requires_and_does_not_get_is_told() {
    let refused = |bundle: &Bundle| open(bundle.path(), Bundle::ID).map(|_| ()).unwrap_err();
    let needs = |feature: &str| {
        let audio = ["lv2:InputPort, lv2:AudioPort"];
        Bundle::new(&format!("lv2:requiredFeature {feature}"), &audio)
    };
    let what = refused(&needs("<urn:wavemill:time-travel>"));
    assert!(what.contains("urn:wavemill:time-travel"), "{what}");
    let what = refused(&Bundle::new("", &["lv2:InputPort, <urn:wavemill:Port>"]));
    assert!(what.contains("'port_0'") && what.contains("urn:wavemill:Port"), "{what}");

    let bundle = needs("bufsz:powerOf2BlockLength");
    let mut opened = open(bundle.path(), Bundle::ID).unwrap();
    let mut activated = |block| opened.plugin.activate(Setup { block, ..SETUP }).map(|_| ());
    let what = activated(100).unwrap_err();
    assert!(what.contains("power of two") && what.contains("100"), "{what}");
    let what = activated(128).unwrap_err();
    assert!(what.contains("cannot be loaded"), "{what}");

    let what = open(bundle.path(), "urn:wavemill:none").map(|_| ()).unwrap_err();
    assert!(what.contains("urn:wavemill:none"), "{what}");
}
