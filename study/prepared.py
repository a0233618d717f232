"""Queries whose SQL is built once: for the room's largest, Django takes longer to build it than to run it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from threading import local
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, QuerySet

Found = TypeVar("Found")


class Given(Expression):
    """The place of a value in a query that is built before the value is known."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A parameter, which stands for itself until the query runs."""
        return "%s", (self,)


class Prepared(Generic[Found]):
    """A query with some `Given` values, built once for each connection.

    `build` makes it; where that takes arguments, `kind` tells apart the queries that come of them.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Found]], kind: Callable[..., Hashable] = lambda *arguments: ()
    ) -> None:
        self._build, self._kind, self._here = build, kind, local()

    def __call__(self, *arguments: object, **values: object) -> list[Found]:
        """The rows that are found with these values."""
        built: dict[Hashable, _Built] = self._here.__dict__.setdefault("built", {})
        kind, connection = self._kind(*arguments), connections[DEFAULT_DB_ALIAS]
        if kind not in built or built[kind].connection is not connection:
            built[kind] = _Built(self._build(*arguments), connection)
        return list(built[kind].rows(values))


class _Built:
    """A query set with its SQL, run by Django's own iterators of rows."""

    def __init__(self, query_set: QuerySet[Any, Any], connection: Any) -> None:
        self.connection, self._compiler = connection, query_set.query.get_compiler(connection=connection)
        self._sql, self._places = self._compiler.as_sql()
        # What such an iterator asks of a query set: of its query the compiler alone, which this is.
        query = SimpleNamespace(get_compiler=lambda *_, **__: self)
        asked: Any = SimpleNamespace(db=connection.alias, query=query, _known_related_objects={})
        self._iterator: Any = query_set._iterable_class(asked)

    def rows(self, values: dict[str, object]) -> Iterator[Any]:
        """The rows that are found with these values."""
        self._parameters = [self._parameter(place, values) for place in self._places]
        yield from self._iterator

    def _parameter(self, place: Any, values: dict[str, object]) -> object:
        if not isinstance(place, Given):
            return place
        return place.output_field.get_db_prep_value(values[place.name], self.connection)

    def execute_sql(self, **_chunks: object) -> list[Any]:
        """In place of the compiler's, which would build its SQL once more."""
        with self.connection.cursor() as cursor:
            cursor.execute(self._sql, self._parameters)
            return [cursor.fetchall()]

    def results_iter(self, results: Any = None, *, tuple_expected: bool = False, **_chunks: object) -> Any:
        """In place of the compiler's, which would execute its own SQL."""
        return self._compiler.results_iter(results or self.execute_sql(), tuple_expected)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler, name)
