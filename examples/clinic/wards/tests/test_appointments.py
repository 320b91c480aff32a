"""Bookings: rules, pages and API."""

from __future__ import annotations

import json
from datetime import timedelta

from offbeat.contrib.auth import get_user_model
from offbeat.core.exceptions import ValidationError
from offbeat.db import IntegrityError, transaction
from offbeat.test import TestCase
from offbeat.urls import reverse
from offbeat.utils import timezone
from wards.models import Appointment, Patient, Room, Ward


class ClinicTestCase(TestCase):
    """A ward with one room and one patient, and a member of staff."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.ward = Ward.objects.create(name="Cardiology", slug="cardiology", floor=3)
        cls.room = Room.objects.create(ward=cls.ward, number="301")
        cls.patient = Patient.objects.create(ward=cls.ward, name="Ada Berg", born=timezone.localdate())
        cls.user = get_user_model().objects.create_user("robin", password="a password")
        cls.start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)

    def appointment(self, start=0, minutes=30) -> Appointment:
        begin = self.start + timedelta(minutes=start)
        return Appointment(
            room=self.room,
            patient=self.patient,
            start=begin,
            end=begin + timedelta(minutes=minutes),
            booked_by=self.user,
        )


class RuleTests(ClinicTestCase):
    def test_two_that_touch_are_no_clash(self) -> None:
        self.appointment().book()
        self.appointment(start=30).book()
        self.appointment(start=-30).book()
        self.assertEqual(Appointment.objects.count(), 3)

    def test_any_shared_moment_is_a_clash(self) -> None:
        self.appointment().book()
        for start, minutes in ((0, 30), (29, 30), (-29, 30), (10, 5), (-10, 60)):
            with self.subTest(start=start, minutes=minutes), self.assertRaises(ValidationError) as caught:
                self.appointment(start, minutes).book()
            self.assertIn("Room 301 is taken", caught.exception.messages[0])
        self.assertEqual(Appointment.objects.count(), 1)

    def test_an_appointment_may_be_moved_within_its_own_time(self) -> None:
        appointment = self.appointment()
        appointment.book()
        appointment.start += timedelta(minutes=10)
        appointment.book()

    def test_the_database_refuses_an_end_before_the_start(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.appointment(minutes=-5).save()


class PageTests(ClinicTestCase):
    async def test_pages_need_a_login(self) -> None:
        response = await self.async_client.get(reverse("dashboard"))
        self.assertRedirects(response, "/accounts/login/?next=/dashboard/", fetch_redirect_response=False)

    async def test_the_list_reads_related_objects_lazily_in_an_async_view(self) -> None:
        self.appointment().book()
        await self.async_client.aforce_login(self.user)
        response = await self.async_client.get(reverse("appointments"))
        self.assertContains(response, "Ada Berg")
        self.assertContains(response, "Room 301 · Cardiology")

    async def test_a_clash_is_an_error_of_the_form(self) -> None:
        self.appointment().book()
        await self.async_client.aforce_login(self.user)
        data = {
            "patient": self.patient.pk,
            "room": self.room.pk,
            "kind": "imaging",
            "start": self.start.strftime("%Y-%m-%dT%H:%M"),
            "minutes": 30,
        }
        response = await self.async_client.post(reverse("book"), data)
        self.assertContains(response, "Room 301 is taken from", status_code=422)
        self.assertEqual(await Appointment.objects.acount(), 1)

    async def test_a_length_that_is_no_number_is_an_error_of_its_field(self) -> None:
        await self.async_client.aforce_login(self.user)
        response = await self.async_client.post(reverse("book"), {"minutes": "long"})
        self.assertContains(response, "Enter a whole number.", status_code=422)

    async def test_the_dashboard_works_without_the_laboratory(self) -> None:
        await self.async_client.aforce_login(self.user)
        with self.settings(LAB_URL="http://127.0.0.1:9"), self.assertLogs("wards.lab", "WARNING"):
            response = await self.async_client.get(reverse("dashboard"))
        self.assertContains(response, "The laboratory does not answer")


class ApiTests(ClinicTestCase):
    def post(self, **changes: object):
        body = {
            "room": self.room.pk,
            "patient": self.patient.pk,
            "start": self.start.isoformat(),
            "end": (self.start + timedelta(minutes=30)).isoformat(),
            **changes,
        }
        return self.client.post(
            reverse("api-appointments"), json.dumps(body), content_type="application/json"
        )

    def test_it_books_then_refuses_a_clash_with_409(self) -> None:
        self.client.force_login(self.user)
        self.assertEqual(self.post().status_code, 201)
        response = self.post()
        self.assertEqual(response.status_code, 409)
        self.assertIn("Room 301 is taken", response.json()["errors"]["__all__"][0])

    def test_bad_input_is_400_and_names_the_field(self) -> None:
        self.client.force_login(self.user)
        for changes, field in (
            ({"room": "x"}, "room"),
            ({"patient": None}, "patient"),
            ({"start": "soon"}, "start"),
            ({"end": 7}, "end"),
            ({"room": 10**9}, "room"),
            ({"kind": "dance"}, "kind"),
            ({"end": "2000-01-01T00:00:00Z"}, "end"),
        ):
            with self.subTest(changes):
                response = self.post(**changes)
                self.assertEqual(response.status_code, 400)
                self.assertIn(field, response.json()["errors"])
        self.assertFalse(Appointment.objects.exists())

    def test_anonymous_callers_get_401(self) -> None:
        self.assertEqual(self.client.get(reverse("api-appointments")).status_code, 401)

    def test_deleting_twice_is_404(self) -> None:
        self.client.force_login(self.user)
        url = reverse("api-appointment", args=[self.post().json()["id"]])
        self.assertEqual(self.client.delete(url).status_code, 200)
        self.assertEqual(self.client.delete(url).status_code, 404)
