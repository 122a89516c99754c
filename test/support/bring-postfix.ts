import { MissingPart } from '../../dev/missing-part.ts';
import { bringPostfix, hasPostfix } from '../../dev/services/postfix.ts';

/** Installs a real mail server before its tests; where that fails, says so and lets those tests be skipped. */
export default function bringMailServer(): void {
  try {
    bringPostfix();
    console.log(hasPostfix() ? 'Postfix: its tests run.' : 'Postfix: it needs root to start; its tests are skipped.');
  } catch (error) {
    if (!(error instanceof MissingPart)) throw error;
    console.warn(error.message);
  }
}
