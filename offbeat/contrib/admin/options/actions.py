"""ModelAdmin: actions on the selected objects of a list, or on the object of a form (ref/contrib/admin/actions)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from offbeat.contrib import messages
from offbeat.contrib.admin import constants
from offbeat.contrib.admin.constants import ACTION_CHECKBOX_NAME, IS_POPUP_VAR, ActionLocation
from offbeat.contrib.admin.options.base import BaseModelAdmin, LazyClass
from offbeat.contrib.admin.utils import model_format_dict, pretty_name
from offbeat.db.models.utils import get_blank_choice_label
from offbeat.http import HttpResponseRedirect
from offbeat.http.base import HttpResponseBase
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from offbeat.utils.functional import lazy
from offbeat.utils.html import format_html
from offbeat.utils.inspect import func_supports_parameter
from offbeat.utils.safestring import SafeString
from offbeat.utils.translation import gettext as _
from offbeat.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from offbeat.contrib.admin.action_type import Action

__all__ = ["ActionsMixin"]

# Translated when it is shown, not when this class is made.
_lazy_html = lazy(format_html, SafeString)


class ActionsMixin(BaseModelAdmin):
    """The actions, who may run them, and running them."""

    actions: Any = ()
    action_form: Any = LazyClass("offbeat.contrib.admin.helpers", "ActionForm")
    actions_on_top = True
    actions_on_bottom = False
    actions_selection_counter = True

    def action_checkbox(self, obj: Any) -> Any:
        """The check box of a row."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            str(obj.pk),
            format_html(_("Select this object for an action - {}"), str(obj)),
        )

    action_checkbox.short_description = _lazy_html(  # type: ignore[attr-defined]
        '<input type="checkbox" id="action-toggle" aria-label="{}">',
        gettext_lazy("Select all objects on this page for an action"),
    )

    @staticmethod
    def _get_action_description(func: Any, name: str) -> Any:
        return getattr(func, "short_description", None) or pretty_name(name)

    def get_action(
        self, action: Any, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> Action | None:
        """An action by its function or name: a method, or one of the site. None when there is none of that name."""
        if callable(action):
            func, name = action, action.__name__
        elif hasattr(type(self), action):
            func, name = getattr(type(self), action), action
        else:
            try:
                func, name = self.admin_site.get_action(action), action
            except KeyError:
                return None
        return self._make_action(func, name)

    def _get_base_actions(self, action_location: ActionLocation = ActionLocation.CHANGE_LIST) -> list[Action]:
        """The actions of the site and of this class, without looking at permissions."""
        own = [self.get_action(action) for action in self.actions or ()]
        own_names = {action.name for action in own if action}
        # An own action takes the place of the site's one with the same name.
        of_site = [
            self._make_action(func, name) for name, func in self.admin_site.actions if name not in own_names
        ]
        return [*of_site, *filter(None, own)]

    def _make_action(self, func: Callable[..., Any], name: str, description: Any = None) -> Action:
        if description is None:
            description = self._get_action_description(func, name)
            plural_description = getattr(func, "plural_description", None) or description
        else:
            plural_description = description
        return constants.Action(
            func=func,
            name=name,
            description=description,
            plural_description=plural_description,
            locations=getattr(func, "locations", [ActionLocation.CHANGE_LIST]),
        )

    def _filter_actions_by_permissions(self, request: Any, actions: Iterable[Action]) -> list[Action]:
        """The actions that need no permission, or one that the user has."""
        allowed = []
        for action in actions:
            permissions = getattr(action.func, "allowed_permissions", None)
            if permissions is None or any(
                getattr(self, f"has_{permission}_permission")(request) for permission in permissions
            ):
                allowed.append(action)
        return allowed

    def get_actions(
        self, request: Any, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Action]:
        """The actions that the user may run at a place, by name; none in a window, or with ``actions = None``."""
        if self.actions is None or IS_POPUP_VAR in request.GET:
            return {}
        actions = self._filter_actions_by_permissions(request, self._get_base_actions(action_location))
        return {action.name: action for action in actions if action_location in action.locations}

    def _actions_at(self, request: Any, location: ActionLocation) -> dict[str, Action]:
        """What ``get_actions()`` returns for a place, also where it is an override of the former signature and result."""
        if func_supports_parameter(self.get_actions, "action_location"):
            given: dict[str, Any] = self.get_actions(request, location)
        else:
            _warn_of_signature(self.get_actions, "self, request")
            given = self.get_actions(request)
        actions = {
            name: action
            if isinstance(action, constants.Action)
            else self._make_action(action[0], name, action[2])
            for name, action in given.items()
        }
        return {name: action for name, action in actions.items() if location in action.locations}

    def _choices_at(self, request: Any, location: ActionLocation) -> Any:
        if func_supports_parameter(self.get_action_choices, "action_location"):
            return self.get_action_choices(request, action_location=location)
        _warn_of_signature(self.get_action_choices, "self, request, default_choices=None")
        return self.get_action_choices(request)

    def get_action_choices(
        self,
        request: Any,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> list[tuple[str, Any]]:
        """The choices of the form with the actions."""
        choices = [("", get_blank_choice_label())] if default_choices is None else list(default_choices)
        names = model_format_dict(self.opts)
        for action in self._actions_at(request, action_location).values():
            single = action_location is ActionLocation.CHANGE_FORM
            description = action.description if single else action.plural_description
            choices.append((action.name, description % names))
        return choices

    def _make_action_form(self, request: Any, data: Any, location: ActionLocation) -> Any:
        """The form with the actions of a place; on the page of one object its names have a prefix."""
        options: dict[str, Any] = {"auto_id": None}
        if location is ActionLocation.CHANGE_FORM:
            options["prefix"] = location.value
        form = self.action_form(data, **options) if data is not None else self.action_form(**options)
        form.fields["action"].choices = self._choices_at(request, location)
        return form

    def _posted_action(self, request: Any, location: ActionLocation) -> Any:
        """What was sent by the form above or below the list whose button was pressed."""
        try:
            index = int(request.POST.get("index", 0))
        except ValueError:
            index = 0
        data = request.POST.copy()
        data.pop(ACTION_CHECKBOX_NAME, None)
        data.pop("index", None)
        # Both forms are sent: the one of the button counts.
        name = "action" if location is ActionLocation.CHANGE_LIST else f"{location.value}-action"
        chosen = data.getlist(name)
        if 0 <= index < len(chosen):
            data.update({name: chosen[index]})
        return data

    def response_action(
        self,
        request: Any,
        queryset: Any,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> Any:
        """Run the action that was sent on the objects that were selected; None when there is nothing to run."""
        form = self._make_action_form(request, self._posted_action(request, action_location), action_location)
        if not form.is_valid():
            self.message_user(request, _("No action selected."), messages.WARNING)  # type: ignore[attr-defined]
            return None
        func = self._actions_at(request, action_location)[form.cleaned_data["action"]].func
        select_across = form.cleaned_data["select_across"]
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not selected and not select_across:
            message = _(
                "Items must be selected in order to perform actions on them. No items have been changed."
            )
            self.message_user(request, message, messages.WARNING)  # type: ignore[attr-defined]
            return None
        if not select_across or action_location is ActionLocation.CHANGE_FORM:
            queryset = queryset.filter(pk__in=selected)
        response = func(self, request, queryset)
        if isinstance(response, HttpResponseBase):
            return response
        return HttpResponseRedirect(request.get_full_path())


def _warn_of_signature(method: Any, parameters: str) -> None:
    """Warn at the place of an override that does not take the location."""
    name, code = method.__name__, getattr(method, "__code__", None)
    warnings.warn_explicit(
        f"Overriding {name}() without the 'action_location' parameter is deprecated. Update the signature to "
        f"{name}({parameters}, action_location=ActionLocation.CHANGE_LIST).",
        RemovedInDjango2028Warning,
        filename=code.co_filename if code else __file__,
        lineno=code.co_firstlineno if code else 1,
    )
