/** A setting is wrong. The message names the setting and the values that it allows, never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
