"""The hand-written limit (limit_c.c), built here and now with the C compiler of the machine."""

import os
import platform
import shutil
import subprocess

NAME = "limit_c"
WORKLOADS = ("mix32",)
NEAR = "the definition itself, in float32"
X86 = platform.machine().lower() in ("x86_64", "amd64")

WIDE = ["-mprefer-vector-width=512"] if X86 else []
COMMON = ["-O3", "-ffast-math", *WIDE, "-pthread"]
NATIVE = ["-march=native", *COMMON]
# What a portable build that must give the same bits everywhere may use: no FMA, no AVX-512.
V3 = ["-march=x86-64-v3", "-ffp-contract=off", *COMMON]

VARIANTS = {
    "limit_c": {"flags": NATIVE, "threads": 1},
    "limit_c_2": {"flags": NATIVE, "threads": 2},
    "limit_c_v3": {"flags": V3, "threads": 1},
}


def missing(context):
    if shutil.which(compiler()):
        return None
    return f"no C compiler ({compiler()}): apt-get install gcc libc6-dev, or xcode-select --install"


def skipped(variant):
    """Why this machine cannot run a variant, or None."""
    if variant != "limit_c_v3":
        return None
    if not X86:
        return "x86-64-v3 exists on x86 only"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            flags = set(next((x for x in info if x.startswith("flags")), "").split())
    except OSError:
        return "cannot tell what this CPU has (no /proc/cpuinfo)"
    lacks = {"avx2", "bmi1", "bmi2", "fma", "f16c", "movbe"} - flags
    return f"this CPU lacks {', '.join(sorted(lacks))}" if lacks else None


def compiler():
    return os.environ.get("CC", "gcc")


def prepare(context, workload, variant):
    """Writes the parameter file and builds the program; neither is timed."""
    folder = context.scratch / "limit_c"
    folder.mkdir(parents=True, exist_ok=True)
    comp = workload.compressor
    lines = [f"rate {workload.rate_hz}"]
    lines += [f"band {b.freq_hz!r} {b.gain_db!r} {b.q!r}" for b in workload.bands]
    lines += [f"comp {comp.threshold_db} {comp.ratio} {comp.attack_ms} {comp.release_ms}"]
    lines += [f"ceiling {workload.ceiling_db!r}"]
    lines += [f"track {t.gain_db!r} {t.pan!r} {t.path}" for t in workload.tracks]
    (folder / "parameters.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = context.repo / "benches/peers/limit_c.c"
    flags = VARIANTS[variant]["flags"]
    subprocess.run(
        [compiler(), *flags, str(source), "-o", str(folder / variant), "-lm"], check=True
    )


def command(context, workload, variant, out):
    folder = context.scratch / "limit_c"
    mix = out / "mix.wav"
    threads = VARIANTS[variant]["threads"]
    return [folder / variant, folder / "parameters.txt", mix, threads], mix
