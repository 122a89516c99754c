import type { AnyContract } from '../../src/events/contract/event.ts';
import { differences } from './compatibility.ts';
import { schemaOf, toStored, type VersionRecord } from './versions.ts';

export interface GateResult {
  /** What would break a reader; nothing makes the gate take it. */
  readonly breaking: readonly string[];
  /** Compatible changes that are not on record yet; `--accept` records them. */
  readonly unrecorded: readonly VersionRecord[];
  readonly notes: readonly string[];
}

/** Holds the contracts of the code against the versions on record. */
export function checkContracts(contracts: readonly AnyContract[], records: readonly VersionRecord[]): GateResult {
  const breaking: string[] = [];
  const notes: string[] = [];
  const unrecorded: VersionRecord[] = [];
  for (const { type } of records) {
    if (!contracts.some((contract) => contract.type === type)) breaking.push(`${type} has no contract any more, but events of it exist`);
  }
  for (const contract of contracts) {
    const known = records.filter(({ type }) => type === contract.type);
    const newest = Math.max(0, ...known.map(({ version }) => version));
    if (newest > contract.version) breaking.push(`${contract.type} went back from version ${newest} to ${contract.version}`);
    for (let version = 1; version < contract.version; version += 1) {
      if (!known.some((record) => record.version === version)) breaking.push(`${contract.type} version ${version} is not on record`);
    }
    breaking.push(...known.flatMap((record) => unreadable(contract, record)));

    const schema = schemaOf(contract);
    const current = known.find(({ version }) => version === contract.version);
    const changes = current === undefined ? [] : differences(current.schema, schema);
    const label = `${contract.type} version ${contract.version}`;
    breaking.push(...changes.filter(({ breaks }) => breaks).map(({ path, what }) => `${label}: ${path} ${what}`));
    if (current === undefined) notes.push(`${label} is new`);
    notes.push(...changes.filter(({ breaks }) => !breaks).map(({ path, what }) => `${label}: ${path} ${what}`));
    if (current === undefined || changes.length > 0) {
      unrecorded.push({ type: contract.type, version: contract.version, schema, corpus: current?.corpus ?? [] });
    }
  }
  return { breaking, unrecorded, notes };
}

/** Recorded events that the contract of today can't read. */
function unreadable(contract: AnyContract, { type, version, corpus }: VersionRecord): string[] {
  return corpus.flatMap((event, index) => {
    try {
      contract.read(toStored(event));
      return [];
    } catch (error) {
      return [`${type} version ${version}, recorded event ${index + 1}: ${error instanceof Error ? error.message : 'unreadable'}`];
    }
  });
}
