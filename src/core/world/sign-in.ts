// Logins that a person can renew in the terminal: a credential plugin that asks something, a login with a browser.

/** One of them. `id`: what it is for. */
export type SignInOffer = {
  id: 'kubernetes' | 'aws';
  /** The context, or the AWS profile. */
  name: string;
  /** The program that gets the terminal. */
  command: string;
};

/** What is offered, and how the last one ended. `turn`: made by whoever asked for it. */
export type SignIns = {
  offers: readonly SignInOffer[];
  ended?: { turn: string; ok: boolean; says: string } | undefined;
};
