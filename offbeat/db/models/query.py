"""QuerySet and its companions (Django documentation: ref/models/querysets); the parts live in `queryset/`."""

from __future__ import annotations

from offbeat.concurrency import async_face
from offbeat.db.models.query_utils import Q
from offbeat.db.models.queryset.combining import EmptyQuerySet
from offbeat.db.models.queryset.iteration import (
    BaseIterable,
    FlatValuesListIterable,
    ModelIterable,
    NamedValuesListIterable,
    RawModelIterable,
    ValuesIterable,
    ValuesListIterable,
)
from offbeat.db.models.queryset.prefetch import (
    Prefetch,
    aprefetch_related_objects,
    get_prefetcher,
    prefetch_one_level,
    prefetch_related_objects,
)
from offbeat.db.models.queryset.raw import RawQuerySet
from offbeat.db.models.queryset.reading import MAX_GET_RESULTS
from offbeat.db.models.queryset.state import _M, REPR_OUTPUT_SIZE
from offbeat.db.models.queryset.writing import Writing

__all__ = [
    "MAX_GET_RESULTS",
    "REPR_OUTPUT_SIZE",
    "BaseIterable",
    "EmptyQuerySet",
    "FlatValuesListIterable",
    "ModelIterable",
    "NamedValuesListIterable",
    "Prefetch",
    "Q",
    "QuerySet",
    "RawModelIterable",
    "RawQuerySet",
    "ValuesIterable",
    "ValuesListIterable",
    "aprefetch_related_objects",
    "get_prefetcher",
    "prefetch_one_level",
    "prefetch_related_objects",
]


class QuerySet(Writing[_M]):
    """A lazy, chainable query for the objects of one model."""

    aaggregate = async_face(Writing.aggregate)
    abulk_create = async_face(Writing.bulk_create)
    abulk_update = async_face(Writing.bulk_update)
    acontains = async_face(Writing.contains)
    acount = async_face(Writing.count)
    acreate = async_face(Writing.create)
    adelete = async_face(Writing.delete)
    aearliest = async_face(Writing.earliest)
    aexists = async_face(Writing.exists)
    aexplain = async_face(Writing.explain)
    afirst = async_face(Writing.first)
    aget = async_face(Writing.get)
    aget_or_create = async_face(Writing.get_or_create)
    ain_bulk = async_face(Writing.in_bulk)
    alast = async_face(Writing.last)
    alatest = async_face(Writing.latest)
    aupdate = async_face(Writing.update)
    aupdate_or_create = async_face(Writing.update_or_create)
