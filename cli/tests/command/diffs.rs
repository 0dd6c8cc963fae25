//! `diff`: the null test.

use crate::support::{Place, done, ramp, refused, wav, wavemill};

#[test]
fn equal_files_are_the_same() {
    let place = Place::new();
    let (a, b) = (place.text("a.wav"), place.text("b.wav"));
    std::fs::write(&a, wav(&ramp(20_000))).unwrap();
    std::fs::write(&b, wav(&ramp(20_000))).unwrap();
    let outcome = done(["diff", &a, &b]);
    assert!(outcome.stdout.ends_with("the same\n"), "{outcome:?}");
    let report = done(["diff", &a, &b, "--json"]).json();
    assert_eq!(report["same"], true);
    assert_eq!(report["residual"]["peak_dbfs"], serde_json::Value::Null);
}

#[test]
fn the_first_sample_that_differs_is_named() {
    let place = Place::new();
    let (a, b) = (place.text("a.wav"), place.text("b.wav"));
    let mut samples = vec![0.25; 20_000];
    std::fs::write(&a, wav(&samples)).unwrap();
    samples[12_345] = 0.75;
    std::fs::write(&b, wav(&samples)).unwrap();
    let outcome = wavemill(["diff", &a, &b]);
    assert_eq!(outcome.code, Some(1));
    for word in ["frame 12345, channel 0", "-6.02 dBFS", "different"] {
        assert!(outcome.stdout.contains(word), "{outcome:?}");
    }
    assert_eq!(outcome.stderr, "");
    let outcome = wavemill(["diff", &a, &b, "--json"]);
    assert_eq!(outcome.code, Some(1));
    let report = outcome.json();
    assert_eq!(report["residual"]["first"]["frame"], 12_345);
    assert_eq!(report["same"], false);
    done(["diff", &a, &b, "--max-null-db", "-6"]);
    assert_eq!(wavemill(["diff", &a, &b, "--max-null-db", "-6.1"]).code, Some(1));
}

#[test]
fn other_rates_and_lengths_are_told() {
    let place = Place::new();
    let (a, b) = (place.text("a.wav"), place.text("b.wav"));
    let mut bytes = wav(&ramp(100));
    std::fs::write(&a, &bytes).unwrap();
    bytes[24..28].copy_from_slice(&44_100_u32.to_le_bytes());
    std::fs::write(&b, &bytes).unwrap();
    let outcome = wavemill(["diff", &a, &b, "--max-null-db", "0"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("rates: 48000 and 44100 Hz"), "{outcome:?}");
    std::fs::write(&b, wav(&ramp(100)[..99])).unwrap();
    let outcome = wavemill(["diff", &a, &b]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("lengths: 100 and 99 frames"), "{outcome:?}");
}

#[test]
fn what_is_no_audio_is_refused() {
    let place = Place::new();
    let (a, b) = (place.text("a.wav"), place.text("b.wav"));
    std::fs::write(&a, wav(&ramp(100))).unwrap();
    refused(["diff", &a, &b], 4, &["b.wav", "missing"]);
    std::fs::write(&b, "text").unwrap();
    refused(["diff", &a, &b], 3, &["b.wav", "no format known"]);
    refused(["diff", &a, &a, "--max-null-db", "nan"], 2, &["--max-null-db", "-90"]);
}
