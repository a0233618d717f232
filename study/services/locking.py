"""The one order of locks: a study's row, then an expert's, then the rows of that expert (links, devices, names).

Every act that writes something of a study begins with `lock_study`, or with `lock_expert`, which locks the study first.
So an act waits for another one only at the study's row and holds nothing meanwhile that the other could wait for,
whatever both lock afterwards. What it reads of study and expert from then on stays as it is until it is done.
`log_event` takes the study's lock too: an act that did not begin with it would hold its own rows while it waits there.

A page's save shares the lock with other saves (study/services/saving/rules.py). On SQLite a transaction has the whole
database from its beginning.
"""

from __future__ import annotations

from study.models import Expert, Study


def lock_study(study: int) -> Study:
    """Locks a study's row until the transaction ends; what of it decides whether an act may be, as it is now."""
    fields = ("slug", "state", "simulated", "preview")
    return Study.objects.select_for_update().only(*fields).get(pk=study)


def lock_expert(expert: Expert) -> Expert:
    """Locks the study's row, then the expert's; the expert as the database has them now, study and slot at hand."""
    lock_study(expert.study_id)
    rows = Expert.objects.select_for_update(of=("self",)).select_related("study", "slot")
    return rows.defer("study__plan", "study__certificate").get(pk=expert.pk)
