"""Runs a command on a pseudo-terminal and does what a person would: `python3 terminal.py STEPS COMMAND...`.

STEPS is a JSON array of ["wait", TEXT], ["type", KEYS], and ["choose", LABEL], which goes down a list until LABEL is the active one and takes it.
Prints what the terminal showed as plain text; exit code: that of the command, 97 where a step was not possible in time.
"""
import fcntl, json, os, pty, re, select, struct, sys, termios, time

STEP_SECONDS = 120
ROWS, COLUMNS = 60, 120
PLAIN = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]")

shown = ""
seen = 0


def read(fd, seconds):
    global shown
    ready, _, _ = select.select([fd], [], [], seconds)
    if not ready:
        return True
    try:
        piece = os.read(fd, 65536)
    except OSError:
        return False
    shown += PLAIN.sub("", piece.decode("utf-8", "replace"))
    return piece != b""


def active():
    """The newest line that a list marks as the one that enter takes."""
    marked = [line for line in shown[seen:].replace("\r", "\n").split("\n") if "\u25cf" in line]
    return marked[-1] if marked else ""


def until(fd, holds):
    end = time.monotonic() + STEP_SECONDS
    while not holds():
        if time.monotonic() > end or not read(fd, 0.1):
            return False
    return True


def step(fd, kind, text):
    global seen
    if kind == "wait":
        found = until(fd, lambda: text in shown[seen:])
        seen = shown.find(text, seen) + len(text) if found else seen
        return found
    if kind == "type":
        os.write(fd, text.encode())
        return True
    if not until(fd, lambda: active() != ""):
        return False
    for _ in range(40):
        if text in active():
            seen = len(shown)
            os.write(fd, b"\r")
            return True
        before = len(shown)
        os.write(fd, b"\x1b[B")
        until(fd, lambda: "\u25cf" in shown[before:])
        while select.select([fd], [], [], 0.03)[0] and read(fd, 0):
            pass
    return False


def main():
    steps, command = json.loads(sys.argv[1]), sys.argv[2:]
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    failed = next((one for one in steps if not step(fd, *one)), None)
    if failed is None:
        while read(fd, STEP_SECONDS):
            pass
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
    else:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        print(f"not possible: {failed}", file=sys.stderr)
        code = 97
    print(shown.replace("\r\n", "\n"))
    sys.exit(code if code >= 0 else 128 - code)


main()
