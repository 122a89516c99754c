import { ConfigError } from '../platform/config-error.ts';

/**
 * Returns those that a setting names, or all when it names none.
 * @throws {ConfigError} when a name is unknown.
 */
export function chooseByName<T extends { readonly name: string }>(
  setting: string,
  all: readonly T[],
  names: readonly string[] | undefined,
): readonly T[] {
  if (names === undefined) return all;
  const unknown = names.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length === 0) return all.filter(({ name }) => names.includes(name));
  throw new ConfigError(`${setting}: unknown ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
}
