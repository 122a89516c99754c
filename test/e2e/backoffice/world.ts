import { openBrowser } from '../../support/browser.ts';
import { makeHistory } from '../../support/history.ts';
import { startSystem } from '../../support/system.ts';

/** A system in which a little of everything has happened, and a browser, until the calling test ends. */
export async function openWorld() {
  const [system, browser] = await Promise.all([startSystem({ formation: { web: 1, relay: 1, worker: 1 } }), openBrowser()]);
  return { system, browser, history: await makeHistory(system) };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
