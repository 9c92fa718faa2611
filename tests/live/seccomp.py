# SPDX-License-Identifier: GPL-2.0-or-later
"""Seccomp filters for programs under test, as a container's: preexec_fn=forbid({"ptrace": EPERM})."""

import ctypes
import struct

NUMBERS = {"rt_sigreturn": 15, "clone": 56, "wait4": 61, "ptrace": 101, "keyctl": 250, "process_vm_readv": 310,
           "memfd_create": 319}

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ERRNO, ALLOW = 0x00050000, 0x7FFF0000
KILL = 0x80000000 - ERRNO  # in place of an errno: the process is killed


def forbid(answers):
    """What sets a filter under which these system calls fail with that errno (or KILL), and all others are fine."""
    code = struct.pack("HBBI", LOAD_NUMBER, 0, 0, 0)
    for name, answer in answers.items():
        code += struct.pack("HBBI", JUMP_IF_EQUAL, 0, 1, NUMBERS[name])
        code += struct.pack("HBBI", RETURN, 0, 0, ERRNO + answer)
    code += struct.pack("HBBI", RETURN, 0, 0, ALLOW)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)

    def install(_keep=buffer):
        for arguments in (PR_SET_NO_NEW_PRIVS, 1, 0), (PR_SET_SECCOMP, 2, program):
            if libc.prctl(ctypes.c_int(arguments[0]), *map(_word, arguments[1:]), _word(0), _word(0)) != 0:
                raise OSError(ctypes.get_errno(), "prctl")
    return install


def _word(value):
    return ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_ulong(value)


def may_suspend():
    """Whether the program may suspend a target's filter: CAP_SYS_ADMIN, and no filter of its own."""
    with open("/proc/self/status", encoding="utf-8", errors="replace") as status:
        fields = dict(line.split(":", 1) for line in status if ":" in line)
    return int(fields["CapEff"], 16) >> 21 & 1 == 1 and int(fields.get("Seccomp", "0")) == 0
