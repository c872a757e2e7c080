"""The task queue of an embedded installation: a folder with one file for each task waiting."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """A folder of messages that a reader never meets half written.

    The plain transport opens the file under its final name before it writes, and a reader that
    looks in between takes an empty message away. Here the name appears once the message is whole.
    """

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        """Add a message to the queue. Raises ``ChannelError`` if the folder cannot be written."""
        # The wall clock, so that the order of what waits survives a restart of the machine.
        name = f"{time.time_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out) / name
        partial = whole.with_suffix(".part")
        try:
            whole.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(payload))
            partial.replace(whole)
        except OSError as error:
            raise ChannelError(f"The task queue's folder cannot be written: {error}") from error


class Transport(filesystem.Transport):
    """Kombu's file-system transport with the channel above."""

    Channel = Channel
