"""Found by Python at its start when this folder is in PYTHONPATH: a host whose clock is wrong by FAULTS_CLOCK seconds.

The monotonic clock stays: on a host with a wrong date it is right as well.
"""

from __future__ import annotations

import datetime as dt
import os
import time

_OFFSET = float(os.environ["FAULTS_CLOCK"])
_time, _time_ns = time.time, time.time_ns
_datetime = dt.datetime


class _SameType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


class SkewedDatetime(_datetime, metaclass=_SameType):
    @classmethod
    def now(cls, tz=None):
        return _datetime.now(tz) + dt.timedelta(seconds=_OFFSET)

    @classmethod
    def utcnow(cls):
        return _datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(seconds=_OFFSET)


time.time = lambda: _time() + _OFFSET
time.time_ns = lambda: _time_ns() + int(_OFFSET * 1e9)
dt.datetime = SkewedDatetime
