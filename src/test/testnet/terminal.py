"""Commands as somebody types them at a terminal."""
import fcntl
import os
import pty
import subprocess
import termios

_SECONDS = 180


def type_in(argv, text="", **options):
    """Run `argv`, with `text` to read, and return what it prints.

    It must succeed. `options` are those of a subprocess.Popen.
    """
    done = subprocess.run(argv, input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=_SECONDS,
                          check=False, **options)
    assert done.returncode == 0, (argv, done.stdout)
    return done.stdout


def answer(argv, word, **options):
    """Run `argv` at a terminal, where it asks for `word`, a secret.

    Return what it prints.
    """
    ours, theirs = pty.openpty()
    child = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs,
                             start_new_session=True, preexec_fn=control,
                             **options)
    os.close(theirs)
    printed = b""
    try:
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                # All at the other end is closed.
                break
            printed += piece
            if printed.endswith(b": "):
                os.write(ours, word.encode() + b"\n")
    finally:
        os.close(ours)
    assert child.wait(_SECONDS) == 0, (argv, printed)
    printed = printed.decode().replace("\r", "")
    assert word not in printed, "the terminal shows the secret"
    return printed


def control():
    """Make its standard input what a new process has for /dev/tty."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
