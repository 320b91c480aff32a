"""The JSON API: appointments to read, book and cancel."""

from __future__ import annotations

import json
from typing import Any

from offbeat.core.exceptions import ValidationError
from offbeat.db import transaction
from offbeat.http import HttpRequest, JsonResponse
from offbeat.utils.dateparse import parse_date, parse_datetime
from offbeat.utils.timezone import is_naive, make_aware
from offbeat.views import View
from wards.models import Appointment


def as_json(appointment: Appointment) -> dict[str, Any]:
    """An appointment as the API shows it."""
    return {
        "id": appointment.pk,
        "room": appointment.room.number,
        "ward": appointment.room.ward.slug,
        "patient": {"id": appointment.patient.pk, "name": appointment.patient.name},
        "kind": appointment.kind,
        "start": appointment.start.isoformat(),
        "end": appointment.end.isoformat(),
        "booked_by": appointment.booked_by.get_username(),
    }


def problem(status: int, errors: Any) -> JsonResponse:
    return JsonResponse({"errors": errors}, status=status)


class ApiView(View):
    """A view for staff; others get 401 as JSON."""

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = await request.auser()
        if not user.is_authenticated:
            return problem(401, {"__all__": ["Log in first."]})
        return await super().dispatch(request, *args, **kwargs)


class AppointmentList(ApiView):
    """GET: appointments, of one day with ``?day=YYYY-MM-DD``. POST: book one."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        found = Appointment.objects.select_related("room__ward", "patient", "booked_by")
        if day := request.GET.get("day"):
            try:
                parsed = parse_date(day)
            except ValueError:
                parsed = None
            if parsed is None:
                return problem(400, {"day": ["Write the day as YYYY-MM-DD."]})
            found = found.on(parsed)
        return JsonResponse({"appointments": [as_json(appointment) async for appointment in found[:500]]})

    async def post(self, request: HttpRequest) -> JsonResponse:
        try:
            appointment = self._appointment(request)
            async with transaction.atomic():
                appointment.full_clean()
                await appointment.asave()
        except ValidationError as error:
            codes = (
                {each.code for each in error.error_dict.get("__all__", [])}
                if hasattr(error, "error_dict")
                else set()
            )
            errors = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
            return problem(409 if "clash" in codes else 400, errors)
        return JsonResponse(as_json(appointment), status=201)

    @staticmethod
    def _appointment(request: HttpRequest) -> Appointment:
        try:
            data = json.loads(request.body)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise ValidationError("Send one JSON object.")
        times = {}
        for name in ("start", "end"):
            try:
                moment = parse_datetime(data.get(name) or "")
            except (TypeError, ValueError):
                moment = None
            if moment is None:
                raise ValidationError({name: "Write the time as ISO 8601."})
            times[name] = make_aware(moment) if is_naive(moment) else moment
        for name in ("room", "patient"):
            if type(data.get(name)) is not int:
                raise ValidationError({name: "Give the id, a number."})
        return Appointment(
            room_id=data["room"],
            patient_id=data["patient"],
            kind=data.get("kind", Appointment.Kind.CONSULTATION),
            booked_by_id=request.user.pk,
            **times,
        )


class AppointmentDetail(ApiView):
    """GET and DELETE one appointment."""

    async def _find(self, pk: int) -> Appointment | None:
        return await Appointment.objects.filter(pk=pk).afirst()

    async def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        appointment = await self._find(pk)
        return (
            problem(404, {"__all__": ["No such appointment."]})
            if appointment is None
            else JsonResponse(as_json(appointment))
        )

    async def delete(self, request: HttpRequest, pk: int) -> JsonResponse:
        appointment = await self._find(pk)
        if appointment is None:
            return problem(404, {"__all__": ["No such appointment."]})
        await appointment.adelete()
        return JsonResponse({}, status=200)
