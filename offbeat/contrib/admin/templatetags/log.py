"""The log for templates."""

from __future__ import annotations

from typing import Any

from offbeat import template

__all__ = ["AdminLogNode", "get_admin_log", "register"]

register = template.Library()


class AdminLogNode(template.Node):
    """Puts entries of the log into a variable."""

    def __init__(self, limit: str, varname: str, user: Any) -> None:
        self.limit = limit
        self.varname = varname
        self.user = user

    def __repr__(self) -> str:
        return "<GetAdminLog Node>"

    def render(self, context: Any) -> str:
        from offbeat.contrib.admin.models import LogEntry

        entries = context.get("log_entries")
        if entries is None:
            entries = LogEntry.objects.all()
        if self.user is not None:
            user_id = self.user
            if not user_id.isdigit():
                user_id = context[user_id].pk
            entries = entries.filter(user__pk=user_id)
        context[self.varname] = entries[: int(self.limit)]
        return ""


@register.tag
def get_admin_log(parser: Any, token: Any) -> AdminLogNode:
    """``{% get_admin_log LIMIT as VARIABLE for_user USER %}``: the last entries, ``for_user`` being optional.

    USER is a number or a variable with a user. TemplateSyntaxError for another form.
    """
    bits = token.contents.split()
    if len(bits) < 4:
        raise template.TemplateSyntaxError("'get_admin_log' statements require two arguments")
    if not bits[1].isdigit():
        raise template.TemplateSyntaxError("First argument to 'get_admin_log' must be an integer")
    if bits[2] != "as":
        raise template.TemplateSyntaxError("Second argument to 'get_admin_log' must be 'as'")
    if len(bits) > 4 and bits[4] != "for_user":
        raise template.TemplateSyntaxError("Fourth argument to 'get_admin_log' must be 'for_user'")
    return AdminLogNode(limit=bits[1], varname=bits[3], user=bits[5] if len(bits) > 5 else None)
