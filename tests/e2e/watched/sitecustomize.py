"""Put on PYTHONPATH, it makes a Python process report and refuse connections off this machine, and report its writes.

WATCH_LOG is where each process appends its lines, "connect ADDRESS", "resolve NAME" and "write PATH"; WATCH_FOLDERS are
the folders, by colon, in which writing is as expected.
"""

import os
import sys
from ipaddress import ip_address

LOG = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
# Beside the folders of the service: devices, shared memory and what the kernel shows of processes.
FOLDERS = tuple(os.path.realpath(folder) + os.sep for folder in os.environ["WATCH_FOLDERS"].split(":"))
FOLDERS += ("/dev/", "/proc/")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def note(what, subject):
    # Whole lines in append mode: those of several processes do not mix.
    os.write(LOG, f"{what} {subject!r} {' '.join(sys.argv[:4])}\n".encode())


def parse(host):
    """The address; None for a name."""
    try:
        return ip_address(os.fsdecode(host).partition("%")[0])
    except ValueError:
        return None


def is_here(host):
    return (
        not host
        or host in ("localhost", b"localhost")
        or bool((address := parse(host)) and address.is_loopback)
    )


def check_connection(what, address):
    if isinstance(address, tuple) and not is_here(address[0]):
        note(what, address)
        raise ConnectionRefusedError(f"a test refuses a connection to {address}")


def check_write(path, folder=-1):
    """`folder` is the descriptor of an open folder that the path is relative to, -1 for the current one."""
    if isinstance(path, int) or path is None:
        return
    base = "" if folder == -1 else os.path.realpath(f"/dev/fd/{folder}") + os.sep
    full = os.path.realpath(base + os.fsdecode(path))
    if not (full + os.sep).startswith(FOLDERS):
        note("write", full)


def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        check_connection("connect", arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        if not is_here(arguments[0]) and parse(arguments[0]) is None:
            note("resolve", arguments[0])
            raise ConnectionRefusedError(f"a test refuses to look up {arguments[0]!r}")
    elif event == "open":
        path, mode, flags = arguments
        if (flags or 0) & WRITING or (isinstance(mode, str) and set(mode) & set("wax+")):
            check_write(path)
    elif event in ("os.truncate", "sqlite3.connect"):
        check_write(arguments[0])
    elif event in ("os.mkdir", "os.remove", "os.rmdir"):
        check_write(arguments[0], arguments[-1])
    elif event in ("os.rename", "os.link", "os.symlink"):
        check_write(arguments[1], arguments[-1])


sys.addaudithook(watch)
