"""sox: a process a track, piped into one that mixes."""

import shlex
import shutil

NAME = "sox"
WORKLOADS = ("mix32",)
NEAR = (
    "equalizer (the same RBJ bands, 32-bit integers between effects), compand with a hard knee, "
    "clip on the master"
)


def missing(context):
    if shutil.which("sox"):
        return None
    return "sox is not on the path: apt-get install sox, or brew install sox"


def prepare(context, workload, variant):
    comp = workload.compressor
    sox = "sox -D -V1"
    effects = "".join(f" equalizer {b.freq_hz} {b.q}q {b.gain_db}" for b in workload.bands)
    # Unity up to the threshold, from there to 0 dB in at 1/ratio.
    threshold, top = comp.threshold_db, comp.threshold_db * (1 - 1 / comp.ratio)
    effects += f" compand {comp.attack_ms / 1000},{comp.release_ms / 1000}"
    effects += f" -100,-100,{threshold},{threshold},0,{top}"
    inputs = []
    for track in workload.tracks:
        left, right = track.left_right()
        source = shlex.quote(str(track.path))
        pipe = f"|{sox} {source} -p{effects} remix 1v{left:.8f} 2v{right:.8f}"
        inputs.append("-v 1 " + shlex.quote(pipe))
    script = f"{sox} -m {' '.join(inputs)} -b 24 \"$1\" gain 0\n"
    (context.scratch / "sox.sh").write_text(script, encoding="utf-8")


def command(context, workload, variant, out):
    mix = out / "mix.wav"
    return ["sh", context.scratch / "sox.sh", mix], mix
