"""What follows from the store, taps and cuts: rows in which Wavemill is measured against itself,
or against the limit doing the same.

Each row has a figure of ours, the figure it is held against, their ratio and its target.
"""

import copy
import dataclasses
import json
import os
import pathlib
import shutil
import statistics

import measure
import peer_wavemill

TRACKS = 100
HEAVY = 4
PREVIEW_SECONDS = 16
LONG_SECONDS = 600
LARGE_TRACKS = 1_000
LARGE_FILES = 16


@dataclasses.dataclass(frozen=True)
class Figure:
    """One row: what was measured, in which unit, against what, and the most it should be."""

    name: str
    ours: float
    other: float
    unit: str
    against: str
    target: float
    note: str = ""

    @property
    def ratio(self):
        return self.ours / self.other if self.other else float("inf")

    @property
    def met(self):
        return self.ratio <= self.target


class Runner:
    """Runs the command on sessions of its own and takes medians."""

    def __init__(self, context, workload, runs, timeout_seconds):
        self.context = context
        self.workload = workload
        self.runs = runs
        self.timeout_seconds = timeout_seconds
        self.folder = context.scratch / "increments"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def session(self, name, document):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        document = dict(document, name=name)
        text = json.dumps(document, indent=1) + "\n"
        (folder / "session.json").write_text(text, encoding="utf-8")
        return folder

    def run(self, *argv):
        log = self.folder / "log.txt"
        argv = [self.context.wavemill, *argv]
        run = measure.run(argv, self.folder, log, self.timeout_seconds)
        if run.exit_code:
            tail = log.read_text(encoding="utf-8", errors="replace")[-800:].strip()
            raise OSError(f"{argv[1]} ended with exit code {run.exit_code}: {tail or 'silently'}")
        return run

    def bounce(self, session, *more, jobs=1, out=None):
        return self.run(
            "bounce", session, "-o", out or self.folder / "out.wav", "--force", "--quiet",
            "--no-measure", "--tail", "none", "--jobs", jobs, *more,
        )  # fmt: skip

    def store(self, name):
        store = self.folder / f"{name}-store"
        shutil.rmtree(store, ignore_errors=True)
        return store

    def median(self, one):
        return statistics.median(one() for _ in range(self.runs))


def many_tracks(workload, count, chain_length=1):
    """`count` tracks over the workload's files, their chains so many times over."""
    document = peer_wavemill.session_document(workload)
    tracks = []
    for i in range(count):
        track = copy.deepcopy(document["tracks"][i % len(document["tracks"])])
        track["id"] = f"track-{i:04d}"
        track["clips"][0]["id"] = f"clip-{i:04d}"
        # A hundred signals stay far below what a join takes.
        track["volume_db"] -= 12.0
        inserts = []
        for turn in range(chain_length):
            for insert in copy.deepcopy(track["inserts"]):
                insert["id"] = f"{insert['id']}-{turn}"
                inserts.append(insert)
        track["inserts"] = inserts
        tracks.append(track)
    return dict(document, tracks=tracks)


def fader_moves(runner, name, chain_length, target):
    """A fader of one of many tracks is moved, over and over, after a cold bounce. The first move keeps
    what enters the fader, so it costs more than those after it."""
    document = many_tracks(runner.workload, TRACKS, chain_length)
    session = runner.session(name, document)
    runner.bounce(session, "--no-cache")
    store = runner.store(name)
    cold = runner.bounce(session, "--cache", store).cpu_seconds

    def move(track):
        document["tracks"][track]["volume_db"] -= 0.1
        runner.session(name, document)
        return runner.bounce(session, "--cache", store).cpu_seconds

    first = move(TRACKS // 3)
    again = runner.median(lambda: move(TRACKS // 3))
    taken = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    shutil.rmtree(store)
    note = f"{taken / 1e6:.0f} MB of disk; the first move {first:.2f} CPU s, {first / cold:.1%}"
    return Figure(name, again, cold, "CPU s", "the cold bounce", target, note)


def preview(runner):
    """Eight bars in the middle of ten minutes that were rendered before."""
    document = peer_wavemill.session_document(runner.workload)
    rate, length = document["sample_rate"], runner.workload.frames
    for track in document["tracks"]:
        clip = track["clips"][0]
        clip["content"]["audio"]["loop_length"] = length
        clip["length"] = {"samples": LONG_SECONDS * rate}
    session = runner.session("preview", document)
    store = runner.store("preview")
    runner.bounce(session, "--cache", store, jobs=2)
    middle = LONG_SECONDS // 2
    there = ["--from", f"{middle}s", "--to", f"{middle + PREVIEW_SECONDS}s"]
    alone = ["--from", "0s", "--to", f"{PREVIEW_SECONDS}s", "--no-cache"]

    def region(more):
        # Without --tail, which does not go with --to.
        argv = ["bounce", session, "-o", runner.folder / "out.wav", "--force", "--quiet"]
        return runner.run(*argv, "--no-measure", "--jobs", 1, *more).cpu_seconds

    # The finished file is not what is asked for here: another depth each time.
    depths = iter(["16", "24", "32f"] * runner.runs)
    ours = runner.median(
        lambda: region([*there, "--cache", store, "--bit-depth", next(depths)])
    )
    other = runner.median(lambda: region(alone))
    shutil.rmtree(store)
    return Figure("preview of 8 bars", ours, other, "CPU s", "those bars alone", 2.0)


def chain(runner):
    """One chain of eight heavy processors, two threads against one, by turns. The file goes where
    writing it waits for no disk: that wait is the same for both."""
    document = many_tracks(runner.workload, 1, HEAVY)
    session = runner.session("chain", document)
    memory = pathlib.Path("/dev/shm")
    folder = memory if os.access(memory, os.W_OK) else runner.folder
    out = folder / f"wavemill-chain-{os.getpid()}.wav"

    def wall(jobs):
        return runner.bounce(session, "--no-cache", jobs=jobs, out=out).wall_seconds

    wall(1)
    pairs = [(wall(1), wall(2)) for _ in range(2 * runner.runs)]
    out.unlink()
    one, two = (statistics.median(walls) for walls in zip(*pairs))
    return Figure("chain of 8, 2 threads", two, one, "s", "1 thread", 1 / 1.7)


def stems(runner):
    """All stems beside the mix, against the limit writing the same."""
    session = runner.session("stems", peer_wavemill.session_document(runner.workload))
    out = runner.folder / "stems-out"
    limit = runner.context.scratch / "limit_c"

    def ours():
        shutil.rmtree(out, ignore_errors=True)
        argv = ["stems", session, "-o", out, "--mix", "--quiet", "--no-measure", "--no-cache"]
        return runner.run(*argv, "--bit-depth", "32f", "--tail", "none", "--jobs", 1).cpu_seconds

    def theirs():
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        argv = [limit / "limit_c", limit / "parameters.txt", out / "mix.wav", 1, out]
        log = runner.folder / "log.txt"
        run = measure.run(argv, runner.folder, log, runner.timeout_seconds)
        if run.exit_code:
            raise OSError(f"limit_c ended with exit code {run.exit_code}: {log.read_text()[-800:]}")
        return run.cpu_seconds

    ours()
    pairs = [(ours(), theirs()) for _ in range(runner.runs)]
    size = sum(file.stat().st_size for file in out.iterdir())
    shutil.rmtree(out)
    mine, other = (statistics.median(figures) for figures in zip(*pairs))
    note = f"{size / 1e9:.1f} GB written"
    return Figure("stems beside the mix", mine, other, "CPU s", "limit_c with stems", 2.0, note)


def info(runner):
    """`info` on a small session."""
    runner.run("new", runner.folder / "small", "--demo")
    runner.run("info", runner.folder / "small")
    wall = runner.median(lambda: runner.run("info", runner.folder / "small").wall_seconds)
    return Figure("info on a small session", wall * 1e3, 20.0, "ms", "20 ms", 1.0)


def large(runner):
    """A thousand tracks of ten minutes over few files: memory, against a tenth of the length."""
    document = many_tracks(runner.workload, LARGE_TRACKS)
    files = [track["clips"][0]["content"]["audio"]["file"] for track in document["tracks"]]
    for i, track in enumerate(document["tracks"]):
        track["volume_db"] -= 12.0
        clip = track["clips"][0]
        clip["content"]["audio"]["file"] = files[i % LARGE_FILES]
        clip["content"]["audio"]["loop_length"] = runner.workload.frames
        clip["length"] = {"samples": LONG_SECONDS * document["sample_rate"]}
    session = runner.session("large", document)
    store = runner.store("large")
    run = runner.bounce(session, "--cache", store, jobs=2)
    shutil.rmtree(store)
    note = f"{run.cpu_seconds:.0f} CPU s"
    return Figure("1,000 tracks, 10 min", run.peak_mib, 600.0, "MiB", "600 MiB", 1.0, note)


def measure_all(runner, has_limit, with_large):
    """All rows, each as soon as it is there."""
    yield fader_moves(runner, "fader move, 100 tracks", 1, 0.08)
    yield fader_moves(runner, "fader move, 4 times the chain", HEAVY, 0.03)
    yield preview(runner)
    yield chain(runner)
    if has_limit:
        yield stems(runner)
    yield info(runner)
    if with_large:
        yield large(runner)
