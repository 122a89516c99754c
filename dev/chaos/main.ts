// npm run chaos -- [--events N] [--faults all|providers|clock|NAME,NAME] [--seed N] [--mutant NAME] [--self-test]
import { parseArgs } from 'node:util';
import { giveUp } from '../missing-part.ts';
import { chooseFaults, runCampaign } from './campaign.ts';
import { type Finding, VERDICTS } from './check.ts';
import { runClockCampaign } from './clock.ts';
import { mutants } from './mutants.ts';

const SELF_TEST_EVENTS = 900;
const CLOCK_STRIKES = 50;
const SELF_TEST_STRIKES = 20;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '5000' },
    faults: { type: 'string', default: 'all' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    mutant: { type: 'string' },
    'self-test': { type: 'boolean', default: false },
  },
});

/** The verdicts' sums, in one line. */
function verdict(findings: readonly Finding[]): string {
  const sum = (kind: string) => findings.filter(({ verdict }) => verdict === kind).reduce((total, { wrong }) => total + wrong, 0);
  return VERDICTS.map((kind) => `${kind} ${sum(kind)}`).join(' ');
}

const isClean = (findings: readonly Finding[]) => findings.every(({ wrong }) => wrong === 0);

async function campaign(): Promise<boolean> {
  const { seed, events, mutant } = values;
  if (mutant !== undefined && mutants[mutant] === undefined) throw new Error(`no mutant is called ${mutant}; there are ${Object.keys(mutants).join(', ')}`);
  const broken = mutant === undefined ? '' : `, mutant ${mutant}`;
  const print = (line: string) => console.log(line);
  if (values.faults === 'clock') {
    console.log(`seed ${seed}, the clock${broken}`);
    return show(await runClockCampaign({ seed: Number(seed), strikes: CLOCK_STRIKES, mutant, print }));
  }
  const faults = chooseFaults(values.faults.split(',').filter(Boolean));
  console.log(`seed ${seed}, ${events} events, ${faults.length} faults${broken}`);
  return show(await runCampaign({ seed: Number(seed), events: Number(events), faults, mutant, print }));
}

function show(findings: readonly Finding[]): boolean {
  console.log('\ninvariant                                                        checked   wrong');
  for (const { invariant, checked, wrong } of findings) {
    console.log(`${invariant.padEnd(62)} ${String(checked).padStart(9)} ${String(wrong).padStart(7)}${wrong > 0 ? '  ✗' : ''}`);
  }
  console.log(verdict(findings));
  return isClean(findings);
}

/** The checker must be silent about the true build and cry out at every broken one. */
async function selfTest(): Promise<boolean> {
  const trueBuilds = new Map(Object.values(mutants).map(({ faults }) => [faults.join(', '), { faults, mutant: undefined }]));
  const broken = Object.entries(mutants).map(([mutant, { faults }]) => ({ faults, mutant }));
  let passed = true;
  for (const { faults, mutant } of [...trueBuilds.values(), ...broken]) {
    const findings = await attack(faults, mutant);
    const asItHasToBe = isClean(findings) === (mutant === undefined);
    passed &&= asItHasToBe;
    const build = mutant ?? `the true build under ${faults.join(', ') || 'no fault'}`;
    console.log(`${asItHasToBe ? 'ok ' : 'NOT'} ${build}: ${verdict(findings)}`);
  }
  return passed;
}

function attack(faults: readonly string[], mutant: string | undefined): Promise<readonly Finding[]> {
  const given = { seed: Number(values.seed), mutant, print: () => undefined };
  if (faults.includes('clock')) return runClockCampaign({ ...given, strikes: SELF_TEST_STRIKES });
  return runCampaign({ ...given, events: SELF_TEST_EVENTS, faults: chooseFaults(faults) });
}

const passed = await (values['self-test'] ? selfTest() : campaign()).catch(giveUp);
process.exit(passed ? 0 : 1);
