"""Templates hold prose and places; they compute nothing, and both languages show the same."""

import itertools
import re
from collections.abc import Iterator

import pytest
from jinja2 import nodes

from rnnlab.document.text import LANGUAGES
from rnnlab.report.render import environment

TEMPLATES = environment("en").list_templates(extensions=["j2"])
PLAIN = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Include),
    *(nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Tuple),
    *(nodes.If, nodes.CondExpr, nodes.Not, nodes.And, nodes.Or, nodes.For, nodes.CallBlock),
)
"""What a template may hold: text, values, what chooses between words or repeats them."""
FILTERS = {"listed", "join", "plural"}


def source(name: str) -> str:
    templates = environment("en")
    return templates.loader.get_source(templates, name)[0]


def parsed(name: str) -> nodes.Template:
    return environment("en").parse(source(name))


def walked(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from walked(child)


def shows(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name == "show"


def computing(tree: nodes.Template) -> list[str]:
    """What in a template computes, by kind and line."""
    pairs = [each.iter for each in tree.find_all(nodes.For) if isinstance(each.iter, nodes.Call)]
    found = []
    for node in walked(tree):
        if isinstance(node, nodes.Call):
            fine = shows(node) or (node in pairs and node.node.attr == "items")
        elif isinstance(node, nodes.Filter):
            fine = node.name in FILTERS
        else:
            fine = isinstance(node, (*PLAIN, nodes.Operand))
        if not fine:
            found.append(f"{type(node).__name__} in line {node.lineno}")
    return found


def test_all_templates_are_seen_in_both_languages():
    stems = {name.rsplit(".", 3)[0] for name in TEMPLATES}
    assert {"report/report", "report/claims", "labs/sentiment/section"} <= stems
    assert sorted(f"{stem}.{way}.md.j2" for stem in stems for way in LANGUAGES) == TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_computes_nothing(name):
    assert computing(parsed(name)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ 100 * share }}",
        "{{ a - b }}",
        "{{ -a }}",
        "{{ a ~ b }}",
        "{{ a | round }}",
        "{{ a | length }}",
        "{% if a > 2 %}x{% endif %}",
        "{% if a == 'b' %}x{% endif %}",
        "{% set a = 1 %}",
        "{{ f(a) }}",
        "{{ a.format(b) }}",
        "{{ a.items() }}",
        "{% if a is none %}x{% endif %}",
        "{% macro m() %}{% endmacro %}",
        "{{ [1, 2] }}",
        "{{ a[:2] }}",
    ],
)
def test_the_check_sees_what_computes(text):
    assert computing(environment("en").parse(text))


@pytest.mark.parametrize("stem", sorted({name.rsplit(".", 3)[0] for name in TEMPLATES}))
def test_both_languages_show_the_same_in_the_same_order(stem):
    shown = [
        [[*call.args, call.dyn_args] for call in parsed(name).find_all(nodes.Call) if shows(call)]
        for name in (f"{stem}.{language}.md.j2" for language in LANGUAGES)
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("name", [each for each in TEMPLATES if ".en." in each])
def test_no_two_words_are_joined_where_a_line_of_the_template_ends_in_a_tag(name):
    """Jinja drops the line's end after a tag, and with it the blank that it stands for."""
    for line, following in itertools.pairwise(source(name).splitlines()):
        text = re.sub("{%.*?%}", "", line)
        joined = line.endswith("%}") and text.strip() and not text.endswith(" ")
        assert not (joined and re.match(r"\w|{{", following)), line
