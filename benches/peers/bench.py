#!/usr/bin/env python3
"""Wavemill, the hand-written limit and other renderers on one workload folder, side by side.

    ci/bench-peers WORK [-n RUNS] [--renderers a,b] [--json FILE] [--history] [--increments]

Renderers take turns (A B C, A B C, ...), so that a machine that slows down slows all of them.
Exit codes: 0 the table is complete and every output is right (time is reported, never judged);
1 a renderer failed or an output is missing or wrong; 2 wrong usage or no workload; 3 scsynth or
pedalboard is missing. See benches/peers/README.md.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

import history
import importing
import increments
import measure
import notes
import peer_csound
import peer_ecasound
import peer_ffmpeg
import peer_limit_c
import peer_pedalboard
import peer_scsynth
import peer_sox
import peer_wavemill
import provision
import report
import workload as workloads

REPO = pathlib.Path(__file__).resolve().parents[2]
RENDERERS = {
    module.NAME: module
    for module in (
        peer_wavemill,
        peer_limit_c,
        peer_scsynth,
        peer_pedalboard,
        peer_sox,
        peer_csound,
        peer_ecasound,
        peer_ffmpeg,
    )
}
# The slow ones are left out unless asked for: they take minutes and settle nothing.
DEFAULT = ("wavemill", "limit_c", "scsynth", "pedalboard")
REQUIRED_PEERS = ("scsynth", "pedalboard")
WORKLOAD = "mix32"

# Peers do nearly the same work, with detectors and limiters of their own (JUCE's limiter alone adds
# up to 6 dB); one whose level is further away than this does something else, or nothing.
PEER_LEVEL_TOLERANCE_DB = 9.0
PEER_LENGTH_TOLERANCE_SECONDS = 0.5


class BenchError(Exception):
    """The run cannot go on or its result is wrong; the message says why."""


@dataclasses.dataclass
class Row:
    """One line of the table: a variant of a renderer and what was measured."""

    name: str
    module: object
    runs: list = dataclasses.field(default_factory=list)
    hashes: list = dataclasses.field(default_factory=list)
    check: dict = dataclasses.field(default_factory=dict)


def arguments():
    parser = argparse.ArgumentParser(
        prog="ci/bench-peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("work", help="workload folder made by benches/peers/generate.py")
    parser.add_argument("-n", "--runs", type=int, default=3, help="timed runs of each (default 3)")
    parser.add_argument(
        "--renderers",
        default=",".join(DEFAULT),
        help=f"of {', '.join(RENDERERS)}, or all (default {','.join(DEFAULT)})",
    )
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write rows here")
    parser.add_argument(
        "--history", action="store_true", help="append a line to benches/history.jsonl"
    )
    parser.add_argument(
        "--increments",
        action="store_true",
        help="also what the store, stems and several threads give: rows of minutes",
    )
    parser.add_argument(
        "--large", action="store_true", help="with --increments: 1,000 tracks of 10 minutes, too"
    )
    parser.add_argument(
        "--notes", action="store_true", help="also MIDI beside FluidSynth, and the synthesiser"
    )
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="of one run")
    parser.add_argument("--no-install", action="store_true", help="install and build nothing")
    parser.add_argument(
        "--allow-missing-peers",
        action="store_true",
        help="accept a table without scsynth or pedalboard (it does not count as a comparison)",
    )
    parser.add_argument("--wavemill", type=pathlib.Path, metavar="FILE", help="command to measure")
    chosen = parser.parse_args()
    chosen.renderers = (
        list(RENDERERS) if chosen.renderers == "all" else chosen.renderers.split(",")
    )
    for name in chosen.renderers:
        if name not in RENDERERS:
            parser.error(f"there is no renderer '{name}'; choose from {', '.join(RENDERERS)}")
    if chosen.runs < 1:
        parser.error("-n must be at least 1")
    return chosen


def make_context(chosen):
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPO / "target").resolve()
    scratch = target / "bench-peers"
    scratch.mkdir(parents=True, exist_ok=True)
    return workloads.Context(
        repo=REPO,
        scratch=scratch,
        python=scratch / "venv/bin/python",
        wavemill=(chosen.wavemill or target / "release/wavemill").resolve(),
    )


def provide(chosen, context):
    """Installs and builds what is missing, as far as this machine lets us."""
    lacking = [n for n in chosen.renderers if RENDERERS[n].missing(context)]
    if chosen.notes and notes.missing(chosen.work):
        lacking.append("notes")
    provision.debian_packages(lacking)
    packages = [] if provision.has_numpy(context.python) else ["numpy"]
    packages += [n for n in lacking if n == "pedalboard"]
    if packages:
        provision.virtual_environment(context.python, packages)
    if "wavemill" in chosen.renderers and not chosen.wavemill:
        if not provision.release_build(context.repo):
            raise BenchError("the release build failed")


def choose_rows(chosen, context):
    """The rows that can run here. Says what is left out and why."""
    rows = []
    for name in chosen.renderers:
        module = RENDERERS[name]
        if reason := module.missing(context):
            if name not in REQUIRED_PEERS and name in DEFAULT:
                raise BenchError(f"{name}: {reason}")
            report.note(f"{name} left out: {reason}")
            continue
        for variant in getattr(module, "VARIANTS", [name]):
            reason = module.skipped(variant) if hasattr(module, "skipped") else None
            if reason:
                report.note(f"{variant} left out: {reason}")
            else:
                rows.append(Row(variant, module))
    return rows


def warm_up(workload):
    """Reads every input once: all renderers find them in the page cache."""
    for track in workload.tracks:
        with open(track.path, "rb") as file:
            while file.read(1 << 20):
                pass


def one_run(row, context, workload, timeout_seconds):
    out = context.scratch / "out" / row.name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    argv, mix = row.module.command(context, workload, row.name, out)
    log = out / "log.txt"
    run = measure.run(argv, out, log, timeout_seconds)
    if run.exit_code:
        tail = log.read_text(encoding="utf-8", errors="replace")[-800:].strip()
        raise BenchError(f"{row.name} ended with exit code {run.exit_code}: {tail or 'silently'}")
    try:
        row.hashes.append(measure.pcm_sha256(mix))
    except (OSError, ValueError) as error:
        raise BenchError(f"{row.name} left no usable output: {mix}: {error}") from error
    row.runs.append(run)


def compare(context, first, second):
    files = [context.scratch / "out" / row.name / "mix.wav" for row in (first, second)]
    script = REPO / "benches/peers/compare.py"
    done = subprocess.run(
        [str(a) for a in (context.python, script, *files)], capture_output=True, text=True
    )
    if done.returncode:
        raise BenchError(f"cannot compare {first.name} with {second.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def check_outputs(rows, context, workload):
    """Null test of each row against the limit. Returns what is wrong, as sentences."""
    wrong = []
    limit = next((row for row in rows if row.name == "limit_c"), None)
    if limit is None:
        report.note("no limit_c row: outputs were not compared")
        return wrong
    ours = {digest for row in rows if row.module is peer_wavemill for digest in row.hashes}
    if len(ours) > 1:
        wrong.append("wavemill: the number of jobs changed the samples")
    for row in rows:
        exact = row.module.NAME in ("wavemill", "limit_c")
        if exact and len(set(row.hashes)) > 1:
            wrong.append(f"{row.name}: runs gave different samples")
        row.check = compare(context, row, limit)
        ours, theirs = row.check["frames"]
        level, reference = row.check["rms_db"]
        if exact:
            if ours != theirs:
                wrong.append(f"{row.name}: {ours} frames, the limit has {theirs}")
            if row.check["residual_peak_db"] >= report.NULL_LIMIT_DB:
                wrong.append(
                    f"{row.name}: differs from the limit by {row.check['residual_peak_db']:.1f}"
                    f" dBFS, must be below {report.NULL_LIMIT_DB:g}"
                )
        elif abs(ours - theirs) > PEER_LENGTH_TOLERANCE_SECONDS * workload.rate_hz:
            wrong.append(f"{row.name}: {ours} frames, the limit has {theirs}")
        elif abs(level - reference) > PEER_LEVEL_TOLERANCE_DB:
            wrong.append(f"{row.name}: {level:.1f} dB RMS, the limit has {reference:.1f}")
    return wrong


def bench(chosen):
    workload = workloads.load(chosen.work)
    context = make_context(chosen)
    if not chosen.no_install:
        provide(chosen, context)
    rows = choose_rows(chosen, context)
    names = {row.name for row in rows}
    absent = [name for name in REQUIRED_PEERS if name not in names]
    if absent and not chosen.allow_missing_peers:
        print(
            f"bench-peers: no {' and no '.join(absent)}: without scsynth and pedalboard the table"
            " does not count; install them, or add --allow-missing-peers",
            file=sys.stderr,
        )
        return 3
    if not provision.has_numpy(context.python):
        raise BenchError(f"the null test needs numpy: {context.python} -m pip install numpy")
    warm_up(workload)
    for row in rows:
        row.module.prepare(context, workload, row.name)
    imports = []
    for turn in range(chosen.runs):
        for row in rows:
            report.progress(f"run {turn + 1} of {chosen.runs}: {row.name}")
            one_run(row, context, workload, chosen.timeout)
        if "wavemill" in names:
            report.progress(f"run {turn + 1} of {chosen.runs}: {importing.NAME}")
            imports.append(importing.one_run(context, workload, chosen.timeout))
    wrong = check_outputs(rows, context, workload)
    report.table(WORKLOAD, rows, workload)
    if imports:
        report.import_row(imports, importing.gigabytes(workload))
    figures = []
    if chosen.increments and "wavemill" in names:
        has_limit = any(row.name == "limit_c" for row in rows)
        runner = increments.Runner(context, workload, chosen.runs, chosen.timeout)
        for figure in increments.measure_all(runner, has_limit, chosen.large):
            report.increment_row(figure)
            figures.append(figure)
    if chosen.notes and "wavemill" in names:
        if reason := notes.missing(chosen.work):
            raise BenchError(reason)
        runner = increments.Runner(context, workload, chosen.runs, chosen.timeout)
        for figure in notes.measure_all(runner, chosen.work):
            report.increment_row(figure)
            figures.append(figure)
    if chosen.json:
        report.write_json(chosen.json, WORKLOAD, rows, imports, figures)
    if chosen.history:
        history.append(REPO / "benches/history.jsonl", REPO, rows, imports)
    report.targets(rows)
    for sentence in wrong:
        print(f"WRONG: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


def main():
    try:
        return bench(arguments())
    except workloads.WorkloadError as error:
        print(f"bench-peers: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        failed = shlex.join(map(str, error.cmd))
        print(f"bench-peers: exit code {error.returncode} from: {failed}", file=sys.stderr)
        return 1
    except (BenchError, OSError) as error:
        print(f"bench-peers: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
