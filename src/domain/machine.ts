import { IllegalTransition } from './illegal-transition.ts';

/** What each state allows, and where that leads; what is not written down can't be done. */
export type Machine<State extends string, Step extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Step, State>>>>
>;

/**
 * Where a step leads.
 * @throws {IllegalTransition} that names the state and what it allows.
 */
export function take<State extends string, Step extends string>(
  machine: Machine<State, Step>,
  step: Step,
  { thing, state }: { readonly thing: string; readonly state: State },
): State {
  const next = machine[state][step];
  if (next !== undefined) return next;
  const allowed = Object.keys(machine[state]).join(', ') || 'nothing more';
  throw new IllegalTransition(`The ${thing} is ${state}. That allows: ${allowed}.`);
}
