"""FileField and ImageField (Django documentation: ref/models/fields#filefield)."""

from __future__ import annotations

import datetime
import posixpath
from typing import Any

from offbeat.core import checks
from offbeat.core.exceptions import FieldError
from offbeat.core.files.base import ContentFile, File
from offbeat.core.files.images import ImageFile
from offbeat.core.files.storage import Storage, default_storage
from offbeat.core.files.utils import validate_file_name
from offbeat.db.models import signals
from offbeat.db.models.fields.base import Field
from offbeat.db.models.query_utils import DeferredAttribute
from offbeat.db.models.utils import AltersData
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["FieldFile", "FileDescriptor", "FileField", "ImageField", "ImageFieldFile", "ImageFileDescriptor"]


class FieldFile(File, AltersData):
    """The value of a FileField: a file in the field's storage, opened when it is needed."""

    def __init__(self, instance: Any, field: Any, name: Any) -> None:
        super().__init__(None, name)
        self.instance = instance
        self.field = field
        self.storage = field.storage
        # False while the file waits to be written to the storage.
        self._committed = True

    def __eq__(self, other: object) -> bool:
        # A file equals its name, and a file of the same name.
        if hasattr(other, "name"):
            return bool(self.name == other.name)
        return bool(self.name == other)

    def __hash__(self) -> int:
        return hash(self.name)

    def __bool__(self) -> bool:
        return bool(self.name)

    def _require_file(self) -> None:
        if not self:
            raise ValueError(f"The '{self.field.name}' attribute has no file associated with it.")

    def _get_file(self) -> Any:
        self._require_file()
        if getattr(self, "_file", None) is None:
            self._file = self.storage.open(self.name, "rb")
        return self._file

    def _set_file(self, file: Any) -> None:
        self._file = file

    def _del_file(self) -> None:
        del self._file

    file = property(_get_file, _set_file, _del_file)

    @property
    def path(self) -> str:
        """The path in the local file system; NotImplementedError for storages that have none."""
        self._require_file()
        return self.storage.path(self.name)  # type: ignore[no-any-return]

    @property
    def url(self) -> str:
        """The URL of the file."""
        self._require_file()
        return self.storage.url(self.name)  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The size in bytes."""
        self._require_file()
        if not self._committed:
            return self.file.size  # type: ignore[no-any-return]
        return self.storage.size(self.name)  # type: ignore[no-any-return]

    def open(self, mode: str | None = "rb", *args: Any, **kwargs: Any) -> FieldFile:
        """Open the file (again) in `mode`; return it."""
        self._require_file()
        if getattr(self, "_file", None) is None:
            self.file = self.storage.open(self.name, mode or "rb")
        else:
            self.file.open(mode, *args, **kwargs)
        return self

    open.alters_data = True  # type: ignore[attr-defined]

    def save(self, name: str, content: Any, save: bool = True) -> None:
        """Write `content` to the storage under the name upload_to gives, and save the instance unless told not to."""
        name = self.field.generate_filename(self.instance, name)
        self.name = self.storage.save(name, content, max_length=self.field.max_length)
        # What was open is another file now.
        old = self.__dict__.get("_file")
        if old is not None and old is not content:
            old.close()
            self._file = None
        self._set_instance_attribute(self.name, content)
        self._committed = True
        if save:
            self.instance.save()

    save.alters_data = True  # type: ignore[attr-defined]

    def _set_instance_attribute(self, name: str, content: Any) -> None:
        setattr(self.instance, self.field.attname, name)

    def delete(self, save: bool = True) -> None:
        """Delete the file from the storage, and save the instance unless told not to."""
        if not self:
            return
        # Some platforms delete no open file.
        if hasattr(self, "_file"):
            self.close()
            del self.file
        self.storage.delete(self.name)
        self.name = None
        setattr(self.instance, self.field.attname, self.name)
        self._committed = False
        if save:
            self.instance.save()

    delete.alters_data = True  # type: ignore[attr-defined]

    @property
    def closed(self) -> bool:
        """True when the file is not open."""
        file = getattr(self, "_file", None)
        return file is None or file.closed

    def close(self) -> None:
        """Close the file."""
        file = getattr(self, "_file", None)
        if file is not None:
            file.close()

    def __getstate__(self) -> dict[str, Any]:
        # The instance comes back with the model, the storage with the field.
        return {
            "name": self.name,
            "closed": False,
            "_committed": True,
            "_file": None,
            "instance": self.instance,
            "field": self.field,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        state.pop("closed", None)
        self.__dict__.update(state)
        self.storage = self.field.storage


class FileDescriptor(DeferredAttribute):
    """The attribute of a FileField: whatever is assigned (a name, a File) is read as a FieldFile."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        data = instance.__dict__
        field = self.field
        name = field.attname
        file = data[name] if name in data else super().__get__(instance, cls)

        if isinstance(file, FieldFile):
            if not hasattr(file, "field"):
                # Unpickled without its surroundings.
                file.instance = instance
                file.field = field
                file.storage = field.storage
            elif instance is not file.instance:
                file.instance = instance
        elif isinstance(file, str) or file is None:
            data[name] = field.attr_class(instance, field, file)
        elif isinstance(file, File):
            # A file to be saved along with the instance.
            copy = field.attr_class(instance, field, file.name)
            copy.file = file
            copy._committed = False
            data[name] = copy
        elif hasattr(file, "resolve_expression"):
            # A database default: there is a name once the instance is saved.
            return file
        return data[name]

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class FileField(Field[Any, Any]):
    """The name of a file in a storage."""

    attr_class: Any = FieldFile
    descriptor_class: Any = FileDescriptor
    description = _("File")

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        upload_to: Any = "",
        storage: Any = None,
        **kwargs: Any,
    ) -> None:
        self._primary_key_set_explicitly = "primary_key" in kwargs
        self.storage = default_storage if storage is None else storage
        if callable(self.storage):
            # Kept for deconstruct(), so that the storage is not written into migrations.
            self._storage_callable = self.storage
            self.storage = self.storage()
            if not isinstance(self.storage, Storage):
                raise TypeError(
                    f"{self.__class__.__qualname__}.storage must be a subclass/instance of {Storage.__module__}.{Storage.__qualname__}"
                )
        self.upload_to = upload_to
        kwargs.setdefault("max_length", 100)
        super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_primary_key(), *self._check_upload_to()]

    def _check_primary_key(self) -> list[Any]:
        if self._primary_key_set_explicitly:
            return [
                checks.Error(
                    f"'primary_key' is not a valid argument for a {self.__class__.__name__}.",
                    obj=self,
                    id="fields.E201",
                )
            ]
        return []

    def _check_upload_to(self) -> list[Any]:
        if isinstance(self.upload_to, str) and self.upload_to.startswith("/"):
            return [
                checks.Error(
                    f"{self.__class__.__name__}'s 'upload_to' argument must be a relative path, not an absolute path.",
                    obj=self,
                    id="fields.E202",
                    hint="Remove the leading slash.",
                )
            ]
        return []

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 100:
            del kwargs["max_length"]
        kwargs["upload_to"] = self.upload_to
        storage = getattr(self, "_storage_callable", self.storage)
        if storage is not default_storage:
            kwargs["storage"] = storage
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Return "FileField"."""
        return "FileField"

    def get_prep_value(self, value: Any) -> Any:
        """Convert to the file's name."""
        value = super().get_prep_value(value)
        # None is no file.
        return None if value is None else str(value)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """Write a file that waits for it to the storage; return the value to save."""
        file = super().pre_save(model_instance, add)
        if hasattr(file, "resolve_expression"):
            return file
        if file.name is None and getattr(file, "_file", None) is not None:
            error = FieldError(f"File for {self.name} must have the name attribute specified to be saved.")
            if isinstance(file._file, ContentFile):
                error.add_note("Pass a 'name' argument to ContentFile.")
            raise error
        if file and not file._committed:
            file.save(file.name, file.file, save=False)
        return file

    def generate_filename(self, instance: Any, filename: str) -> str:
        """Return the name in the storage: upload_to (strftime formatting, or a callable) and a valid file name."""
        if callable(self.upload_to):
            filename = self.upload_to(instance, filename)
        else:
            directory = datetime.datetime.now().strftime(str(self.upload_to))
            filename = posixpath.join(directory, filename)
        filename = validate_file_name(filename, allow_relative_path=True)
        return self.storage.generate_filename(filename)  # type: ignore[no-any-return]

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Take over a form's file: None means no change, False the removal of the file."""
        if data is not None:
            setattr(instance, self.name, data or "")

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.FileField."""
        from offbeat import forms

        defaults = {"max_length": self.max_length, **kwargs}
        return super().formfield(form_class or forms.FileField, choices_form_class, **defaults)


class ImageFileDescriptor(FileDescriptor):
    """The attribute of an ImageField: another image brings other dimensions."""

    def __set__(self, instance: Any, value: Any) -> None:
        previous_file = instance.__dict__.get(self.field.attname)
        super().__set__(instance, value)
        # The first assignment happens while the instance is made: the dimensions it is given are right. (See
        # ImageField.contribute_to_class() for instances without dimensions.)
        if previous_file is not None:
            self.field.update_dimension_fields(instance, force=True)


class ImageFieldFile(ImageFile, FieldFile):
    """The value of an ImageField."""

    def _set_instance_attribute(self, name: str, content: Any) -> None:
        # The dimensions are read from the content at hand rather than from the storage.
        self.__dict__.pop("_dimensions_cache", None)
        content.name = name
        setattr(self.instance, self.field.attname, content)
        self.instance.__dict__[self.field.attname] = name

    def delete(self, save: bool = True) -> None:
        """Delete the image; its dimensions are forgotten."""
        if hasattr(self, "_dimensions_cache"):
            del self._dimensions_cache
        super().delete(save)

    delete.alters_data = True  # type: ignore[attr-defined]


class ImageField(FileField):
    """The name of an image in a storage; width_field and height_field keep its dimensions."""

    attr_class = ImageFieldFile
    descriptor_class = ImageFileDescriptor
    description = _("Image")

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        width_field: str | None = None,
        height_field: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.width_field, self.height_field = width_field, height_field
        super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_image_library_installed()]

    def _check_image_library_installed(self) -> list[Any]:
        try:
            from PIL import Image  # noqa: F401
        except ImportError:
            return [
                checks.Error(
                    "Cannot use ImageField because Pillow is not installed.",
                    hint=(
                        'Get Pillow at https://pypi.org/project/Pillow/ or run command "python -m pip install '
                        'Pillow".'
                    ),
                    obj=self,
                    id="fields.E210",
                )
            ]
        return []

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if self.width_field:
            kwargs["width_field"] = self.width_field
        if self.height_field:
            kwargs["height_field"] = self.height_field
        return name, path, args, kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of `cls`; instances without dimensions get them when they are made."""
        super().contribute_to_class(cls, name, private_only=private_only)
        # The other fields have no value yet when the image is assigned, so this waits for the whole instance. An
        # abstract model has no instances.
        if not cls._meta.abstract and (self.width_field or self.height_field):
            signals.post_init.connect(self.update_dimension_fields, sender=cls)

    def update_dimension_fields(self, instance: Any, force: bool = False, *args: Any, **kwargs: Any) -> None:
        """Set the dimension fields from the image, unless they have values already; `force` sets them anyhow."""
        has_dimension_fields = self.width_field or self.height_field
        if not has_dimension_fields or self.attname not in instance.__dict__:
            # Deferred: there is nothing to measure.
            return
        file = getattr(instance, self.attname)
        if not file and not force:
            return
        filled = not (
            (self.width_field and not getattr(instance, self.width_field))
            or (self.height_field and not getattr(instance, self.height_field))
        )
        # Loaded from the database, most likely: reading the file would be in vain.
        if filled and not force:
            return
        if file:
            width, height = file.width, file.height
        else:
            width = height = None
        if self.width_field:
            setattr(instance, self.width_field, width)
        if self.height_field:
            setattr(instance, self.height_field, height)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.ImageField."""
        from offbeat import forms

        return super().formfield(form_class or forms.ImageField, choices_form_class, **kwargs)
