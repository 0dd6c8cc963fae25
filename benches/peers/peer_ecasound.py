"""ecasound with LADSPA plug-ins, without real-time scheduling."""

import math
import pathlib
import shutil

NAME = "ecasound"
WORKLOADS = ("mix32",)
NEAR = (
    "singlePara (parametric bands in octaves), sc4 (a compressor with a detector of its own), "
    "fastLookaheadLimiter on the master; float32"
)
LADSPA_FOLDERS = ("/usr/lib/ladspa", "/usr/local/lib/ladspa")


def missing(context):
    if not shutil.which("ecasound"):
        return "ecasound is not on the path: apt-get install ecasound swh-plugins"
    if not any(pathlib.Path(f, "sc4_1882.so").exists() for f in LADSPA_FOLDERS):
        return "ecasound lacks the LADSPA plug-ins: apt-get install swh-plugins"
    return None


def prepare(context, workload, variant):
    pass


def command(context, workload, variant, out):
    mix, comp = out / "mix.wav", workload.compressor
    argv = ["ecasound", "-q", "-z:nodb", "-B:nonrt", "-b:1024"]
    argv.append(f"-f:s24_le,2,{workload.rate_hz}")
    effects = []
    for band in workload.bands:
        octaves = 2 / math.log(2) * math.asinh(1 / (2 * band.q))
        effects.append(f"-el:singlePara,{band.gain_db},{band.freq_hz},{octaves:.6f}")
    effects.append(
        f"-el:sc4,0,{comp.attack_ms},{comp.release_ms},{comp.threshold_db},{comp.ratio},1,0"
    )
    names = [f"t{i}" for i in range(len(workload.tracks))]
    for name, track in zip(names, workload.tracks):
        argv += [f"-a:{name}", "-i", track.path, *effects]
        argv += [f"-eac:{100 * g:.6f},{i + 1}" for i, g in enumerate(track.left_right())]
    argv += ["-a:" + ",".join(names), "-o", "loop,1", "-a:master", "-i", "loop,1"]
    argv += [f"-el:fastLookaheadLimiter,0,{workload.ceiling_db},0.05", "-o", mix]
    return [*argv, f"-t:{workload.seconds}"], mix
