"""The chat and the vital signs."""

from __future__ import annotations

from offbeat.channels.routing import URLRouter
from offbeat.channels.testing import WebsocketCommunicator
from offbeat.contrib.auth.models import AnonymousUser
from offbeat.test import SimpleTestCase
from offbeat.urls import reverse
from wards import vitals
from wards.consumers import NO_SUCH_WARD, NOT_ALLOWED, ChatConsumer
from wards.models import Message
from wards.routing import websocket_urlpatterns
from wards.tests.test_appointments import ClinicTestCase

application = URLRouter(websocket_urlpatterns)


class ChatTests(ClinicTestCase):
    def socket(self, user=None, slug="cardiology") -> WebsocketCommunicator:
        communicator = WebsocketCommunicator(application, f"/ws/wards/{slug}/chat/")
        communicator.scope["user"] = self.user if user is None else user
        return communicator

    async def test_a_message_is_kept_and_reaches_everybody_in_order(self) -> None:
        one, other = self.socket(), self.socket()
        await one.connect()
        await other.connect()
        for text in ("first", "second"):
            await one.send_json_to({"text": text})
        for socket in (one, other):
            heard = [(await socket.receive_json_from())["message"]["text"] for _ in range(2)]
            self.assertEqual(heard, ["first", "second"])
        self.assertEqual([each.text async for each in Message.objects.all()], ["first", "second"])
        await one.disconnect()
        await other.disconnect()

    async def test_what_is_no_message_is_answered_with_errors(self) -> None:
        socket = self.socket()
        await socket.connect()
        for frame in ("not json", "[]", '{"text": "  "}', '{"text": "%s"}' % ("x" * 501)):
            await socket.send_to(text_data=frame)
            self.assertIn("text", (await socket.receive_json_from())["errors"])
        self.assertFalse(await Message.objects.aexists())
        await socket.disconnect()

    async def test_strangers_and_unknown_wards_are_refused(self) -> None:
        self.assertEqual(await self.socket(AnonymousUser()).connect(), (False, NOT_ALLOWED))
        self.assertEqual(await self.socket(slug="nowhere").connect(), (False, NO_SUCH_WARD))

    def test_the_route_leads_to_the_consumer(self) -> None:
        self.assertIs(websocket_urlpatterns[0].callback.consumer_class, ChatConsumer)


class VitalsTests(ClinicTestCase):
    async def test_the_stream_sends_the_signs_of_the_wards_patients(self) -> None:
        await self.async_client.aforce_login(self.user)
        response = await self.async_client.get(reverse("ward_vitals", args=["cardiology"]))
        self.assertTrue(response.headers["Content-Type"].startswith("text/event-stream"))
        received = b""
        async for part in response:
            received += part
            if b"data: " in received:
                break
        self.assertIn(b'"patient": %d' % self.patient.pk, received)


class SignTests(SimpleTestCase):
    def test_signs_stay_within_what_a_living_person_has(self) -> None:
        for patient in range(1, 30):
            for moment in range(0, 600, 7):
                signs = vitals.read(patient, moment)
                self.assertTrue(55 <= signs["pulse"] <= 95)
                self.assertTrue(93 <= signs["oxygen"] <= 100)
                self.assertGreater(signs["systolic"], signs["diastolic"])
