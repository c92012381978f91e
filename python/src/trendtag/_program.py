"""Finds the program, and runs it once: an Arrow table in, its answer out."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

logger = logging.getLogger("trendtag")

# A process that is started from a window, such as a notebook kernel, opens no console window.
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)

# A trendtag.toml in the working folder is for the command line: here, only arguments count.
NO_CONFIG = "--no-config"

# Lines of the program's messages that an error repeats.
MESSAGE_LINES = 20


class TrendtagError(RuntimeError):
    """The program failed; the text is its own message."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        #: The exit code; negative if a signal ended the program.
        self.code = code

    def __reduce__(self) -> tuple[type[TrendtagError], tuple[str, int | None]]:
        return type(self), (str(self), self.code)


#: The name of the error in version 0.1.
FilterError = TrendtagError


def find_program(program: str | None = None, folder: str | None = None) -> str:
    """Returns the path of the program: a name or path as given, by default ``trendtag``.

    A name is looked for in ``folder``, among the scripts of this interpreter and of
    the package, beside the interpreter, and in ``PATH``, in this order.
    """
    name = program or "trendtag"
    places = [
        folder,
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", f"{os.name}_user"),
        # `pip install --target`
        str(Path(__file__).parent.parent / "bin"),
        os.path.dirname(sys.executable),
    ]
    path = [place for place in places if place] + [os.environ.get("PATH", os.defpath)]
    if os.path.dirname(name) and folder:
        name = os.path.join(folder, name)
    found = shutil.which(name, path=os.pathsep.join(path))
    if found is None:
        raise TrendtagError(
            f"the program {name} was not found on {platform.node()}; "
            "install the wheel of trendtag there, or name the program"
        )
    return os.path.abspath(found)


def failure(code: int, said: bytes) -> TrendtagError:
    """Returns the error of a program that ended with this code and these messages."""
    lines = said.decode(errors="replace").strip().splitlines()
    # What was reported before the first error is about progress.
    starts = (at for at, line in enumerate(lines) if line.startswith(("error:", "row failed:")))
    lines = lines[next(starts, 0) :][-MESSAGE_LINES:]
    end = f"signal {-code}" if code < 0 else f"exit code {code}"
    message = "\n".join(lines) or "without a message"
    return TrendtagError(f"trendtag ended with {end}: {message}", code)


def run(arguments: Sequence[str], table: pa.Table | None = None) -> bytes:
    """Runs a command over a table on standard input; returns its standard output.

    What the program reports goes to the logger ``trendtag``. Rows that it cannot
    use are an error too.
    """
    stdin = b"" if table is None else _stream(table)
    command = [find_program(), *arguments, NO_CONFIG]
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        command, input=stdin, capture_output=True, creationflags=NO_WINDOW
    )
    if done.returncode != 0:
        raise failure(done.returncode, done.stderr)
    for line in done.stderr.decode(errors="replace").splitlines():
        logger.info(line)
    return done.stdout


def write_stream(sink: Any, table: pa.Table) -> None:
    """Writes a table as an Arrow stream."""
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    write_stream(sink, table)
    return sink.getvalue()
