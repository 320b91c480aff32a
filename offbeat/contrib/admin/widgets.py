"""Widgets of the admin's forms."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import urlencode

from offbeat import forms
from offbeat.contrib.admin import assets
from offbeat.contrib.admin.constants import IS_POPUP_VAR, SOURCE_MODEL_VAR, TO_FIELD_VAR
from offbeat.contrib.admin.quoting import quote
from offbeat.core.exceptions import ValidationError
from offbeat.core.validators import URLValidator
from offbeat.db.models import CASCADE, UUIDField
from offbeat.urls import NoReverseMatch, reverse
from offbeat.utils.html import smart_urlquote
from offbeat.utils.http import urlencode as encode_parameters
from offbeat.utils.translation import get_language
from offbeat.utils.translation import gettext as _

__all__ = [
    "SELECT2_TRANSLATIONS",
    "AdminBigIntegerFieldWidget",
    "AdminDateWidget",
    "AdminEmailInputWidget",
    "AdminFileWidget",
    "AdminIntegerFieldWidget",
    "AdminRadioSelect",
    "AdminSplitDateTime",
    "AdminTextInputWidget",
    "AdminTextareaWidget",
    "AdminTimeWidget",
    "AdminURLFieldWidget",
    "AdminUUIDInputWidget",
    "AutocompleteMixin",
    "AutocompleteSelect",
    "AutocompleteSelectMultiple",
    "BaseAdminDateWidget",
    "BaseAdminTimeWidget",
    "DateTimeWidgetContextMixin",
    "FilteredSelectMultiple",
    "ForeignKeyRawIdWidget",
    "ManyToManyRawIdWidget",
    "RelatedFieldWidgetWrapper",
    "get_select2_language",
    "url_params_from_lookup_dict",
]


class FilteredSelectMultiple(forms.SelectMultiple):
    """A choice of several that scripts turn into two lists with a search.

    ``verbose_name``: its title. ``is_stacked``: one list below the other.
    """

    use_fieldset = True

    class Media:
        js = [f"admin/js/{name}" for name in assets.FILTERED_SELECT]

    def __init__(self, verbose_name: Any, is_stacked: bool, attrs: Any = None, choices: Any = ()) -> None:
        self.verbose_name = verbose_name
        self.is_stacked = is_stacked
        super().__init__(attrs, choices)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"].update(
            {
                "class": "selectfilterstacked" if self.is_stacked else "selectfilter",
                "data-field-name": self.verbose_name,
                "data-is-stacked": int(self.is_stacked),
            }
        )
        return context


# Text


class _WithClass:
    """A widget with a CSS class, which ``attrs`` can replace."""

    class_name = ""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs={"class": self.class_name, **(attrs or {})})  # type: ignore[call-arg]


class AdminTextareaWidget(_WithClass, forms.Textarea):
    """Long text."""

    class_name = "vLargeTextField"


class AdminTextInputWidget(_WithClass, forms.TextInput):
    """Text."""

    class_name = "vTextField"


class AdminEmailInputWidget(_WithClass, forms.EmailInput):
    """A mail address."""

    class_name = "vTextField"


class AdminUUIDInputWidget(_WithClass, forms.TextInput):
    """A UUID."""

    class_name = "vUUIDField"


class AdminIntegerFieldWidget(_WithClass, forms.NumberInput):
    """A number."""

    class_name = "vIntegerField"


class AdminBigIntegerFieldWidget(AdminIntegerFieldWidget):
    """A large number."""

    class_name = "vBigIntegerField"


class AdminURLFieldWidget(_WithClass, forms.URLInput):
    """A URL, with a link to it where ``validator_class`` finds it valid."""

    class_name = "vURLField"
    template_name = "admin/widgets/url.html"

    def __init__(self, attrs: Any = None, validator_class: Any = URLValidator) -> None:
        super().__init__(attrs)
        self.validator = validator_class()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        try:
            self.validator(value if value else "")
            url_valid = True
        except ValidationError:
            url_valid = False
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["current_label"] = _("Currently:")
        context["change_label"] = _("Change:")
        # What is not a web address must not become a link: it may hold a script.
        context["widget"]["href"] = smart_urlquote(context["widget"]["value"]) if url_valid else ""
        context["url_valid"] = url_valid
        return context


class AdminFileWidget(forms.ClearableFileInput):
    """A file."""

    template_name = "admin/widgets/clearable_file_input.html"
    use_fieldset = True


class AdminRadioSelect(forms.RadioSelect):
    """Radio buttons."""

    template_name = "admin/widgets/radio.html"


# Dates


class DateTimeWidgetContextMixin:
    """Refers to the note about the time zone that scripts put below the input."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """The context, with the note's id in ``aria-describedby``."""
        context: dict[str, Any] = super().get_context(name, value, attrs)  # type: ignore[misc]
        attributes = context["widget"]["attrs"]
        note = f"id_{name}_timezone_warning_helptext"
        described_by = attributes.get("aria-describedby")
        attributes["aria-describedby"] = f"{described_by} {note}" if described_by else note
        return context


class BaseAdminDateWidget(DateTimeWidgetContextMixin, forms.DateInput):
    """A date."""

    class Media:
        js = [f"admin/js/{name}" for name in assets.DATES]

    def __init__(self, attrs: Any = None, format: str | None = None) -> None:
        super().__init__(attrs={"class": "vDateField", "size": "10", **(attrs or {})}, format=format)


class AdminDateWidget(BaseAdminDateWidget):
    """A date, with a calendar."""

    template_name = "admin/widgets/date.html"


class BaseAdminTimeWidget(DateTimeWidgetContextMixin, forms.TimeInput):
    """A time."""

    class Media:
        js = [f"admin/js/{name}" for name in assets.DATES]

    def __init__(self, attrs: Any = None, format: str | None = None) -> None:
        super().__init__(attrs={"class": "vTimeField", "size": "8", **(attrs or {})}, format=format)


class AdminTimeWidget(BaseAdminTimeWidget):
    """A time, with a clock."""

    template_name = "admin/widgets/time.html"


class AdminSplitDateTime(forms.SplitDateTimeWidget):
    """A date and a time."""

    template_name = "admin/widgets/split_datetime.html"

    def __init__(self, attrs: Any = None) -> None:
        # Past the parent's, which would make widgets of its own.
        forms.MultiWidget.__init__(self, [BaseAdminDateWidget, BaseAdminTimeWidget], attrs)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        note = f"id_{name}_timezone_warning_helptext"
        for widget in context["widget"]["subwidgets"]:
            described = widget["attrs"].get("aria-describedby", "")
            others = [one for one in described.split() if not one.endswith("_timezone_warning_helptext")]
            widget["attrs"]["aria-describedby"] = " ".join([*others, note])
        context["date_label"] = _("Date:")
        context["time_label"] = _("Time:")
        return context

    def id_for_label(self, id_: Any) -> Any:
        return id_


# Related objects


def url_params_from_lookup_dict(lookups: Any) -> dict[str, str]:
    """The limit of choices as parameters of a list's URL; Q objects cannot be written so."""
    parameters: dict[str, str] = {}
    if not (lookups and hasattr(lookups, "items")):
        return parameters
    for name, value in lookups.items():
        if callable(value):
            value = value()
        if isinstance(value, (tuple, list)):
            parameters[name] = ",".join(str(one) for one in value)
        elif isinstance(value, bool):
            parameters[name] = "1" if value else "0"
        else:
            parameters[name] = str(value)
    return parameters


def _page_url(admin_site: Any, opts: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args, current_app=admin_site.name)


class ForeignKeyRawIdWidget(forms.TextInput):
    """The key of an object, with a window to look it up.

    ``rel``: the relation of the model's field.
    """

    template_name = "admin/widgets/foreign_key_raw_id.html"
    css_class = "vForeignKeyRawIdAdminField"

    @property
    def has_uuids(self) -> bool:
        """Whether the key is a UUID, which takes more room."""
        return isinstance(self.rel.get_related_field(), UUIDField)

    def __init__(self, rel: Any, admin_site: Any, attrs: Any = None, using: str | None = None) -> None:
        self.rel = rel
        self.admin_site = admin_site
        self.db = using
        super().__init__(attrs)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        related = self.rel.model
        if self.admin_site.is_registered(related):
            url = _page_url(self.admin_site, related._meta, "changelist")
            parameters = self.url_parameters()
            if parameters:
                url += "?" + encode_parameters(parameters)
            context["related_url"] = url
            context["link_title"] = _("Lookup")
            # What the scripts find the input by.
            css_class = self.css_class
            if self.has_uuids:
                css_class += " vUUIDField"
            context["widget"]["attrs"].setdefault("class", css_class)
        else:
            context["related_url"] = None
        if context["widget"]["value"]:
            context["link_label"], context["link_url"] = self.label_and_url_for_value(value)
        else:
            context["link_label"] = None
        return context

    def base_url_parameters(self) -> dict[str, str]:
        """The limit of choices as parameters."""
        limit = self.rel.limit_choices_to
        return url_params_from_lookup_dict(limit() if callable(limit) else limit)

    def url_parameters(self) -> dict[str, str]:
        """The parameters of the window's URL."""
        return {**self.base_url_parameters(), TO_FIELD_VAR: self.rel.get_related_field().name}

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        """The object as text, and the URL of its page; empty without one."""
        key = self.rel.get_related_field().name
        try:
            obj = self.rel.model._default_manager.using(self.db).get(**{key: value})
        except (ValueError, self.rel.model.DoesNotExist, ValidationError):
            return "", ""
        try:
            url = _page_url(self.admin_site, obj._meta, "change", quote(obj.pk))
        except NoReverseMatch:
            url = ""
        from offbeat.utils.text import Truncator

        return Truncator(obj).words(14), url


class ManyToManyRawIdWidget(ForeignKeyRawIdWidget):
    """The keys of objects with commas between, with a window to look them up."""

    template_name = "admin/widgets/many_to_many_raw_id.html"
    css_class = "vManyToManyRawIdAdminField"
    has_uuids = False

    def url_parameters(self) -> dict[str, str]:
        return self.base_url_parameters()

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        return "", ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = data.get(name)
        return value.split(",") if value else None

    def format_value(self, value: Any) -> Any:
        return ",".join(str(one) for one in value) if value else ""


class RelatedFieldWidgetWrapper(forms.Widget):
    """A choice of related objects, with links to add, change, delete and view one."""

    template_name = "admin/widgets/related_widget_wrapper.html"

    def __init__(
        self,
        widget: Any,
        rel: Any,
        admin_site: Any,
        can_add_related: bool | None = None,
        can_change_related: bool = False,
        can_delete_related: bool = False,
        can_view_related: bool = False,
    ) -> None:
        self.needs_multipart_form = widget.needs_multipart_form
        self.attrs = widget.attrs
        self.widget = widget
        self.rel = rel
        self.admin_site = admin_site
        self.use_fieldset = widget.use_fieldset
        multiple = getattr(widget, "allow_multiple_selected", False)
        registered = admin_site.is_registered(rel.model)
        self.can_add_related = registered if can_add_related is None else can_add_related
        # Which of several is meant would not be clear, nor where else to look than in a select.
        single = isinstance(widget, forms.Select) and not multiple
        self.can_change_related = single and can_change_related
        # A deletion that cascades would delete what is being edited.
        cascade = getattr(rel, "on_delete", None) is CASCADE
        self.can_delete_related = single and not cascade and can_delete_related
        self.can_view_related = not multiple and can_view_related
        if not isinstance(widget, AutocompleteMixin):
            # What the scripts update when objects are added and changed.
            self.attrs["data-context"] = "available-source"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        obj = copy.copy(self)
        obj.widget = copy.deepcopy(self.widget, memo)
        obj.attrs = self.widget.attrs
        memo[id(self)] = obj
        return obj

    @property
    def is_hidden(self) -> Any:
        return self.widget.is_hidden

    @property
    def media(self) -> Any:  # type: ignore[override]
        return self.widget.media

    @property
    def choices(self) -> Any:
        """The wrapped widget's choices."""
        return self.widget.choices

    @choices.setter
    def choices(self, value: Any) -> None:
        self.widget.choices = value

    def get_related_url(self, info: tuple[str, str], action: str, *args: Any) -> str:
        """The URL of a page of the related model."""
        return reverse("admin:{}_{}_{}".format(*info, action), current_app=self.admin_site.name, args=args)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        self.widget.choices = self.choices
        opts = self.rel.model._meta
        info = (opts.app_label, opts.model_name)
        to_field = self.rel.get_related_field().name if hasattr(self.rel, "get_related_field") else None
        view_params = urlencode({TO_FIELD_VAR: to_field})
        context: dict[str, Any] = {
            "rendered_widget": self.widget.render(name, value, attrs),
            "is_hidden": self.is_hidden,
            "name": name,
            "url_params": urlencode(
                {
                    TO_FIELD_VAR: to_field,
                    IS_POPUP_VAR: 1,
                    SOURCE_MODEL_VAR: self.rel.field.model._meta.label_lower,
                }
            ),
            "model": opts.verbose_name,
            "model_name": opts.model_name,
            "can_add_related": self.can_add_related,
            "can_change_related": self.can_change_related,
            "can_delete_related": self.can_delete_related,
            "can_view_related": self.can_view_related,
            "model_has_limit_choices_to": self.rel.limit_choices_to,
        }
        if self.can_add_related:
            context["add_related_url"] = self.get_related_url(info, "add")
        if self.can_delete_related:
            context["delete_related_template_url"] = self.get_related_url(info, "delete", "__fk__")
        if self.can_view_related or self.can_change_related:
            context["view_related_url_params"] = view_params
            context["change_related_template_url"] = self.get_related_url(info, "change", "__fk__")
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return self.widget.value_from_datadict(data, files, name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return self.widget.value_omitted_from_data(data, files, name)  # type: ignore[no-any-return]

    def id_for_label(self, id_: Any) -> Any:
        return self.widget.id_for_label(id_)


# Autocompletion

_SELECT2_LANGUAGES = (
    "af ar az bg bn bs ca cs da de dsb el en es et eu fa fi fr gl he hi hr hsb hu hy id is it ja ka km ko lt lv mk ms nb "
    "ne nl pl ps pt pt-BR ro ru sk sl sq sr sr-Cyrl sv th tk tr uk vi"
)
# The languages of Select2's files by those of the project.
SELECT2_TRANSLATIONS = {
    **{code.lower(): code for code in _SELECT2_LANGUAGES.split()},
    "zh": "zh-CN",
    "zh-cn": "zh-CN",
    "zh-hans": "zh-CN",
    "zh-hant": "zh-TW",
    "zh-tw": "zh-TW",
}


def get_select2_language() -> str | None:
    """The language of Select2's texts that suits the current one, None without one."""
    code = (get_language() or "").lower()
    while code:
        if code in SELECT2_TRANSLATIONS:
            return SELECT2_TRANSLATIONS[code]
        code = code.rpartition("-")[0]
    return None


def _is_value_of(field: Any, value: str) -> bool:
    """Whether a field can have a value: what was sent may be anything."""
    while field.remote_field:
        field = field.target_field
    try:
        field.to_python(value)
    except ValidationError:
        return False
    return True


class AutocompleteMixin:
    """A choice of related objects that are found by typing: the page holds the chosen ones only.

    ``field``: the model's field.
    """

    url_name = "%s:autocomplete"
    choices: Any

    def __init__(
        self, field: Any, admin_site: Any, attrs: Any = None, choices: Any = (), using: str | None = None
    ) -> None:
        self.field = field
        self.admin_site = admin_site
        self.db = using
        self.choices = choices
        self.attrs = {} if attrs is None else attrs.copy()
        self.i18n_name = get_select2_language()

    def get_url(self) -> str:
        """Where the objects are searched."""
        return reverse(self.url_name % self.admin_site.name)

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        """The attributes, with what the scripts need."""
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs=extra_attrs)  # type: ignore[misc]
        classes = attrs.get("class", "")
        opts = self.field.model._meta
        attrs.update(
            {
                "data-ajax--cache": "true",
                "data-ajax--delay": 250,
                "data-ajax--type": "GET",
                "data-ajax--url": self.get_url(),
                "data-app-label": opts.app_label,
                "data-model-name": opts.model_name,
                "data-field-name": self.field.name,
                "data-theme": "admin-autocomplete",
                "data-allow-clear": json.dumps(not self.is_required),  # type: ignore[attr-defined]
                "data-placeholder": "",
                "lang": self.i18n_name,
                "class": f"{classes} admin-autocomplete".strip(),
            }
        )
        return attrs

    def optgroups(self, name: str, value: Any, attr: Any = None) -> list[Any]:
        """One group with the chosen objects, and an empty choice where none is needed."""
        group: tuple[Any, list[Any], int] = (None, [], 0)
        empty_values = self.choices.field.empty_values
        chosen = {str(one) for one in value if str(one) not in empty_values}
        if not self.is_required and not self.allow_multiple_selected:  # type: ignore[attr-defined]
            group[1].append(self.create_option(name, "", "", False, 0))  # type: ignore[attr-defined]
        remote_model = self.field.remote_field.model
        to_field = getattr(self.field.remote_field, "field_name", None) or remote_model._meta.pk.attname
        target = remote_model._meta.get_field(to_field)
        to_field = target.attname
        keys = [one for one in chosen if _is_value_of(target, one)]
        objects = self.choices.queryset.using(self.db).filter(**{f"{to_field}__in": keys})
        for index, obj in enumerate(objects, len(group[1])):
            option_value = getattr(obj, to_field)
            label = self.choices.field.label_from_instance(obj)
            selected = str(option_value) in chosen
            group[1].append(
                self.create_option(name, option_value, label, selected, index)  # type: ignore[attr-defined]
            )
        return [group]

    @property
    def media(self) -> Any:
        """The scripts and styles of the search."""
        return forms.Media(
            js=[f"admin/js/{name}" for name in assets.AUTOCOMPLETE],
            css={"screen": ["admin/css/autocomplete.css"]},
        )


class AutocompleteSelect(AutocompleteMixin, forms.Select):  # type: ignore[override]
    """One object."""


class AutocompleteSelectMultiple(AutocompleteMixin, forms.SelectMultiple):  # type: ignore[override]
    """Several objects."""
