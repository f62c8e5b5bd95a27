"""Log lines: one JSON object each, with ids and nothing that a person wrote."""

from __future__ import annotations

import json
import logging

from webapp.logs import JsonFormatter


def line(message="hello", *, exc_info=None, **extra):
    record = logging.LogRecord("webapp.x", logging.WARNING, __file__, 1, message, (), exc_info)
    record.__dict__.update(extra)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_record_is_one_json_object_with_its_extra_fields():
    told = line("two\nlines", job_id="abc", seconds=0.5)
    assert told["message"] == "two\nlines"
    assert (told["level"], told["logger"]) == ("warning", "webapp.x")
    assert (told["job_id"], told["seconds"]) == ("abc", 0.5)
    assert told["time"].endswith("+00:00")
    assert set(told) == {"time", "level", "logger", "message", "job_id", "seconds"}


def test_an_exception_tells_its_type_and_place_and_never_its_message():
    try:
        int("my secret")
    except ValueError as error:
        told = line(exc_info=(type(error), error, error.__traceback__))
    assert told["error"] == "ValueError"
    assert any("test_log_lines.py" in place for place in told["trace"])
    assert "secret" not in json.dumps(told)


def test_a_value_that_is_no_json_is_told_as_text():
    class Odd:
        def __str__(self):
            return "odd"

    assert line(thing=Odd())["thing"] == "odd"
