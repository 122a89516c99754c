import { templateContracts } from '../../../templates/index.ts';
import type { Config } from '../../config.ts';
import { emailChannel } from './email.ts';
import { type PushChannel, pushChannel } from './push.ts';
import { whatsAppChannel } from './whatsapp.ts';
import { openFcm } from '../../platform/fcm.ts';
import type { Mail } from '../../platform/smtp.ts';
import { openWebPush } from '../../platform/web-push.ts';
import { openWhatsApp } from '../../platform/whatsapp.ts';
import type { OutwardChannels } from '../send/send-ports.ts';

export type ChannelConfig = Pick<
  Config,
  | 'MAIL_FROM' | 'FCM_SERVICE_ACCOUNT' | 'FCM_URL' | 'VAPID_PRIVATE_KEY' | 'VAPID_SUBJECT'
  | 'WHATSAPP_PHONE_NUMBER_ID' | 'WHATSAPP_ACCESS_TOKEN' | 'WHATSAPP_URL' | 'WHATSAPP_VERSION'
>;

/** The ways out that are configured. @throws when a key is not one. */
export function openChannels(config: ChannelConfig, mail: Mail): OutwardChannels {
  return Object.freeze({
    email: emailChannel(mail, config.MAIL_FROM),
    push: openPush(config),
    whatsapp: openWhatsAppChannel(config),
  });
}

function openPush(config: ChannelConfig): PushChannel | undefined {
  const { FCM_SERVICE_ACCOUNT: account, VAPID_PRIVATE_KEY: privateKey, VAPID_SUBJECT: subject } = config;
  const fcm = account && openFcm({ url: config.FCM_URL.replace(/\/$/, ''), account });
  const webPush = privateKey && subject ? openWebPush({ privateKey, subject }) : undefined;
  return (fcm ?? webPush) && pushChannel({ fcm, webPush });
}

function openWhatsAppChannel(config: ChannelConfig): OutwardChannels['whatsapp'] {
  const { WHATSAPP_PHONE_NUMBER_ID: phoneNumberId, WHATSAPP_ACCESS_TOKEN: accessToken } = config;
  if (phoneNumberId === undefined || accessToken === undefined) return undefined;
  const url = config.WHATSAPP_URL.replace(/\/$/, '');
  const whatsApp = openWhatsApp({ url, version: config.WHATSAPP_VERSION, phoneNumberId, accessToken });
  return whatsAppChannel(whatsApp, templateContracts);
}
