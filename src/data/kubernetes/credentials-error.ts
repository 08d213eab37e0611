// Why credentials could not be had.

/** Credentials could not be had; `message` says why, without secrets. */
export class CredentialsError extends Error {
  readonly hint: string;
  readonly code: string;
  constructor(message: string, hint: string, code = 'CREDENTIALS') {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

/** The code of a fault that only a person can fix, by logging in. */
export const loginRequired = 'LOGIN_REQUIRED';
