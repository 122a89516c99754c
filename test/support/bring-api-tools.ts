import { installApiTools } from '../../dev/api-tools/install.ts';
import { MissingPart } from '../../dev/missing-part.ts';

/** Installs the outside tools before their tests; where that fails, says so and lets those tests be skipped. */
export default function bringApiTools(): void {
  try {
    installApiTools();
  } catch (error) {
    if (!(error instanceof MissingPart)) throw error;
    console.warn(error.message);
  }
}
