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

    aaggregate = async_face(Writing[_M].aggregate)
    abulk_create = async_face(Writing[_M].bulk_create)
    abulk_update = async_face(Writing[_M].bulk_update)
    acontains = async_face(Writing[_M].contains)
    acount = async_face(Writing[_M].count)
    acreate = async_face(Writing[_M].create)
    adelete = async_face(Writing[_M].delete)
    aearliest = async_face(Writing[_M].earliest)
    aexists = async_face(Writing[_M].exists)
    aexplain = async_face(Writing[_M].explain)
    afirst = async_face(Writing[_M].first)
    aget = async_face(Writing[_M].get)
    aget_or_create = async_face(Writing[_M].get_or_create)
    ain_bulk = async_face(Writing[_M].in_bulk)
    alast = async_face(Writing[_M].last)
    alatest = async_face(Writing[_M].latest)
    aupdate = async_face(Writing[_M].update)
    aupdate_or_create = async_face(Writing[_M].update_or_create)
