import type { Comparison } from '../check.ts';
import { type BoughtClicks, buyClicks, checkClicks } from './clicks.ts';
import { checkFlood, flood, type Flooded } from './flood.ts';
import { checkInsiders, earnFromOwnShop, type Insiders, serveOneself } from './insiders.ts';
import { checkMail, stealMail, type Stolen } from './mail-thief.ts';
import { checkPraise, hideSuspectReviews, type Praised, praiseOwnShop } from './own-shop.ts';
import { checkPayers, payAndRegret, type Payer, regretAgain } from './payers.ts';
import type { Scene } from './scene.ts';
import { bringStraws, checkStraws, exposeStraws, type Straws } from './straws.ts';

/** The schemes of dishonest people, as far as they were played. */
export interface Schemes {
  readonly clicks: BoughtClicks;
  readonly praise: Praised;
  readonly flooded: Flooded;
  readonly stolen: Stolen;
  readonly ambassador: Insiders;
  readonly straws: Straws;
  readonly operator: Insiders;
  readonly payers: readonly Payer[];
}

/** Plays every scheme up to the jobs of the night and of the month. */
export async function playSchemes(scene: Scene): Promise<Schemes> {
  return {
    payers: await payAndRegret(scene),
    clicks: await buyClicks(scene),
    praise: await praiseOwnShop(scene),
    flooded: await flood(scene),
    stolen: await stealMail(scene),
    ambassador: await earnFromOwnShop(scene),
    straws: await bringStraws(scene),
    operator: await serveOneself(scene),
  };
}

/** Schemes whose last part was played, with the unexpected answers of that part. */
export interface PlayedSchemes extends Schemes {
  readonly unexpected: number;
}

/** Plays what comes after the jobs: payers who ask again, and operators who read the night's cases. */
export async function endSchemes(scene: Scene, schemes: Schemes): Promise<PlayedSchemes> {
  await regretAgain(scene, schemes.payers);
  await hideSuspectReviews(scene, schemes.praise);
  return { ...schemes, unexpected: await exposeStraws(scene, schemes.straws) };
}

/** Compares what each scheme gained with nothing. */
export async function checkSchemes(scene: Scene, schemes: PlayedSchemes): Promise<Comparison[]> {
  const { sql, mailbox } = scene;
  return [
    await checkClicks(sql, schemes.clicks),
    await checkPraise(sql, schemes.praise),
    await checkFlood(sql, schemes.flooded),
    await checkMail(sql, mailbox, schemes.stolen),
    await checkInsiders(sql, 'ambassadors of own shops', schemes.ambassador),
    await checkStraws(sql, schemes.straws, schemes.unexpected),
    await checkInsiders(sql, 'operators for themselves', schemes.operator),
    await checkPayers(scene, schemes.payers),
  ];
}
