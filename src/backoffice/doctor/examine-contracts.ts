import type { AnyContract } from '../../events/contract/event.ts';
import { lowestId } from '../../outbox/partitions.ts';
import type { Sql } from '../../platform/postgres.ts';
import { type Finding, fine, problem, warning } from '../../platform/finding.ts';

const DAY_MS = 86_400_000;

/** Looks for events that this release can't read, and for types that it and the database do not know alike. */
export async function examineContracts(sql: Sql, contracts: readonly AnyContract[]): Promise<readonly Finding[]> {
  const ours = new Map(contracts.map(({ type, version }) => [type, version]));
  const registered = await sql<{ name: string; version: number }[]>`select name, version from event_type order by name`;
  const theirs = new Map(registered.map(({ name, version }) => [name, version]));
  const unregistered = [...ours].filter(([type, version]) => (theirs.get(type) ?? 0) < version).map(([type]) => type);
  const newer = registered.filter(({ name, version }) => version > (ours.get(name) ?? 0)).map(({ name }) => name);
  const kinds = await sql<{ type: string; version: number }[]>`
    select distinct event_type as type, schema_version as version from outbox_event where id >= ${lowestId(new Date(Date.now() - DAY_MS))} order by 1, 2
  `;
  const unread = kinds.filter(({ type, version }) => version > (ours.get(type) ?? 0)).map(({ type, version }) => `${type} ${version}`);
  return [
    unregistered.length === 0
      ? fine('contracts', `The database knows all ${ours.size} event types of this release.`)
      : problem('contracts', `The database does not know, or in an older version: ${unregistered.join(', ')}.`, 'Run the release process: what is not known can’t be published.'),
    newer.length === 0
      ? fine('contract drift', 'No other release has registered newer contracts.')
      : warning('contract drift', `A newer release has registered: ${newer.join(', ')}.`, 'Finish the deployment: this process parks such events until it is replaced.'),
    unread.length === 0
      ? fine('events of the last day', 'This release can read every one.')
      : warning('events of the last day', `This release can’t read: ${unread.join(', ')}.`, 'Deploy the release that wrote them; meanwhile they are parked, not lost.'),
  ];
}
