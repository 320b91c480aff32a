"""Type variables and option names of field constructors."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    _ST = TypeVar("_ST", default=Any)
    _GT = TypeVar("_GT", default=Any)
    _StrST = TypeVar("_StrST", default="str | Any")
    _StrGT = TypeVar("_StrGT", default=str)
    _IntST = TypeVar("_IntST", default="int | str | Any")
    _IntGT = TypeVar("_IntGT", default=int)
    _FloatST = TypeVar("_FloatST", default="float | str | Any")
    _FloatGT = TypeVar("_FloatGT", default=float)
    _DecimalST = TypeVar("_DecimalST", default="decimal.Decimal | float | str | Any")
    _DecimalGT = TypeVar("_DecimalGT", default=decimal.Decimal)
    _BoolST = TypeVar("_BoolST", default="bool | Any")
    _BoolGT = TypeVar("_BoolGT", default=bool)
    _DateST = TypeVar("_DateST", default="datetime.date | str | Any")
    _DateGT = TypeVar("_DateGT", default=datetime.date)
    _DateTimeST = TypeVar("_DateTimeST", default="datetime.datetime | datetime.date | str | Any")
    _DateTimeGT = TypeVar("_DateTimeGT", default=datetime.datetime)
    _TimeST = TypeVar("_TimeST", default="datetime.time | str | Any")
    _TimeGT = TypeVar("_TimeGT", default=datetime.time)
    _DurationST = TypeVar("_DurationST", default="datetime.timedelta | Any")
    _DurationGT = TypeVar("_DurationGT", default=datetime.timedelta)
    _BytesST = TypeVar("_BytesST", default="bytes | bytearray | memoryview | Any")
    _BytesGT = TypeVar("_BytesGT", default="bytes | memoryview")
    _UUIDST = TypeVar("_UUIDST", default="uuid.UUID | str | Any")
    _UUIDGT = TypeVar("_UUIDGT", default=uuid.UUID)
else:
    from typing import TypeVar

    _ST, _GT = TypeVar("_ST"), TypeVar("_GT")
    _StrST, _StrGT = TypeVar("_StrST"), TypeVar("_StrGT")
    _IntST, _IntGT = TypeVar("_IntST"), TypeVar("_IntGT")
    _FloatST, _FloatGT = TypeVar("_FloatST"), TypeVar("_FloatGT")
    _DecimalST, _DecimalGT = TypeVar("_DecimalST"), TypeVar("_DecimalGT")
    _BoolST, _BoolGT = TypeVar("_BoolST"), TypeVar("_BoolGT")
    _DateST, _DateGT = TypeVar("_DateST"), TypeVar("_DateGT")
    _DateTimeST, _DateTimeGT = TypeVar("_DateTimeST"), TypeVar("_DateTimeGT")
    _TimeST, _TimeGT = TypeVar("_TimeST"), TypeVar("_TimeGT")
    _DurationST, _DurationGT = TypeVar("_DurationST"), TypeVar("_DurationGT")
    _BytesST, _BytesGT = TypeVar("_BytesST"), TypeVar("_BytesGT")
    _UUIDST, _UUIDGT = TypeVar("_UUIDST"), TypeVar("_UUIDGT")


class FieldOptions(TypedDict, total=False):
    """The keyword options that every field takes, besides `null`."""

    primary_key: bool
    unique: bool
    blank: bool
    db_index: bool
    rel: Any
    default: Any
    editable: bool
    serialize: bool
    unique_for_date: str | None
    unique_for_month: str | None
    unique_for_year: str | None
    choices: Iterable[Any] | Mapping[Any, Any] | Callable[[], Any] | None
    help_text: Any
    db_column: str | None
    db_tablespace: str | None
    auto_created: bool
    validators: Sequence[Callable[..., Any]]
    error_messages: Mapping[str, Any] | None
    db_comment: str | None
    db_default: Any
