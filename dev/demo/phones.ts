import { readFile } from 'node:fs/promises';
import { readAsApproved } from '../sandbox/approved-templates.ts';
import type { Channels } from '../sandbox/channels.ts';
import type { FcmMessage } from '../sandbox/fcm.ts';
import type { BrowserPush } from '../sandbox/web-push.ts';
import type { WhatsAppMessage } from '../sandbox/whatsapp.ts';
import type { Person } from './people.ts';

/** Something that a sandbox took for one of the people. */
export interface Taken {
  readonly userId: string;
  readonly notificationId: string;
  /** ISO 8601, by the sandbox's clock. */
  readonly at: string;
}

export interface TakenPush extends Taken {
  readonly by: 'fcm' | 'web';
  readonly title: string;
  readonly body: string;
}

export interface TakenMessage extends Taken {
  readonly messageId: string;
  /** As its reader sees it. */
  readonly text: string;
}

/** The people's phones: what they are known by, and what has come. */
export interface Phones {
  /** What the person registers for pushes; undefined for who has none. */
  deviceOf(person: Person): object | undefined;
  /** Oldest first. A push that came again has taken the place of the first. */
  pushes(): Promise<readonly TakenPush[]>;
  /** Oldest first. */
  messages(): Promise<readonly TakenMessage[]>;
}

/** Gives each of the people the phone that they are said to have. */
export function givePhones(people: readonly Person[], { webPush, logFiles }: Channels): Phones {
  const surfers = people.filter(({ push }) => push === 'web');
  const browsers = new Map(surfers.map(({ userId }) => [userId, webPush.subscribe()]));
  const owners = new Map([
    ...people.map((person) => [appToken(person), person.userId] as const),
    ...people.map(({ userId, phone }) => [phone?.slice(1), userId] as const),
    ...[...browsers].map(([userId, { endpoint }]) => [endpoint.split('/').at(-1), userId] as const),
  ]);
  const owned = <T>(address: string, make: (userId: string) => T): T[] => {
    const userId = owners.get(address);
    return userId === undefined ? [] : [make(userId)];
  };
  return Object.freeze({
    deviceOf(person: Person) {
      if (person.push === 'fcm') return { platform: 'fcm', token: appToken(person) };
      return person.push && { platform: 'web', ...browsers.get(person.userId) };
    },
    async pushes() {
      const byApp = (await readLog<FcmMessage>(logFiles.fcm)).flatMap((line) => owned(line.token, fromApp(line)));
      const byBrowser = (await readLog<BrowserPush>(logFiles.webPush)).flatMap((line) =>
        owned(line.subscriptionId, fromBrowser(line)),
      );
      const last = new Map([...byApp, ...byBrowser].map((push) => [push.notificationId, push]));
      return [...last.values()].toSorted((one, other) => (one.at < other.at ? -1 : 1));
    },
    async messages() {
      return (await readLog<WhatsAppMessage>(logFiles.whatsApp)).flatMap((line) => owned(line.to, fromWhatsApp(line)));
    },
  });
}

const appToken = ({ userId, title }: Person) => `${title}-app:${userId}`;

type Line<Accepted> = Accepted & { readonly at: string };

async function readLog<Accepted>(file: string): Promise<readonly Line<Accepted>[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1); // the last one has no end yet
  return lines.map((line) => JSON.parse(line) as Line<Accepted>);
}

const fromApp = ({ at, notification, data }: Line<FcmMessage>) => (userId: string): TakenPush =>
  ({ userId, notificationId: data['notificationId'] ?? '', at, by: 'fcm', ...notification });

const fromBrowser = ({ at, payload }: Line<BrowserPush>) => (userId: string): TakenPush => {
  const [notificationId, title, body] = ['notificationId', 'title', 'body'].map((field) => String(payload[field]));
  return { userId, notificationId: notificationId ?? '', at, by: 'web', title: title ?? '', body: body ?? '' };
};

const fromWhatsApp = (line: Line<WhatsAppMessage>) => (userId: string): TakenMessage => {
  const { at, id: messageId, callbackData: notificationId, template, language } = line;
  const text = readAsApproved(line) ?? `No template ${template} is approved in ${language}.`;
  return { userId, notificationId, at, messageId, text };
};
