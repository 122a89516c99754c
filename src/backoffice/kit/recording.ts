import type { CommandContext } from '../../api/http/command.ts';
import type { Tx } from '../../platform/postgres.ts';
import { type OperatorAction, recordOperatorAction } from '../../store/operations/operator-actions.ts';

/** What an operator's action is given, by whatever way it was asked for: a transaction, and the way to the record. */
export interface Recording {
  readonly operatorUserId: string;
  readonly tx: Tx;
  readonly now: Date;
  /** Gives the record's id. */
  record(action: OperatorAction['action'], request: OperatorAction['request'], outcome?: OperatorAction['outcome']): Promise<string>;
}

/** Records what a command does as its caller's action. */
export function recordingOf({ tx, now, caller: { userId: operatorUserId }, traceId }: CommandContext): Recording {
  return {
    operatorUserId, tx, now,
    record: (action, request, outcome = {}) => recordOperatorAction(tx, { operatorUserId, action, request, outcome, traceId }),
  };
}
