"""How a line of the log is written."""

import logging
import re
from typing import Any

# PostgreSQL adds the row that it refused, with everything that somebody reported in it; it may run over many lines.
DETAIL = re.compile(r"\nDETAIL: .*?(?=\n\n(?:The above exception|During handling)|\Z)", re.DOTALL)


class Formatter(logging.Formatter):
    """Tracebacks without the contents of rows: logs hold no personal data."""

    def formatException(self, ei: Any) -> str:
        return DETAIL.sub("", super().formatException(ei))
