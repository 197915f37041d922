"""The HTML report in a real browser: it asks for nothing, complains of nothing, fits a
telephone, is complete without scripts, and its filters work."""

import base64
import hashlib
import os
import re
import tempfile
import unittest
from pathlib import Path

from browser import Browser, Page
from written import every_report, main, write

WIDTHS = (360, 1280)
SIZE_MAX = 5 * 1024 * 1024
LOAD_SECONDS_MAX = 2.0

# Rows of the table that can be seen, as texts.
ROWS = """[...document.querySelectorAll('#expectations tbody tr')]
          .filter(row => row.offsetHeight > 0).map(row => row.innerText)"""


class HtmlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.browser = Browser().__enter__()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.browser.__exit__()
        cls.folder.cleanup()

    def setUp(self) -> None:
        self.page = self.browser.open_page()

    def tearDown(self) -> None:
        self.page.close()

    def show(self, report: bytes) -> Page:
        path = Path(self.folder.name, "report.html")
        path.write_bytes(report)
        self.page.load(path)
        return self.page

    def type_words(self, words: str) -> list[str]:
        self.page.evaluate(f"""(words => {{
            const input = document.getElementById('words');
            input.value = words;
            input.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})({words!r})""")
        return self.page.evaluate(ROWS)

    def test_a_page_is_quiet_and_fits(self) -> None:
        for what, report in every_report("html"):
            for width in WIDTHS:
                with self.subTest(what=what, width=width):
                    self.page.resize(width)
                    page = self.show(report)
                    self.assertLessEqual(
                        page.evaluate("document.documentElement.scrollWidth"), width)
                    self.assertEqual(page.complaints, [])
                    self.assertEqual(page.requests, [])
                    self.assertEqual(page.evaluate("document.scripts.length"), 1)
                    self.assertEqual(page.evaluate("document.querySelectorAll('img').length"), 0)

    def test_the_policy_lets_only_our_script_run(self) -> None:
        text = write("html", "met").decode()
        script = re.search(r"<script>(.*)</script>", text, re.DOTALL)
        assert script
        digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
        self.assertIn(f"script-src 'sha256-{digest}'", text)
        self.assertNotRegex(text, r"(?i)(src|href)\s*=|url\(|@import")

    def test_filters_choose_rows(self) -> None:
        page = self.show(write("html", "broken"))
        self.assertEqual(len(page.evaluate(ROWS)), 13)
        self.assertEqual(len(self.type_words("node2")), 4)
        rows = self.type_words("node1 50000")
        self.assertEqual(len(rows), 1)
        self.assertIn("dropped", rows[0])
        self.assertEqual(self.type_words("node1 nothing"), [])
        self.type_words("")
        page.evaluate("document.querySelector('input[value=broken]').click()")
        self.assertEqual(len(page.evaluate(ROWS)), 10)
        self.assertEqual(page.evaluate("document.getElementById('shown').textContent"),
                         "10 of 13")

    def test_without_scripts_everything_is_there(self) -> None:
        self.page.disable_scripts()
        page = self.show(write("html", "broken"))
        self.assertEqual(len(page.evaluate(ROWS)), 13)
        self.assertTrue(page.evaluate("document.getElementById('filter').offsetHeight === 0"))
        self.assertEqual(page.evaluate("document.querySelectorAll('svg.map').length"), 4)
        text = page.evaluate("document.body.innerText")
        for words in ("8080 open expected filtered", "A service accepts connections from here",
                      "Check that the address is right", "waived until 2026-12-31"):
            self.assertIn(words.lower(), str(text).lower())

    def test_light_and_dark_differ(self) -> None:
        page = self.show(write("html", "broken"))
        shades = set()
        for scheme in ("light", "dark"):
            page.prefer(scheme)
            shades.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(len(shades), 2)

    def test_screenshots_for_people(self) -> None:
        """Written to the folder that PORTVET_SCREENSHOTS names; nothing without it."""
        folder = os.environ.get("PORTVET_SCREENSHOTS")
        for audit in ("broken", "met", "scan", "heavy") if folder else ():
            for width in WIDTHS:
                for scheme in ("light", "dark"):
                    self.page.resize(width)
                    self.page.prefer(scheme)
                    name = f"{audit}-{width}-{scheme}.png"
                    self.show(write("html", audit)).screenshot(Path(str(folder), name))

    def test_a_page_prints(self) -> None:
        pdf = self.show(write("html", "broken")).pdf()
        self.assertTrue(pdf.startswith(b"%PDF"))

    def test_a_hundred_hosts_are_small_and_quick(self) -> None:
        report = write("html", "heavy")
        self.assertLess(len(report), SIZE_MAX)
        page = self.show(report)
        self.assertLess(page.load_seconds, LOAD_SECONDS_MAX)
        self.assertEqual(page.evaluate("document.querySelectorAll('svg.map').length"), 100)

    def test_the_map_has_ports_in_their_places(self) -> None:
        page = self.show(write("html", "broken"))
        area = page.evaluate("""(() => {
            const map = document.querySelector('svg.map');
            const paths = [...map.querySelectorAll('path')];
            const shown = paths.filter(p => p.className.baseVal === 'closed');
            const large = shown[shown.length - 1].getBBox();
            return [large.x, large.y, large.width, large.height];
        })()""")
        # 10000 to 10010 are columns 16 to 26 of row 39.
        self.assertEqual(area, [16, 96 + 39, 11, 1])


if __name__ == "__main__":
    main(("chromium",))
