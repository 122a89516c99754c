import type { Templates } from '../notifications/templates.ts';
import type { Mail } from '../platform/smtp.ts';

/** What consumers are given besides their transaction. */
export interface Ports {
  readonly templates: Templates;
  readonly mail: Mail;
  /** `Name <address>`. */
  readonly mailFrom: string;
  /** Where links in notifications lead; no slash at its end. */
  readonly publicUrl: string;
}
