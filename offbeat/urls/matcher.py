"""The compiled matcher: all endpoints below a resolver, flattened, in one structure.

- An endpoint whose chain is literal text is found in a dict by the whole path.
- The others sit in a tree keyed by the literal segments their chains begin with; within a node they keep their
  order, and runs of them share one alternation, whose last closed group tells which one matched.
- What cannot be translated (a foreign pattern class, an expression that looks behind its start) matches step by
  step, as does a chain whose captured names collide.

The first pattern that matches wins, as documented: a literal endpoint enters the dict only when no earlier pattern
can match its text; when that cannot be told without running user code, it goes into the tree instead.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.urls.exceptions import Resolver404
from offbeat.urls.match import ResolverMatch
from offbeat.urls.pieces import Capture, Piece, translate

__all__ = ["Found", "Leaf", "Matcher", "join_route", "made"]

# An endpoint, the path, positional and keyword arguments of the view, and those of them that the path gave.
Found: TypeAlias = "tuple[Leaf, str, tuple[Any, ...], dict[str, Any], dict[str, Any] | None]"
Step: TypeAlias = "Callable[[str], Found | ResolverMatch | None]"
MAX_DEPTH = 6
_new = ResolverMatch.__new__


def join_route(parent: str, child: str) -> str:
    """Return the route of a chain: an expression's leading "^" only makes sense at the start."""
    return parent + child.removeprefix("^") if parent else child


def made(found: Found | ResolverMatch) -> ResolverMatch:
    """Return the ResolverMatch for what was found."""
    return found if isinstance(found, ResolverMatch) else found[0].made(found)


class Leaf:
    """One endpoint with the chain of patterns that leads to it."""

    __slots__ = (
        "app_names",
        "captures",
        "chain",
        "deterministic",
        "endpoint",
        "exact",
        "extra",
        "foreign",
        "func",
        "groups",
        "index",
        "levels",
        "namespaces",
        "owner",
        "prefix",
        "quick",
        "regex",
        "route",
        "sync_views",
        "text",
        "url_name",
    )

    def __init__(self, owner: Any, index: int, resolvers: tuple[Any, ...], endpoint: Any) -> None:
        from offbeat.urls.resolvers import URLPattern

        self.owner = owner
        self.index = index
        self.endpoint = endpoint
        self.foreign = (
            not isinstance(endpoint, URLPattern) or type(endpoint).resolve is not URLPattern.resolve
        )
        chain = [node.pattern for node in resolvers]
        levels = [node.default_kwargs for node in resolvers]
        if not self.foreign:
            chain.append(endpoint.pattern)
            levels.append(endpoint.default_args)
        self.chain = tuple(chain)
        self.levels = tuple(levels)
        self.route = functools.reduce(join_route, map(str, chain[1:]), "")
        self.app_names = [node.app_name for node in resolvers if node.app_name]
        self.namespaces = [node.namespace for node in resolvers if node.namespace]
        self.sync_views = _sync_views(resolvers)
        self.func = getattr(endpoint, "callback", None)
        self.url_name = None if self.foreign else endpoint.pattern.name
        self.extra = {name: value for level in self.levels for name, value in level.items()}
        self.prefix = ""
        self.exact: str | None = None
        self.text: str | None = None
        self.regex: re.Pattern[str] | None = None
        # What is faster than the expression, and says the same.
        self.quick: Step | None = None
        self.captures: tuple[Capture, ...] = ()
        self.groups = 0
        self.deterministic = True
        self._translate()

    def _translate(self) -> None:
        pieces = [translate(pattern) for pattern in self.chain]
        self.prefix = _common_head(pieces)
        whole = [piece for piece in pieces if piece is not None]
        self.deterministic = all(piece.deterministic for piece in whole)
        if self.foreign or len(whole) != len(pieces) or not self._can_join(whole):
            self.deterministic = self.deterministic and len(whole) == len(pieces) and not self.foreign
            return
        final = whole[-1].final
        if final and all(piece.literal for piece in whole):
            self.exact = self.prefix
        captures: list[Capture] = []
        text = []
        for piece in whole:
            captures += [
                Capture(self.groups + capture.group, capture.name, capture.convert, capture.optional)
                for capture in piece.captures
            ]
            self.groups += piece.groups
            text.append(re.escape(piece.head) if piece.literal else f"(?>{piece.text})")
        self.text = "".join(text) + (r"\Z" if final else "")
        self.regex = re.compile(self.text)
        self.captures = tuple(captures)
        if whole[-1].simple and all(piece.literal for piece in whole[:-1]):
            self.quick = _segment_matcher(self, captures[0])

    def _can_join(self, pieces: list[Piece]) -> bool:
        """Tell whether values can be merged without the step-by-step rules."""
        names = [capture.name for piece in pieces for capture in piece.captures]
        named = [name for name in names if name is not None]
        if any(piece.final for piece in pieces[:-1]):
            return False
        if len(set(named)) != len(named) or not self.extra.keys().isdisjoint(named):
            return False
        if len(named) == len(names):
            return True
        only_endpoint = all(piece.literal or not piece.captures for piece in pieces[:-1])
        return not named and (only_endpoint or not self.extra)

    def finish(self, path: str, found: re.Match[str], offset: int = 0) -> Found | None:
        """Return what was found by an expression that matched; None when a converter refuses its text."""
        captures = self.captures
        if not captures:
            return self.result(path, (), None)
        if captures[0].name is None:
            return self.result(path, tuple([found[offset + c.group] for c in captures]), None)
        kwargs: dict[str, Any] = {}
        try:
            for capture in captures:
                value = found[offset + capture.group]
                if capture.convert is not None:
                    value = capture.convert(value)
                elif value is None and capture.optional:
                    continue
                kwargs[capture.name] = value  # type: ignore[index]
        except ValueError:
            return None
        return self.result(path, (), kwargs)

    def result(self, path: str, args: tuple[Any, ...], captured: dict[str, Any] | None) -> Found:
        """What was found."""
        if not captured:
            return self, path, args, self.extra.copy(), None
        return self, path, args, {**captured, **self.extra} if self.extra else captured.copy(), captured

    def made(self, found: Found) -> ResolverMatch:
        """Return the ResolverMatch for what was found. Requests put off making it, for few are asked for it."""
        match = _new(ResolverMatch)
        match._leaf, match._path, match.args, match.kwargs, match._captured = found
        match.func = self.func  # type: ignore[assignment]
        return match

    def match(self, path: str) -> Found | ResolverMatch | None:
        """Match one path on its own."""
        if self.regex is not None:
            found = self.regex.match(path)
            return self.finish(path, found) if found else None
        return self.step_by_step(path)

    def step_by_step(self, path: str) -> ResolverMatch | None:
        """Match element by element; each level's values are overridden by those of the levels below it."""
        rest = path
        steps: list[tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]] = []
        for pattern, defaults in zip(self.chain, self.levels, strict=True):
            step = pattern.match(rest)
            if not step:
                return None
            rest, args, kwargs = step
            steps.append((args, kwargs, defaults))
        if self.foreign:
            found = _resolve_foreign(self.endpoint, rest)
            if found is None:
                return None
            match = self._adopt(path, found)
        else:
            args, captured, defaults = steps.pop()
            match = made(self.result(path, args, captured))
            match.kwargs = {**captured, **defaults}
            match.extra_kwargs = dict(defaults)
        for args, captured, defaults in reversed(steps):
            match.kwargs = {**captured, **defaults, **match.kwargs}
            match.captured_kwargs = {**captured, **(match.captured_kwargs or {})}
            match.extra_kwargs = {**defaults, **(match.extra_kwargs or {})}
            if not match.kwargs:
                match.args = args + match.args
        return match

    def _adopt(self, path: str, found: ResolverMatch) -> ResolverMatch:
        """Return the match that an element with its own resolve() gave, as seen from here."""
        endpoint = self.endpoint
        below = found.route or ""
        if hasattr(endpoint, "url_patterns"):
            below = join_route(str(endpoint.pattern), below)
        match = made(self.result(path, tuple(found.args), dict(found.captured_kwargs or {})))
        match.func = found.func
        match.kwargs = dict(found.kwargs)
        match.extra_kwargs = dict(found.extra_kwargs or {})
        match.url_name = found.url_name
        match.app_names = self.app_names + found.app_names
        match.namespaces = self.namespaces + found.namespaces
        match.route = join_route(self.route, below)
        return match


def _sync_views(resolvers: tuple[Any, ...]) -> str | None:
    """Return what the innermost URLconf that has an opinion says about where its synchronous views run."""
    for node in reversed(resolvers):
        module = getattr(node, "urlconf_module", None)
        wanted: str | None = getattr(module, "sync_views", None)
        if wanted is not None:
            if wanted not in ("inline", "threads"):
                raise ImproperlyConfigured(
                    f"sync_views of the URLconf {module!r} must be 'inline' or 'threads', not {wanted!r}."
                )
            return wanted
    return None


def _resolve_foreign(endpoint: Any, rest: str) -> ResolverMatch | None:
    try:
        return endpoint.resolve(rest)  # type: ignore[no-any-return]
    except Resolver404:
        return None


def _common_head(pieces: list[Piece | None]) -> str:
    head = ""
    for piece in pieces:
        if piece is None:
            break
        head += piece.head
        if not piece.literal:
            break
    return head


class Node:
    """A node of the segment tree: children by next literal segment, and what is tried when none applies."""

    __slots__ = ("children", "leaves", "steps")

    def __init__(self) -> None:
        self.children: dict[str, Node] = {}
        self.leaves: tuple[Leaf, ...] = ()
        self.steps: tuple[Step, ...] = ()


class Matcher:
    """Matches paths below one resolver, for one language."""

    __slots__ = ("exact", "root", "start")

    def __init__(self, owner: Any) -> None:
        leaves = [
            Leaf(owner, index, resolvers, endpoint)
            for index, (resolvers, endpoint) in enumerate(flatten(owner))
        ]
        dynamic = [leaf for leaf in leaves if leaf.exact is None]
        tree = _build(dynamic, 0)
        self.exact: dict[str, Leaf] = {}
        uncertain = False
        for leaf in leaves:
            text = leaf.exact
            if text is None or text in self.exact:
                continue
            verdict = _earlier_match(tree, leaf, text)
            if verdict is None:
                uncertain = True
                dynamic.append(leaf)
            elif not verdict:
                self.exact[text] = leaf
        if uncertain:
            dynamic.sort(key=lambda leaf: leaf.index)
            # A later equal text would otherwise be found before the endpoint that is now in the tree.
            in_tree = {leaf.exact for leaf in dynamic}
            self.exact = {text: leaf for text, leaf in self.exact.items() if text not in in_tree}
            tree = _build(dynamic, 0)
        self.start = 0
        while len(tree.children) == 1 and not tree.leaves:
            [(segment, tree)] = tree.children.items()
            self.start += len(segment)
        self.root = tree
        _finish(tree)

    def match(self, path: str) -> Found | ResolverMatch | None:
        """Return what a path leads to, or None."""
        leaf = self.exact.get(path)
        if leaf is not None:
            return leaf, path, (), leaf.extra.copy(), None
        node = self.root
        children = node.children
        if children:
            start = self.start
            while end := path.find("/", start) + 1:
                child = children.get(path[start:end])
                if child is None:
                    break
                node = child
                children = node.children
                start = end
        for step in node.steps:
            match = step(path)
            if match is not None:
                return match
        return None


def flatten(owner: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield ``(resolvers on the way, endpoint)`` in order; what resolves by itself counts as an endpoint."""
    from offbeat.urls.resolvers import URLResolver

    def walk(resolvers: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
        for node in resolvers[-1].url_patterns:
            nested = isinstance(node, URLResolver) and type(node).resolve is URLResolver.resolve
            # A URLconf that includes itself is followed one path at a time.
            if nested and not any(node.url_patterns is outer.url_patterns for outer in resolvers):
                yield from walk((*resolvers, node))
            else:
                yield resolvers, node

    return walk((owner,))


def _earlier_match(tree: Node, leaf: Leaf, text: str) -> bool | None:
    """Tell whether an earlier pattern matches a literal path; None when only a request can tell."""
    node = tree
    start = 0
    while node.children:
        end = text.find("/", start) + 1
        child = node.children.get(text[start:end]) if end else None
        if child is None:
            break
        node = child
        start = end
    for other in node.leaves:
        if other.index > leaf.index:
            return False
        if not text.startswith(other.prefix):
            continue
        if not other.deterministic:
            if other.regex is None or other.regex.match(text):
                return None
        elif other.match(text) is not None:
            return True
    return False


def _build(leaves: list[Leaf], start: int, depth: int = 0) -> Node:
    """Build the node for leaves that share the first ``start`` characters."""
    node = Node()
    node.leaves = tuple(leaf for leaf in leaves if not _segment(leaf, start))
    if depth >= MAX_DEPTH:
        node.leaves = tuple(leaves)
        return node
    for segment in dict.fromkeys(filter(None, (_segment(leaf, start) for leaf in leaves))):
        within = [leaf for leaf in leaves if _segment(leaf, start) in ("", segment)]
        node.children[segment] = _build(within, start + len(segment), depth + 1)
    return node


def _segment(leaf: Leaf, start: int) -> str:
    end = leaf.prefix.find("/", start) + 1
    return leaf.prefix[start:end] if end else ""


def _finish(node: Node) -> None:
    """Turn the leaves of each node into what is called for a path."""
    steps: list[Step] = []
    run: list[Leaf] = []
    for leaf in (*node.leaves, None):
        if leaf is not None and leaf.regex is not None:
            run.append(leaf)
            continue
        if run:
            steps.append(run[0].quick or run[0].match if len(run) == 1 else _alternation(run))
            run = []
        if leaf is not None:
            steps.append(leaf.match)
    node.steps = tuple(steps)
    for child in node.children.values():
        _finish(child)


def _segment_matcher(leaf: Leaf, capture: Capture) -> Step:
    """Return a function that matches literal text and one last segment: any text, or digits where it is converted."""
    head, name, extra = leaf.prefix, str(capture.name), leaf.extra
    size = len(head)
    is_number = capture.convert is not None

    def match(path: str) -> Found | None:
        value: Any = path[size:]
        if is_number:
            if not (value.isdecimal() and value.isascii()):
                return None
            try:
                value = int(value)
            except ValueError:  # too many digits
                return None
        elif not value or "/" in value:
            return None
        if not path.startswith(head):
            return None
        return leaf, path, (), {name: value, **extra} if extra else {name: value}, {name: value}

    return match


def _alternation(leaves: list[Leaf]) -> Step:
    """Return a function that tries the leaves in order with one expression."""
    text = []
    owners: dict[int, tuple[int, int]] = {}
    groups = 0
    for position, leaf in enumerate(leaves):
        text.append(f"{leaf.text}()")
        owners[groups + leaf.groups + 1] = (position, groups)
        groups += leaf.groups + 1
    match_any = re.compile("|".join(text)).match

    def match(path: str) -> Found | ResolverMatch | None:
        found = match_any(path)
        if found is None:
            return None
        position, offset = owners[found.lastindex]  # type: ignore[index]
        result: Found | ResolverMatch | None = leaves[position].finish(path, found, offset)
        if result is not None:
            return result
        # A converter refused: the ones behind it are tried one by one, as this is rare.
        for leaf in leaves[position + 1 :]:
            result = leaf.match(path)
            if result is not None:
                return result
        return None

    return match
