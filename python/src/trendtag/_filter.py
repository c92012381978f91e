"""Runs the program as a filter: Arrow record batches in, tagged ones out."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO

import pyarrow as pa

# Lines of what the program says that are kept for an error.
_LINES = 20


class FilterError(RuntimeError):
    """The program has failed; the text is its own message."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        #: The exit code; negative if a signal ended the program.
        self.code = code

    def __reduce__(self) -> tuple[type[FilterError], tuple[str, int | None]]:
        return FilterError, (str(self), self.code)


def find_program(program: str | None = None, folder: str | None = None) -> str:
    """The path of the program: a name or path as given, by default ``trendtag``.

    A name is looked for in ``folder``, among the scripts of this interpreter,
    beside it, and in ``PATH``, in this order.
    """
    name = program or "trendtag"
    places = [folder, sysconfig.get_path("scripts"), os.path.dirname(sys.executable)]
    path = [place for place in places if place] + [os.environ.get("PATH", os.defpath)]
    if os.path.dirname(name) and folder:
        name = os.path.join(folder, name)
    found = shutil.which(name, path=os.pathsep.join(path))
    if found is None:
        raise FilterError(
            f"the program {name} was not found on {platform.node()}; "
            "install the wheel of trendtag there, or name the program"
        )
    return os.path.abspath(found)


class Filter:
    """A running filter; an iterator of tagged record batches, one time.

    The batches are fed to it by a thread of their own, so that neither side waits
    for the other; what it says is read by another one. If the program or the
    source of the batches fails, the iteration raises, whatever came before.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        arguments: Sequence[str] = (),
        program: str | None = None,
        folder: str | None = None,
    ) -> None:
        command = [find_program(program, folder), "tag", "--quiet", "--format", "arrow", "-"]
        self._process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
        )
        self._said: deque[bytes] = deque(maxlen=_LINES)
        self._fault: BaseException | None = None
        self._reader: pa.ipc.RecordBatchStreamReader | None = None
        stdin, stderr = self._process.stdin, self._process.stderr
        assert stdin is not None and stderr is not None
        self._listener = threading.Thread(target=self._listen, args=(stderr,), daemon=True)
        feed = (stdin, schema, batches)
        self._feeder = threading.Thread(target=self._feed, args=feed, daemon=True)
        self._listener.start()
        self._feeder.start()

    @property
    def schema(self) -> pa.Schema:
        """The columns of the tagged batches."""
        return self._open().schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        reader = self._open()
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                break
            except (pa.ArrowInvalid, OSError):
                # It has ended before its answer was whole, and has said why.
                self._check()
                raise
            yield batch
        self._check()

    def __enter__(self) -> Filter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Nothing is left to do after a whole run; a run that nobody wants ends.
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _open(self) -> pa.ipc.RecordBatchStreamReader:
        if self._reader is None:
            try:
                self._reader = pa.ipc.open_stream(self._process.stdout)
            except (pa.ArrowInvalid, OSError):
                self._check()
                raise
        return self._reader

    def _check(self) -> None:
        """Waits for the end, and raises if it is not a good one."""
        code = self._process.wait()
        self._feeder.join()
        self._listener.join()
        if code != 0:
            said = b"".join(self._said).decode(errors="replace").strip()
            end = f"signal {-code}" if code < 0 else f"exit code {code}"
            message = f"trendtag ended with {end}: {said or 'it said nothing'}"
            # That no more could be written to it follows from its end.
            raise FilterError(message, code) from self._fault
        if self._fault is not None:
            raise self._fault

    def _feed(self, stdin: IO[bytes], schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        try:
            with stdin, pa.ipc.new_stream(stdin, schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
                    stdin.flush()
        except BaseException as fault:  # raised where the batches are read
            self._fault = fault

    def _listen(self, stderr: IO[bytes]) -> None:
        with stderr:
            self._said.extend(stderr)
