from __future__ import annotations

from offbeat.contrib import admin
from offbeat.contrib.contenttypes.admin import GenericTabularInline

from .models import Author, Book, Chapter, Label, Note


class ChapterInline(admin.TabularInline):
    model = Chapter
    extra = 1


class NoteInline(GenericTabularInline):
    model = Note
    extra = 1


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    search_fields = ["name"]


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    pass


@admin.action(
    description="Print this %(verbose_name)s",
    description_plural="Print these %(verbose_name_plural)s",
    location=[admin.ActionLocation.CHANGE_FORM, admin.ActionLocation.CHANGE_LIST],
)
def print_books(modeladmin, request, queryset):
    queryset.update(printed=True)
    modeladmin.message_user(request, "Printed.")


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "kind", "printed", "published", "site", "shouted"]
    list_editable = ["kind"]
    list_filter = ["printed", "kind", "author", "labels", "published"]
    search_fields = ["title", "author__name", "labels__name"]
    date_hierarchy = "published"
    autocomplete_fields = ["author"]
    raw_id_fields = ["editor"]
    filter_horizontal = ["labels"]
    readonly_fields = ["shouted"]
    save_as = True
    actions = [print_books]
    inlines = [ChapterInline, NoteInline]

    @admin.display(description="Loud", ordering="title", empty_value="silence")
    def shouted(self, obj):
        return obj.title.upper() if obj.pk else None


@admin.register(Chapter)
class ChapterAdmin(admin.ModelAdmin):
    pass
