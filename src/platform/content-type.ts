const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const MAX_LENGTH = 1_024;
/** A media type, and what follows it. */
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(;.*)?$`);
/** One parameter behind its semicolon. RFC 9110 allows empty ones. */
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(${TOKEN}|${QUOTED}))?[ \\t]*`, 'y');
const UTF8 = new Set(['utf-8', 'utf8']);

/** A Content-Type as RFC 9110, section 8.3, writes it. */
export interface ContentType {
  /** In lower case, without parameters. */
  readonly mediaType: string;
  /** Values by their names in lower case. The first of equal names counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Parses a Content-Type. Returns undefined when it breaks the grammar. */
export function parseContentType(header: string): ContentType | undefined {
  const [, mediaType, rest = ''] = header.length > MAX_LENGTH ? [] : (TYPE.exec(header.trim()) ?? []);
  if (mediaType === undefined) return undefined;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < rest.length) {
    const found = PARAMETER.exec(rest);
    if (found === null) return undefined;
    const [, name, value = ''] = found;
    if (name !== undefined && !parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), unquote(value));
  }
  return { mediaType: mediaType.toLowerCase(), parameters };
}

const unquote = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\([^])/g, '$1') : value;

/** Returns true when a header names the media type, in UTF-8 or without a charset. */
export function isUtf8Of(mediaType: string, header: string | undefined): boolean {
  const type = parseContentType(header ?? '');
  const charset = type?.parameters.get('charset')?.toLowerCase();
  return type?.mediaType === mediaType && (charset === undefined || UTF8.has(charset));
}
