import { readConfig } from '../config.ts';
import { runProcess } from '../platform/runtime.ts';
import { startRelay } from './start-relay.ts';

const needs = ['QUEUE_DEPTH', 'SWEEP_GRACE_SECONDS'] as const;

await runProcess('relay', () => readConfig(needs), startRelay);
