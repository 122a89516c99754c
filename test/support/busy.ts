/** The processor's time that a call takes, which is how long it holds the event loop, whoever else uses the machine. */
export function busyMsOf(call: () => void): number {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
