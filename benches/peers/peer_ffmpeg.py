"""ffmpeg: one filter graph for the whole mix."""

import shutil

NAME = "ffmpeg"
WORKLOADS = ("mix32",)
NEAR = (
    "equalizer (the same RBJ bands), acompressor (linked, its own detector), amix, alimiter with "
    "look-ahead"
)


def missing(context):
    if shutil.which("ffmpeg"):
        return None
    return "ffmpeg is not on the path: apt-get install ffmpeg, or brew install ffmpeg"


def prepare(context, workload, variant):
    comp, count = workload.compressor, len(workload.tracks)
    strip = [f"equalizer=f={b.freq_hz}:t=q:w={b.q}:g={b.gain_db}" for b in workload.bands]
    strip.append(
        f"acompressor=threshold={10 ** (comp.threshold_db / 20):.8f}:ratio={comp.ratio}"
        f":attack={comp.attack_ms}:release={comp.release_ms}:knee=1:detection=peak:link=maximum"
    )
    graph = []
    for i, track in enumerate(workload.tracks):
        left, right = track.left_right()
        pan = f"pan=stereo|c0={left:.8f}*c0|c1={right:.8f}*c1"
        graph.append(f"[{i}:a]{','.join(strip)},{pan}[m{i}]")
    inputs = "".join(f"[m{i}]" for i in range(count))
    graph.append(
        f"{inputs}amix=inputs={count}:normalize=0:duration=longest,"
        f"alimiter=limit={workload.ceiling:.8f}:level=0:attack=1:release=50[mix]"
    )
    (context.scratch / "ffmpeg.txt").write_text(";\n".join(graph), encoding="utf-8")


def command(context, workload, variant, out):
    mix = out / "mix.wav"
    argv = ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
    for track in workload.tracks:
        argv += ["-i", track.path]
    argv += ["-filter_complex_script", context.scratch / "ffmpeg.txt", "-map", "[mix]"]
    return [*argv, "-c:a", "pcm_s24le", "-bitexact", mix], mix
