/** One file of a template version: the text of one part in one language. */
export interface TemplatePart {
  /** BCP 47, as the folder is named: `es`, `en`, `pt-br`. */
  readonly locale: string;
  /** `email.subject`, `email.html`, `email.text`, `inbox`, `push.title`, `push.body`, `whatsapp`. */
  readonly part: string;
  readonly source: string;
}

/** A published version of a template. It never changes: a correction is another version. */
export interface TemplateVersion {
  readonly name: string;
  /** Counts from 1. */
  readonly version: number;
  readonly parts: readonly TemplatePart[];
  /** Tells two publications of one version apart; see `contentHash`. */
  readonly contentHash: string;
  readonly publishedBy: string;
  readonly reason: string;
  readonly publishedAt: Date;
}

/** One move of a template's pointer. The moves are the audit, and the last one is the pointer. */
export interface PointerMove {
  readonly version: number;
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

/** A template as an operator lists it; `current` is absent until a pointer was set. */
export interface TemplateSummary {
  readonly name: string;
  /** Ascending. */
  readonly versions: readonly number[];
  readonly current?: number;
}

/** What a provider sent, byte for byte, and what we made of it. */
export interface WebhookDelivery {
  /** The provider's name as our routes spell it. */
  readonly provider: string;
  /** The provider's id of the delivery; at most `DELIVERY_ID_LIMIT` characters, no NUL. */
  readonly deliveryId: string;
  readonly rawBody: Uint8Array;
  /** Lower-case names. Leave out what is a credential of ours. */
  readonly headers: Readonly<Record<string, string>>;
  /** `valid`, or why it was refused. Only a valid delivery takes its id; anyone can send a refused one. */
  readonly verdict: string;
  readonly receivedAt: Date;
}

/** How a delivery stands among those with its id: the first valid one, another body after it, or refused. */
export type Standing = 'first' | 'conflict' | 'refused';

export interface StoredWebhook extends WebhookDelivery {
  readonly standing: Standing;
}

/**
 * What storing found: `stored`; `replay`, the same id and bytes again; `conflict`, the same id with other bytes, where
 * the first is kept and both are on record; `refused`, recorded without taking the id.
 */
export type WebhookOutcome = 'stored' | 'replay' | 'conflict' | 'refused';

/** A delivery as an operator lists it: without its bytes and headers. */
export interface WebhookSummary extends Omit<StoredWebhook, 'rawBody' | 'headers'> {
  /** Tells deliveries of one instant apart; each store has its own kind. */
  readonly key: string;
}

/** Where a page of the list ended. */
export type WebhookPosition = Pick<WebhookSummary, 'receivedAt' | 'key'>;

export interface WebhookPage {
  readonly provider?: string | undefined;
  readonly isRefused?: boolean | undefined;
  /** What ended the page before. */
  readonly before?: WebhookPosition | undefined;
  readonly limit: number;
}

/** Characters of a delivery id the stores accept. */
export const DELIVERY_ID_LIMIT = 256;

/**
 * The document store: templates and their pointers, and the webhooks' audit.
 * Every write is durable when its promise resolves, and may be repeated. A store that cannot be reached rejects with
 * an error `isUnavailable` recognises; the write may have happened all the same.
 */
export interface DocumentStore {
  /** Makes what a release needs and migrations can't; again changes nothing. */
  prepare(): Promise<void>;
  /**
   * Stores a version; the same content again changes nothing.
   * @throws {TemplateConflict} when the version exists with other content.
   */
  publishTemplate(version: TemplateVersion): Promise<void>;
  /**
   * Moves the pointer; where `seen` is given, only from that version, null for none.
   * @throws {UnknownTemplate} when that version was never published.
   * @throws {PointerMoved} when the pointer is at another version than `seen`.
   */
  setCurrent(name: string, move: PointerMove, seen?: number | null): Promise<void>;
  currentVersion(name: string): Promise<number | undefined>;
  /** Every move of the pointer, oldest first. */
  pointerMoves(name: string): Promise<readonly PointerMove[]>;
  template(name: string, version: number): Promise<TemplateVersion | undefined>;
  /** Sorted by name. */
  listTemplates(): Promise<readonly TemplateSummary[]>;
  storeWebhook(delivery: WebhookDelivery): Promise<WebhookOutcome>;
  /** The first valid delivery with this id. */
  webhook(provider: string, deliveryId: string): Promise<StoredWebhook | undefined>;
  /** Everything received with this id, oldest first. */
  webhookHistory(provider: string, deliveryId: string): Promise<readonly StoredWebhook[]>;
  /** Newest first. */
  listWebhooks(page: WebhookPage): Promise<readonly WebhookSummary[]>;
  /** Deletes what was received before a time; returns the number. */
  forgetWebhooks(before: Date): Promise<number>;
  ping(): Promise<void>;
}

/** A published version is immutable: what was sent under it must stay explainable. */
export class TemplateConflict extends Error {
  override readonly name = 'TemplateConflict';

  constructor(template: string, version: number) {
    super(`${template} version ${version} is published with other content: make the change a new version`);
  }
}

/** Another move of the pointer came first. */
export class PointerMoved extends Error {
  override readonly name = 'PointerMoved';

  constructor(template: string) {
    super(`the pointer of ${template} was moved meanwhile`);
  }
}

/** Nothing was published under this name and version. */
export class UnknownTemplate extends Error {
  override readonly name = 'UnknownTemplate';

  constructor(template: string, version?: number) {
    super(version === undefined ? `${template} has no current version` : `${template} has no version ${version}`);
  }
}
