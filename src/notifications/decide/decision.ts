/** Why a notification goes, waits or stays: what one rule had to say. Lives in `notification_decision`: never rename. */
export interface Decision {
  readonly rule:
    | 'reach' | 'preference' | 'digest' | 'fallback' // when it is created
    | 'expiry' | 'quiet hours' | 'throttle' // when it is sent
    | 'operator' | 'replay';
  readonly verdict: 'allowed' | 'suppressed' | 'held' | 'gathered' | 'replaced' | 'sent again';
  /** No personal data. */
  readonly detail?: string | undefined;
}

/** What somebody reads who asks why. */
export const reasonOf = ({ rule, detail }: Decision): string => (detail === undefined ? rule : `${rule}: ${detail}`);
