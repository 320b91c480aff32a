"""Forms of the wards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from offbeat import forms
from wards.models import Appointment


class AppointmentForm(forms.ModelForm):
    """Books an appointment: begin and length instead of begin and end."""

    start = forms.DateTimeField(
        label="Begins",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    minutes = forms.IntegerField(
        label="Length in minutes",
        min_value=5,
        max_value=480,
        initial=30,
        widget=forms.NumberInput(attrs={"step": 5}),
    )

    class Meta:
        model = Appointment
        fields = ["patient", "room", "kind", "start"]

    field_order = ["patient", "room", "kind", "start", "minutes"]

    def clean(self) -> Any:
        cleaned = super().clean()
        if cleaned.get("start") and cleaned.get("minutes"):
            self.instance.end = cleaned["start"] + timedelta(minutes=cleaned["minutes"])
        return cleaned


class MessageForm(forms.Form):
    """One line of chat."""

    text = forms.CharField(max_length=500, strip=True)
