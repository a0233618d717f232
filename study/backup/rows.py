"""Copy all rows of one database into another, SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, models

from formats.progress import bar

BATCH = 500
#: Of a server and not of a study: failed logins, with whatever a stranger typed as a name.
LEFT_OUT = {"axes"}
Model = type[models.Model]


def tables() -> list[Model]:
    """Every model whose rows are kept, those that join two others included."""
    return [model for model in _every_table() if model._meta.app_label not in LEFT_OUT]


def left_out() -> list[str]:
    """The tables whose rows are not kept."""
    return [model._meta.db_table for model in _every_table() if model._meta.app_label in LEFT_OUT]


def _every_table() -> list[Model]:
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and not model._meta.proxy]


def count_rows(alias: str, some: Iterable[Model] | None = None) -> dict[str, int]:
    """Rows of each table, by the model's name; of all of `tables`, or of `some`."""
    counted = tables() if some is None else some
    return {model._meta.label_lower: model._base_manager.using(alias).count() for model in counted}


def copy_rows(source: str, target: str) -> None:
    """Empty the target's tables and fill them from the source, in a transaction.

    Goes around `Model.save` and `bulk_create`, which would set some dates again. Keys between tables are checked when
    the transaction ends, so their order does not matter.
    """
    connection = connections[target]
    with connection.cursor() as cursor:
        for model in tables():
            model._base_manager.using(target)._raw_delete(target)
        for model in bar(tables(), "tables", leave=False):
            fields = [field for field in model._meta.concrete_fields if not field.generated]
            statement = _insert(target, model, fields)
            for rows in _batches(source, target, model, fields):
                cursor.executemany(statement, rows)
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)


def _insert(alias: str, model: Model, fields: list[models.Field[Any, Any]]) -> str:
    quote = connections[alias].ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608  names of our own


def _batches(
    source: str, target: str, model: Model, fields: list[models.Field[Any, Any]]
) -> Iterator[list[tuple[Any, ...]]]:
    """A table's rows as the target stores them, by key."""
    rows = model._base_manager.using(source).order_by("pk").values_list(*(field.attname for field in fields))
    connection = connections[target]
    found = (
        tuple(field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True))
        for row in rows.iterator(chunk_size=BATCH)
    )
    while batch := list(islice(found, BATCH)):
        yield batch
