/** Adds a request header to those on which an answer depends, for caches. */
export function addVary(headers: Headers, name: string): void {
  const current = headers.get('Vary');
  const names = (current ?? '').split(',').map((one) => one.trim().toLowerCase());
  if (!names.includes('*') && !names.includes(name.toLowerCase())) headers.append('Vary', name);
}
