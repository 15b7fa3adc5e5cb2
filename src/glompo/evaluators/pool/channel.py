"""Whole messages over one end of a pair of sockets.

Each message is preceded by its length. The parent never waits inside a message: a worker process may be stopped or
killed in the middle of one, and its deadline must be kept all the same. A socket pair also tells, when the far side
is gone, whether it died before it had read what was sent to it: then that message had no effect.
"""

from __future__ import annotations

import socket
import struct

HEAD = struct.Struct("<Q")
PIECE = 1 << 16


class Channel:
    """One end of the line."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._data = bytearray()
        self.ended = False  # whether the far side is known to be gone
        self.unread = False  # whether it went without reading what it was sent last

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._end.fileno()

    def send(self, message: bytes) -> None:
        """Send a message whole.

        Raises
        ------
        OSError
            If the far side is gone.
        """
        self._end.sendall(HEAD.pack(len(message)) + message)

    def receive(self) -> bytes | None:
        """Return the next message, waiting for it; None when the far side is gone."""
        while (message := self._take()) is None:
            if self.ended:
                return None
            self._read(0)
        return message

    def arrived(self, all_of_it: bool = False) -> list[bytes]:
        """Return the messages that are here, without waiting.

        Parameters
        ----------
        all_of_it : bool
            Read until nothing is left; otherwise one piece, and a wait on the descriptor tells of more.
        """
        more = self._read(socket.MSG_DONTWAIT)
        while all_of_it and more:
            more = self._read(socket.MSG_DONTWAIT)
        messages = []
        while (message := self._take()) is not None:
            messages.append(message)
        return messages

    def finish(self) -> None:
        """Tell the far side that nothing more will be sent."""
        try:
            self._end.shutdown(socket.SHUT_WR)
        except OSError:
            self.ended = True

    def close(self) -> None:
        """Give back the descriptor."""
        self._end.close()

    def _read(self, flags: int) -> bool:
        """Read one piece; say whether there may be more."""
        try:
            piece = self._end.recv(PIECE, flags)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            self.ended = self.unread = True
            return False
        self._data += piece
        self.ended = not piece
        return bool(piece)

    def _take(self) -> bytes | None:
        if len(self._data) < HEAD.size:
            return None
        end = HEAD.size + HEAD.unpack_from(self._data)[0]
        if len(self._data) < end:
            return None
        message = bytes(self._data[HEAD.size : end])
        del self._data[:end]
        return message
