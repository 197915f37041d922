"""A headless Chromium, spoken to over its debugging pipe: pages are loaded, looked at and
measured, and what they complain about is collected. No network is ever used."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--no-first-run", "--remote-debugging-pipe")
PATIENCE = 60  # seconds
SCREENSHOT_HEIGHT = 4000


class Page:
    """One tab. `complaints` are console messages, errors and dialogs; `requests` is what
    was fetched but the page itself."""

    def __init__(self, browser: "Browser", session: str, target: str) -> None:
        self.browser, self.session, self.target = browser, session, target
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.load_seconds = 0.0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict:
        return self.browser.call(method, parameters, self)

    def resize(self, width: int, height: int = 800) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme: str) -> None:
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def disable_scripts(self) -> None:
        self.call("Emulation.setScriptExecutionDisabled", value=True)

    def load(self, path: Path) -> None:
        start = time.monotonic()
        self.call("Page.navigate", url=path.as_uri())
        self.browser.wait_for("Page.loadEventFired", self)
        self.load_seconds = time.monotonic() - start

    def evaluate(self, expression: str) -> object:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """The page from its top, as far as the browser can draw."""
        width, height = self.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": width, "scale": 1,
                               "height": min(height, SCREENSHOT_HEIGHT)})
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF")["data"])

    def close(self) -> None:
        self.browser.call("Target.closeTarget", {"targetId": self.target})

    def note(self, method: str, parameters: dict) -> None:
        if method == "Network.requestWillBeSent":
            if parameters["type"] != "Document":
                self.requests.append(parameters["request"]["url"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
                        "Page.javascriptDialogOpening"):
            self.complaints.append(f"{method}: {json.dumps(parameters)}")


class Browser:
    def __enter__(self) -> "Browser":
        self.profile = tempfile.mkdtemp(prefix="portvet-chromium-")
        here, its_output = os.pipe()
        its_input, there = os.pipe()
        self.process = subprocess.Popen(
            ["chromium", *FLAGS, f"--user-data-dir={self.profile}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            # The browser reads commands from descriptor 3 and answers on 4.
            preexec_fn=lambda: (os.dup2(its_input, 13), os.dup2(its_output, 14),
                                os.dup2(13, 3), os.dup2(14, 4)),
            close_fds=False, start_new_session=True)
        os.close(its_input)
        os.close(its_output)
        self.reader, self.writer = os.fdopen(here, "rb"), os.fdopen(there, "wb")
        self.buffer = b""
        self.number = 0
        self.pages: dict[str, Page] = {}
        self.seen: list[tuple[str, str]] = []
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.call("Browser.close", {})
            self.process.wait(PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.reader.close()
        self.writer.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open_page(self) -> Page:
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = Page.__new__(Page)
        self.pages[session["sessionId"]] = page
        page.__init__(self, session["sessionId"], target)
        return page

    def call(self, method: str, parameters: dict, page: Page | None = None) -> dict:
        self.number += 1
        message: dict = {"id": self.number, "method": method, "params": parameters}
        if page:
            message["sessionId"] = page.session
        self.writer.write(json.dumps(message).encode() + b"\0")
        self.writer.flush()
        while True:
            answer = self.read()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def wait_for(self, method: str, page: Page) -> None:
        while (page.session, method) not in self.seen:
            self.read()
        self.seen.remove((page.session, method))

    def read(self) -> dict:
        while b"\0" not in self.buffer:
            bytes_read = os.read(self.reader.fileno(), 1 << 20)
            if not bytes_read:
                raise AssertionError("the browser went away")
            self.buffer += bytes_read
        line, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(line)
        if "method" in message and message.get("sessionId") in self.pages:
            session = message["sessionId"]
            self.seen.append((session, message["method"]))
            self.pages[session].note(message["method"], message["params"])
        return message
