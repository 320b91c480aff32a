"""Authentication backends (Django documentation: ref/contrib/auth, "Authentication backends")."""

from __future__ import annotations

from typing import Any

from offbeat.concurrency import async_face
from offbeat.contrib.auth.core import get_user_model
from offbeat.contrib.auth.models import Permission
from offbeat.db.models import Exists, OuterRef, Q


class BaseBackend:
    """What a backend may do; by default nothing."""

    def authenticate(self, request: Any, **kwargs: Any) -> Any:
        """The user of these credentials, or None."""
        return None

    def get_user(self, user_id: Any) -> Any:
        """The user with this primary key, or None."""
        return None

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The user's own permissions."""
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The permissions by groups."""
        return set()

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Both."""
        return {
            *self.get_user_permissions(user_obj, obj=obj),
            *self.get_group_permissions(user_obj, obj=obj),
        }

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether the user has the permission."""
        return perm in self.get_all_permissions(user_obj, obj=obj)

    aauthenticate = async_face(authenticate)
    aget_user = async_face(get_user)
    aget_user_permissions = async_face(get_user_permissions)
    aget_group_permissions = async_face(get_group_permissions)
    aget_all_permissions = async_face(get_all_permissions)
    ahas_perm = async_face(has_perm)


class ModelBackend(BaseBackend):
    """Users of the user model, by their password."""

    def authenticate(self, request: Any, username: Any = None, password: Any = None, **kwargs: Any) -> Any:
        user_model = get_user_model()
        if username is None:
            username = kwargs.get(user_model.USERNAME_FIELD)
        if username is None or password is None:
            return None
        try:
            user = user_model._default_manager.get_by_natural_key(username)
        except user_model.DoesNotExist:
            # As long as a wrong password takes, so that the time does not tell which names exist.
            user_model().set_password(password)
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None

    aauthenticate = async_face(authenticate)  # type: ignore[arg-type]

    def user_can_authenticate(self, user: Any) -> bool:
        """Whether the user is active; models without the flag are."""
        return bool(getattr(user, "is_active", True))

    def _get_user_permissions(self, user_obj: Any) -> Any:
        return user_obj.user_permissions.all()

    def _get_group_permissions(self, user_obj: Any) -> Any:
        return Permission.objects.filter(group__in=user_obj.groups.all())

    def _get_permissions(self, user_obj: Any, obj: Any, from_name: str) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        name = f"_{from_name}_perm_cache"
        if not hasattr(user_obj, name):
            if user_obj.is_superuser:
                found = Permission.objects.all()
            else:
                found = getattr(self, f"_get_{from_name}_permissions")(user_obj)
            pairs = found.values_list("content_type__app_label", "codename").order_by()
            setattr(user_obj, name, {f"{app_label}.{codename}" for app_label, codename in pairs})
        return getattr(user_obj, name)  # type: ignore[no-any-return]

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self._get_permissions(user_obj, obj, "user")

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self._get_permissions(user_obj, obj, "group")

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = super().get_all_permissions(user_obj)
        return user_obj._perm_cache  # type: ignore[no-any-return]

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return user_obj.is_active and super().has_perm(user_obj, perm, obj=obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether the user has any permission in the application."""
        return user_obj.is_active and any(
            perm[: perm.index(".")] == app_label for perm in self.get_all_permissions(user_obj)
        )

    ahas_module_perms = async_face(has_module_perms)

    def with_perm(
        self, perm: Any, is_active: bool = True, include_superusers: bool = True, obj: Any = None
    ) -> Any:
        """The users who have a permission, given as text or object."""
        user_model = get_user_model()
        if isinstance(perm, str):
            try:
                app_label, codename = perm.split(".")
            except ValueError:
                raise ValueError("Permission name should be in the form app_label.permission_codename.")
        elif not isinstance(perm, Permission):
            raise TypeError("The `perm` argument must be a string or a permission instance.")
        if obj is not None:
            return user_model._default_manager.none()
        matching = Q(group__user=OuterRef("pk")) | Q(user=OuterRef("pk"))
        if isinstance(perm, Permission):
            matching &= Q(pk=perm.pk)
        else:
            matching &= Q(codename=codename, content_type__app_label=app_label)
        wanted: Any = Exists(Permission.objects.filter(matching))
        if include_superusers:
            wanted |= Q(is_superuser=True)
        if is_active is not None:
            wanted &= Q(is_active=is_active)
        return user_model._default_manager.filter(wanted)

    def get_user(self, user_id: Any) -> Any:
        user_model = get_user_model()
        try:
            user = user_model._default_manager.get(pk=user_id)
        except user_model.DoesNotExist:
            return None
        return user if self.user_can_authenticate(user) else None


class AllowAllUsersModelBackend(ModelBackend):
    """As ModelBackend, for inactive users too."""

    def user_can_authenticate(self, user: Any) -> bool:
        return True


class RemoteUserBackend(ModelBackend):
    """Users whom the web server has authenticated."""

    create_unknown_user = True

    def authenticate(self, request: Any, remote_user: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        if not remote_user:
            return None
        created = False
        user = None
        username = self.clean_username(remote_user)
        user_model = get_user_model()
        if self.create_unknown_user:
            user, created = user_model._default_manager.get_or_create(**{user_model.USERNAME_FIELD: username})
        else:
            try:
                user = user_model._default_manager.get_by_natural_key(username)
            except user_model.DoesNotExist:
                pass
        user = self.configure_user(request, user, created=created) if user is not None else None
        return user if user is not None and self.user_can_authenticate(user) else None

    aauthenticate = async_face(authenticate)  # type: ignore[arg-type]

    def clean_username(self, username: str) -> str:
        """Hook: the name to look for."""
        return username

    def configure_user(self, request: Any, user: Any, created: bool = True) -> Any:
        """Hook: set attributes of the user, new or known; returns the user."""
        return user

    aconfigure_user = async_face(configure_user)


class AllowAllUsersRemoteUserBackend(RemoteUserBackend):
    """As RemoteUserBackend, for inactive users too."""

    def user_can_authenticate(self, user: Any) -> bool:
        return True
