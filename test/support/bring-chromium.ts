import { MissingPart } from '../../dev/missing-part.ts';
import { chromiumProgram } from '../../dev/services/chromium.ts';

/** Installs a Chromium before tests want it side by side, each within its time; where that fails, each says what to do. */
export default function bringChromium(): void {
  try {
    chromiumProgram();
  } catch (error) {
    if (!(error instanceof MissingPart)) throw error;
  }
}
