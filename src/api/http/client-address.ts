import type { Context } from 'hono';
import { parseAddress } from '../../platform/network-of.ts';
import type { Env } from './context.ts';

/**
 * Returns the client's address as the nearest `trustedProxies` proxies saw it; what is further left anybody can write.
 * `Forwarded` (RFC 7239) counts where no proxy writes `X-Forwarded-For`. What is no address gives way to the socket's.
 */
export function addressOf(c: Context<Env>, trustedProxies: number): string {
  const chain = trustedProxies > 0 ? listForwarded(c) : [];
  const client = parseAddress(chain.at(-Math.min(trustedProxies, chain.length)) ?? '');
  const own = c.env?.incoming?.socket.remoteAddress;
  return client ?? parseAddress(own ?? '') ?? own ?? 'unknown';
}

function listForwarded(c: Context<Env>): readonly string[] {
  const chain = elementsOf(c.req.header('X-Forwarded-For') ?? '');
  if (chain.length > 0) return chain;
  return elementsOf(c.req.header('Forwarded') ?? '').map(
    (element) => /(?:^|;)[ \t]*for[ \t]*=[ \t]*("[^"]*"|[^;]*)/i.exec(element)?.[1] ?? '',
  );
}

/** Splits a header at its commas. An address in quotes has none. */
const elementsOf = (header: string): readonly string[] =>
  header.split(',').map((element) => element.trim()).filter((element) => element !== '');
