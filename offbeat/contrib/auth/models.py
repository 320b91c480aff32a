"""Users, groups and permissions (Django documentation: ref/contrib/auth)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offbeat.apps import apps
from offbeat.concurrency import async_face
from offbeat.contrib import auth
from offbeat.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from offbeat.contrib.auth.validators import UnicodeUsernameValidator
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.core.exceptions import PermissionDenied
from offbeat.db import models
from offbeat.db.models.manager import EmptyManager
from offbeat.utils import timezone
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "AbstractUser",
    "AnonymousUser",
    "Group",
    "GroupManager",
    "Permission",
    "PermissionManager",
    "PermissionsMixin",
    "User",
    "UserManager",
    "update_last_login",
]


def update_last_login(sender: Any, user: Any, **kwargs: Any) -> None:
    """Receiver: note the time of a login."""
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])


class PermissionManager(models.Manager[Any]):
    """Manager of permissions."""

    use_in_migrations = True

    def get_by_natural_key(self, codename: str, app_label: str, model: str) -> Any:
        """The permission of this codename on a model."""
        return self.get(
            codename=codename,
            content_type=ContentType.objects.db_manager(self.db).get_by_natural_key(app_label, model),
        )


class Permission(models.Model):
    """Something that may be done to objects of a model."""

    name = models.CharField(_("name"), max_length=255)
    content_type = models.ForeignKey(ContentType, models.CASCADE, verbose_name=_("content type"))
    codename = models.CharField(_("codename"), max_length=100)

    objects = PermissionManager()

    class Meta:
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        unique_together = [["content_type", "codename"]]
        ordering = ["content_type__app_label", "content_type__model", "codename"]

    def __str__(self) -> str:
        return f"{self.content_type} | {self.name}"

    def natural_key(self) -> tuple[Any, ...]:
        """(codename, application, model)."""
        return (self.codename, *self.content_type.natural_key())

    natural_key.dependencies = ["contenttypes.contenttype"]  # type: ignore[attr-defined]

    @property
    def user_perm_str(self) -> str:
        """The text that ``has_perm()`` takes for this permission."""
        return f"{self.content_type.app_label}.{self.codename}"


class GroupManager(models.Manager[Any]):
    """Manager of groups."""

    use_in_migrations = True

    def get_by_natural_key(self, name: str) -> Any:
        """The group of this name."""
        return self.get(name=name)

    aget_by_natural_key = async_face(get_by_natural_key)


class Group(models.Model):
    """Users who share permissions."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    permissions = models.ManyToManyField(Permission, verbose_name=_("permissions"), blank=True)

    objects = GroupManager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[Any, ...]:
        """The name as a tuple."""
        return (self.name,)


class UserManager(BaseUserManager):
    """Manager of ``User``."""

    use_in_migrations = True

    def _create_user_object(
        self, username: str, email: str | None, password: Any, **extra_fields: Any
    ) -> Any:
        if not username:
            raise ValueError("The given username must be set")
        email = self.normalize_email(email)
        # Migrations see the manager with a model that lacks the real one's methods.
        real_model = apps.get_model(self.model._meta.app_label, self.model._meta.object_name)
        user = self.model(username=real_model.normalize_username(username), email=email, **extra_fields)
        from offbeat.contrib.auth.hashers import make_password

        user.password = make_password(password)
        return user

    def create_user(
        self, username: str, email: str | None = None, password: Any = None, **extra_fields: Any
    ) -> Any:
        """A saved user; without a password one that cannot log in with any."""
        extra_fields.setdefault("is_staff", False)
        extra_fields.setdefault("is_superuser", False)
        user = self._create_user_object(username, email, password, **extra_fields)
        user.save(using=self._db)
        return user

    acreate_user = async_face(create_user)
    create_user.alters_data = True  # type: ignore[attr-defined]
    acreate_user.alters_data = True  # type: ignore[attr-defined]

    def create_superuser(
        self, username: str, email: str | None = None, password: Any = None, **extra_fields: Any
    ) -> Any:
        """A saved user who may do everything; ValueError when told otherwise."""
        extra_fields.setdefault("is_staff", True)
        extra_fields.setdefault("is_superuser", True)
        for flag in ("is_staff", "is_superuser"):
            if extra_fields.get(flag) is not True:
                raise ValueError(f"Superuser must have {flag}=True.")
        user = self._create_user_object(username, email, password, **extra_fields)
        user.save(using=self._db)
        return user

    acreate_superuser = async_face(create_superuser)
    create_superuser.alters_data = True  # type: ignore[attr-defined]
    acreate_superuser.alters_data = True  # type: ignore[attr-defined]

    def with_perm(
        self,
        perm: Any,
        is_active: bool = True,
        include_superusers: bool = True,
        backend: Any = None,
        obj: Any = None,
    ) -> Any:
        """The users who have a permission, by the one backend that can tell or the one that is named."""
        if backend is None:
            backends = list(auth.core._get_backends())
            if len(backends) != 1:
                raise ValueError(
                    "You have multiple authentication backends configured and therefore must provide the `backend` "
                    "argument."
                )
            backend = backends[0][0]
        elif not isinstance(backend, str):
            raise TypeError(f"backend must be a dotted import path string (got {backend!r}).")
        else:
            backend = auth.load_backend(backend)
        if hasattr(backend, "with_perm"):
            return backend.with_perm(
                perm, is_active=is_active, include_superusers=include_superusers, obj=obj
            )
        return self.none()


def _user_get_permissions(user: Any, obj: Any, from_name: str) -> set[str]:
    permissions: set[str] = set()
    name = f"get_{from_name}_permissions"
    for backend in auth.get_backends():
        if hasattr(backend, name):
            permissions.update(getattr(backend, name)(user, obj))
    return permissions


def _user_has_perm(user: Any, perm: str, obj: Any) -> bool:
    """Any backend may grant; PermissionDenied from one ends the question."""
    for backend in auth.get_backends():
        if not hasattr(backend, "has_perm"):
            continue
        try:
            if backend.has_perm(user, perm, obj):
                return True
        except PermissionDenied:
            return False
    return False


def _user_has_module_perms(user: Any, app_label: str) -> bool:
    for backend in auth.get_backends():
        if not hasattr(backend, "has_module_perms"):
            continue
        try:
            if backend.has_module_perms(user, app_label):
                return True
        except PermissionDenied:
            return False
    return False


class _PermissionMethods:
    """What users and anonymous users are asked about permissions."""

    def get_user_permissions(self, obj: Any = None) -> set[str]:
        """The user's own permissions."""
        return _user_get_permissions(self, obj, "user")

    aget_user_permissions = async_face(get_user_permissions)

    def get_group_permissions(self, obj: Any = None) -> set[str]:
        """The permissions by the user's groups."""
        return _user_get_permissions(self, obj, "group")

    aget_group_permissions = async_face(get_group_permissions)

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        """Both."""
        return _user_get_permissions(self, obj, "all")

    aget_all_permissions = async_face(get_all_permissions)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the user has the permission ``app_label.codename``."""
        return _user_has_perm(self, perm, obj=obj)

    ahas_perm = async_face(has_perm)

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        """Whether the user has all of them; ValueError for text instead of a list."""
        if not isinstance(perm_list, Iterable) or isinstance(perm_list, str):
            raise ValueError("perm_list must be an iterable of permissions.")
        return all(self.has_perm(perm, obj) for perm in perm_list)

    ahas_perms = async_face(has_perms)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the user has any permission in the application."""
        return _user_has_module_perms(self, app_label)

    ahas_module_perms = async_face(has_module_perms)


class PermissionsMixin(models.Model):
    """Groups, permissions, and the superuser's flag."""

    is_superuser = models.BooleanField(
        _("superuser status"),
        default=False,
        help_text=_("Designates that this user has all permissions without explicitly assigning them."),
    )
    groups = models.ManyToManyField(
        Group,
        verbose_name=_("groups"),
        blank=True,
        help_text=_(
            "The groups this user belongs to. A user will get all permissions granted to each of their groups."
        ),
        related_name="user_set",
        related_query_name="user",
    )
    user_permissions = models.ManyToManyField(
        Permission,
        verbose_name=_("user permissions"),
        blank=True,
        help_text=_("Specific permissions for this user."),
        related_name="user_set",
        related_query_name="user",
    )

    class Meta:
        abstract = True

    get_user_permissions = _PermissionMethods.get_user_permissions
    aget_user_permissions = _PermissionMethods.aget_user_permissions
    get_group_permissions = _PermissionMethods.get_group_permissions
    aget_group_permissions = _PermissionMethods.aget_group_permissions
    get_all_permissions = _PermissionMethods.get_all_permissions
    aget_all_permissions = _PermissionMethods.aget_all_permissions
    has_perms = _PermissionMethods.has_perms
    ahas_perms = _PermissionMethods.ahas_perms
    ahas_perm = _PermissionMethods.ahas_perm
    ahas_module_perms = _PermissionMethods.ahas_module_perms

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the user has the permission; active superusers have all."""
        if self.is_active and self.is_superuser:  # type: ignore[attr-defined]
            return True
        return _user_has_perm(self, perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the user has any permission in the application; active superusers have."""
        if self.is_active and self.is_superuser:  # type: ignore[attr-defined]
            return True
        return _user_has_module_perms(self, app_label)


class AbstractUser(AbstractBaseUser, PermissionsMixin):
    """The fields of ``User``, to build on."""

    username_validator = UnicodeUsernameValidator()

    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        help_text=_("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
        validators=[username_validator],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    email = models.EmailField(_("email address"), blank=True)
    is_staff = models.BooleanField(
        _("staff status"),
        default=False,
        help_text=_("Designates whether the user can log into this admin site."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Designates whether this user should be treated as active. Unselect this instead of deleting accounts."
        ),
    )
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        abstract = True

    def clean(self) -> None:
        super().clean()
        manager: Any = type(self).objects
        self.email = manager.normalize_email(self.email)

    def get_full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """First name."""
        return self.first_name

    def email_user(self, subject: str, message: str, from_email: str | None = None, **kwargs: Any) -> None:
        """Send a mail to the user."""
        from offbeat.core.mail import send_mail

        send_mail(subject, message, from_email, [self.email], **kwargs)


class User(AbstractUser):
    """The default user."""

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"


class AnonymousUser(_PermissionMethods):
    """Whoever is not logged in."""

    id = None
    pk = None
    username = ""
    is_staff = False
    is_active = False
    is_superuser = False
    _groups: Any = EmptyManager(Group)
    _user_permissions: Any = EmptyManager(Permission)

    def __str__(self) -> str:
        return "AnonymousUser"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__)

    def __hash__(self) -> int:
        return 1

    def __int__(self) -> int:
        raise TypeError("Cannot cast AnonymousUser to int. Are you trying to use it in place of User?")

    def save(self) -> None:
        """There is nothing to save."""
        raise NotImplementedError("Django doesn't provide a DB representation for AnonymousUser.")

    def delete(self) -> None:
        """There is nothing to delete."""
        raise NotImplementedError("Django doesn't provide a DB representation for AnonymousUser.")

    def set_password(self, raw_password: Any) -> None:
        """There is nothing to set."""
        raise NotImplementedError("Django doesn't provide a DB representation for AnonymousUser.")

    def check_password(self, raw_password: Any) -> bool:
        """There is nothing to check."""
        raise NotImplementedError("Django doesn't provide a DB representation for AnonymousUser.")

    @property
    def groups(self) -> Any:
        """No groups."""
        return self._groups

    @property
    def user_permissions(self) -> Any:
        """No permissions."""
        return self._user_permissions

    @property
    def is_anonymous(self) -> bool:
        """Always True."""
        return True

    @property
    def is_authenticated(self) -> bool:
        """Always False."""
        return False

    def get_username(self) -> str:
        """Always empty."""
        return self.username
