"""An admin that uses every face of the pages."""

from __future__ import annotations

from typing import Any

from offbeat.contrib import admin

from .models import Author, Book, Chapter, Publisher, Review, Shelf, Slot, Tag


class ChapterInline(admin.TabularInline):
    model = Chapter
    extra = 1
    max_num = 4
    prepopulated_fields = {"anchor": ["title"]}


class ReviewInline(admin.StackedInline):
    model = Review
    extra = 0
    autocomplete_fields = ["author"]


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "email"]
    search_fields = ["name"]


@admin.register(Publisher)
class PublisherAdmin(admin.ModelAdmin):
    pass


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    pass


class SlotInline(admin.TabularInline):
    model = Slot
    min_num = 1
    extra = 1


@admin.register(Shelf)
class ShelfAdmin(admin.ModelAdmin):
    inlines = [SlotInline]


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "kind", "in_print", "price", "published", "is_dear"]
    list_editable = ["in_print", "price"]
    list_filter = ["in_print", "kind", "published", "publisher"]
    list_per_page = 20
    search_fields = ["title", "author__name"]
    search_help_text = "Title or author."
    date_hierarchy = "published"
    autocomplete_fields = ["author", "translators"]
    raw_id_fields = ["editor"]
    filter_horizontal = ["tags"]
    filter_vertical = ["topics"]
    radio_fields = {"kind": admin.HORIZONTAL}
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["is_dear"]
    inlines = [ChapterInline, ReviewInline]
    actions = ["take_out_of_print"]
    save_on_top = True
    fieldsets = [
        (None, {"fields": ["title", "slug", "author", "publisher", "kind", ("in_print", "price")]}),
        ("People and subjects", {"fields": ["editor", "translators", "tags", "topics"]}),
        (
            "Dates and notes",
            {
                "classes": ["collapse"],
                "description": "What the shelf does not show.",
                "fields": ["published", "added", "cover", "notes", "is_dear"],
            },
        ),
    ]

    @admin.display(boolean=True, description="Dear", ordering="price")
    def is_dear(self, book: Book) -> bool:
        return book.price is not None and book.price > 30

    @admin.action(
        description="Take this %(verbose_name)s out of print",
        description_plural="Take selected %(verbose_name_plural)s out of print",
        location=[admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM],
    )
    def take_out_of_print(self, request: Any, queryset: Any) -> None:
        count = queryset.update(in_print=False)
        self.message_user(request, f"{count} taken out of print.")
