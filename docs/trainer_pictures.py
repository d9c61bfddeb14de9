"""Take the pictures of the trainer's pages: `make pictures`. A browser is needed, and a minute.

One story for all of them: at night the line is kinked, the alarm comes, the trainee frees it, and the pages
of afterwards tell of it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER: Final = Path(__file__).parent / "images" / "trainer"

Scheme = Literal["light", "dark"]

DESK: Final = (1280, 860)
PHONE: Final = (390, 844)
WALL: Final = (1280, 720)

SETTLES_MS: Final = 700
"""So long colours, charts and bubbles need to come to rest."""


@contextmanager
def trainer() -> Iterator[tuple[str, str]]:
    """Serve the story's lesson; gives the address and the name of the run."""
    with tempfile.TemporaryDirectory() as folder:
        runs = str(Path(folder) / "runs.sqlite3")
        command = [
            sys.executable,
            "-m",
            "console",
            "train",
            "--lesson",
            "kink-at-night",
            "--port",
            "0",
            "--runs",
            runs,
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            found = re.match(
                r"ready: (http://[^/]+)/run/(\w+)/", process.stdout.readline() if process.stdout else ""
            )
            if found is None:
                raise RuntimeError("the trainer did not begin")
            try:
                yield found[1], found[2]
            finally:
                process.terminate()


class Photographer:
    """Takes pictures of pages, in windows of several kinds."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address

    def window(self, path: str, size: tuple[int, int], scheme: Scheme) -> Page:
        """Open a page in a window of its own."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(self.address + path)
        page.wait_for_timeout(SETTLES_MS)
        return page

    def take(self, path: str, name: str, size: tuple[int, int] = DESK) -> None:
        """Take a page in light and in dark."""
        schemes: tuple[Scheme, ...] = ("light", "dark")
        for scheme in schemes:
            page = self.window(path, size, scheme)
            page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
            page.context.close()
            print(f"took {name}-{scheme}")


def main() -> None:
    """Take them all."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no chromium on the path: apt-get install chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with trainer() as (address, run), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        photographer = Photographer(browser, address)
        photographer.take("/", "start")
        instructor = photographer.window(f"/run/{run}/instructor", DESK, "light")
        instructor.get_by_role("button", name=re.compile("^Begin")).first.click()
        instructor.get_by_role("button", name=re.compile("^Next event")).first.click()
        instructor.get_by_role("button", name=re.compile("Show on the projector")).click()
        instructor.wait_for_timeout(SETTLES_MS)
        photographer.take(f"/run/{run}/trainee", "trainee")
        photographer.take(f"/run/{run}/trainee", "trainee-phone", PHONE)
        photographer.take(f"/run/{run}/projector", "projector", WALL)
        photographer.take(f"/run/{run}/instructor", "instructor")
        _solve(photographer.window(f"/run/{run}/trainee", DESK, "light"), instructor)
        photographer.take(f"/run/{run}/debrief", "debrief")
        photographer.take(f"/run/{run}/diary", "diary")
        photographer.take("/runs", "runs")
        photographer.take(f"/class?run={run}", "class")
        browser.close()


def _solve(trainee: Page, instructor: Page) -> None:
    """Let the trainee silence, look, answer, call and note, and the instructor end the run."""
    trainee.get_by_role("group", name="Keys of the pump").get_by_role(
        "button", name="Silence", exact=True
    ).click()
    trainee.locator('input[name="question-cause"][value="kink"]').check()
    trainee.locator('input[name="question-cause"][value="kink"]').locator("xpath=ancestor::form").get_by_role(
        "button"
    ).click()
    trainee.locator('#hands [data-hand="nurse"]').click()
    trainee.locator("#note-alarm").select_option("OCCLUSION_DOWNSTREAM")
    trainee.locator("#note-text").fill("04:41, the line lay under the pillow")
    trainee.get_by_role("button", name="Write it down").click()
    for _ in range(3):
        instructor.get_by_role("button", name="+1 h").click()
        instructor.wait_for_timeout(SETTLES_MS)
    instructor.get_by_role("button", name="Finish the run").click()
    instructor.get_by_role("button", name="Finish it for good").click()
    instructor.wait_for_timeout(SETTLES_MS)


if __name__ == "__main__":
    main()
