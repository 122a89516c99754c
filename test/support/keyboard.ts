import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

const MOST_TABS = 150;
const RING = '((style) => `${style.outlineStyle} ${style.outlineWidth}`)(getComputedStyle(document.activeElement))';

/** Somebody without a mouse: they go on with Tab, press Enter, and write; whatever has the focus has to show it. */
export function keyboardOf(page: Page) {
  const { keyboard } = page;

  async function goTo(target: Locator): Promise<void> {
    await target.waitFor();
    const isThere = () => target.evaluate((element) => element === element.ownerDocument.activeElement);
    for (let tabs = 0; !(await isThere()); tabs += 1) {
      expect(tabs, `Tab reaches ${String(target)}`).toBeLessThan(MOST_TABS);
      await keyboard.press('Tab');
    }
    expect([String(target), await page.evaluate(RING)]).toEqual([String(target), 'solid 3px']);
  }

  return {
    goTo,
    /** Presses Enter on a link, a button or a summary. */
    async press(target: Locator): Promise<void> {
      await goTo(target);
      await keyboard.press('Enter');
    },
    async write(target: Locator, text: string): Promise<void> {
      await goTo(target);
      await keyboard.type(text);
    },
    /** Writes an instant into the parts of a browser's field, to the second. */
    async writeMoment(target: Locator, at: Date): Promise<void> {
      await goTo(target);
      const [year = '', month, day, hour = '', minute, second] = at.toISOString().split(/\D/);
      await keyboard.type(`${month}${day}${year}`);
      await keyboard.press('ArrowRight');
      await keyboard.type(`${String(Number(hour) % 12 || 12).padStart(2, '0')}${minute}${second}${Number(hour) < 12 ? 'AM' : 'PM'}`);
      expect(await target.inputValue()).toBe(at.toISOString().slice(0, 19).replace(/:00$/, second === '00' ? '' : ':00'));
    },
    /** Sends the form that a button belongs to; what comes back has to say that it was done. */
    async send(target: Locator): Promise<void> {
      await goTo(target);
      await Promise.all([page.waitForEvent('load'), keyboard.press('Enter')]);
      expect(await page.getByRole('alert').allInnerTexts()).toEqual([]);
      await page.getByRole('status').waitFor();
    },
  };
}
