"""Sends a batch script by sbatch, one call for each window of its array."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from ...common.errors import DeviceError
from .script import Job, windows

SECONDS = 120
"""For an answer from the controller of Slurm."""
FIX = "write the script with -o job.sh, and submit it on a machine with Slurm"


def max_array_size() -> int | None:
    """MaxArraySize of the Slurm that is here, or None if there is none or it does not say."""
    if not shutil.which("scontrol"):
        return None
    try:
        answer = subprocess.run(
            ["scontrol", "show", "config"], capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"^MaxArraySize\s*=\s*(\d+)", answer.stdout, re.MULTILINE)
    return int(match[1]) if match else None


def find_sbatch() -> str:
    """The program sbatch. Raises `DeviceError` if there is none."""
    sbatch = shutil.which("sbatch")
    if sbatch is None:
        raise DeviceError("no Slurm here", where="--submit", expected="sbatch on the PATH", got="none", fix=FIX)
    return sbatch


def submit(script: Path, job: Job) -> list[str]:
    """Sends `script` and returns the ids of its jobs; a window waits for the one before it.

    Raises `DeviceError`, with what Slurm said, when it refuses; jobs sent before that stay and are named.
    """
    sbatch = find_sbatch()
    ids: list[str] = []
    for window in windows(job):
        after = [f"--dependency=afterany:{ids[-1]}"] if ids else []
        call = [sbatch, "--parsable", *after, f"--array={window.array}", str(script), str(window.first)]
        ids.append(_send(call, ids))
    return ids


def _send(call: list[str], sent: list[str]) -> str:
    try:
        answer = subprocess.run(call, capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS)
        ok, complaint = answer.returncode == 0, answer.stderr
    except (OSError, subprocess.TimeoutExpired) as error:
        ok, complaint = False, str(error)
    if not ok:
        queued = f"jobs {', '.join(sent)} are queued already" if sent else ""
        raise DeviceError("Slurm refused the job", where="sbatch", got=" ".join(complaint.split())[:300], fix=queued)
    return answer.stdout.strip().partition(";")[0]
