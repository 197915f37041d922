"""Every report is what its readers take: held against schemas, parsers and tools that are
not ours, with hostile text in every field too."""

import csv
import io
import json
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
import junitparser
import tap14
import yaml
from written import AUDITS, TESTS, every_report, main, run_tool, write

SCHEMA = TESTS.parent / "docs/report.schema.json"
NMAP = Path("/usr/share/nmap")

TEXT_FORMATS = ("text", "tap", "nagios", "prometheus", "github", "markdown", "csv")
FORMATS = TEXT_FORMATS + ("json", "junit", "sarif", "nmap", "html")


def closed(schema: object) -> object:
    """SCHEMA without room for fields that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if made.get("type") == "object":
        made["additionalProperties"] = False
    return made


class EveryFormatTest(unittest.TestCase):
    def test_reports_are_clean_utf8(self) -> None:
        for form in FORMATS:
            for what, report in every_report(form):
                with self.subTest(form=form, what=what):
                    text = report.decode()  # raises on bad UTF-8
                    self.assertNotRegex(text, "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
                    self.assertNotRegex(text, "[\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
                    self.assertTrue(text.endswith("\n"))


class JsonTest(unittest.TestCase):
    def test_reports_have_the_shape_of_the_schema(self) -> None:
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        for what, report in every_report("json"):
            with self.subTest(what=what):
                value = json.loads(report)
                if "'" in what:
                    value["files"] = []  # a hostile one has no true digest
                jsonschema.validate(value, closed(schema))


class JunitTest(unittest.TestCase):
    def test_reports_are_valid(self) -> None:
        schema = TESTS / "files/junit.xsd"
        for what, report in every_report("junit"):
            with self.subTest(what=what):
                run_tool(["xmllint", "--noout", "--huge", "--schema", schema, "-"], report)

    def test_counts_are_those_of_the_cases(self) -> None:
        for what, report in every_report("junit"):
            for suite in ElementTree.fromstring(report):
                cases = suite.findall("testcase")
                with self.subTest(what=what, suite=suite.get("name")):
                    self.assertEqual(int(suite.attrib["tests"]), len(cases))
                    for element, count in (("failure", "failures"), ("error", "errors"),
                                           ("skipped", "skipped")):
                        found = suite.findall(f"testcase/{element}")
                        self.assertEqual(int(suite.attrib[count]), len(found))

    def test_junitparser_counts_the_same(self) -> None:
        read = junitparser.JUnitXml.fromstring(write("junit", "broken"))
        read.update_statistics()
        self.assertEqual((read.tests, read.failures, read.errors, read.skipped), (13, 3, 4, 1))

    def test_a_rule_for_all_ports_is_one_case(self) -> None:
        cases = ElementTree.fromstring(write("junit", "fleet")).iter("testcase")
        self.assertEqual(len(list(cases)), 2 * 1000 + 1)

    def test_a_failure_repeats_its_message_as_text(self) -> None:
        for element in ElementTree.fromstring(write("junit", "broken")).iter():
            if element.tag in ("failure", "error"):
                self.assertIn(element.attrib["message"], element.text or "")


class TapTest(unittest.TestCase):
    def test_reports_follow_the_grammar(self) -> None:
        for what, report in every_report("tap"):
            with self.subTest(what=what):
                for point in tap14.read(report.decode()):
                    if point.diagnostics:
                        yaml.safe_load("\n".join(point.diagnostics))

    def test_points_tell_the_result(self) -> None:
        points = tap14.read(write("tap", "broken").decode())
        by_name = {point.name: point for point in points}
        self.assertEqual(len(by_name), len(points))
        broken = by_name["node1.example.com (203.0.113.11) tcp 8080 filtered"]
        waived = by_name["node2.example.com (2001:db8::12) tcp 8080 filtered"]
        self.assertFalse(broken.ok)
        self.assertEqual(yaml.safe_load("\n".join(broken.diagnostics))["ports"], "8080")
        self.assertTrue(waived.ok and waived.directive == "SKIP")

    def test_prove_counts_the_same(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "report.tap")
            # Perl's harness knows versions up to 13, whose points are the same.
            path.write_bytes(write("tap", "met").replace(b"version 14", b"version 13"))
            self.assertIn("Tests=2", run_tool(["prove", path]).stdout)


class PrometheusTest(unittest.TestCase):
    def test_promtool_has_no_complaint(self) -> None:
        for what, report in every_report("prometheus"):
            with self.subTest(what=what):
                told = run_tool(["promtool", "check", "metrics"], report)
                self.assertEqual(told.stdout + told.stderr, "")


class NagiosTest(unittest.TestCase):
    def test_the_first_line_is_short_and_has_its_measure(self) -> None:
        for what, report in every_report("nagios"):
            with self.subTest(what=what):
                line = report.decode().splitlines()[0]
                self.assertLess(len(line), 80)
                self.assertRegex(line, r"^PORTVET (OK|WARNING|CRITICAL|UNKNOWN): [^|]+"
                                       r" \| 'broken'=\d+;;1;0$")
                self.assertEqual(report.count(b"|"), 2)


class GithubTest(unittest.TestCase):
    COMMAND = re.compile(r"::(error|warning|notice) (\w+=[^,:]*)(,\w+=[^,:]*)*::.+")

    def test_lines_are_commands_and_a_summary(self) -> None:
        for what, report in every_report("github"):
            with self.subTest(what=what):
                *commands, summary = report.decode().splitlines()
                self.assertFalse(summary.startswith("::"))
                for command in commands:
                    self.assertRegex(command, self.COMMAND)

    def test_ten_errors_are_shown_and_the_rest_is_counted(self) -> None:
        lines = write("github", "heavy").decode().splitlines()
        errors = [line for line in lines if line.startswith("::error file=")]
        self.assertEqual(len(errors), 10)
        self.assertIn("::error title=portvet::and 190 more like these, broken", lines)


class SarifTest(unittest.TestCase):
    def test_reports_have_the_shape_of_the_schema(self) -> None:
        schema = json.loads((TESTS / "files/sarif-2.1.0-rtm.5.json").read_text())
        validator = jsonschema.Draft4Validator(schema)
        for what, report in every_report("sarif"):
            with self.subTest(what=what):
                log = json.loads(report)
                validator.validate(log)
                log["runs"][0]["tool"]["driver"]["nmae"] = "portvet"
                self.assertFalse(validator.is_valid(log))

    def test_a_waived_case_is_suppressed_and_says_why(self) -> None:
        results = json.loads(write("sarif", "broken"))["runs"][0]["results"]
        suppressed = [result["suppressions"] for result in results if "suppressions" in result]
        self.assertEqual(suppressed, [[{"kind": "external",
                                        "justification": "old CLI still in use, OPS-1432"}]])

    def test_results_have_what_code_scanning_needs(self) -> None:
        for what, report in every_report("sarif"):
            log = json.loads(report)
            run = log["runs"][0]
            rules = run["tool"]["driver"]["rules"]
            with self.subTest(what=what):
                self.assertEqual(log["version"], "2.1.0")
                for rule in rules:
                    self.assertTrue(rule["help"]["text"] and rule["fullDescription"]["text"])
                    self.assertGreater(float(rule["properties"]["security-severity"]), 0)
                for result in run["results"]:
                    self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
                    self.assertRegex(result["partialFingerprints"]["primaryLocationLineHash"],
                                     "^[0-9a-f]{16}:1$")

    def test_a_result_points_at_the_line_of_its_rule(self) -> None:
        results = json.loads(write("sarif", "broken"))["runs"][0]["results"]
        place = results[0]["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], "edge.yml")
        self.assertEqual(place["region"]["startLine"], 14)
        prints = [result["partialFingerprints"]["primaryLocationLineHash"]
                  for result in results]
        self.assertEqual(len(set(prints)), len(prints))


class CsvTest(unittest.TestCase):
    def test_rows_are_the_verdicts_of_the_json_report(self) -> None:
        for audit in AUDITS:
            reader = csv.DictReader(io.StringIO(write("csv", audit).decode(), newline=""),
                                    strict=True)
            verdicts = [(host["name"], verdict)
                        for host in json.loads(write("json", audit))["hosts"]
                        for verdict in host["ports"]]
            rows = list(reader)
            self.assertEqual(len(rows), len(verdicts))
            for row, (host, verdict) in zip(rows, verdicts):
                with self.subTest(audit=audit, host=host, ports=verdict["ports"]):
                    self.assertEqual(row["host"], host)
                    for key in set(row) & set(verdict) - {"miss", "waiver_expired"}:
                        self.assertEqual(row[key], str(verdict[key]), key)

    def test_nothing_is_a_formula(self) -> None:
        for what, report in every_report("csv"):
            rows = list(csv.reader(io.StringIO(report.decode(), newline=""), strict=True))
            with self.subTest(what=what):
                self.assertEqual({len(row) for row in rows}, {len(rows[0])})
                for cell in (cell for row in rows for cell in row):
                    self.assertFalse(cell[:1] in "=+-@" and cell[:1] and cell[:3] != "-e:", cell)


class MarkdownTest(unittest.TestCase):
    def test_text_makes_no_markup(self) -> None:
        for what, report in every_report("markdown"):
            with self.subTest(what=what):
                text = report.decode().replace("<br>", "")
                self.assertNotRegex(text, "[<>@]")
                self.assertNotRegex(text, r"(?<!\\)[`\[\]~]")
                for line in text.splitlines():
                    cells = len(re.findall(r"(?<!\\)\|", line))
                    self.assertIn(cells, (0, 7, 9))


class NmapTest(unittest.TestCase):
    def test_reports_are_valid(self) -> None:
        for what, report in every_report("nmap"):
            with self.subTest(what=what):
                run_tool(["xmllint", "--noout", "--huge", "--dtdvalid", NMAP / "nmap.dtd", "-"],
                         report)

    def test_ndiff_and_nmaps_stylesheet_read_them(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for number, (what, report) in enumerate(every_report("nmap")):
                path = Path(folder, f"{number}.xml")
                path.write_bytes(report)
                with self.subTest(what=what):
                    self.assertEqual(run_tool(["ndiff", path, path]).stdout, "")
                    page = run_tool(["xsltproc", "--nonet", NMAP / "nmap.xsl", path]).stdout
                    self.assertIn("<html", page)
                    self.assertNotIn("<script>alert", page)


if __name__ == "__main__":
    main(("xmllint", "xsltproc", "ndiff", "promtool", "prove"))
