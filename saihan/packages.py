"""The files of the npm packages that pages use, straight from `node_modules`."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

NODE_MODULES = settings.BASE_DIR / "node_modules"

# Source maps come along: the files point to them, and the fingerprinting storage follows each pointer.
FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/css/tabler.min.css.map",
    "@tabler/core/dist/js/tabler.min.js",
    "@tabler/core/dist/js/tabler.min.js.map",
    "echarts/dist/echarts.min.js",  # the smallest with sankey, treemap and calendar, which echarts.common leaves out
    "htmx.org/dist/htmx.min.js",
)


class PackageFinder(BaseFinder):
    """Finds the listed files and nothing else of the 80 MB beside them; their paths are those in `node_modules`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=NODE_MODULES)

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:
        found = self.storage.path(path) if path in FILES and self.storage.exists(path) else None
        if find_all:
            return [found] if found else []
        return found or []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        return ((path, self.storage) for path in FILES)
