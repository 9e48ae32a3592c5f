# SPDX-License-Identifier: Apache-2.0
"""The escapes that a job must not succeed in, tried from inside a session: `csctl doctor`.

Prints one line a check: name, "ok" or "FAILED", and what was found, with tabs between. Nothing here
changes anything where an escape succeeds: what can be opened for writing is closed again.
"""
import ctypes
import errno
import os
import resource
import socket
import subprocess
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
# System call numbers of x86_64 and aarch64 (asm-generic).
CALLS = {"x86_64": {"keyctl": 250, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
                    "io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438,
                    "process_vm_readv": 310, "open_by_handle_at": 304, "kexec_load": 246,
                    "mount_setattr": 442, "fsconfig": 431, "open_tree": 428, "fsopen": 430,
                    "open_tree_attr": 467},
         "aarch64": {"keyctl": 219, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
                     "io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438,
                     "process_vm_readv": 270, "open_by_handle_at": 265, "kexec_load": 104,
                     "mount_setattr": 442, "fsconfig": 431, "open_tree": 428, "fsopen": 430,
                     "open_tree_attr": 467}}
CALL = CALLS.get(os.uname().machine, {})
WRITABLE = ("/dev/full", "/dev/null", "/dev/ptmx", "/dev/pts", "/dev/random", "/dev/shm",
            "/dev/tty", "/dev/urandom", "/dev/zero", "/home", "/run", "/session", "/tmp")
FAMILIES = {"AF_PACKET": 17, "AF_ALG": 38, "AF_VSOCK": 40, "AF_KEY": 15, "AF_XDP": 44,
            "AF_BLUETOOTH": 31, "AF_CAN": 29, "AF_TIPC": 30, "AF_RDS": 21}
MOST_PROCESSES = 5000  # a job may have 4096
SPIN_S = 2
NAMESPACES = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000,
              "ipc": 0x08000000, "uts": 0x04000000, "cgroup": 0x02000000, "time": 0x80}


def call(name, *args):
    """Whether a system call succeeds."""
    return name in CALL and LIBC.syscall(CALL[name], *args) >= 0


def opens(path, flags):
    try:
        os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY))
        return True
    except OSError:
        return False


def files():
    secrets = ["/etc/shadow", "/etc/passwd", "/root", "/var/lib", "/boot", "/proc/kcore",
               "/proc/keys", "/proc/1/root/etc/shadow", "/run/docker.sock", "/sys/kernel"]
    return [path for path in secrets if opens(path, os.O_RDONLY)]


def is_listed(path):
    return path == "/dev" or any(path == one or path.startswith(one + "/") for one in WRITABLE)


def writable():
    found = []
    for top, folders, names in os.walk("/"):
        folders[:] = [name for name in folders
                      if os.path.join(top, name) not in ("/proc", "/session", "/tmp")]
        for name in names + folders:
            path = os.path.join(top, name)
            if not os.path.islink(path) and os.access(path, os.W_OK) and not is_listed(path):
                found.append(path)
    return found


def sysctls():
    found = []
    for top, folders, names in os.walk("/proc"):
        if top == "/proc":
            folders[:] = [name for name in folders if not name.isdigit() and name != "self"
                          and name != "thread-self"]
        found += [path for path in (os.path.join(top, name) for name in names)
                  if not os.path.islink(path) and opens(path, os.O_WRONLY)]
    return found


def ptrace():
    return ["ptrace"] * (LIBC.ptrace(16, 1, 0, 0) == 0) + \
        ["/proc/1/mem"] * opens("/proc/1/mem", os.O_RDWR) + \
        ["process_vm_readv"] * call("process_vm_readv", 1, 0, 0, 0, 0, 0)


def pidfd():
    fd = LIBC.syscall(CALL.get("pidfd_open", -1), 1, 0)
    return [f"descriptor {number} of init" for number in range(8)
            if fd >= 0 and call("pidfd_getfd", fd, number, 0)]


def families():
    found = []
    for name, number in FAMILIES.items():
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, 5):
            fd = LIBC.socket(number, kind, 0)
            if fd >= 0:
                os.close(fd)
                found.append(name)
                break
    return found


def mounts():
    return ["mount"] * (LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0) + \
        ["chroot"] * (LIBC.chroot(b"/tmp") == 0) + \
        ["umount"] * (LIBC.umount2(b"/tmp", 2) == 0) + newer_mounts()


def newer_mounts():
    """The calls that have come after mount(), and one that is newer than any filter's table."""
    found = []
    for name, args in (("open_tree", (-100, b"/", 0)), ("open_tree_attr", (-100, b"/", 0, 0, 0)),
                       ("fsopen", (b"tmpfs", 0)), ("mount_setattr", (-1, b"", 0, 0, 0)),
                       ("fsconfig", (-1, 0, 0, 0, 0))):
        ctypes.set_errno(0)
        if call(name, *args) or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            found.append(name)
    return found


def namespaces():
    found = []
    for name, flag in NAMESPACES.items():
        pid = os.fork()
        if pid == 0:
            os._exit(1 if LIBC.unshare(flag) == 0 else 0)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1:
            found.append(name)
    return found


def kernel_calls():
    return [name for name, args in (
        ("keyctl", (0, -3, 1)), ("bpf", (0, 0, 0)), ("perf_event_open", (0, 0, -1, -1, 0)),
        ("userfaultfd", (0,)), ("io_uring_setup", (1, 0)), ("kexec_load", (0, 0, 0, 0)))
        if call(name, *args) or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS)]


def terminal():
    """Typing into a terminal of its own, which is how one would type into another's."""
    master, slave = os.openpty()
    try:
        typed = ctypes.create_string_buffer(b"x")
        return ["TIOCSTI"] * (LIBC.ioctl(slave, 0x5412, typed) == 0)
    finally:
        os.close(master)
        os.close(slave)


def cgroups():
    return [path for path in ("/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.procs",
                              "/sys/fs/cgroup/memory/memory.limit_in_bytes")
            if os.path.exists(path) and os.access(path, os.W_OK)]


def abstract_sockets():
    with open("/proc/net/unix", encoding="utf-8") as table:
        names = [line.split()[-1] for line in table if "@" in line]
    return names


def network(addresses):
    """No interface but its own loopback, so no port of the host, of the service or a worker."""
    with open("/proc/net/dev", encoding="utf-8") as table:
        found = [line.split(":")[0].strip() for line in list(table)[2:]]
    found.remove("lo")
    for address in addresses + ["169.254.169.254:80", "169.254.1.1:80", "1.1.1.1:53"]:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), 2).close()
            found.append(address)
        except OSError:
            pass
    return found


def memory(limit_bytes):
    """More than the job may have; the child that takes it must not live."""
    text = f"x = bytearray({limit_bytes} + (64 << 20)); print('alive')"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=False)
    return ["more than its limit"] * (b"alive" in done.stdout)


def processes():
    """Threads count as processes do, and take less."""
    threading.stack_size(64 << 10)
    end = threading.Event()
    made = []
    try:
        while len(made) < MOST_PROCESSES:
            one = threading.Thread(target=end.wait, daemon=True)
            one.start()
            made.append(one)
    except RuntimeError:
        pass
    end.set()
    for one in made:
        one.join()
    return [f"{len(made)} at once"] * (len(made) == MOST_PROCESSES)


def cpu(milli):
    """Four processes want all they can get; where others run beside them it may be too little to
    tell."""
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    spin = f"import time\nend = time.monotonic() + {SPIN_S}\nwhile time.monotonic() < end: pass"
    for one in [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(4)]:
        one.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    share = used / (time.monotonic() - begin) * 1000
    return [f"{share:.0f} milli-cpus, {milli} are allowed"] * (share > 1.5 * milli)


def privileges():
    with open("/proc/self/status", encoding="utf-8") as status:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    found = [name for name in ("CapEff", "CapPrm", "CapAmb") if int(lines[name], 16) != 0]
    return found + ["no_new_privs is off"] * (lines["NoNewPrivs"] != "1")


def main():
    limit, milli, addresses = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    checks = [("files of the host", files), ("what can be written", writable),
              ("sysctls", sysctls), ("ptrace", ptrace), ("pidfd_getfd on init", pidfd),
              ("socket families", families), ("mounts", mounts), ("namespaces", namespaces),
              ("keyrings, bpf, perf", kernel_calls), ("TIOCSTI", terminal),
              ("control groups", cgroups), ("abstract sockets", abstract_sockets),
              ("network", lambda: network(addresses)), ("privileges", privileges),
              ("memory limit", lambda: memory(limit)), ("process limit", processes),
              ("cpu limit", lambda: cpu(milli))]
    for name, check in checks:
        begin = time.monotonic()
        try:
            found = check()
        except Exception as failure:  # pylint: disable=broad-except
            found = [f"the check itself failed: {failure!r}"]
        detail = ", ".join(map(str, found[:5])) + (", ..." if len(found) > 5 else "")
        print(name, "FAILED" if found else "ok", detail.replace("\n", " "),
              f"{time.monotonic() - begin:.1f} s", sep="\t", flush=True)


if __name__ == "__main__":
    main()
