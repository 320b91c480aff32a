"""Wards, their rooms and patients, appointments and messages."""

from __future__ import annotations

from datetime import timedelta

from offbeat.conf import settings
from offbeat.core.exceptions import ValidationError
from offbeat.db import models, transaction
from offbeat.urls import reverse
from offbeat.utils import timezone


class Ward(models.Model):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(unique=True)
    floor = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("ward", args=[self.slug])


class Room(models.Model):
    ward = models.ForeignKey(Ward, models.CASCADE, related_name="rooms")
    number = models.CharField(max_length=10, unique=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Room {self.number}"


class Patient(models.Model):
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="patients")
    name = models.CharField(max_length=100)
    born = models.DateField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def age(self) -> int:
        """Whole years."""
        today = timezone.localdate()
        return today.year - self.born.year - ((today.month, today.day) < (self.born.month, self.born.day))


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Questions about appointments."""

    def overlapping(self, start, end):
        """Those that share any moment with the time from ``start`` to ``end``."""
        return self.filter(start__lt=end, end__gt=start)

    def on(self, day):
        """Those that begin on a day."""
        return self.filter(start__date=day)


class Appointment(models.Model):
    """A patient in a room for a while. No room has two at once."""

    class Kind(models.TextChoices):
        CONSULTATION = "consultation", "Consultation"
        IMAGING = "imaging", "Imaging"
        THERAPY = "therapy", "Therapy"
        SURGERY = "surgery", "Surgery"

    room = models.ForeignKey(Room, models.PROTECT, related_name="appointments")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="appointments")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CONSULTATION)
    start = models.DateTimeField()
    end = models.DateTimeField()
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="bookings")

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["start"]
        indexes = [models.Index(fields=["room", "start"], name="appointment_room_start")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")), name="appointment_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.patient} in {self.room}, {self.start:%d %b %H:%M}"

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def clean(self) -> None:
        """Refuse what clashes with another appointment in the room."""
        if not (self.start and self.end and self.room_id):
            return
        if self.end <= self.start:
            raise ValidationError({"end": "An appointment must end after it begins."}, code="order")
        clash = (
            Appointment.objects.filter(room_id=self.room_id)
            .exclude(pk=self.pk)
            .overlapping(self.start, self.end)
            .first()
        )
        if clash is not None:
            start, end = timezone.localtime(clash.start), timezone.localtime(clash.end)
            raise ValidationError(
                "%(room)s is taken from %(start)s to %(end)s by %(patient)s. Choose another room or time.",
                code="clash",
                params={
                    "room": self.room,
                    "start": f"{start:%H:%M}",
                    "end": f"{end:%H:%M}",
                    "patient": clash.patient,
                },
            )

    def book(self) -> None:
        """Check and save in one transaction, so that of two bookings for the same time one is refused."""
        with transaction.atomic():
            self.full_clean()
            self.save()


class Message(models.Model):
    """One line of a ward's chat."""

    ward = models.ForeignKey(Ward, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    sent = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["sent", "pk"]

    def __str__(self) -> str:
        return f"{self.author}: {self.text}"

    def as_event(self) -> dict[str, object]:
        """The message as pages get it."""
        return {
            "id": self.pk,
            "author": self.author.get_full_name() or self.author.get_username(),
            "text": self.text,
            "sent": self.sent.isoformat(),
        }
