from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.yaml_reading import Loader

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=20,
)


def _read(text: str) -> object:
    return yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader


@given(_PLAIN)
def test_whatever_was_written_is_read_as_the_safe_loader_reads_it(data: object) -> None:
    text = yaml.safe_dump(data, allow_unicode=True)
    assert repr(_read(text)) == repr(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: &x [1, 2]\nb: *x\n",
        "base: &b {k: v}\nmore:\n  <<: *b\n  n: yes\n",
        "- 1\n- 0o14\n- 1e3\n- 2026-01-31\n- ~\n- 'yes'\n- |\n  lines\n  of text\n",
        "? [a, b]\n: tuple keys are refused by both\n",
        "!!binary aGVsbG8=\n",
        "twice: 1\ntwice: 2\n",
        "!!python/object:os.system x\n",
        "a: [1, 2\n",
    ],
)
def test_what_is_out_of_the_ordinary_is_read_or_refused_alike(text: str) -> None:
    def outcome(loader: type) -> object:
        try:
            return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader
        except yaml.YAMLError as error:
            return type(error)

    assert outcome(Loader) == outcome(yaml.SafeLoader)


def test_what_is_repeated_by_an_alias_is_one_thing_even_inside_itself() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    read = _read(bomb)
    assert isinstance(read, dict)
    assert read["c"][0] is read["c"][1] is read["b"]
    around = _read("&self [*self]\n")
    assert isinstance(around, list)
    assert around[0] is around
