"""The operations that lead from one state to another.

Every difference becomes a ``Step``: an operation, the facts it needs and the facts it brings about. Steps are put in an
order that satisfies all needs, then cut into migrations, application by application.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from offbeat.db import models
from offbeat.db.migrations import operations
from offbeat.db.migrations.migration import Migration, swappable_dependency
from offbeat.db.migrations.operations.models import AlterModelOptions
from offbeat.db.migrations.questioner import MigrationQuestioner
from offbeat.db.migrations.utils import ModelKey, field_references, resolve_relation

Fact = tuple[Any, ...]


@dataclass
class Step:
    """One operation. ``needs`` and ``gives`` are facts such as ("model", app, name) or ("no field", app, model, field)."""

    app_label: str
    operation: Any
    needs: set[Fact] = field(default_factory=set)
    gives: set[Fact] = field(default_factory=set)
    swappable: dict[Fact, str] = field(default_factory=dict)


class MigrationAutodetector:
    """Compares two ProjectStates; ``changes(graph)`` gives the migrations by application."""

    def __init__(self, from_state: Any, to_state: Any, questioner: Any = None) -> None:
        self.from_state = from_state
        self.to_state = to_state
        self.questioner = questioner or MigrationQuestioner()
        self.existing_apps = {app for app, _ in from_state.models}

    def changes(
        self,
        graph: Any,
        trim_to_apps: Any = None,
        convert_apps: Any = None,
        migration_name: str | None = None,
    ) -> dict[str, list[Migration]]:
        """New migrations by application; of ``trim_to_apps`` and what they need, if given."""
        found = self._detect_changes(convert_apps, graph)
        found = self.arrange_for_graph(found, graph, migration_name)
        return self._trim_to_apps(found, trim_to_apps) if trim_to_apps else found

    def _detect_changes(self, convert_apps: Any = None, graph: Any = None) -> dict[str, list[Migration]]:
        self.steps: list[Step] = []
        self.renamed_models: dict[ModelKey, ModelKey] = {}
        self.renamed_fields: dict[tuple[str, str, str], str] = {}
        converted = set(convert_apps or ())
        self.old = {
            key: model_state
            for key, model_state in self.from_state.models.items()
            if key[0] not in self.from_state.real_apps
        }
        self.new = {
            key: model_state
            for key, model_state in self.to_state.models.items()
            if key[0] not in self.from_state.real_apps or key[0] in converted
        }
        self._find_renamed_models()
        self._find_renamed_fields()
        self._remove_options()
        self._remove_fields()
        self._create_models()
        self._add_and_alter_fields()
        self._add_options()
        self._delete_models()
        return self._cut_into_migrations(self._ordered(), graph)

    def _pairs(self) -> Iterator[tuple[ModelKey, Any, Any]]:
        """(new key, old state, new state) of the models on both sides."""
        old_names = {new: old for old, new in self.renamed_models.items()}
        for key in sorted(self.new):
            old = self.old.get(old_names.get(key, key))
            if old is not None and not (key in self.old and key in self.renamed_models):
                yield key, old, self.new[key]

    @staticmethod
    def _is_managed(model_state: Any) -> bool:
        return bool(model_state.options.get("managed", True)) and not model_state.options.get("proxy", False)

    def _deconstructed(self, model_state: Any, value: Any, rename: bool = False) -> Any:
        path, args, kwargs = value.deconstruct()[1:]
        kwargs = dict(kwargs)
        if rename:
            for name in ("to", "through"):
                if isinstance(kwargs.get(name), str) and "." in kwargs[name]:
                    key = resolve_relation(kwargs[name])
                    kwargs[name] = ".".join(self.renamed_models.get(key, key))
        for name in ("to", "through"):
            if isinstance(kwargs.get(name), str):
                kwargs[name] = kwargs[name].lower()
        return deep_deconstruct((path, args, kwargs))

    def _find_renamed_models(self) -> None:
        for key in sorted(set(self.new) - set(self.old)):
            new = self.new[key]
            definition = [self._relationless(new, f) for f in new.fields.values()]
            for old_key in sorted(set(self.old) - set(self.new) - set(self.renamed_models)):
                old = self.old[old_key]
                if old_key[0] != key[0] or definition != [
                    self._relationless(old, f) for f in old.fields.values()
                ]:
                    continue
                if old.options.get("proxy") == new.options.get("proxy") and self.questioner.ask_rename_model(
                    old, new
                ):
                    needs = self._relation_needs(key, new.fields.values())
                    self._add(key[0], operations.RenameModel(old.name, new.name), needs, {("model", *key)})
                    self.renamed_models[old_key] = key
                    break

    def _relationless(self, model_state: Any, value: Any) -> Any:
        path, args, kwargs = value.deconstruct()[1:]
        return deep_deconstruct((path, args, {k: v for k, v in kwargs.items() if k not in ("to", "through")}))

    def _find_renamed_fields(self) -> None:
        for key, old, new in self._pairs():
            removed = [name for name in old.fields if name not in new.fields]
            for name in [n for n in new.fields if n not in old.fields]:
                definition = self._deconstructed(new, new.fields[name])
                for old_name in removed:
                    old_field = old.fields[old_name]
                    if not self._same_but_for_column(old, old_field, definition, old_name):
                        continue
                    if not self.questioner.ask_rename(key[1], old_name, name, new.fields[name]):
                        continue
                    if old_field.db_column != new.fields[name].db_column:
                        altered = old_field.clone()
                        altered.name = old_name
                        altered.db_column = new.fields[name].db_column
                        self._add(key[0], operations.AlterField(key[1], old_name, altered))
                    self._add(
                        key[0],
                        operations.RenameField(key[1], old_name, name),
                        gives={("field", *key, name)},
                    )
                    self.renamed_fields[(*key, name)] = old_name
                    removed.remove(old_name)
                    break

    def _same_but_for_column(self, old: Any, old_field: Any, definition: Any, old_name: str) -> bool:
        old_definition = self._deconstructed(old, old_field, rename=True)
        if old_definition == definition:
            return True
        path, args, kwargs = definition
        without = {k: v for k, v in kwargs.items() if k != "db_column"}
        return bool(
            (path, args, without) == old_definition
            and kwargs.get("db_column") == (old_field.db_column or old_name)
        )

    def _old_name(self, key: ModelKey, name: str) -> str:
        return self.renamed_fields.get((*key, name), name)

    def _remove_options(self) -> None:
        for key, old, new in self._pairs():
            if not self._is_managed(new):
                continue
            for constraint in old.options.get("constraints", []):
                if not self._kept(constraint, new.options.get("constraints", [])):
                    self._add(
                        key[0],
                        operations.RemoveConstraint(key[1], constraint.name),
                        gives={("options removed", *key)},
                    )
            renamed = dict(self._renamed_indexes(old, new))
            for index in old.options.get("indexes", []):
                if index.name in renamed:
                    self._add(
                        key[0], operations.RenameIndex(key[1], renamed[index.name], old_name=index.name)
                    )
                elif not self._kept(index, new.options.get("indexes", [])):
                    self._add(
                        key[0],
                        operations.RemoveIndex(key[1], index.name),
                        gives={("options removed", *key)},
                    )
            before, after = self._together(key, old, renames=True), self._together(key, new)
            if before - after and before & after != before and (before & after or not after):
                self._add(
                    key[0],
                    operations.AlterUniqueTogether(key[1], before & after),
                    gives={("options removed", *key)},
                )

    @staticmethod
    def _renamed_indexes(old: Any, new: Any) -> Iterator[tuple[str, str]]:
        old_indexes, new_indexes = old.options.get("indexes", []), new.options.get("indexes", [])
        old_names, new_names = {i.name for i in old_indexes}, {i.name for i in new_indexes}
        for index in old_indexes:
            for other in new_indexes:
                if (
                    index.name not in new_names
                    and other.name not in old_names
                    and _nameless(index) == _nameless(other)
                ):
                    yield index.name, other.name
                    break

    @staticmethod
    def _kept(item: Any, others: list[Any]) -> bool:
        definition = deep_deconstruct(item)
        return any(
            deep_deconstruct(other) == definition
            or (item.name == other.name and _database_view(item) == _database_view(other))
            for other in others
        )

    def _together(self, key: ModelKey, model_state: Any, renames: bool = False) -> set[tuple[str, ...]]:
        groups = {tuple(group) for group in model_state.options.get("unique_together") or ()}
        if renames:
            new_names = {
                old: name for (app, model, name), old in self.renamed_fields.items() if (app, model) == key
            }
            groups = {tuple(new_names.get(name, name) for name in group) for group in groups}
        return groups

    def _remove_fields(self) -> None:
        for key, old, new in self._pairs():
            renamed = {
                old_name for (app, model, _), old_name in self.renamed_fields.items() if (app, model) == key
            }
            for name in old.fields:
                if name not in new.fields and name not in renamed:
                    needs = {("options removed", *key)}
                    self._add(key[0], operations.RemoveField(key[1], name), needs, {("no field", *key, name)})

    def _create_models(self) -> None:
        renamed_to = set(self.renamed_models.values())
        created = [key for key in self.new if key not in self.old and key not in renamed_to]
        placed: set[ModelKey] = set()
        # Order so that few fields must wait for a model made later; what still must wait is added afterwards.
        for key in self._creation_order(created):
            model_state = self.new[key]
            placed.add(key)
            now: list[tuple[str, Any]] = []
            later: list[tuple[str, Any]] = []
            for name, value in model_state.fields.items():
                reference = field_references(key, value)
                targets = {reference.to, reference.through} - {None} if reference else set()
                waiting = {target for target in targets if target in created and target not in placed}
                (later if waiting and not value.primary_key else now).append((name, value))
            self._create(key, model_state, now, later)

    def _create(self, key: ModelKey, model_state: Any, now: Any, later: Any) -> None:
        options = dict(model_state.options)
        indexes, constraints = options.pop("indexes", []), options.pop("constraints", [])
        together, ordered_by = (
            options.pop("unique_together", None),
            options.pop("order_with_respect_to", None),
        )
        late_names = {name for name, _ in later}
        if indexes and not late_names:
            options["indexes"], indexes = indexes, []
        if constraints and not late_names:
            options["constraints"], constraints = constraints, []
        if together and not late_names:
            options["unique_together"], together = together, None
        if ordered_by and ordered_by not in late_names:
            options["order_with_respect_to"], ordered_by = ordered_by, None
        needs = self._relation_needs(key, [value for _, value in now]) | self._base_needs(key, model_state)
        # An older table of that name must be gone first.
        operation = operations.CreateModel(
            model_state.name, now, options, model_state.bases, model_state.managers
        )
        step = self._add(
            key[0], operation, needs, {("model", *key), *(("field", *key, name) for name, _ in now)}
        )
        step.swappable = self._swappable([value for _, value in now])
        for name, value in later:
            self._add_field_step(key, model_state, name, value, preserve_default=True)
        if not self._is_managed(model_state):
            return
        fields = {("field", *key, name) for name in late_names}
        for index in indexes:
            self._add(key[0], operations.AddIndex(key[1], index), fields)
        for constraint in constraints:
            self._add(key[0], operations.AddConstraint(key[1], constraint), fields)
        if together:
            self._add(key[0], operations.AlterUniqueTogether(key[1], together), fields)
        if ordered_by:
            self._add(key[0], operations.AlterOrderWithRespectTo(key[1], ordered_by), fields)

    def _creation_order(self, created: list[ModelKey]) -> list[ModelKey]:
        """Models after those they point at; within a circle, by name."""
        order: dict[ModelKey, None] = {}
        visiting: set[ModelKey] = set()

        def visit(key: ModelKey) -> None:
            if key in order or key in visiting or key not in created:
                return
            visiting.add(key)
            model_state = self.new[key]
            targets = [resolve_relation(base, *key) for base in model_state.bases if isinstance(base, str)]
            for value in model_state.fields.values():
                if reference := field_references(key, value):
                    targets += [target for target in (reference.to, reference.through) if target]
            for target in sorted(targets):
                visit(target)
            visiting.discard(key)
            order[key] = None

        for key in sorted(created):
            visit(key)
        return list(order)

    def _base_needs(self, key: ModelKey, model_state: Any) -> set[Fact]:
        needs: set[Fact] = set()
        for base in model_state.bases:
            if isinstance(base, str):
                base_key = resolve_relation(base, *key)
                needs.add(("model", *base_key))
                # A field that moves into the child must leave the parent first.
                old_base, new_base = self.old.get(base_key), self.new.get(base_key)
                if old_base and new_base:
                    gone = set(old_base.fields) - set(new_base.fields)
                    needs |= {("no field", *base_key, name) for name in gone & set(model_state.fields)}
        return needs

    def _relation_needs(self, key: ModelKey, fields: Any) -> set[Fact]:
        needs: set[Fact] = set()
        for value in fields:
            reference = field_references(key, value)
            if reference:
                needs |= {
                    ("model", *target)
                    for target in (reference.to, reference.through)
                    if target and target != key
                }
        return needs

    @staticmethod
    def _swappable(fields: Any) -> dict[Fact, str]:
        found: dict[Fact, str] = {}
        for value in fields:
            if getattr(value, "remote_field", None):
                setting = getattr(value.deconstruct()[3].get("to"), "setting_name", None)
                if setting:
                    found["model", *resolve_relation(value.remote_field.model)] = setting
        return found

    def _add_field_step(
        self, key: ModelKey, model_state: Any, name: str, value: Any, preserve_default: bool
    ) -> None:
        needs = self._relation_needs(key, [value]) | {("model", *key), ("no field", *key, name)}
        operation = operations.AddField(key[1], name, value, preserve_default)
        step = self._add(key[0], operation, needs, {("field", *key, name)})
        step.swappable = self._swappable([value])

    def _add_and_alter_fields(self) -> None:
        for key, old, new in self._pairs():
            for name, value in new.fields.items():
                old_name = self._old_name(key, name)
                if old_name not in old.fields:
                    self._add_field(key, new, name, value)
                elif self._deconstructed(old, old.fields[old_name], rename=True) != self._deconstructed(
                    new, value
                ):
                    self._alter_field(key, new, name, old.fields[old_name], value)

    def _add_field(self, key: ModelKey, model_state: Any, name: str, value: Any) -> None:
        preserve_default = True
        dates = (models.DateField, models.DateTimeField, models.TimeField)
        optional = (
            value.null
            or value.has_default()
            or value.has_db_default()
            or value.many_to_many
            or value.generated
            or isinstance(value, models.CompositePrimaryKey)
            or (value.blank and value.empty_strings_allowed)
            or (isinstance(value, dates) and value.auto_now)
        )
        if not optional and not (isinstance(value, dates) and value.auto_now_add):
            value = value.clone()
            value.default = self.questioner.ask_not_null_addition(name, key[1])
            preserve_default = False
        elif isinstance(value, dates) and value.auto_now_add and not value.null and not value.has_default():
            value = value.clone()
            value.default = self.questioner.ask_auto_now_add_addition(name, key[1])
            preserve_default = False
        elif value.unique and callable(value.default) and value.has_default():
            self.questioner.ask_unique_callable_default_addition(name, key[1])
        self._add_field_step(key, model_state, name, value, preserve_default)

    def _alter_field(self, key: ModelKey, model_state: Any, name: str, old: Any, value: Any) -> None:
        if bool(old.many_to_many) != bool(value.many_to_many) or (
            value.many_to_many
            and self._deconstructed(None, old)[2].get("through")
            != self._deconstructed(None, value)[2].get("through")
        ):
            # A column and a table have nothing to do with each other.
            self._add(key[0], operations.RemoveField(key[1], name), gives={("no field", *key, name)})
            self._add_field(key, model_state, name, value)
            return
        preserve_default = True
        if (
            old.null
            and not value.null
            and not value.has_default()
            and not value.has_db_default()
            and not value.many_to_many
        ):
            default = self.questioner.ask_not_null_alteration(name, key[1])
            if default is not models.NOT_PROVIDED:
                value = value.clone()
                value.default = default
                preserve_default = False
        operation = operations.AlterField(key[1], name, value, preserve_default)
        step = self._add(key[0], operation, self._relation_needs(key, [value]))
        step.swappable = self._swappable([value])

    def _add_options(self) -> None:
        for key, old, new in self._pairs():
            if self._is_managed(new):
                self._add_indexes_and_constraints(key, old, new)
                if old.options.get("db_table") != new.options.get("db_table"):
                    self._add(key[0], operations.AlterModelTable(key[1], new.options.get("db_table")))
                if old.options.get("db_table_comment") != new.options.get("db_table_comment"):
                    comment = new.options.get("db_table_comment")
                    self._add(key[0], operations.AlterModelTableComment(key[1], comment))
                ordered = new.options.get("order_with_respect_to")
                if old.options.get("order_with_respect_to") != ordered:
                    needs = {("field", *key, ordered)} if ordered else set()
                    self._add(key[0], operations.AlterOrderWithRespectTo(key[1], ordered), needs)
            keys = AlterModelOptions.ALTER_OPTION_KEYS
            before = {k: v for k, v in old.options.items() if k in keys}
            after = {k: v for k, v in new.options.items() if k in keys}
            if before != after:
                self._add(key[0], AlterModelOptions(key[1], after))
            if _managers(old) != _managers(new):
                self._add(key[0], operations.AlterModelManagers(key[1], new.managers))

    def _add_indexes_and_constraints(self, key: ModelKey, old: Any, new: Any) -> None:
        fields = {("field", *key, name) for name in new.fields}
        renamed = {new_name for _, new_name in self._renamed_indexes(old, new)}
        for index in new.options.get("indexes", []):
            if index.name not in renamed and not self._kept(index, old.options.get("indexes", [])):
                self._add(key[0], operations.AddIndex(key[1], index), fields | {("options removed", *key)})
        for constraint in new.options.get("constraints", []):
            known = [c for c in old.options.get("constraints", []) if c.name == constraint.name]
            if not self._kept(constraint, old.options.get("constraints", [])):
                self._add(
                    key[0],
                    operations.AddConstraint(key[1], constraint),
                    fields | {("options removed", *key)},
                )
            elif known and deep_deconstruct(known[0]) != deep_deconstruct(constraint):
                self._add(key[0], operations.AlterConstraint(key[1], constraint.name, constraint))
        before, after = self._together(key, old, renames=True), self._together(key, new)
        if after - before:
            self._add(
                key[0], operations.AlterUniqueTogether(key[1], after), fields | {("options removed", *key)}
            )

    def _delete_models(self) -> None:
        deleted = {key for key in self.old if key not in self.new and key not in self.renamed_models}
        for key in sorted(deleted):
            model_state = self.old[key]
            users = [
                (other_key, name)
                for other_key, other in self.old.items()
                for name, value in other.fields.items()
                if other_key != key and (r := field_references(other_key, value)) and key in (r.to, r.through)
            ]
            needs: set[Fact] = set()
            for other_key, name in users:
                other_new = self.renamed_models.get(other_key, other_key)
                if other_key not in deleted:
                    needs.add(("no field", *other_new, name))
                elif other_key > key and self._leads_to(key, other_key):
                    # Models in a circle: cut it first.
                    fact = ("no field", *other_key, name)
                    self._add(other_key[0], operations.RemoveField(other_key[1], name), gives={fact})
                    needs.add(fact)
                else:
                    needs.add(("no model", *other_key))
            for other_key in deleted:
                if any(
                    isinstance(b, str) and resolve_relation(b, *other_key) == key
                    for b in self.old[other_key].bases
                ):
                    needs.add(("no model", *other_key))
            self._add(key[0], operations.DeleteModel(model_state.name), needs, {("no model", *key)})

    def _leads_to(self, key: ModelKey, target: ModelKey) -> bool:
        """Whether relations lead from one old model to another, by way of any."""
        seen = {key}
        waiting = [key]
        while waiting:
            start = waiting.pop()
            for value in self.old[start].fields.values():
                reference = field_references(start, value)
                for found in (reference.to, reference.through) if reference else ():
                    if found == target:
                        return True
                    if found is not None and found in self.old and found not in seen:
                        seen.add(found)
                        waiting.append(found)
        return False

    def _add(
        self, app_label: str, operation: Any, needs: set[Fact] | None = None, gives: set[Fact] | None = None
    ) -> Step:
        step = Step(app_label, operation, needs or set(), gives or set())
        self.steps.append(step)
        return step

    def _providers(self) -> dict[Fact, list[Step]]:
        providers: dict[Fact, list[Step]] = {}
        for step in self.steps:
            for fact in step.gives:
                providers.setdefault(fact, []).append(step)
        return providers

    def _ordered(self) -> list[Step]:
        """The steps in the order they were found, except that each comes after what it needs."""
        self.providers = self._providers()
        order: list[Step] = []
        state: dict[int, int] = {}

        def place(step: Step) -> None:
            if id(step) in state:
                return
            state[id(step)] = 1
            for fact in sorted(step.needs):
                for provider in self.providers.get(fact, ()):
                    if provider is not step:
                        place(provider)
            order.append(step)

        for step in self.steps:
            place(step)
        return order

    def _cut_into_migrations(self, order: list[Step], graph: Any) -> dict[str, list[Migration]]:
        found: dict[str, list[Migration]] = {}
        home: dict[int, tuple[str, str]] = {}
        waiting = order
        while waiting:
            app_label, chunk = self._largest_chunk(waiting, home)
            name = f"auto_{len(found.get(app_label, [])) + 1}"
            dependencies: dict[tuple[str, str], None] = {}
            for step in chunk:
                for dependency in self._dependencies(step, home, graph):
                    dependencies[dependency] = None
            if found.get(app_label):
                dependencies[app_label, found[app_label][-1].name] = None
            body = {
                "operations": [step.operation for step in chunk],
                "dependencies": sorted(dependencies, key=lambda d: (hasattr(d, "setting"), d)),
            }
            migration = type("Migration", (Migration,), body)(name, app_label)
            migration.initial = app_label not in self.existing_apps
            found.setdefault(app_label, []).append(migration)
            for step in chunk:
                home[id(step)] = (app_label, name)
            taken = {id(step) for step in chunk}
            waiting = [step for step in waiting if id(step) not in taken]
        return found

    def _largest_chunk(self, waiting: list[Step], home: dict[int, Any]) -> tuple[str, list[Step]]:
        """As many steps of one application as can come next."""
        best: tuple[float, str, list[Step]] | None = None
        for app_label in dict.fromkeys(step.app_label for step in waiting):
            done = set(home)
            chunk = []
            total = 0
            for step in waiting:
                if step.app_label != app_label:
                    continue
                total += 1
                needed = (p for fact in step.needs for p in self.providers.get(fact, ()) if p is not step)
                if all(id(provider) in done for provider in needed):
                    chunk.append(step)
                    done.add(id(step))
            if chunk and (best is None or len(chunk) / total > best[0]):
                best = (len(chunk) / total, app_label, chunk)
        assert best is not None, "steps that wait for each other"
        return best[1], best[2]

    def _dependencies(self, step: Step, home: dict[int, tuple[str, str]], graph: Any) -> Iterator[Any]:
        for fact in sorted(step.needs):
            if fact in step.swappable:
                from offbeat.conf import settings

                dependency = swappable_dependency(getattr(settings, step.swappable[fact]))
                dependency.setting = step.swappable[fact]
                yield dependency
                continue
            providers = [p for p in self.providers.get(fact, ()) if p is not step]
            for provider in providers:
                if provider.app_label != step.app_label:
                    yield home[id(provider)]
            if not providers and fact[0] == "model" and fact[1] != step.app_label:
                yield from self._existing_dependency(fact[1], graph)

    @staticmethod
    def _existing_dependency(app_label: str, graph: Any) -> Iterator[tuple[str, str]]:
        leaves = graph.leaf_nodes(app_label) if graph else []
        yield leaves[0] if leaves else (app_label, "__first__")

    def arrange_for_graph(
        self, changes: dict[str, list[Migration]], graph: Any, migration_name: str | None = None
    ) -> dict[str, list[Migration]]:
        """Give the migrations their names and numbers, after those of the graph."""
        leaves = graph.leaf_nodes()
        new_names: dict[tuple[str, str], tuple[str, str] | None] = {}
        for app_label, migrations in list(changes.items()):
            if not migrations:
                continue
            leaf = next((node for node in leaves if node[0] == app_label), None)
            if leaf is None and not self.questioner.ask_initial(app_label):
                # Left out: nothing can depend on it.
                new_names |= {(app_label, m.name): (app_label, "__first__") for m in migrations}
                del changes[app_label]
                continue
            number = (self.parse_number(leaf[1]) or 0) + 1 if leaf else 1
            for position, migration in enumerate(migrations):
                if position == 0 and leaf:
                    migration.dependencies.append(leaf)
                if migration_name:
                    new_name = f"{number + position:04}_{migration_name}"
                elif number + position == 1:
                    new_name = "0001_initial"
                else:
                    migration.initial = None if leaf else migration.initial
                    shown = migration.suggest_name() if not migration.initial else f"initial_{position + 1}"
                    new_name = f"{number + position:04}_{shown}"[:104]
                new_names[app_label, migration.name] = (app_label, new_name)
                migration.name = new_name
        for migrations in changes.values():
            for migration in migrations:
                migration.dependencies = [
                    new_names.get(d, d) if not hasattr(d, "setting") else d for d in migration.dependencies
                ]
        return changes

    def _trim_to_apps(
        self, changes: dict[str, list[Migration]], app_labels: Any
    ) -> dict[str, list[Migration]]:
        needed = set(app_labels)
        grown = True
        while grown:
            grown = False
            for app_label in list(needed):
                for migration in changes.get(app_label, ()):
                    for dependency_app, _ in migration.dependencies:
                        if dependency_app not in needed and dependency_app in changes:
                            needed.add(dependency_app)
                            grown = True
        return {app_label: migrations for app_label, migrations in changes.items() if app_label in needed}

    @classmethod
    def parse_number(cls, name: str) -> int | None:
        """The number that a migration's name begins with; of a squashed one, the last it replaces."""
        if squashed := re.match(r".*_squashed_(\d+)", name):
            return int(squashed[1])
        match = re.match(r"^\d+", name)
        return int(match[0]) if match else None


def deep_deconstruct(obj: Any) -> Any:
    """Plain values that are equal for equal definitions."""
    if isinstance(obj, list):
        return [deep_deconstruct(value) for value in obj]
    if isinstance(obj, tuple):
        return tuple(deep_deconstruct(value) for value in obj)
    if isinstance(obj, dict):
        return {key: deep_deconstruct(value) for key, value in obj.items()}
    if isinstance(obj, functools.partial):
        return obj.func, deep_deconstruct(obj.args), deep_deconstruct(obj.keywords)
    if isinstance(obj, re.Pattern):
        return "re", obj.pattern, obj.flags
    if isinstance(obj, type):
        return obj
    if hasattr(obj, "deconstruct"):
        parts = obj.deconstruct()
        if isinstance(obj, models.Field):
            # The name is known from elsewhere.
            parts = parts[1:]
        path, args, kwargs = parts
        return path, [deep_deconstruct(v) for v in args], {k: deep_deconstruct(v) for k, v in kwargs.items()}
    return obj


def _nameless(index: Any) -> Any:
    path, args, kwargs = index.deconstruct()
    return deep_deconstruct((path, args, {k: v for k, v in kwargs.items() if k != "name"}))


def _database_view(constraint: Any) -> Any:
    path, args, kwargs = constraint.deconstruct()
    hidden = ("violation_error_code", "violation_error_message")
    return deep_deconstruct((path, args, {k: v for k, v in kwargs.items() if k not in hidden}))


def _managers(model_state: Any) -> Any:
    return [(name, deep_deconstruct(list(manager.deconstruct()))) for name, manager in model_state.managers]
