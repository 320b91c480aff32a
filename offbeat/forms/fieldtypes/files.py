"""Fields for files."""

from __future__ import annotations

import os
import re
import warnings
from io import BytesIO
from typing import Any

from offbeat.core import validators
from offbeat.core.exceptions import ValidationError
from offbeat.forms.fieldtypes.base import Field
from offbeat.forms.fieldtypes.choices import ChoiceField
from offbeat.forms.widgets import FILE_INPUT_CONTRADICTION, ClearableFileInput, FileInput
from offbeat.utils.translation import gettext_lazy as _
from offbeat.utils.translation import ngettext_lazy

__all__ = ["FileField", "FilePathField", "ImageField"]


class FileField(Field):
    """An uploaded file."""

    widget = ClearableFileInput
    default_error_messages = {
        "invalid": _("No file was submitted. Check the encoding type on the form."),
        "missing": _("No file was submitted."),
        "empty": _("The submitted file is empty."),
        "max_length": ngettext_lazy(
            "Ensure this filename has at most %(max)d character (it has %(length)d).",
            "Ensure this filename has at most %(max)d characters (it has %(length)d).",
            "max",
        ),
        "contradiction": _("Please either submit a file or check the clear checkbox, not both."),
    }

    def __init__(
        self, *, max_length: int | None = None, allow_empty_file: bool = False, **kwargs: Any
    ) -> None:
        self.max_length = max_length
        self.allow_empty_file = allow_empty_file
        super().__init__(**kwargs)

    def to_python(self, data: Any) -> Any:
        if data in self.empty_values:
            return None
        try:
            file_name = data.name
            file_size = data.size
        except AttributeError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if self.max_length is not None and len(file_name) > self.max_length:
            params = {"max": self.max_length, "length": len(file_name)}
            raise ValidationError(self.error_messages["max_length"], code="max_length", params=params)
        if not file_name:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if not self.allow_empty_file and not file_size:
            raise ValidationError(self.error_messages["empty"], code="empty")
        return data

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The file; ``initial`` if none was submitted, False if it is to be removed."""
        if data is FILE_INPUT_CONTRADICTION:
            raise ValidationError(self.error_messages["contradiction"], code="contradiction")
        if data is False:
            if not self.required:
                return False
            # A required file cannot be removed: as if nothing had been said.
            data = None
        if not data and initial:
            return initial
        return super().clean(data)

    def bound_data(self, _: Any, initial: Any) -> Any:
        return initial

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and data is not None

    def _clean_bound_field(self, bf: Any) -> Any:
        value = bf.initial if self.disabled else bf.data
        return self.clean(value, bf.initial)


class ImageField(FileField):
    """An uploaded image, checked with Pillow."""

    default_validators = [validators.validate_image_file_extension]
    default_error_messages = {
        "invalid_image": _(
            "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
        ),
    }

    def to_python(self, data: Any) -> Any:
        file_object = super().to_python(data)
        if file_object is None:
            return None
        from PIL import Image

        # A path for large files, bytes for small ones.
        if hasattr(data, "temporary_file_path"):
            source: Any = data.temporary_file_path()
        elif hasattr(data, "read"):
            source = BytesIO(data.read())
        else:
            source = BytesIO(data["content"])
        try:
            with warnings.catch_warnings():
                # A small file that would become a huge picture.
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                image = Image.open(source)
                # verify() must come right after open(), and the image cannot be used after it.
                image.verify()
            file_object.image = image
            # The content type that the client sent is not to be trusted.
            file_object.content_type = Image.MIME.get(image.format)  # type: ignore[arg-type]
        except Exception as exc:
            # Pillow raises all kinds of errors for what is not an image.
            raise ValidationError(self.error_messages["invalid_image"], code="invalid_image") from exc
        if hasattr(file_object, "seek") and callable(file_object.seek):
            file_object.seek(0)
        return file_object

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        if isinstance(widget, FileInput) and "accept" not in widget.attrs:
            attrs.setdefault("accept", "image/*")
        return attrs


class FilePathField(ChoiceField):
    """A choice of the files in a directory."""

    def __init__(
        self,
        path: Any,
        *,
        match: str | None = None,
        recursive: bool = False,
        allow_files: bool = True,
        allow_folders: bool = False,
        **kwargs: Any,
    ) -> None:
        self.path, self.match, self.recursive = path, match, recursive
        self.allow_files, self.allow_folders = allow_files, allow_folders
        super().__init__(choices=(), **kwargs)
        self.match_re = re.compile(self.match) if self.match is not None else None
        self.set_choices()

    def set_choices(self) -> None:
        """Read the directory."""
        choices: list[tuple[str, str]] = [] if self.required else [("", "---------")]
        if self.recursive:
            for root, dirs, files in sorted(os.walk(self.path)):
                if self.allow_files:
                    choices += self._matching(root, sorted(files))
                if self.allow_folders:
                    choices += self._matching(root, [d for d in sorted(dirs) if d != "__pycache__"])
        else:
            with os.scandir(self.path) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
            for entry in listed:
                if entry.name == "__pycache__":
                    continue
                if ((self.allow_files and entry.is_file()) or (self.allow_folders and entry.is_dir())) and (
                    self.match_re is None or self.match_re.search(entry.name)
                ):
                    choices.append((entry.path, entry.name))
        self.choices = choices
        self.widget.choices = self.choices

    def _matching(self, root: str, names: list[str]) -> list[tuple[str, str]]:
        paths = [
            os.path.join(root, name) for name in names if self.match_re is None or self.match_re.search(name)
        ]
        return [(path, path.replace(str(self.path), "", 1)) for path in paths]
