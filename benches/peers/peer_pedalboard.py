"""pedalboard (JUCE from Python), a track after the other on one thread."""

import json
import subprocess
import sys

NAME = "pedalboard"
WORKLOADS = ("mix32",)
NEAR = (
    "PeakFilter bands, Compressor per channel (not linked), numpy for pan and sum, Limiter; "
    "float32, the mix is held in memory"
)


def missing(context):
    test = [str(context.python), "-c", "import numpy, pedalboard"]
    if context.python.exists() and subprocess.run(test, capture_output=True).returncode == 0:
        return None
    return f"the Python package pedalboard is missing: {context.python} -m pip install pedalboard"


def prepare(context, workload, variant):
    chain = {
        "rate": workload.rate_hz,
        "bands": [[b.freq_hz, b.gain_db, b.q] for b in workload.bands],
        "compressor": [
            workload.compressor.threshold_db,
            workload.compressor.ratio,
            workload.compressor.attack_ms,
            workload.compressor.release_ms,
        ],
        "ceiling_db": workload.ceiling_db,
        "tracks": [[str(t.path), *t.left_right()] for t in workload.tracks],
    }
    (context.scratch / "pedalboard.json").write_text(json.dumps(chain), encoding="utf-8")


def command(context, workload, variant, out):
    mix = out / "mix.wav"
    return [context.python, __file__, context.scratch / "pedalboard.json", mix], mix


def render(chain, path):
    """The measured part, in a process of its own."""
    import numpy as np
    import pedalboard
    from pedalboard.io import AudioFile

    rate, mix = chain["rate"], None
    bands = [pedalboard.PeakFilter(*band) for band in chain["bands"]]
    strip = pedalboard.Pedalboard([*bands, pedalboard.Compressor(*chain["compressor"])])
    for file, left, right in chain["tracks"]:
        with AudioFile(file) as source:
            audio = source.read(source.frames)
        audio = strip(audio, rate)  # resets its effects first
        audio *= np.array([[left], [right]], np.float32)
        if mix is None:
            mix = audio
        else:
            mix += audio
    mix = pedalboard.Limiter(chain["ceiling_db"], 100.0)(mix, rate)
    with AudioFile(path, "w", rate, 2, bit_depth=24) as target:
        target.write(mix)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as description:
        render(json.load(description), sys.argv[2])
