"""Wavemill: the workload as a session, rendered by the command built from this repository."""

import json
import math
import pathlib
import subprocess

NAME = "wavemill"
WORKLOADS = ("mix32",)
NEAR = "the definition itself; 24-bit dither on top"

# What each row adds to the command. A store inside the row's own folder is new in every run; the
# warm one stays, filled by `prepare`.
VARIANTS = {
    "wavemill": ["--jobs", 1, "--no-cache"],
    "wavemill_2": ["--jobs", 2, "--no-cache"],
    "wavemill_avx2": ["--jobs", 1, "--no-cache", "--simd", "avx2"],
    "wavemill_sse2": ["--jobs", 1, "--no-cache", "--simd", "sse2"],
    "wavemill_cold": ["--jobs", 1, "--cache", "{out}/store"],
    "wavemill_warm": ["--jobs", 1, "--cache", "{scratch}/wavemill-store"],
}


def skipped(variant):
    """Why a row is left out on this machine, or None."""
    if variant == "wavemill_avx2" and "avx2" not in cpu_flags():
        return "this CPU lacks AVX2"
    if variant == "wavemill_sse2" and "sse2" not in cpu_flags():
        return "this is no x86-64 CPU"
    return None


def cpu_flags():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def missing(context):
    if context.wavemill.is_file():
        return None
    return f"{context.wavemill} is not there: cargo build --release -p wavemill"


def equaliser(workload):
    """The bands as an insert; bands that the session does not name stay off."""
    parameters = {}
    for number, band in enumerate(workload.bands, start=1):
        parameters[f"band{number}.type"] = "bell"
        parameters[f"band{number}.frequency_hz"] = band.freq_hz
        parameters[f"band{number}.gain_db"] = band.gain_db
        parameters[f"band{number}.q"] = band.q
    return {"id": "eq", "processor": "equaliser", "parameters": parameters}


def compressor(workload):
    comp = workload.compressor
    parameters = {
        "threshold_db": comp.threshold_db,
        "ratio": comp.ratio,
        "attack_ms": comp.attack_ms,
        "release_ms": comp.release_ms,
        "knee_db": 0.0,
    }
    return {"id": "comp", "processor": "compressor", "parameters": parameters}


def clipper(workload):
    parameters = {"ceiling_db": workload.ceiling_db}
    return {"id": "clip", "processor": "hard-clip", "parameters": parameters}


def fader(track):
    """Equal-power gains of both sides as volume and balance, which turns one side down linearly."""
    angle = (track.pan + 1.0) * math.pi / 4.0
    left, right = math.cos(angle), math.sin(angle)
    louder, softer = max(left, right), min(left, right)
    volume_db = track.gain_db + 20.0 * math.log10(louder)
    return volume_db, math.copysign(1.0 - softer / louder, track.pan)


def session_document(workload):
    """The workload as a session.json: a track a file, the files referenced where they are."""
    tracks = []
    for i, track in enumerate(workload.tracks):
        clip = {
            "id": f"clip-{i:02d}",
            "content": {"audio": {"file": str(track.path)}},
            "start": {"samples": 0},
            "length": {"samples": workload.frames},
        }
        volume_db, balance = fader(track)
        tracks.append(
            {
                "id": f"track-{i:02d}",
                "name": track.path.stem,
                "kind": "audio",
                "volume_db": volume_db,
                "pan": balance,
                "inserts": [equaliser(workload), compressor(workload)],
                "clips": [clip],
            }
        )
    return {
        "format": "wavemill-session",
        "version": 1,
        "name": "mix32",
        "sample_rate": workload.rate_hz,
        "tracks": tracks,
        "master": {"inserts": [clipper(workload)]},
    }


def prepare(context, workload, variant):
    """Writes the session and renders it once: what belongs to import is not timed."""
    session = context.scratch / "wavemill-session"
    session.mkdir(parents=True, exist_ok=True)
    document = json.dumps(session_document(workload), indent=2) + "\n"
    (session / "session.json").write_text(document, encoding="utf-8")
    argv, mix = command(context, workload, variant, context.scratch)
    subprocess.run([str(a) for a in argv], check=True, stdin=subprocess.DEVNULL)
    mix.unlink(missing_ok=True)


def command(context, workload, variant, out):
    mix = out / "mix.wav"
    argv = [context.wavemill, "bounce", context.scratch / "wavemill-session", "-o", mix]
    argv += ["--bit-depth", 24, "--tail", "none", "--no-measure"]
    places = {"out": out, "scratch": context.scratch}
    argv += [str(part).format(**places) for part in VARIANTS[variant]]
    return [*argv, "--quiet", "--force"], mix
