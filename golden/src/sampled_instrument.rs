//! The SFZ file of the cases: regions in which much moves, that play the other files of a case.

use crate::case::CaseContent;

/// Loops below and above the sample's pitch, turns, a choke, envelopes, a release, filters, switches.
const TEXT: &str = "\
// The impulse and noise of the cases.
<global> sample=material.wav pitch_keycenter=60 ampeg_release=0.01
<group> loop_mode=loop_continuous loop_start=1400 loop_end=2099 offset=1400
<region> hikey=60 ampeg_attack=0.005 ampeg_hold=0.004 ampeg_decay=0.08 ampeg_sustain=40 pan=-40
<region> lokey=61 loop_mode=loop_sustain tune=-33 volume=-6
<group> sample=key.wav loop_mode=one_shot amp_veltrack=50 seq_length=2 volume=-9
<region> seq_position=1 offset=5 group=1 off_by=1 output=1
<region> seq_position=2 offset=900 transpose=7 off_by=1 off_mode=time off_time=0.002
<group> sample=key.wav volume=-12
<region> trigger=release end=40 rt_decay=6
<region> lokey=64 delay=0.01 offset=1000 lorand=0 hirand=1 ampeg_delay=0.002
<group> sample=key.wav volume=-15 loop_mode=one_shot end=1500 sw_lokey=0 sw_hikey=63 sw_default=60
<region> sw_last=60 cutoff=900 resonance=9 fil_veltrack=1200 fil_keytrack=50
<region> sw_up=60 cutoff=2500 fil_type=hpf_1p pan=30
";

pub(crate) fn sampled_instrument() -> CaseContent {
    CaseContent::Bytes(TEXT.as_bytes().to_vec())
}
