"""Runs the program as a filter: Arrow record batches in, tagged ones out."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO

import pyarrow as pa

from ._program import MESSAGE_LINES, NO_CONFIG, NO_WINDOW, failure, find_program


class Filter:
    """A running filter: an iterator over tagged record batches, for one pass.

    A thread feeds the batches to it, so that neither side waits for the other;
    another one reads its messages. If the program or the source of the batches
    fails, the iteration raises, whatever came before.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        arguments: Sequence[str] = (),
        program: str | None = None,
        folder: str | None = None,
    ) -> None:
        command = [find_program(program, folder), "tag", "--quiet", "--format", "arrow", "-", NO_CONFIG]
        self._process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            creationflags=NO_WINDOW,
        )
        self._said: deque[bytes] = deque(maxlen=MESSAGE_LINES)
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
                # The program ended before its answer was complete, and reported why.
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
        # A finished run needs nothing more; a run that is no longer needed is ended.
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
            # A failed write follows from the end of the program, which is reported
            # instead.
            raise failure(code, b"".join(self._said)) from self._fault
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
