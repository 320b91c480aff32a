import warnings

from asgiref.sync import async_to_sync
from django.test import TestCase

from myapp.models import Room


class RoomTests(TestCase):
    def test_an_async_function_from_a_sync_test(self):
        async def add():
            await Room.objects.acreate(name="blue")
            return await Room.objects.acount()

        self.assertEqual(async_to_sync(add)(), 1)
        warnings.warn("the old way goes away", DeprecationWarning, stacklevel=1)

    async def test_an_async_test(self):
        self.assertEqual((await self.async_client.get("/")).json(), {"status": "ok", "rooms": 0})

    def test_the_client(self):
        response = self.client.get("/sync/")
        self.assertEqual(response.json(), {"rooms": 0})
        self.assertEqual(response["Referrer-Policy"], "same-origin")
