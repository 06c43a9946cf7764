# SPDX-License-Identifier: Apache-2.0
"""Names that try to get out of wherever they are printed."""
import os

names = [
    b"a\nb", b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"\xff\xfe invalid", b"\xc3(", b"\xed\xa0\x80", b"'", b'"',
    b"$'\\n'", b"`id`", b"$(id)", b"-rf", b"--", b" ", b"tab\t", b"\r", b"\x7f", b"\x01", b"a\\b", b"\\x41", b"%s%n",
    b"<script>", b"&amp;", b"{\"json\": 1}", "grüße".encode(), "日本".encode(), "e\u0301".encode(), "\u202egnp".encode(),
    b"(deleted)", b"x (deleted)", b"pipe:[1]", b"...", b"*", b"x" * 255,
]
for name in names:
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600))
    os.stat(name)
    try:
        os.open(name + b"/below", os.O_RDONLY)
    except OSError:
        pass
    other = b"to " + name[:200]
    os.rename(name, other)
    os.symlink(name, name)
    os.unlink(other)
directory = b"dir \n\xff"
os.mkdir(directory)
os.chdir(directory)
for name in names[:12]:
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600))
    child = os.fork()
    if child == 0:
        try:
            os.execve(b"/bin/true", [name, b"", name], {})
        finally:
            os._exit(9)
    os.waitpid(child, 0)
try:
    os.execv(b"missing \xff\n", [b"x"])
except OSError:
    pass
