"""The JSON Schema for editors, held against every good and every bad example: it takes all
that portvet takes, and of the rest it lets pass only what no schema can say."""

import json
import re
import unittest
from pathlib import Path

import jsonschema
import yaml

TESTS = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((TESTS.parent / "docs/expectations.schema.json").read_text())
BEYOND = TESTS / "schema/beyond_a_schema.txt"


class OnceLoader(yaml.BaseLoader):
    """All scalars are text; what the language leaves out of YAML is an error."""

    def compose_node(self, parent, index):
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor or getattr(event, "tag", None):
            raise yaml.YAMLError("anchor, alias or tag")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if any(not isinstance(key, str) for key in keys) or len(keys) != len(set(keys)):
            raise yaml.YAMLError("keys")
        return super().construct_mapping(node, deep)


class TypedLoader(yaml.SafeLoader):
    """Numbers are numbers, as editors see them; days stay text."""


TypedLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if "timestamp" not in tag]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def examples(folder: str) -> list[Path]:
    return sorted((TESTS / "files" / folder).glob("*.yml"))


def texts_of_nothing(value: object) -> object:
    """A value left out is null to editors, and empty text to a loader of text."""
    if isinstance(value, dict):
        return {key: texts_of_nothing(item) for key, item in value.items()}
    if isinstance(value, list):
        return [texts_of_nothing(item) for item in value]
    return None if value == "" else value


def faults(value: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(value)]


class SchemaTest(unittest.TestCase):
    def test_the_schema_is_one(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_every_good_example_fits(self) -> None:
        for path in examples("good"):
            for loader in (OnceLoader, TypedLoader):
                with self.subTest(path.name, loader=loader.__name__):
                    value = yaml.load(path.read_bytes(), Loader=loader)
                    self.assertEqual(faults(texts_of_nothing(value)), [])

    def test_bad_examples_do_not_fit_but_for_what_no_schema_can_say(self) -> None:
        fit = []
        for path in examples("bad"):
            try:
                value = texts_of_nothing(yaml.load(path.read_bytes(), Loader=OnceLoader))
            except (yaml.YAMLError, RecursionError, ValueError, TypeError):
                continue
            if not faults(value):
                fit.append(path.stem)
        self.assertEqual(fit, BEYOND.read_text().split())

    def test_the_reference_and_the_schema_name_the_same_keys(self) -> None:
        text = (TESTS.parent / "docs/expectations.md").read_text()
        keys = set(re.findall(r"^([a-z]+):", text.split("All keys:")[1].split("```")[1], re.M))
        self.assertEqual(keys, set(SCHEMA["properties"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
