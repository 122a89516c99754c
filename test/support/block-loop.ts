// Preloaded into a process: SIGUSR2 makes its event loop stand still most of the time from then on.
const EVERY_MS = 900;
const BLOCKED_MS = 550;

process.on('SIGUSR2', () => {
  setInterval(() => {
    const until = performance.now() + BLOCKED_MS;
    while (performance.now() < until);
  }, EVERY_MS);
});
