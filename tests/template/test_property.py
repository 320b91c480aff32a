"""Random templates give the same text whether their variables are locals or live in the context."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from offbeat.template import Context
from tests.template.helpers import engine

NAMES = st.sampled_from(["a", "b", "c", "d"])
PATHS = st.one_of(
    NAMES,
    st.tuples(NAMES, st.sampled_from(["x", "y", "0", "1", "items", "x.y", "upper"])).map(".".join),
    st.sampled_from(
        ["forloop.counter", "forloop.last", "forloop.parentloop.counter0", "'lit'", "3", "2.5", "None"]
    ),
)
EXPRESSIONS = st.one_of(
    PATHS,
    st.tuples(
        PATHS,
        st.sampled_from(["upper", "length", "default:'z'", "add:1", "escape", "safe", "first", "join:'-'"]),
    ).map("|".join),
)
CONDITIONS = st.recursive(
    EXPRESSIONS,
    lambda inner: st.one_of(
        inner.map(lambda x: f"not {x}"),
        st.tuples(inner, st.sampled_from(["and", "or", "==", "!=", "<", "in", "not in", "is"]), inner).map(
            " ".join
        ),
    ),
    max_leaves=4,
)
LEAVES = st.one_of(
    st.sampled_from(
        ["text", "<&>", "{ ", "%} ", " ", "{# note #}", "{% cycle 'p' 'q' %}", "{% opaque_here %}"]
    ),
    EXPRESSIONS.map(lambda e: f"{{{{ {e} }}}}"),
    st.tuples(NAMES, EXPRESSIONS).map(lambda t: f"{{% firstof {t[1]} 'f' as {t[0]} %}}"),
)


OPAQUE = st.sampled_from(["", "{% opaque_here %}"])


def blocks(inner: Any) -> Any:
    body = st.lists(inner, max_size=3).map("".join)
    return st.one_of(
        st.tuples(CONDITIONS, body, CONDITIONS, body, body).map(
            lambda t: f"{{% if {t[0]} %}}{t[1]}{{% elif {t[2]} %}}{t[3]}{{% else %}}{t[4]}{{% endif %}}"
        ),
        st.tuples(NAMES, EXPRESSIONS, body, body, OPAQUE).map(
            lambda t: f"{{% for {t[0]} in {t[1]} %}}{t[2]}{t[4]}{{% empty %}}{t[3]}{{% endfor %}}"
        ),
        st.tuples(NAMES, EXPRESSIONS, body, OPAQUE).map(
            lambda t: f"{{% with {t[0]}={t[1]} %}}{t[2]}{t[3]}{{% endwith %}}"
        ),
        body.map(lambda t: f"{{% autoescape off %}}{t}{{% endautoescape %}}"),
        body.map(lambda t: f"{{% filter upper %}}{t}{{% endfilter %}}"),
    )


TEMPLATES = st.lists(st.recursive(LEAVES, blocks, max_leaves=12), max_size=4).map("".join)
VALUES = st.dictionaries(
    NAMES,
    st.recursive(
        st.one_of(st.none(), st.integers(-2, 3), st.text("<&x'", max_size=3), st.booleans()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["x", "y", "items"]), inner, max_size=3),
        ),
        max_leaves=5,
    ),
)

ENGINE = engine()


def outcome(source: str, values: dict[str, Any]) -> str:
    try:
        return str(ENGINE.from_string("{% load extra %}" + source).render(Context(dict(values))))
    except Exception as e:
        return f"{type(e).__name__}: {e}"


@settings(max_examples=100, deadline=None)
@given(TEMPLATES, VALUES)
def test_locals_and_context_agree(source, values):
    everywhere = source.replace("{% endfor", "{% opaque %}{% endfor").replace(
        "{% endwith", "{% opaque %}{% endwith"
    )
    assert outcome(source.replace("{% opaque_here %}", "{# nothing #}"), values) == outcome(
        source.replace("{% opaque_here %}", "{% opaque %}"), values
    )
    assert outcome(source.replace("{% opaque_here %}", "{# nothing #}"), values) == outcome(
        "{% opaque %}" + everywhere.replace("{% opaque_here %}", "{# nothing #}"), values
    )
