"""Background tasks: commands in child processes with limits.

The desk starts `manage.py run_job TOKEN`, which runs the steps of a job one after the other, each a command that anyone
may type as well, and keeps the job's row up to date. A job has a folder under the media storage, which no address of
the site serves.
"""

from study.jobs.child import LIMITS, Limits
from study.jobs.desk import REPORTS, can_start, folder_of, has_stopped, prepare, remove_job, running_job, start
from study.jobs.work import work

__all__ = [
    "LIMITS",
    "REPORTS",
    "Limits",
    "can_start",
    "folder_of",
    "has_stopped",
    "prepare",
    "remove_job",
    "running_job",
    "start",
    "work",
]
