"""The import of the workload's files: opening, decoding and hashing all of them, nothing copied."""

import shutil

import measure

NAME = "wavemill_import"


def one_run(context, workload, timeout_seconds):
    """Imports all files into a new session, which is thrown away."""
    out = context.scratch / "out" / NAME
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    argv = [context.wavemill, "import", *(track.path for track in workload.tracks)]
    argv += ["--reference", "--quiet", "--output", out / "session"]
    log = out / "log.txt"
    run = measure.run(argv, out, log, timeout_seconds)
    if run.exit_code:
        tail = log.read_text(encoding="utf-8", errors="replace")[-800:].strip()
        raise OSError(f"{NAME} ended with exit code {run.exit_code}: {tail or 'silently'}")
    return run


def gigabytes(workload):
    return sum(track.path.stat().st_size for track in workload.tracks) / 1e9
