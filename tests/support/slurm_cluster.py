"""A Slurm of one node on this machine, for tests: a controller, a node, munge, all in one folder.

PYTHONPATH=tests python -m support.slurm_cluster runs until it is interrupted and prints the setting of clients.

Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge; no systemd, no cgroups.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.daemons import free_ports, stop

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"

CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
CryptoType=crypto/munge
# a requeued job waits for as long as its credential may live
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
MaxArraySize={max_array_size}
KillWait=20
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=2000 Gres=gpu:2 State=UNKNOWN
PartitionName=normal Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes={host} MaxTime=INFINITE State=UP PriorityTier=9
"""


def missing() -> str:
    """Why there can be no Slurm here, or an empty string."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if absent:
        return f"Slurm is not installed (no {', '.join(absent)})"
    return "" if os.geteuid() == 0 else "slurmd needs root"


class Cluster:
    """A Slurm that runs. `env` is what its clients need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": PATH}

    def call(self, *words: str) -> str:
        """What a client of Slurm says on stdout."""
        told = subprocess.run(words, env=self.env, capture_output=True, text=True, timeout=60)
        if told.returncode:
            raise RuntimeError(f"{' '.join(words)}: {told.stderr}")
        return told.stdout.strip()

    def states(self, job: str) -> dict[str, str]:
        """State of every task of a job that the controller knows, by number."""
        lines = self.call("squeue", "--noheader", "--array", "--states=all", f"--jobs={job}", "--format=%K %T")
        return dict(line.split() for line in lines.splitlines())


@contextmanager
def cluster(*, max_array_size: int = 1001) -> Iterator[Cluster]:
    """A Slurm of one node in a folder of its own; its jobs end with it."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # a short name: sockets allow 107 characters
    made = Cluster(folder)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        _write(folder, max_array_size)
        for command in _daemons(folder):
            stack.callback(stop, _start(command, made))
        stack.callback(_clear, made)
        _wait_for_node(made)
        yield made


def _write(folder: Path, max_array_size: int) -> None:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(os.urandom(128))
    host = socket.gethostname().partition(".")[0]
    said = CONFIG.format(
        folder=folder, host=host, ports=free_ports(2), cores=os.cpu_count(), max_array_size=max_array_size
    )
    (folder / "slurm.conf").write_text(said)
    (folder / "gres.conf").write_text("Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n")


def _daemons(folder: Path) -> list[list[str]]:
    names = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    munge = [f"--{option}={folder}/munge.{ending}" for option, ending in names.items()]
    return [["munged", "--foreground", "--force", *munge], ["slurmctld", "-D"], ["slurmd", "-D"]]


def _start(command: Sequence[str], made: Cluster) -> subprocess.Popen[bytes]:
    program = str(shutil.which(command[0], path=PATH))
    with open(made.folder / f"{command[0]}.log", "ab") as log:
        return subprocess.Popen([program, *command[1:]], env=made.env, stdout=log, stderr=log, start_new_session=True)


def _wait_for_node(made: Cluster, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if made.call("sinfo", "--noheader", "--format=%T", "--partition=normal") == "idle":
                return
        except RuntimeError:
            pass  # the controller is not up yet
        time.sleep(0.5)
    logs = "\n".join(f"{p.name}:\n{p.read_text()[-2000:]}" for p in sorted(made.folder.glob("*.log")))
    raise RuntimeError(f"Slurm did not start\n{logs}")


def _clear(made: Cluster, seconds: float = 40) -> None:
    """Ends all jobs, so that none outlives its node."""
    made.call("scancel", "--user=root")
    end = time.monotonic() + seconds
    while time.monotonic() < end and made.call("squeue", "--noheader"):
        time.sleep(0.5)


if __name__ == "__main__":
    if missing():
        sys.exit(missing())
    with cluster() as up:
        print(f"export SLURM_CONF={up.env['SLURM_CONF']}", flush=True)
        ends = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)
