import { createHash } from 'node:crypto';
import type { ReadableMail } from './mailbox.ts';

const STYLE = `
  :root { color-scheme: light dark; --page: light-dark(#f5f6f8, #14171a); --card: light-dark(#fff, #1d2126) }
  :root { --line: light-dark(#dfe3e8, #34393f); --soft: light-dark(#5b6570, #9aa4af) }
  body { margin: 0 auto; max-width: 56rem; padding: 2rem 1rem; background: var(--page); font: 15px/1.5 system-ui }
  h1 { font-size: 1.25rem; margin: 0 } p { color: var(--soft); margin: 0 0 1.5rem }
  details { background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-bottom: .75rem }
  summary { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; padding: .75rem 1rem; cursor: pointer }
  summary::-webkit-details-marker { display: none }
  summary b, summary span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
  summary span, time, dl { color: var(--soft); font-size: .85rem }
  dl, iframe, pre { margin: 0; border: 0; border-top: 1px solid var(--line) }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; padding: .75rem 1rem }
  dd { margin: 0; overflow-wrap: anywhere }
  iframe { width: 100%; height: 28rem; background: #fff }
  pre { padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem }
`;

// Loads the page again when there is more mail, unless a message is open.
const SCRIPT = `
  const shown = document.querySelectorAll('details').length;
  setInterval(async () => {
    const messages = await fetch('/messages').then((response) => response.json(), () => []);
    if (messages.length > shown && !document.querySelector('details[open]')) location.reload();
  }, 1000);
`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The Content-Security-Policy of the page: mails are strangers' HTML, shown without scripts or requests. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hash(SCRIPT)}`,
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  'img-src data:',
].join('; ');

/** The list of accepted mails, newest first; each opens to its HTML in a sandboxed frame, and its text. */
export function mailboxPage(messages: readonly ReadableMail[]): string {
  const list = messages.toReversed().map(mailCard).join('');
  const count = messages.length === 1 ? '1 message' : `${messages.length} messages`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mailbox: ${count}</title><style>${STYLE}</style>
<h1>Mailbox</h1><p>${count} accepted by the sandbox's SMTP server; nothing leaves this machine.</p>
${list}<script>${SCRIPT}</script></html>`;
}

function mailCard({ at, from, to, subject, messageId, notificationId, bytes, text, html }: ReadableMail): string {
  const recipients = to.join(', ');
  const ids = { 'Message-ID': messageId, 'X-Notification-Id': notificationId };
  const facts = { From: from, To: recipients, ...ids, Bytes: String(bytes) };
  const rows = Object.entries(facts).map(([name, value]) => `<dt>${name}<dd>${escape(value ?? '—')}`);
  const frame = html && `<iframe sandbox title="HTML of the message" srcdoc="${escape(html)}"></iframe>`;
  const time = at.slice('2026-01-01T'.length, -'Z'.length);
  return `<details>
<summary><b>${escape(subject)}</b><time>${time}</time><span>${escape(recipients)}</span></summary>
<dl>${rows.join('')}</dl>${frame ?? ''}<pre>${escape(text)}</pre></details>`;
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
