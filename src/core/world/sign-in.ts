// Logins that a person can renew in the terminal: a credential plugin that asks something, a login with a browser.

/** One of them. `id`: what it is for. */
export type SignInOffer = {
  id: 'kubernetes' | 'aws';
  /** The context, or the AWS profile. */
  name: string;
  /** The program that gets the terminal. */
  command: string;
};

/** The offered logins, and the end of the last one. `turn`: chosen by the requester. */
export type SignIns = {
  offers: readonly SignInOffer[];
  ended?: { turn: string; ok: boolean; says: string } | undefined;
};
