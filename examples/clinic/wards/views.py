"""Pages of the clinic. They are async: each reads related objects where it needs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from offbeat.contrib import messages
from offbeat.contrib.auth.decorators import login_required
from offbeat.db import transaction
from offbeat.db.models import Count
from offbeat.http import EventStreamResponse, HttpRequest, HttpResponse
from offbeat.shortcuts import aget_object_or_404, redirect, render
from offbeat.utils import timezone
from offbeat.views.decorators.http import require_GET, require_http_methods
from wards import lab, vitals
from wards.forms import AppointmentForm
from wards.models import Appointment, Patient, Ward

VITALS_INTERVAL = 1.0


async def appointments_today() -> list[Appointment]:
    """Today's appointments with room and patient."""
    today = Appointment.objects.on(timezone.localdate()).select_related("room__ward", "patient", "booked_by")
    return [appointment async for appointment in today]


async def wards_with_numbers() -> list[Ward]:
    """All wards with the number of their patients and rooms."""
    counted = Ward.objects.annotate(
        patient_count=Count("patients", distinct=True), room_count=Count("rooms", distinct=True)
    )
    return [ward async for ward in counted]


@login_required
@require_GET
async def dashboard(request: HttpRequest) -> HttpResponse:
    """Three sources at once: two from the database, one from the laboratory."""
    wards, appointments, laboratory = await asyncio.gather(
        wards_with_numbers(), appointments_today(), lab.pending_results()
    )
    context = {"wards": wards, "appointments": appointments, "laboratory": laboratory, "now": timezone.now()}
    return render(request, "wards/dashboard.html", context)


@login_required
@require_GET
async def ward(request: HttpRequest, slug: str) -> HttpResponse:
    """One ward: patients with their vital signs, and the chat."""
    found = await aget_object_or_404(Ward, slug=slug)
    patients = [(patient, vitals.read(patient.pk)) async for patient in found.patients.all()]
    recent = found.messages.select_related("author").order_by("-sent", "-pk")[:30]
    history = [message.as_event() async for message in recent]
    context = {"ward": found, "patients": patients, "history": history[::-1]}
    return render(request, "wards/ward.html", context)


@login_required
@require_GET
async def ward_vitals(request: HttpRequest, slug: str) -> EventStreamResponse:
    """Vital signs of a ward's patients as server-sent events, until the client leaves."""
    found = await aget_object_or_404(Ward, slug=slug)
    patients = [pk async for pk in found.patients.values_list("pk", flat=True)]

    async def readings() -> AsyncIterator[list[vitals.Vitals]]:
        while True:
            yield [vitals.read(pk) for pk in patients]
            await asyncio.sleep(VITALS_INTERVAL)

    return EventStreamResponse(readings(), retry=2000)


@login_required
@require_GET
async def appointments(request: HttpRequest) -> HttpResponse:
    """Coming appointments. The template reads patient, room and ward of each one lazily."""
    coming = Appointment.objects.filter(end__gte=timezone.now())[:100]
    return render(request, "wards/appointments.html", {"appointments": [each async for each in coming]})


@login_required
@require_http_methods(["GET", "POST"])
async def book(request: HttpRequest) -> HttpResponse:
    """The booking form; a clash is shown as an error of the form."""
    form = AppointmentForm(request.POST or None, initial=_proposal(request))
    form.instance.booked_by = request.user
    if request.method == "POST":
        # Checked and saved in one transaction: nobody can take the room in between.
        async with transaction.atomic():
            if form.is_valid():
                appointment = form.save()
                messages.success(request, f"Booked: {appointment}.")
                return redirect("appointments")
    return render(request, "wards/book.html", {"form": form}, status=422 if form.errors else 200)


def _proposal(request: HttpRequest) -> dict[str, Any]:
    """What the form starts with: the patient that the link names, and the next full hour."""
    start = (timezone.localtime() + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return {"start": start, "patient": request.GET.get("patient"), "room": request.GET.get("room")}


@login_required
@require_http_methods(["POST"])
async def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel an appointment."""
    appointment = await aget_object_or_404(Appointment, pk=pk)
    await appointment.adelete()
    messages.info(request, f"Cancelled: {appointment}.")
    return redirect("appointments")


@login_required
@require_GET
async def patients(request: HttpRequest) -> HttpResponse:
    """All patients; ``?q=`` searches names."""
    query = request.GET.get("q", "").strip()
    found = Patient.objects.all()
    if query:
        found = found.filter(name__icontains=query)
    listed = [(patient, patient.ward, await patient.appointments.acount()) async for patient in found[:200]]
    return render(request, "wards/patients.html", {"patients": listed, "query": query})


def home(request: HttpRequest) -> HttpResponse:
    """The front door: what this is, and the way in."""
    if request.user.is_authenticated:
        return redirect("dashboard")
    return render(request, "wards/home.html")
