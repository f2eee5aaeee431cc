"""The log tells what failed and nothing of what people reported."""

import io
import logging

from django.db import IntegrityError

from saihan.logs import Formatter

REFUSED = (
    'null value in column "due_at" violates not-null constraint\n'
    "DETAIL:  Failing row contains (1, 楼道灯坏了, 张三说：\n\n灯又坏了).\n"
)


def test_a_traceback_does_not_repeat_the_row():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter("%(message)s"))
    log = logging.Logger("saihan.test")
    log.addHandler(handler)
    try:
        try:
            raise ValueError(REFUSED)
        except ValueError as error:
            raise IntegrityError(REFUSED) from error
    except IntegrityError:
        log.exception("It failed.")
    written = stream.getvalue()
    assert written.count("violates not-null constraint") == 2
    assert "The above exception was the direct cause" in written
    assert "Failing row" not in written
    assert "张三" not in written
    assert "灯又坏了" not in written
