"""csound: an instrument a track and one for the master."""

import shutil

NAME = "csound"
WORKLOADS = ("mix32",)
NEAR = (
    "rbjeq (the same RBJ bands), compress with a detector of its own on the sum of the channels, "
    "clip on the master; 64-bit samples"
)
# compress counts decibels above an amplitude of 1 where full scale is 32768.
COMPRESS_FULL_SCALE_DB = 90


def missing(context):
    if shutil.which("csound"):
        return None
    return "csound is not on the path: apt-get install csound, or brew install csound"


def instrument(number, track, workload):
    comp = workload.compressor
    level = comp.threshold_db + COMPRESS_FULL_SCALE_DB
    times = f"{comp.attack_ms / 1000}, {comp.release_ms / 1000}"
    left, right = track.left_right()
    lines = [f"instr {number}", f'aL, aR diskin2 "{track.path}", 1, 0, 0, 0, 1']
    for band in workload.bands:
        shape = f"{band.freq_hz}, {10 ** (band.gain_db / 20):.9f}, {band.q}, 1, 8"
        lines += [f"a{side} rbjeq a{side}, {shape}" for side in "LR"]
    lines.append("aControl = (aL + aR) * 0.5")
    for side, gain in (("L", left), ("R", right)):
        curve = f"0, {level}, {level}, {comp.ratio}, {times}, 0"
        lines.append(f"aOut{side} compress a{side}, aControl, {curve}")
        lines.append(f"ga{side} += aOut{side} * {gain:.9f}")
    return [*lines, "endin"]


def prepare(context, workload, variant):
    count, top = len(workload.tracks), f"{workload.ceiling:.9f}"
    lines = ["<CsoundSynthesizer>", "<CsInstruments>"]
    lines += [f"sr = {workload.rate_hz}", "ksmps = 64", "nchnls = 2", "0dbfs = 1"]
    lines += ["gaL init 0", "gaR init 0"]
    for i, track in enumerate(workload.tracks):
        lines += instrument(i + 1, track, workload)
    lines.append(f"instr {count + 1}")
    lines.append(f"outs limit(gaL, -{top}, {top}), limit(gaR, -{top}, {top})")
    lines += ["gaL = 0", "gaR = 0", "endin", "</CsInstruments>", "<CsScore>"]
    lines += [f"i {i + 1} 0 {workload.seconds}" for i in range(count + 1)]
    lines += ["e", "</CsScore>", "</CsoundSynthesizer>"]
    (context.scratch / "csound.csd").write_text("\n".join(lines) + "\n", encoding="utf-8")


def command(context, workload, variant, out):
    mix = out / "mix.wav"
    return ["csound", "-W", "-3", "-d", "-m0", "-o", mix, context.scratch / "csound.csd"], mix
