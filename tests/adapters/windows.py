"""The sandbox's page in a real browser."""

import re
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Browser, Page, expect

from tests.adapters.curious import Opened

DESKTOP, PHONE = (1200, 800), (360, 740)

# Roles that mean nothing to a screen reader without a name.
NAMED = (
    "button|checkbox|combobox|dialog|group|link|listbox|log|navigation|option|radio|region|searchbox|textbox"
)

# Text against what is behind it, as WCAG 2 measures it; colours of every notation are read off a pixel.
CONTRAST = """() => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => rgb.slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = read(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return read("canvas");
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    const seen = element.checkVisibility({ opacityProperty: true }) && !element.closest(".unseen, .skip");
    if (!text.length || !seen) continue;
    const [one, other] = [read(getComputedStyle(element).color), behind(element)].map(light);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) poor.push(`${text[0].data.trim()}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@dataclass(kw_only=True)
class Windows:
    """Opens windows, and keeps what they complain of."""

    browser: Browser
    town: Opened
    complaints: list[str] = field(default_factory=list)

    async def open(
        self,
        person: str,
        room: str = "",
        *,
        size: tuple[int, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
    ) -> Page:
        """The page as one member sees it, in one of their rooms or in the one it chooses."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
        )
        page = await context.new_page()
        page.on("console", lambda said: self._complain(said.type, said.text))
        page.on("pageerror", lambda error: self._complain("error", str(error)))
        place = f"&in={room}" if room else ""
        await page.goto(f"{self.town.address}/sandbox/#as={person}{place}")
        await expect(page.locator("#title")).not_to_be_empty()
        return page

    def _complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)


async def nameless(page: Page) -> list[str]:
    """What a screen reader could not name."""
    seen = await page.locator("body").aria_snapshot()
    return re.findall(rf'^\s*- (?:{NAMED})(?![\w ]* ")(?=[ :]|$).*$', seen, flags=re.MULTILINE)


async def poor_contrasts(page: Page) -> list[str]:
    """Visible words that are hard to read, with their contrast."""
    return [str(found) for found in await page.evaluate(CONTRAST)]


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(
        await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )
