//! Automation lanes and points.

use super::*;
use crate::session::{AutomationMode, AutomationShape, TimeValue};
use crate::time::Ticks;

fn points(session: &Session) -> Vec<(i64, f64)> {
    let points = &track(session, "bass").lanes[0].points;
    points
        .iter()
        .map(|point| match point.at {
            TimeValue::Ticks(Ticks(at)) => (at, point.value),
            TimeValue::Samples(Samples(at)) => (-at, point.value),
        })
        .collect()
}

#[test]
fn points_land_in_order_whatever_their_timebase() {
    let mut session = band();
    // 24,000 samples are 15,360 ticks.
    run(
        &mut session,
        r#"{"op":"add_points","track":"bass","lane":"volume","points":[
            {"at":{"samples":36000},"value":-1},{"at":{"ticks":15360},"value":-2}]}"#,
    );
    assert_eq!(points(&session), [(0, -6.0), (15_360, -2.0), (-36_000, -1.0), (122_880, 0.0)]);
    run(
        &mut session,
        r#"{"op":"add_points","track":"bass","lane":"volume","points":[
            {"at":{"samples":24000},"value":-9}]}"#,
    );
    assert_eq!(points(&session)[1], (-24_000, -9.0), "it takes the place of the one there");
}

#[test]
fn points_move_change_and_go() {
    let mut session = band();
    let applied = run(
        &mut session,
        r#"{"op":"move_point","track":"bass","lane":"volume","at":{"ticks":0},"to":{"ticks":200000},"value":1}"#,
    );
    assert_eq!(points(&session), [(122_880, 0.0), (200_000, 1.0)]);
    assert_eq!(applied.touched, ["tracks/bass/lanes/volume"]);
    run(
        &mut session,
        r#"{"op":"set_point","track":"bass","lane":"volume","at":{"ticks":122880},"shape":"curved","curvature":0.5}"#,
    );
    let point = &track(&session, "bass").lanes[0].points[0];
    assert_eq!((point.value, point.shape), (0.0, AutomationShape::Curved));
    let error = refused(
        &mut session,
        r#"{"op":"delete_points","track":"bass","lane":"volume","at":[{"ticks":122880},{"ticks":5}]}"#,
    );
    assert_eq!(error, "tracks/bass/lanes/volume: no point 'tick 5': there is only tick 200000");
    run(
        &mut session,
        r#"{"op":"delete_points","track":"bass","lane":"volume","at":[{"ticks":122880}]}"#,
    );
    run(
        &mut session,
        r#"{"op":"delete_point_range","track":"bass","lane":"volume","from":{"ticks":0},"to":{"ticks":200001}}"#,
    );
    assert!(points(&session).is_empty());
}

#[test]
fn a_range_leaves_its_end() {
    let mut session = band();
    let range = |to: u32| {
        format!(
            r#"{{"op":"delete_point_range","track":"bass","lane":"volume","from":{{"ticks":0}},"to":{{"ticks":{to}}}}}"#
        )
    };
    assert!(refused(&mut session, &range(0)).contains("is empty"));
    run(&mut session, &range(122_880));
    assert_eq!(points(&session), [(122_880, 0.0)]);
}

#[test]
fn lanes_come_one_a_parameter_on_tracks_master_and_vcas() {
    let mut session = band();
    let again = r#"{"op":"add_lane","track":"bass","target":"volume"}"#;
    assert!(refused(&mut session, again).contains("'volume' drives volume already"));
    let applied = run(&mut session, r#"{"op":"add_lane","track":"master","target":"volume"}"#);
    assert_eq!(applied.created, ["master/lanes/volume"]);
    let applied = run(&mut session, r#"{"op":"add_lane","track":"vcas/rhythm","target":"mute"}"#);
    assert_eq!(applied.created, ["vcas/rhythm/lanes/mute"]);
    run(
        &mut session,
        r#"{"op":"set_lane_mode","track":"vcas/rhythm","lane":"mute","mode":"touch"}"#,
    );
    assert_eq!(session.vcas[0].lanes[0].mode, AutomationMode::Touch);
    run(&mut session, r#"{"op":"delete_lane","track":"vcas/rhythm","lane":"mute"}"#);
    assert!(session.vcas[0].lanes.is_empty());
}
