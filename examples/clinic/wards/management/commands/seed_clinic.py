"""``seed_clinic``: made-up data, the same on every machine. Running it again changes nothing."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from offbeat.contrib.auth import get_user_model
from offbeat.core.management.base import BaseCommand, CommandParser
from offbeat.db import transaction
from offbeat.utils import timezone
from wards.models import Appointment, Message, Patient, Room, Ward

WARDS = [("Cardiology", "cardiology", 3), ("Paediatrics", "paediatrics", 1), ("Surgery", "surgery", 4)]
GIVEN = [
    "Ada",
    "Bela",
    "Chidi",
    "Dana",
    "Edo",
    "Farah",
    "Goran",
    "Hana",
    "Ilir",
    "Jun",
    "Kaia",
    "Lior",
    "Mira",
    "Noor",
    "Ola",
]
FAMILY = [
    "Abara",
    "Berg",
    "Costa",
    "Dvořák",
    "Engel",
    "Fodor",
    "Grant",
    "Haddad",
    "Ito",
    "Jansen",
    "Kaya",
    "Lund",
]
STAFF = [("demo", "Robin", "Demo"), ("sam", "Sam", "Okafor"), ("lee", "Lee", "Novak")]


class Command(BaseCommand):
    help = "Fills the clinic with made-up data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", default="demo-clinic", help="Password of the made-up staff.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if Ward.objects.exists():
            return
        chance = random.Random(20260101)
        staff = self._staff(options["password"])
        for name, slug, floor in WARDS:
            ward = Ward.objects.create(name=name, slug=slug, floor=floor)
            rooms = Room.objects.bulk_create(Room(ward=ward, number=f"{floor}{n:02}") for n in range(1, 5))
            patients = Patient.objects.bulk_create(
                Patient(
                    ward=ward,
                    name=f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}",
                    born=date(chance.randint(1940, 2019), chance.randint(1, 12), chance.randint(1, 28)),
                    note=chance.choice(
                        ["", "", "Allergic to penicillin", "Needs an interpreter", "Walks with a frame"]
                    ),
                )
                for _ in range(8)
            )
            self._appointments(rooms, patients, staff, chance)
            Message.objects.create(
                ward=ward, author=staff[1], text=f"Good morning, {name}. Handover at half past seven."
            )
        if options["verbosity"] > 0:
            self.stdout.write(
                f"Made {Patient.objects.count()} patients and {Appointment.objects.count()} appointments."
            )

    @staticmethod
    def _staff(password: str) -> list[Any]:
        user_model = get_user_model()
        return [
            user_model.objects.create_user(
                name, f"{name}@clinic.example", password, first_name=first, last_name=last, is_staff=True
            )
            for name, first, last in STAFF
        ]

    @staticmethod
    def _appointments(
        rooms: list[Room], patients: list[Patient], staff: list[Any], chance: random.Random
    ) -> None:
        today = timezone.localdate()
        for day in range(4):
            for room in rooms:
                for hour in sorted(chance.sample(range(8, 17), 3)):
                    start = timezone.make_aware(datetime.combine(today + timedelta(days=day), time(hour)))
                    Appointment.objects.create(
                        room=room,
                        patient=chance.choice(patients),
                        kind=chance.choice(Appointment.Kind.values),
                        start=start,
                        end=start + timedelta(minutes=chance.choice([20, 30, 45, 60])),
                        booked_by=chance.choice(staff),
                    )
