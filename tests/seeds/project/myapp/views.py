import asyncio

from django.http import JsonResponse

from myapp.models import Room


async def status(request):
    return JsonResponse({"status": "ok", "rooms": await Room.objects.acount()})


def counted(request):
    return JsonResponse({"rooms": Room.objects.count()})


async def me(request):
    return JsonResponse({"id": request.user.id})


async def naps(request):
    await asyncio.gather(*(asyncio.sleep(0.1) for _ in range(3)))
    return JsonResponse({})
