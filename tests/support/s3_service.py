"""An S3 service on this machine, for tests: OpenStack Swift with its s3api, in one folder.

PYTHONPATH=tests python -m support.s3_service runs until it is interrupted and prints the settings of clients.

Needs root (extended attributes and the packages' settings) and Debian's packages swift-proxy, swift-account,
swift-container, swift-object, memcached; no systemd, one copy of every object.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.daemons import free_ports, stop

SERVERS = ("account", "container", "object")
PROGRAMS = (*(f"swift-{name}-server" for name in (*SERVERS, "proxy")), "swift-ring-builder", "memcached")
SETTINGS = Path("/etc/swift/swift.conf")
REGION, BUCKET = "us-east-1", "runs"
USER, KEY = "test:tester", "testing"

SERVER = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
log_level = ERROR
log_address = {folder}/no-log
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""
PROXY = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
log_level = ERROR
log_address = {folder}/no-log
[pipeline:main]
pipeline = catch_errors cache bulk s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:s3api]
use = egg:swift#s3api
location = {region}
check_bucket_owner = false
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
"""


def missing() -> str:
    """Why there can be no service here, or an empty string."""
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    if absent:
        return f"Swift is not installed (no {', '.join(absent)})"
    if not SETTINGS.is_file():
        return f"no {SETTINGS}"
    return "" if os.geteuid() == 0 else "Swift's servers are started as root"


@contextmanager
def service() -> Iterator[dict[str, str]]:
    """The settings of a client of a service that runs: the usual variables of the environment."""
    folder = Path(tempfile.mkdtemp(prefix="swift-"))
    ports = dict(zip((*SERVERS, "proxy", "cache"), free_ports(5), strict=True))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "devices" / "d1").mkdir(parents=True)
        memory = ["memcached", "-l", "127.0.0.1", "-p", str(ports["cache"]), "-U", "0", "-u", "root"]
        stack.callback(stop, _start(memory, folder / "memcached.log"))
        for name in SERVERS:
            _ring(folder, name, ports[name])
        for name in (*SERVERS, "proxy"):
            file = folder / f"{name}.conf"
            text = PROXY if name == "proxy" else SERVER
            file.write_text(
                text.format(
                    folder=folder, name=name, port=ports[name], user="root", region=REGION, cache=ports["cache"]
                )
            )
            stack.callback(stop, _start([f"swift-{name}-server", str(file)], folder / f"{name}.log"))
        address = f"http://127.0.0.1:{ports['proxy']}"
        _wait(address, folder)
        _make_bucket(address)
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": USER,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": REGION,
        }


def _make_bucket(address: str) -> None:
    """By Swift's own interface, as the service's operator would."""
    asked = urllib.request.Request(f"{address}/auth/v1.0", headers={"X-Auth-User": USER, "X-Auth-Key": KEY})
    with urllib.request.urlopen(asked) as told:
        place, token = told.headers["X-Storage-Url"], told.headers["X-Auth-Token"]
    urllib.request.urlopen(
        urllib.request.Request(f"{place}/{BUCKET}", method="PUT", headers={"X-Auth-Token": token})
    ).close()


def _ring(folder: Path, name: str, port: int) -> None:
    builder = str(folder / f"{name}.builder")
    for words in (["create", "4", "1", "0"], ["add", f"r1z1-127.0.0.1:{port}/d1", "1"], ["rebalance"]):
        subprocess.run(["swift-ring-builder", builder, *words], check=True, capture_output=True)


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with open(log, "ab") as to:
        return subprocess.Popen(command, stdout=to, stderr=to, start_new_session=True)


def _wait(address: str, folder: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{address}/info", timeout=2).read()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.2)
    logs = "\n".join(f"{p.name}:\n{p.read_text()[-2000:]}" for p in sorted(folder.glob("*.log")))
    raise RuntimeError(f"Swift did not start\n{logs}")


if __name__ == "__main__":
    if missing():
        sys.exit(missing())
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with service() as settings:
        for key, value in settings.items():
            print(f"export {key}={value}", flush=True)
        signal.sigwait(ends)
