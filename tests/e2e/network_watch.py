"""Run a command in a network of its own that ends at this machine, and report what it sends anywhere else.

    python network_watch.py REPORT PORT,PORT,... COMMAND...

Linux alone. All packets stay on the loopback device, where a packet socket sees them, whoever sent them: libraries in C
too. REPORT gets one JSON object: `available` (false where the kernel gives no network namespace; then nothing is run
differently), `control` (a packet that this program sent itself was seen) and `packets`, a list of "tcp|udp HOST:PORT"
that are neither for this machine nor for one of its ports in the files that PORTS names.
"""

import ctypes
import fcntl
import ipaddress
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, SIOCADDRT = 0x8914, 0x890B
IFF_UP_RUNNING, RTF_UP = 0x41, 0x1
ETH_P_ALL, SO_ATTACH_FILTER = 3, 26
# Nobody has it: set aside for documentation.
ELSEWHERE = ("192.0.2.1", 9)


class Route(ctypes.Structure):
    """struct rtentry of <linux/route.h>."""

    _fields_ = [
        ("pad1", ctypes.c_ulong),
        ("destination", ctypes.c_ubyte * 16),
        ("gateway", ctypes.c_ubyte * 16),
        ("mask", ctypes.c_ubyte * 16),
        ("flags", ctypes.c_ushort),
        ("pad2", ctypes.c_short),
        ("pad3", ctypes.c_ulong),
        ("pad4", ctypes.c_void_p),
        ("metric", ctypes.c_short),
        ("device", ctypes.c_char_p),
        ("mtu", ctypes.c_ulong),
        ("window", ctypes.c_ulong),
        ("irtt", ctypes.c_ushort),
    ]


def enter_network() -> None:
    """A network namespace with loopback up and every route over it. Raises OSError where that is not allowed."""
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    # root keeps its accounts (PostgreSQL changes to another); anybody else needs a user namespace for this.
    if libc.unshare(CLONE_NEWNET if user == 0 else CLONE_NEWNET | CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))
        family = (ctypes.c_ubyte * 16)(*struct.pack("=H14x", socket.AF_INET))
        route = Route(destination=family, gateway=family, mask=family, flags=RTF_UP, device=b"lo")
        fcntl.ioctl(control, SIOCADDRT, bytes(route))


def open_packet_socket() -> socket.socket:
    """Sees UDP, and of TCP the first packet of each connection; a filter in the kernel leaves the rest out."""
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    packets.bind(("lo", 0))
    program = [
        (0x28, 0, 0, 12),  # the type of the frame
        (0x15, 0, 7, 0x0800),  # not IPv4: keep
        (0x30, 0, 0, 23),  # the protocol
        (0x15, 0, 5, 6),  # not TCP: keep
        (0xB1, 0, 0, 14),  # the length of the IP header
        (0x50, 0, 0, 27),  # the flags of TCP
        (0x54, 0, 0, 0x12),  # SYN and ACK
        (0x15, 1, 0, 0x02),  # SYN alone: keep
        (0x06, 0, 0, 0),
        (0x06, 0, 0, 0xFFFF),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    packets.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code))
    )
    return packets


def read_packet(frame: bytes) -> tuple[str, str, int] | None:
    """Protocol, destination and its port of a frame with TCP or UDP in it."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0800:
        protocol, host, start = frame[23], frame[30:34], 14 + 4 * (frame[14] & 15)
    elif kind == 0x86DD:
        protocol, host, start = frame[20], frame[38:54], 54
    else:
        return None
    name = {6: "tcp", 17: "udp"}.get(protocol)
    if name is None or len(frame) < start + 4:
        return None
    return name, str(ipaddress.ip_address(host)), struct.unpack("!H", frame[start + 2 : start + 4])[0]


def main() -> int:
    report, ports, command = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    try:
        enter_network()
        packets = open_packet_socket()
    except OSError as error:
        report.write_text(json.dumps({"available": False, "reason": str(error)}))
        return subprocess.run(command, check=False).returncode
    seen: set[tuple[str, str, int]] = set()

    def watch() -> None:
        while True:
            packet = read_packet(packets.recv(2048))
            if packet:
                seen.add(packet)

    threading.Thread(target=watch, daemon=True).start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        control.sendto(b"seen?", ELSEWHERE)
    status = subprocess.run(command, check=False).returncode
    time.sleep(0.5)
    ours = {int(port) for port in Path(ports).read_text().split()}
    strange = [
        f"{protocol} {host}:{port}"
        for protocol, host, port in sorted(seen)
        if (host, port) != ELSEWHERE
        and not (protocol == "tcp" and ipaddress.ip_address(host).is_loopback and port in ours)
    ]
    report.write_text(
        json.dumps({"available": True, "control": ("udp", *ELSEWHERE) in seen, "packets": strange})
    )
    return status


if __name__ == "__main__":
    sys.exit(main())
