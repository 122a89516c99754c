import { html, raw } from 'hono/html';
import type { WhatsAppStatus } from '../../sandbox/whatsapp.ts';
import type { Person } from '../people.ts';
import type { TakenMessage, TakenPush } from '../phones.ts';
import { LIVE_SCRIPT, makePage, type Page, peopleBar, personHead, type Viewed } from './page.ts';

export interface PhoneShown extends Omit<Viewed, 'view'> {
  /** Of this person, oldest first. */
  readonly pushes: readonly TakenPush[];
  readonly messages: readonly (TakenMessage & { readonly status: WhatsAppStatus | undefined })[];
  readonly now: Date;
}

const STYLE = `
  .screens {
    display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.5rem 2rem;
    justify-items: center
  }
  .screens figure { margin: 0; width: 100%; max-width: 25rem }
  figcaption { margin-top: .75rem; text-align: center }
  .screen {
    display: flex; flex-direction: column; height: 44rem; border-radius: 2.4rem;
    border: 10px solid light-dark(#1d2730, #05080b); overflow: hidden
  }
  .screen { box-shadow: 0 18px 40px -18px rgb(10 25 40 / .45) }
  .lock { padding: 2.2rem .75rem 1rem; color: #fff; background: linear-gradient(165deg, #1c4f8f, #4b4fa8 45%, #b0618f) }
  @media (prefers-color-scheme: dark) { .lock { background: linear-gradient(165deg, #0d2440, #262a5c 45%, #552d4a) } }
  .day { text-align: center; font-size: 1rem; opacity: .92 }
  .day::first-letter { text-transform: uppercase }
  .clock {
    text-align: center; font-size: 4.2rem; line-height: 1.1; font-weight: 300; letter-spacing: -.02em;
    margin-bottom: 1.5rem
  }
  .banners {
    flex: 1; overflow-y: auto; display: grid; gap: .5rem; align-content: start; scrollbar-width: none; padding: 3px
  }
  .banners { mask-image: linear-gradient(#000 calc(100% - 2rem), transparent); padding-bottom: 1.5rem }
  .lock::after {
    content: ''; width: 8rem; height: 4px; border-radius: 2px; margin: .5rem auto 0; background: #fff; opacity: .75
  }
  .banner {
    display: grid; grid-template-columns: 2.4rem 1fr; gap: 0 .7rem; padding: .7rem .85rem; border-radius: 1.1rem
  }
  .banner {
    background: light-dark(rgb(255 255 255 / .88), rgb(28 34 42 / .86)); color: var(--ink); text-decoration: none
  }
  .icon {
    display: grid; place-items: center; width: 2.4rem; height: 2.4rem; border-radius: .65rem; background: #0b6bcb;
    color: #fff; font-weight: 700; font-size: .9rem
  }
  .banner .head { display: flex; gap: .5rem; font-size: .8rem; color: var(--soft) }
  .banner time { margin-left: auto; white-space: nowrap }
  .banner b, .banner .text { display: block; font-size: .925rem; line-height: 1.35; overflow-wrap: anywhere }
  .banners .empty { text-align: center; padding: 3rem 1rem; opacity: .85 }
  .chat { background: light-dark(#efe7dd, #0b141a) }
  .chat header {
    display: flex; align-items: center; gap: .75rem; padding: 1.4rem 1rem .8rem;
    background: light-dark(#fff, #1f2c33)
  }
  .chat header .icon { border-radius: 50% }
  .chat header b { display: flex; align-items: center; gap: .3rem; line-height: 1.3 }
  .chat ol {
    flex: 1; overflow-y: auto; padding: 1rem .8rem; display: flex; flex-direction: column; gap: .5rem;
    scrollbar-width: thin
  }
  .date {
    align-self: center; padding: .2rem .7rem; border-radius: .5rem; background: light-dark(#ffffffd9, #182229);
    font-size: .8rem; color: var(--soft)
  }
  .bubble {
    align-self: flex-start; max-width: 88%; padding: .5rem .7rem .35rem; border-radius: 0 .75rem .75rem;
    background: light-dark(#fff, #202c33)
  }
  .bubble {
    box-shadow: 0 1px 1px rgb(0 0 0 / .12); white-space: pre-line; overflow-wrap: anywhere; font-size: .95rem;
    line-height: 1.4
  }
  .bubble footer {
    display: flex; justify-content: flex-end; align-items: center; gap: .3rem; margin-top: .15rem;
    font-size: .75rem; color: var(--soft)
  }
  .bubble svg {
    width: 1.15rem; height: .75rem; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round;
    stroke-linejoin: round
  }
  .bubble .read { color: light-dark(#1a8fd1, #53bdeb) }
  .chat .none { margin: auto; padding: 2rem; text-align: center; color: var(--soft) }
  @media (max-width: 40rem) { .screen { height: auto; min-height: 30rem } .chat { min-height: 24rem } }
`;

const ICON = html`<span class="icon" aria-hidden="true">TM</span>`;
const VERIFIED = raw(
  '<svg width="16" height="16" viewBox="0 0 16 16" role="img" aria-label="verified">' +
  '<circle cx="8" cy="8" r="8" fill="#1a8fd1"/>' +
  '<path d="m4.5 8.3 2.4 2.4 4.6-5" fill="none" stroke="#fff" stroke-width="1.7"/></svg>',
);
const TICK = 'm1 5.5 3 3L10 2';
const SECOND_TICK = 'm7.2 8.3.3.2L14 2';

/** A person's phone: the pushes on its lock screen, and the chat on WhatsApp. */
export function phonePage({ people, person, pushes, messages, now }: PhoneShown): Promise<Page> {
  const { contact: { name, locale } } = person;
  const viewed: Viewed = { people, person, view: 'phone' };
  const body = html`${peopleBar(viewed)}
<main>${personHead(viewed)}
<div class="screens">
  <figure>
    <div class="screen lock" lang="${locale}">
      ${today(now, locale)}
      <ol class="banners" id="pushes" data-live>${banners(pushes, { locale, now })}</ol>
    </div>
    <figcaption class="soft small">${pushedBy(person)}</figcaption>
  </figure>
  ${person.phone && chat(person.phone, { messages, locale })}
</div></main>`;
  return makePage({ title: `${name}’s phone`, style: STYLE, script: LIVE_SCRIPT, body });
}

function today(now: Date, locale: string) {
  const day = now.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long' });
  return html`<p class="day">${day}</p><p class="clock" id="clock" data-live>${clock(now)}</p>`;
}

function banners(pushes: readonly TakenPush[], { locale, now }: { readonly locale: string; readonly now: Date }) {
  if (pushes.length === 0) return html`<li class="empty">${locale === 'es' ? 'Sin avisos' : 'No notifications'}</li>`;
  return pushes.toReversed().map(({ notificationId, at, by, title, body }) => html`
    <li id="push-${notificationId}" class="banner">${ICON}<div>
      <span class="head">
        <span>${by === 'fcm' ? 'TechMarket AI' : 'Chrome · techmarket.example'}</span>
        <time datetime="${at}">${ago(new Date(at), now, locale)}</time>
      </span>
      <b>${title}</b><span class="text">${body}</span>
    </div></li>`);
}

function chat(phone: string, { messages, locale }: Pick<PhoneShown, 'messages'> & { readonly locale: string }) {
  const account = locale === 'es' ? 'Cuenta de empresa' : 'Business account';
  return html`<figure>
    <div class="screen chat" lang="${locale}">
      <header>${ICON}<div><b>TechMarket AI ${VERIFIED}</b><span class="soft small">${account}</span></div></header>
      <ol id="messages" data-live>${bubbles(messages, locale)}</ol>
    </div>
    <figcaption class="soft small">WhatsApp on ${phone}. The ticks are what it reported to Columna.</figcaption>
  </figure>`;
}

function bubbles(messages: PhoneShown['messages'], locale: string) {
  if (messages.length === 0) return html`<li class="none">${locale === 'es' ? 'Sin mensajes' : 'No messages'}</li>`;
  return [
    html`<li class="date">${locale === 'es' ? 'Hoy' : 'Today'}</li>`,
    ...messages.map(({ messageId, at, text, status }) => html`
    <li id="message-${messageId}" class="bubble">${text}<footer>${timeOf(at)}${ticks(status)}</footer></li>`),
  ];
}

const timeOf = (at: string) => html`<time datetime="${at}">${clock(new Date(at))}</time>`;

function ticks(status: WhatsAppStatus | undefined) {
  if (status === undefined) return '';
  const paths = status === 'sent' ? [TICK] : [TICK, SECOND_TICK];
  const drawn = paths.map((d) => html`<path d="${d}"/>`);
  return html`<svg class="${status}" viewBox="0 0 15 10" role="img" aria-label="${status}">${drawn}</svg>`;
}

function pushedBy({ push, phone, contact: { name } }: Person): string {
  const [where, service] = push === 'fcm' ? ['app', 'FCM'] : ['browser', 'its push service'];
  const by = `Pushes to the ${where}, as ${service} took them.`;
  return phone ? by : `${by} ${name} has not said yes to WhatsApp.`;
}

const clock = (at: Date) => at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

function ago(at: Date, now: Date, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return format.format(0, 'second');
  return minutes < 60 ? format.format(-minutes, 'minute') : format.format(-Math.floor(minutes / 60), 'hour');
}
