"""Files while they come in: what is too much, or finds no room on the disk, is marked and the form is still read."""

import io
import tempfile
from contextlib import suppress

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from events.attachments import MOST_REQUEST_BYTES

MOST_FILE_BYTES = 64 * 1024 * 1024  # what a form takes is less, and for the form to say


class ReceivedFile(UploadedFile):
    """A file in a temporary one without a name, which is gone with the process; `size` is what was sent of it."""

    is_whole = True


class BoundedUploadHandler(FileUploadHandler):
    """Stands for Django's handler of large files, which fills any disk and, when it is full, loses the form."""

    def __init__(self, request=None):
        super().__init__(request)
        self.received = 0

    def new_file(self, *args, **kwargs) -> None:
        super().new_file(*args, **kwargs)
        self.file = ReceivedFile(io.BytesIO(), self.file_name, self.content_type, 0, self.charset)
        try:
            # Without a buffer: a full disk is told by the write itself, not by a later close.
            folder = settings.FILE_UPLOAD_TEMP_DIR
            self.file.file = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115  the request closes it
        except OSError:
            self._drop()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > MOST_REQUEST_BYTES or start + len(raw_data) > MOST_FILE_BYTES:
            self._drop()
        if not self.file.is_whole:
            return
        try:
            while raw_data:
                raw_data = raw_data[self.file.file.write(raw_data) :]
        except OSError:
            self._drop()

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()

    def _drop(self) -> None:
        """Give back the room that the file took; its name and size stay, for the form to tell."""
        if self.file.is_whole:
            self.file.is_whole = False
            with suppress(OSError):
                self.file.file.close()
            self.file.file = io.BytesIO()
