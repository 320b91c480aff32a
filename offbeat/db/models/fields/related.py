"""Relational fields, their reverse sides and accessors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.db.models.fields.foreign import ForeignKey, ForeignObject, OneToOneField
from offbeat.db.models.fields.many_to_many import ManyToManyField, create_many_to_many_intermediary_model
from offbeat.db.models.fields.related_descriptors import (
    ForeignKeyDeferredAttribute,
    ForwardManyToOneDescriptor,
    ForwardOneToOneDescriptor,
    ManyToManyDescriptor,
    ReverseManyToOneDescriptor,
    ReverseOneToOneDescriptor,
)
from offbeat.db.models.fields.relation import (
    RECURSIVE_RELATIONSHIP_CONSTANT,
    RelatedField,
    lazy_related_operation,
    resolve_relation,
)
from offbeat.db.models.fields.reverse_related import (
    ForeignObjectRel,
    ManyToManyRel,
    ManyToOneRel,
    OneToOneRel,
)
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.db.models.fields.related_lookups import (
        RelatedExact,
        RelatedGreaterThan,
        RelatedGreaterThanOrEqual,
        RelatedIn,
        RelatedIsNull,
        RelatedLessThan,
        RelatedLessThanOrEqual,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.db.models.fields.related_lookups": (
                "RelatedExact",
                "RelatedGreaterThan",
                "RelatedGreaterThanOrEqual",
                "RelatedIn",
                "RelatedIsNull",
                "RelatedLessThan",
                "RelatedLessThanOrEqual",
            ),
        },
    )

__all__ = [
    "RECURSIVE_RELATIONSHIP_CONSTANT",
    "ForeignKey",
    "ForeignKeyDeferredAttribute",
    "ForeignObject",
    "ForeignObjectRel",
    "ForwardManyToOneDescriptor",
    "ForwardOneToOneDescriptor",
    "ManyToManyDescriptor",
    "ManyToManyField",
    "ManyToManyRel",
    "ManyToOneRel",
    "OneToOneField",
    "OneToOneRel",
    "RelatedExact",
    "RelatedField",
    "RelatedGreaterThan",
    "RelatedGreaterThanOrEqual",
    "RelatedIn",
    "RelatedIsNull",
    "RelatedLessThan",
    "RelatedLessThanOrEqual",
    "ReverseManyToOneDescriptor",
    "ReverseOneToOneDescriptor",
    "create_many_to_many_intermediary_model",
    "lazy_related_operation",
    "resolve_relation",
]

# They are known by this module's name, in reprs, pickles and documentation.
for _class in (ForeignKey, ForeignObject, ManyToManyField, OneToOneField, RelatedField):
    _class.__module__ = __name__
del _class
