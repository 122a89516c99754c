import type { Consumer } from '../kernel/consumers/consumer.ts';
import { makeReplayer, type Replayer } from '../kernel/consumers/replay.ts';
import type { Logger } from '../platform/log.ts';
import type { Ports } from './ports.ts';

/** What may handle the past again, by consumer; what people would be told stays unsaid. */
export function replayersOf(
  consumers: readonly Consumer<Ports>[],
  { ports, log }: { readonly ports: Ports; readonly log: Logger },
): ReadonlyMap<string, Replayer> {
  return new Map(
    consumers.flatMap((consumer) =>
      consumer.kind === 'outbound' || consumer.replay === 'forbidden'
        ? []
        : [[consumer.name, makeReplayer(consumer, { log: log.child({ consumer: consumer.name }), ports: { ...ports, isReplay: true } })] as const],
    ),
  );
}
