"""Celery options, nothing else. Each is a consequence of one rule: the rows are the truth, messages only wake."""

from webapp.broker import transport_options
from webapp.settings import read_settings

_settings = read_settings()

broker_url = _settings.broker
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# A bound, not a size: connections are opened as they are needed. Flower needs many: its threads hold one each
# while they wait for another, and all of them for ever where there are fewer than twice its threads.
broker_pool_limit = 50
broker_transport_options = transport_options(_settings)

accept_content = ["json"]
task_serializer = "json"
task_ignore_result = True
result_backend = None

task_default_queue = "jobs"
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
# The attempt took too long (time limit) is another clock than the worker is dead (the lease).
task_soft_time_limit = 240
task_time_limit = 300

worker_max_tasks_per_child = 1000
worker_soft_shutdown_timeout = 5
worker_enable_soft_shutdown_on_idle = False
worker_cancel_long_running_tasks_on_connection_loss = False
worker_hijack_root_logger = False
worker_send_task_events = True
task_send_sent_event = True
worker_concurrency = _settings.worker_concurrency
timezone = "UTC"

beat_schedule = {
    "sweep": {
        "task": "worker.tasks.sweep",
        "schedule": _settings.sweep_seconds,
        # A sweep that waited longer than this is of no use: the next one does the same.
        "options": {"expires": max(1.0, _settings.sweep_seconds * 2)},
    },
    "purge-expired": {"task": "worker.tasks.purge_expired", "schedule": 3600.0},
}
beat_schedule_filename = str(_settings.data_dir / "celerybeat-schedule")
