"""What a child may no longer do. Rule: it can think and answer; it cannot open, reach or start anything.

Three walls, none of which needs the rights of root: limits of memory, processor time and open files (it
keeps the three it has, so nothing new can be opened, sockets neither); no gaining of rights; and, where the
kernel knows how (Linux on x86-64 and arm64), a list of the few system calls that remain.
Sources: setrlimit(2), prctl(2), seccomp(2) (with SECCOMP_FILTER_FLAG_TSYNC).
"""

import ctypes
import platform
import resource
import struct

MOST_MEMORY = 300 * 1024 * 1024
"""Bytes of address space, all of Python's own included."""
MOST_SECONDS = 600
"""Of processor time in a child's life; for one task the office has a clock of its own."""
OPEN_FILES = 3

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
SECCOMP_SET_MODE_FILTER, EVERY_THREAD = 1, 1
SECCOMP_CALL = {"x86_64": 317, "aarch64": 277}
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # the latter answers EPERM
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_AT, MACHINE_AT = 0, 4
X32_CALLS = 0x40000000

# read write close fstat lseek mmap mprotect munmap mremap madvise brk futex poll sched_yield getpid gettid
# rt_sigaction rt_sigprocmask rt_sigreturn clock_gettime clock_nanosleep getrandom getrusage exit exit_group
CALLS = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 9, 10, 11, 25, 28, 12, 202, 7, 24, 39, 186, 13, 14, 15, 228, 230, 318, 98, 60, 231),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 80, 62, 222, 226, 215, 216, 233, 214, 98, 73, 124, 172, 178, 134, 135, 139, 113, 115,
         278, 165, 93, 94),
    ),
}  # fmt: skip


def close_doors(most_memory: int = MOST_MEMORY) -> bool:
    """Give up all that reading a picture does not need. Returns whether the kernel guards the calls."""
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    return _guarded()


def _guarded() -> bool:
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in CALLS:
        return False
    program = _program(*CALLS[machine])
    kept = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(kept))
    control = ctypes.CDLL(None, use_errno=True).prctl
    control.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
    number = control(PR_SET_DUMPABLE, 0, None, 0, 0) or control(PR_SET_NO_NEW_PRIVS, 1, None, 0, 0)
    if number != 0:
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.argtypes = [ctypes.c_long, ctypes.c_uint, ctypes.c_uint, ctypes.c_char_p]
    # for every thread that is there already; prctl would guard this one only
    return call(SECCOMP_CALL[machine], SECCOMP_SET_MODE_FILTER, EVERY_THREAD, filter_) == 0


def _program(machine: int, calls: tuple[int, ...]) -> bytes:
    """Write the filter: another machine's call, or one that is not in the list, is refused."""
    steps = [
        (LOAD, 0, 0, MACHINE_AT),
        (EQUAL, 1, 0, machine),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    steps += [(AT_LEAST, 0, 1, X32_CALLS), (RETURN, 0, 0, REFUSE)]
    for place, call in enumerate(calls):
        steps.append((EQUAL, len(calls) - place, 0, call))
    steps += [(RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
