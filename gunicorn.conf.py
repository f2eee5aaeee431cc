"""The web server. PORT is read here and by `saihan/run.py` only."""

from pathlib import Path

from saihan import env

bind = f"0.0.0.0:{env.port('PORT', 8000)}"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 10
# Longer than a proxy keeps an idle connection, so that it never sends into one that is being closed here. Connections
# that say nothing are kept as long, which is why a proxy has to stand in front.
keepalive = 75
# The application is read once, before the workers: a wrong setting ends the server instead of a worker again and again.
preload_app = True
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  gunicorn keeps a heartbeat there, no data
loglevel = "warning"
# It would lie in the home folder, shared by every installation of the same user.
control_socket_disable = True
