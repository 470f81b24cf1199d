"""Kills the writers of a run at random moments, again and again, and compares the bytes of what comes out.

    python benchmarks/kill.py                                  # 200 SIGKILLs on two writers; minutes
    python benchmarks/kill.py --kills 20 --writers 3 --seed 7

Two processes write one folder. Every so often one of them, chosen at random, is killed and started again. When the run
is complete its results.zarr is compared, file by file, with that of a run that nobody disturbed, `verify` reads it
all, and the next round begins in a new folder, until so many kills have been made. Prints one JSON object; exit
code 1 where a byte differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from supplyshock.store.status import run_status

COMMAND = [sys.executable, "-c", "from supplyshock.cli import main; main()"]
ENDS = (0, -signal.SIGKILL)


def digests(root: Path) -> dict[str, str]:
    files = (p for p in sorted(root.rglob("*")) if p.is_file())
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


class Campaign:
    def __init__(self, args: argparse.Namespace, folder: Path) -> None:
        self.args, self.folder = args, folder
        self.random = random.Random(args.seed)
        self.kills = self.rounds = self.resumed = self.litter = 0
        self.stages: dict[str, int] = {}
        self.wrong: list[str] = []
        self.seconds = 0.0

    def start(self, out: Path, *more: str) -> subprocess.Popen[bytes]:
        a = self.args
        size = ["--paths", str(a.paths), "--weeks", str(a.weeks), "--save-series", "200", "--backend", a.backend]
        options = ["--threads", "2", "--seed", "5", "--no-shard", "--quiet", *more]
        command = [*COMMAND, "run", "status_quo", "swap_deal", *size, *options, "--out", str(out)]
        log = open(self.folder / "log", "ab")  # noqa: SIM115  # the process keeps it
        return subprocess.Popen(command, stdout=log, stderr=log)

    def undisturbed(self) -> dict[str, str]:
        if self.args.backend == "numba":  # compiles, so that the next one says how long a writer takes
            self.start(self.folder / "warm").wait()
        began = time.monotonic()
        if self.start(self.folder / "undisturbed").wait():
            raise SystemExit((self.folder / "log").read_text(encoding="utf-8"))
        self.seconds = time.monotonic() - began
        return digests(self.folder / "undisturbed/results.zarr")

    def round(self, expected: dict[str, str]) -> None:
        self.rounds += 1
        out = self.folder / f"round-{self.rounds}"
        writers = [self.start(out) for _ in range(self.args.writers)]
        while self.kills < self.args.kills and not self.is_complete(out):
            time.sleep(self.random.uniform(0, self.seconds))
            victim = self.random.randrange(len(writers))
            if writers[victim].poll() is None:
                self.note(out)
                writers[victim].kill()
                self.kills += 1
            if (code := writers[victim].wait()) not in ENDS:
                self.wrong.append(f"round {self.rounds}: a writer ended with exit code {code}")
            writers[victim] = self.start(out)
        codes = [w.wait() for w in writers]
        again = self.start(out).wait()  # the last kill may have left litter: the same command again
        self.compare(out, expected, [*codes, again])
        shutil.rmtree(out)

    def is_complete(self, out: Path) -> bool:
        return (out / "manifest.json").exists() and run_status(out).status == "complete"

    def note(self, out: Path) -> None:
        """What the run is at when a writer is killed."""
        names = {p.name.split(".", 1)[-1] for p in out.glob("journal/*/*.json")}
        stage = "after the means" if "means.json" in names else "differences" if "pairs.json" in names else ""
        stage = stage or ("summaries" if "summary.json" in names else "blocks" if "block.json" in names else "")
        prepared = (out / "journal/originals.json").exists()
        stage = stage or ("before the first block" if prepared else "preparing")
        self.stages[stage] = self.stages.get(stage, 0) + 1

    def compare(self, out: Path, expected: dict[str, str], codes: list[int]) -> None:
        results = digests(out / "results.zarr")
        differ = sorted(n for n in expected.keys() | results.keys() if expected.get(n) != results.get(n))
        self.wrong += [f"round {self.rounds}: {name}" for name in differ]
        self.wrong += [f"round {self.rounds}: exit code {code}" for code in codes if code]
        sound = subprocess.run(
            [*COMMAND, "verify", str(out), "--quiet"], capture_output=True, text=True, check=False, encoding="utf-8"
        )
        if sound.returncode:
            self.wrong.append(f"round {self.rounds}: verify says {sound.stdout}{sound.stderr}")
        left = subprocess.run([*COMMAND, "clean", str(out), "--json"], capture_output=True, check=True)
        self.litter += json.loads(left.stdout)["files"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--paths", type=int, default=60_000)
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--backend", default="numba")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for name in [n for n in os.environ if n.startswith("SLURM_")]:
        del os.environ[name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="supplyshock-kill-") as folder:
        campaign = Campaign(args, Path(folder))
        expected = campaign.undisturbed()
        while campaign.kills < args.kills:
            campaign.round(expected)
            report = f"round {campaign.rounds}: {campaign.kills} kills so far, {len(campaign.wrong)} differences"
            print(report, file=sys.stderr, flush=True)
    report = {
        **vars(args),
        "kills": campaign.kills,
        "rounds": campaign.rounds,
        "files_compared": campaign.rounds * len(expected),
        "differences": campaign.wrong,
        "killed_during": campaign.stages,
        "litter_left_after_the_last_run": campaign.litter,
        "seconds_of_an_undisturbed_run": round(campaign.seconds, 2),
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(report, indent=1))
    sys.exit(bool(campaign.wrong))


if __name__ == "__main__":
    main()
