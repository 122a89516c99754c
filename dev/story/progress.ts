const WIDTH = 24;

/** One line that shows how far a story came, at what rate, and how long it may still take. */
export function progressLine({ done, days, requests, startedAt }: Readonly<Record<'done' | 'days' | 'requests' | 'startedAt', number>>): string {
  const seconds = Math.max(0.001, (performance.now() - startedAt) / 1_000);
  const filled = Math.round((WIDTH * done) / days);
  const left = done === 0 ? '…' : clock((seconds / done) * (days - done));
  const rate = Math.round(requests / seconds).toLocaleString('en');
  return `[${'#'.repeat(filled)}${'·'.repeat(WIDTH - filled)}] day ${done}/${days}  ${requests.toLocaleString('en')} requests  ${rate}/s  left ${left}`;
}

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
